/** Reads and writes the database through its data API, with the caller's rights and never more. */
import { Refusal } from './http.ts'

export type Article = { sku: string; name: string; price_cents: number; currency: string; stock: number }
export type Line = { sku: string; quantity: number }

/** The order line in `value`; a 400 says what is wrong with it. */
export function orderLine(value: unknown): Line {
  const { sku, quantity } = (value ?? {}) as Partial<Record<keyof Line, unknown>>
  if (typeof sku !== 'string' || !/^[A-Z]{2}-[0-9]{3}$/.test(sku)) {
    throw new Refusal(400, 'bad_sku', 'sku must look like "HW-101"')
  }
  if (typeof quantity !== 'number' || !Number.isInteger(quantity) || quantity < 1 || quantity > 99) {
    throw new Refusal(400, 'bad_quantity', 'quantity must be a whole number from 1 to 99')
  }
  return { sku, quantity }
}

/** The articles with these numbers, by number; one that does not exist is a 404. */
export async function articles(skus: string[]): Promise<Map<string, Article>> {
  const query = new URLSearchParams({ select: 'sku,name,price_cents,currency,stock', sku: `in.(${skus.join(',')})` })
  const rows = await database<Article[]>(`products?${query}`)
  const found = new Map(rows.map((article) => [article.sku, article]))
  const missing = skus.find((sku) => !found.has(sku))
  if (missing) throw new Refusal(404, 'unknown_sku', `there is no article ${missing}`)
  return found
}

/** One request to the data API; `init` may carry the customer's own authorization. A failure is a 502. */
export async function database<Rows>(path: string, init: RequestInit = {}): Promise<Rows> {
  const headers = new Headers(init.headers)
  headers.set('apikey', Deno.env.get('SUPABASE_ANON_KEY') ?? '')
  const address = `${Deno.env.get('SUPABASE_URL')}/rest/v1/${path}`
  let response: Response
  try {
    response = await fetch(address, { ...init, headers, signal: AbortSignal.timeout(5000) })
  } catch (error) {
    console.error(error)
    throw new Refusal(502, 'database_unreachable', 'the catalogue did not answer')
  }
  if (response.ok) return await response.json()
  console.error(response.status, await response.text())
  throw new Refusal(502, 'database_refused', 'the catalogue answered with an error')
}
