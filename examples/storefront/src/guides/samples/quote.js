// How much are twelve wool hats?
const response = await fetch('https://prodworthystorefront.supabase.co/functions/v1/quote', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ sku: 'HW-101', quantity: 12 }),
})
const answer = await response.json()
if (!response.ok) throw new Error(answer.error.message)
console.log(answer.total_cents / 100, answer.currency)
