import { h } from '../dom'
import { fromBackend, productGrid } from '../parts'
import type { Page, Visit } from '../router'

export default function products({ query, signal }: Visit): Page {
  const chosen = query.get('category')
  return {
    title: 'Products',
    content: [
      h('h1', {}, 'Products'),
      h('p', { class: 'lead' }, 'Two dozen things, each of them the one we kept.'),
      fromBackend(signal, 'Fetching the catalogue …', async (backend) => {
        const [shelves, all] = await Promise.all([backend.categories(signal), backend.products(signal)])
        const shown = shelves.filter((category) => !chosen || category.slug === chosen)
        return [
          h(
            'nav',
            { 'aria-label': 'Categories', class: 'chips' },
            chip('/products', 'All', !chosen),
            ...shelves.map(({ slug, name }) => chip(`/products?category=${slug}`, name, slug === chosen)),
          ),
          ...shown.map(({ slug, name }) =>
            h(
              'section',
              { 'aria-labelledby': slug },
              h('h2', { id: slug }, name),
              productGrid(
                all.filter((product) => product.category === slug),
                backend,
              ),
            ),
          ),
        ]
      }),
    ],
  }
}

function chip(href: string, name: string, current: boolean): HTMLElement {
  return h('a', { href, 'aria-current': current ? 'true' : null }, name)
}
