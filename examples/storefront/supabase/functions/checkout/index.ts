/**
 * `POST {"lines": [{"sku", "quantity"}, ...], "country": "DE", "place": false}`: checks a cart and tells its total.
 *
 * Signed-in customers only (verify_jwt in config.toml). Nothing is written unless `place` is true; then the order is
 * written with the customer's own token, so row-level security decides, and the database computes what it costs.
 */
import { articles, database, type Line, orderLine } from '../_shared/catalogue.ts'
import { jsonObject, Refusal, serve } from '../_shared/http.ts'

type Order = { id: string; total_cents: number }

serve('POST', async (request) => {
  const body = await jsonObject(request)
  const lines = orderLines(body.lines)
  const country = countryCode(body.country)
  const found = await articles(lines.map((line) => line.sku))
  const priced = lines.map((line) => {
    const article = found.get(line.sku)!
    if (article.stock < line.quantity)
      throw new Refusal(409, 'out_of_stock', `only ${article.stock} left of ${line.sku}`)
    return { ...line, name: article.name, total_cents: article.price_cents * line.quantity }
  })
  const order = body.place === true ? await place(request, lines, country) : null
  return {
    lines: priced,
    country,
    total_cents: order?.total_cents ?? priced.reduce((sum, line) => sum + line.total_cents, 0),
    currency: 'EUR',
    order_id: order?.id ?? null,
  }
})

function orderLines(value: unknown): Line[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > 50) {
    throw new Refusal(400, 'bad_lines', 'lines must be a list of 1 to 50 order lines')
  }
  const lines = value.map(orderLine)
  if (new Set(lines.map((line) => line.sku)).size < lines.length) {
    throw new Refusal(400, 'bad_lines', 'every sku may appear once')
  }
  return lines
}

function countryCode(value: unknown): string {
  if (typeof value === 'string' && /^[A-Z]{2}$/.test(value)) return value
  throw new Refusal(400, 'bad_country', 'country must be a two-letter code such as "DE"')
}

async function place(request: Request, lines: Line[], country: string): Promise<Order> {
  const [order] = await database<Order[]>('orders?select=id,total_cents', {
    method: 'POST',
    headers: {
      authorization: request.headers.get('authorization') ?? '',
      'content-type': 'application/json',
      prefer: 'return=representation',
    },
    body: JSON.stringify({ lines, country }),
  })
  if (!order) throw new Refusal(502, 'order_not_written', 'the order was not written')
  return order
}
