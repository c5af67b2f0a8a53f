/** The pieces that several pages are made of. */
import { fill, h, type Child } from './dom'
import type { Match, Product } from './database.types'
import { money } from './formats'
import { icon } from './icons'

type Backend = typeof import('./backend')

/** A region that fills itself from the back end, and says so in plain words when that fails. */
export function fromBackend(
  signal: AbortSignal,
  waiting: string,
  load: (backend: Backend) => Promise<Child[]>,
): HTMLElement {
  const region = h('div', { 'aria-live': 'polite' })
  const run = async (): Promise<void> => {
    fill(region, h('p', { class: 'quiet' }, waiting))
    region.setAttribute('aria-busy', 'true')
    try {
      fill(region, ...(await load(await import('./backend'))))
    } catch (error) {
      if (signal.aborted) return
      console.error(error)
      fill(region, unreachable(run))
    }
    region.removeAttribute('aria-busy')
  }
  void run()
  return region
}

function unreachable(again: () => Promise<void>): HTMLElement {
  return h(
    'div',
    { class: 'notice' },
    h('p', {}, 'Our shelves cannot be reached right now. Everything else on this page still works.'),
    h('button', { type: 'button', onclick: () => void again() }, 'Try again'),
  )
}

export function productGrid(products: Product[], backend: Backend): HTMLElement {
  return h('ul', { class: 'grid' }, ...products.map((product) => h('li', {}, productCard(product, backend))))
}

function productCard(product: Product, backend: Backend): HTMLElement {
  return h(
    'article',
    { class: 'card' },
    picture(product, backend),
    h('h3', {}, h('a', { href: `/products/${product.slug}` }, product.name)),
    h('p', { class: 'price' }, money(product.price_cents, product.currency)),
    product.badge && h('p', { class: 'badge' }, product.badge),
  )
}

/** The photograph from storage when there is one, else the article's icon on a tinted tile. */
export function picture(product: Product, backend: Backend): HTMLElement {
  const tile = h('div', { class: `tile tint-${product.category}` })
  if (product.image_path)
    tile.append(h('img', { src: backend.imageAddress(product.image_path), alt: '', loading: 'lazy' }))
  else tile.append(icon(product.icon))
  return tile
}

export function matchList(matches: Match[]): HTMLElement {
  return h(
    'ol',
    { class: 'matches' },
    ...matches.map((match) =>
      h(
        'li',
        {},
        icon(match.icon),
        h('a', { href: `/products/${match.slug}` }, match.name),
        h('span', { class: 'price' }, money(match.price_cents, match.currency)),
        h('span', { class: 'quiet' }, `${Math.round(Math.max(match.similarity, 0) * 100)} % match`),
      ),
    ),
  )
}
