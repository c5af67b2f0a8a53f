# How much are twelve wool hats?
curl --fail-with-body --silent https://prodworthystorefront.supabase.co/functions/v1/quote \
  --header 'content-type: application/json' \
  --data '{"sku": "HW-101", "quantity": 12}' |
  jq '.total_cents / 100'
