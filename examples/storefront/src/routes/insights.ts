import type { Series } from '../charts/chart'
import type { Category, Product, Review } from '../database.types'
import { h } from '../dom'
import { fromBackend } from '../parts'
import type { Page, Visit } from '../router'

// One chunk a kind of chart, so that a page pays only for the kinds it shows.
const charts = {
  bar: () => import('../charts/bar'),
  line: () => import('../charts/line'),
  doughnut: () => import('../charts/doughnut'),
}

export default function insights({ signal }: Visit): Page {
  return {
    title: 'Insights',
    content: [
      h('h1', {}, 'Insights'),
      h('p', { class: 'lead' }, 'What is on the shelves and what people think of it, counted now.'),
      fromBackend(signal, 'Counting …', async (backend) => {
        const [shelves, products, reviews] = await Promise.all([
          backend.categories(signal),
          backend.products(signal),
          backend.reviews(signal),
        ])
        const panels = [
          await panel('bar', 'Average price', 'Euro', averagePrices(shelves, products), signal),
          await panel('doughnut', 'Pieces in stock', 'Pieces', stockLevels(shelves, products), signal),
          await panel('line', 'Reviews a month', 'Reviews', reviewMonths(reviews), signal),
          await panel('bar', 'Stars given', 'Reviews', starCounts(reviews), signal),
        ]
        return [h('div', { class: 'panels' }, ...panels)]
      }),
    ],
  }
}

async function panel(
  kind: keyof typeof charts,
  title: string,
  unit: string,
  series: Series,
  signal: AbortSignal,
): Promise<HTMLElement> {
  const canvas = h('canvas', { role: 'img', 'aria-label': `${title}; the same numbers are in the table below` })
  const figure = h(
    'figure',
    {},
    h('figcaption', {}, h('h2', {}, title)),
    h('div', { class: 'chart' }, canvas),
    table(series, unit),
  )
  const { draw } = await charts[kind]()
  // Charts measure their surroundings, so they are drawn once the figure is on the page.
  requestAnimationFrame(() => draw(canvas, unit, series, signal))
  return figure
}

function table(series: Series, unit: string): HTMLElement {
  return h(
    'details',
    {},
    h('summary', {}, 'As a table'),
    h(
      'table',
      {},
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'What'), h('th', { scope: 'col' }, unit))),
      h(
        'tbody',
        {},
        ...series.map(([name, value]) => h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}, value))),
      ),
    ),
  )
}

function averagePrices(shelves: Category[], products: Product[]): Series {
  return shelves.map(({ slug, name }) => {
    const prices = products.filter(({ category }) => category === slug).map((product) => product.price_cents)
    const sum = prices.reduce((total, price) => total + price, 0)
    return [name, Math.round(sum / Math.max(prices.length, 1)) / 100]
  })
}

function stockLevels(shelves: Category[], products: Product[]): Series {
  return shelves.map(({ slug, name }) => [
    name,
    products.filter(({ category }) => category === slug).reduce((total, { stock }) => total + stock, 0),
  ])
}

function reviewMonths(reviews: Review[]): Series {
  const counts = new Map<string, number>()
  for (const { written_on } of reviews) {
    const month = written_on.slice(0, 7)
    counts.set(month, (counts.get(month) ?? 0) + 1)
  }
  return [...counts].sort(([a], [b]) => a.localeCompare(b))
}

function starCounts(reviews: Review[]): Series {
  return [5, 4, 3, 2, 1].map((stars) => [`${stars} ★`, reviews.filter(({ rating }) => rating === stars).length])
}
