#!/usr/bin/env escript
%% How much are twelve wool hats? Needs OTP 27 for the json module.
main(_) ->
    {ok, _} = application:ensure_all_started([inets, ssl]),
    Order = json:encode(#{sku => <<"HW-101">>, quantity => 12}),
    Request = {"https://prodworthystorefront.supabase.co/functions/v1/quote", [], "application/json", iolist_to_binary(Order)},
    {ok, {_Status, _Headers, Body}} = httpc:request(post, Request, [], [{body_format, binary}]),
    #{<<"total_cents">> := Cents} = json:decode(Body),
    io:format("~.2f~n", [Cents / 100]).
