import * as cart from '../cart'
import type { Product } from '../database.types'
import { fill, h, type Child } from '../dom'
import { countries, language, money } from '../formats'
import { fromBackend } from '../parts'
import type { Page, Visit } from '../router'

type Backend = typeof import('../backend')

export default function cartPage({ signal }: Visit): Page {
  return {
    title: 'Cart',
    content: [
      h('h1', {}, 'Your cart'),
      h('p', { class: 'lead' }, 'Shipping is on us. Nothing is ordered until you say so.'),
      cart.count() ? fromBackend(signal, 'Fetching prices …', (backend) => content(backend, signal)) : empty(),
    ],
  }
}

function empty(): HTMLElement {
  return h('p', {}, 'It is empty. ', h('a', { href: '/products' }, 'Find something that lasts'), '.')
}

async function content(backend: Backend, signal: AbortSignal): Promise<Child[]> {
  const catalogue = new Map((await backend.products(signal)).map((product) => [product.sku, product]))
  const rows = cart.lines().flatMap(({ sku, quantity }) => {
    const product = catalogue.get(sku)
    return product ? [row(product, quantity)] : []
  })
  const desk = h('section', { 'aria-labelledby': 'desk' })
  await showDesk(desk, backend)
  return [
    h(
      'div',
      { class: 'scroll' },
      h(
        'table',
        {},
        h('caption', { class: 'unseen' }, 'Articles in your cart'),
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            ...['Article', 'Each', 'How many', ''].map((name) =>
              h(name ? 'th' : 'td', name ? { scope: 'col' } : {}, name),
            ),
          ),
        ),
        h('tbody', {}, ...rows),
      ),
    ),
    desk,
  ]
}

function row(product: Product, quantity: number): HTMLElement {
  const amount = h('input', {
    type: 'number',
    min: 1,
    max: 99,
    value: quantity,
    'aria-label': `How many: ${product.name}`,
  })
  amount.addEventListener('change', () => {
    if (amount.validity.valid) cart.setQuantity(product.sku, amount.valueAsNumber)
  })
  const line = h(
    'tr',
    {},
    h('th', { scope: 'row' }, h('a', { href: `/products/${product.slug}` }, product.name)),
    h('td', {}, money(product.price_cents, product.currency)),
    h('td', {}, amount),
    h('td', {}, h('button', { type: 'button', class: 'plain', onclick: () => remove() }, 'Remove')),
  )
  const remove = (): void => {
    cart.setQuantity(product.sku, 0)
    line.remove()
  }
  return line
}

/** The place where one signs in, and then orders. */
async function showDesk(desk: HTMLElement, backend: Backend): Promise<void> {
  const email = await backend.customer()
  const again = (): Promise<void> => showDesk(desk, backend)
  fill(
    desk,
    h('h2', { id: 'desk' }, 'Checkout'),
    email ? await orderForm(email, backend, again) : signInForm(backend, again),
  )
}

function signInForm(backend: Backend, done: () => Promise<void>): HTMLElement {
  const email = h('input', { id: 'email', type: 'email', autocomplete: 'username', required: true })
  const password = h('input', { id: 'password', type: 'password', autocomplete: 'current-password', required: true })
  const answer = h('p', { role: 'status' })
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    await attempt(answer, async () => {
      await backend.signIn(email.value, password.value)
      await done()
      return ''
    })
  }
  return h(
    'form',
    { class: 'stack', onsubmit: (event) => void submit(event) },
    h('label', { for: 'email' }, 'E-mail'),
    email,
    h('label', { for: 'password' }, 'Password'),
    password,
    h('button', { type: 'submit' }, 'Sign in'),
    answer,
  )
}

async function orderForm(email: string, backend: Backend, signedOut: () => Promise<void>): Promise<HTMLElement> {
  const options = (await countries()).map(({ code, name }) => h('option', { value: code }, name))
  const country = h('select', { id: 'country', lang: language(), autocomplete: 'country' }, ...options)
  const answer = h('p', { role: 'status' })
  const total = (): Promise<void> =>
    attempt(answer, async () => {
      const { total_cents, currency } = await backend.checkout(cart.lines(), country.value, false)
      return `Together ${money(total_cents, currency)}.`
    })
  const place = (): Promise<void> =>
    attempt(answer, async () => {
      const { order_id } = await backend.checkout(cart.lines(), country.value, true)
      cart.clear()
      return `Thank you. Your order is ${order_id}.`
    })
  const leave = async (): Promise<void> => {
    await backend.signOut()
    await signedOut()
  }
  return h(
    'form',
    {
      class: 'stack',
      onsubmit: (event) => {
        event.preventDefault()
        void place()
      },
    },
    h(
      'p',
      {},
      `Signed in as ${email}. `,
      h('button', { type: 'button', class: 'plain', onclick: () => void leave() }, 'Sign out'),
    ),
    h('label', { for: 'country' }, 'Send to'),
    country,
    h(
      'p',
      { class: 'actions' },
      h('button', { type: 'button', class: 'plain', onclick: () => void total() }, 'What is the total?'),
      h('button', { type: 'submit' }, 'Place the order'),
    ),
    answer,
  )
}

async function attempt(answer: HTMLElement, work: () => Promise<string>): Promise<void> {
  fill(answer, 'One moment …')
  try {
    fill(answer, await work())
  } catch (error) {
    fill(answer, (error as Error).message)
  }
}
