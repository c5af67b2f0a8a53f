# How much are twelve wool hats?
$order = @{ sku = 'HW-101'; quantity = 12 } | ConvertTo-Json
$answer = Invoke-RestMethod 'https://prodworthystorefront.supabase.co/functions/v1/quote' -Method Post -ContentType 'application/json' -Body $order
'{0:N2} {1}' -f ($answer.total_cents / 100), $answer.currency
