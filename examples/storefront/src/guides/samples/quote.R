# How much are twelve wool hats?
library(httr2)

answer <- request("https://prodworthystorefront.supabase.co/functions/v1/quote") |>
  req_body_json(list(sku = "HW-101", quantity = 12)) |>
  req_perform() |>
  resp_body_json()

cat(answer$total_cents / 100, answer$currency, "\n")
