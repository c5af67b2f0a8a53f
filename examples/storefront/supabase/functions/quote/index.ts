/** `POST {"sku": "HW-101", "quantity": 12}`: what that many of an article cost today. Open to everybody. */
import { articles, orderLine } from '../_shared/catalogue.ts'
import { jsonObject, serve } from '../_shared/http.ts'

serve('POST', async (request) => {
  const { sku, quantity } = orderLine(await jsonObject(request))
  const article = (await articles([sku])).get(sku)!
  return {
    sku,
    name: article.name,
    quantity,
    unit_price_cents: article.price_cents,
    total_cents: article.price_cents * quantity,
    currency: article.currency,
    in_stock: article.stock >= quantity,
  }
})
