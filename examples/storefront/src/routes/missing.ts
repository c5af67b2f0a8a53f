import { h } from '../dom'
import type { Page } from '../router'

export default function missing(): Page {
  return {
    title: 'Page not found',
    content: [
      h('h1', {}, 'Page not found'),
      h('p', {}, 'The path may be mistyped, or the page may have moved.'),
      h('p', {}, h('a', { class: 'button', href: '/products' }, 'See all products')),
    ],
  }
}
