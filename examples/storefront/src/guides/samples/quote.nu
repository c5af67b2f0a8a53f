# How much are twelve wool hats?
let answer = {sku: "HW-101", quantity: 12}
    | to json
    | http post --content-type application/json https://prodworthystorefront.supabase.co/functions/v1/quote $in
$"($answer.total_cents / 100) ($answer.currency)"
