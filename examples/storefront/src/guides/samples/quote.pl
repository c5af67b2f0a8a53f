# How much are twelve wool hats?
use v5.36;
use HTTP::Tiny;
use JSON::PP;

my $response = HTTP::Tiny->new->post('https://prodworthystorefront.supabase.co/functions/v1/quote', {
    headers => { 'content-type' => 'application/json' },
    content => encode_json({ sku => 'HW-101', quantity => 12 }),
});
die "no quote: $response->{status}\n" unless $response->{success};
my $answer = decode_json($response->{content});
printf "%.2f %s\n", $answer->{total_cents} / 100, $answer->{currency};
