import * as cart from '../cart'
import type { Product, Review } from '../database.types'
import { fill, h, type Child } from '../dom'
import { ago, money } from '../formats'
import { fromBackend, picture } from '../parts'
import type { Page, Visit } from '../router'

type Backend = typeof import('../backend')

export default function product({ parameter, signal }: Visit): Page {
  // The address names the product, so there is a heading before the catalogue has answered.
  const heading = h('h1', {}, words(parameter))
  return {
    title: words(parameter),
    content: [
      h('p', { class: 'quiet' }, h('a', { href: '/products' }, 'All products')),
      heading,
      fromBackend(signal, 'Fetching the article …', async (backend) => {
        const found = await backend.product(parameter, signal)
        if (!found) return [h('p', { class: 'notice' }, 'We do not carry this article (any more).')]
        heading.textContent = found.name
        return [article(found, backend), await opinions(await backend.reviews(signal, found.id))]
      }),
    ],
  }
}

function article(found: Product, backend: Backend): HTMLElement {
  return h(
    'div',
    { class: 'article' },
    picture(found, backend),
    h(
      'div',
      {},
      found.badge && h('p', { class: 'badge' }, found.badge),
      h('p', { class: 'lead' }, found.summary),
      h('p', { class: 'price' }, money(found.price_cents, found.currency)),
      h('p', { class: 'quiet' }, `Article ${found.sku}, ${found.stock} in stock`),
      order(found, backend),
    ),
  )
}

function order(found: Product, backend: Backend): HTMLElement {
  const quantity = h('input', { id: 'quantity', type: 'number', min: 1, max: 99, value: 1, required: true })
  const answer = h('p', { role: 'status' })
  const ask = async (): Promise<void> => {
    fill(answer, 'Asking …')
    fill(answer, await price(found.sku, quantity.valueAsNumber, backend))
  }
  const put = (event: Event): void => {
    event.preventDefault()
    cart.add(found.sku, quantity.valueAsNumber)
    fill(answer, 'Added. ', h('a', { href: '/cart' }, 'Go to the cart'))
  }
  return h(
    'form',
    { class: 'order', onsubmit: put },
    h('label', { for: 'quantity' }, 'How many'),
    quantity,
    h('button', { type: 'submit' }, 'Add to cart'),
    h('button', { type: 'button', class: 'plain', onclick: () => void ask() }, 'What would that cost?'),
    answer,
  )
}

async function price(sku: string, quantity: number, backend: Backend): Promise<Child> {
  try {
    const quote = await backend.quote(sku, quantity)
    const delay = quote.in_stock ? 'in stock today' : 'we have to order some of them first'
    return `${quote.quantity} for ${money(quote.total_cents, quote.currency)}, ${delay}`
  } catch (error) {
    return (error as Error).message
  }
}

async function opinions(reviews: Review[]): Promise<HTMLElement> {
  const items = await Promise.all(reviews.map(opinion))
  return h(
    'section',
    { 'aria-labelledby': 'reviews' },
    h('h2', { id: 'reviews' }, 'Reviews'),
    items.length ? h('ul', { class: 'reviews' }, ...items) : h('p', { class: 'quiet' }, 'Nobody has written yet.'),
  )
}

async function opinion(review: Review): Promise<HTMLElement> {
  const { distance, full, lang } = await ago(review.written_on)
  return h(
    'li',
    {},
    h(
      'p',
      {},
      h('span', { role: 'img', 'aria-label': `${review.rating} of 5` }, '★'.repeat(review.rating)),
      ` ${review.body}`,
    ),
    h(
      'p',
      { class: 'quiet' },
      `${review.author}, `,
      h('time', { datetime: review.written_on, title: full, lang }, distance),
    ),
  )
}

function words(slug: string): string {
  const text = slug.replaceAll('-', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
