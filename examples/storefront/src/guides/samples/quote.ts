// How much are twelve wool hats?
interface Quote {
  total_cents: number
  currency: string
}

async function quote(sku: string, quantity: number): Promise<Quote> {
  const response = await fetch('https://prodworthystorefront.supabase.co/functions/v1/quote', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sku, quantity }),
  })
  if (!response.ok) throw new Error(`no quote: ${response.status}`)
  return response.json()
}

const { total_cents, currency } = await quote('HW-101', 12)
console.log(total_cents / 100, currency)
