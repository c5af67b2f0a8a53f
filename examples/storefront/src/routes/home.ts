import { h } from '../dom'
import { icon } from '../icons'
import { fromBackend, productGrid } from '../parts'
import type { Page, Visit } from '../router'

export default function home({ signal }: Visit): Page {
  return {
    title: 'Outfitters for cold mornings',
    content: [
      h(
        'section',
        { class: 'hero' },
        h('h1', {}, 'Things that last, for cold mornings'),
        h('p', {}, 'Hats, mugs, lamps and packs, chosen by people who use them. Fewer of them, for longer.'),
        h(
          'p',
          { class: 'actions' },
          h('a', { class: 'button', href: '/products' }, 'See all products'),
          h('a', { class: 'button plain', href: '/search' }, 'Search by meaning'),
        ),
      ),
      h(
        'section',
        { 'aria-labelledby': 'shelves' },
        h('h2', { id: 'shelves' }, 'Our shelves'),
        fromBackend(signal, 'Fetching the shelves …', async (backend) => [
          h(
            'ul',
            { class: 'shelves' },
            ...(await backend.categories(signal)).map((category) =>
              h(
                'li',
                {},
                icon(category.icon),
                h('a', { href: `/products?category=${category.slug}` }, category.name),
                h('p', { class: 'quiet' }, category.summary),
              ),
            ),
          ),
        ]),
      ),
      h(
        'section',
        { 'aria-labelledby': 'noticed' },
        h('h2', { id: 'noticed' }, 'Worth a look'),
        fromBackend(signal, 'Fetching the favourites …', async (backend) => {
          const noticed = (await backend.products(signal)).filter((product) => product.badge)
          return [productGrid(noticed.slice(0, 4), backend)]
        }),
      ),
    ],
  }
}
