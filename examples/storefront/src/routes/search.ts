import { h } from '../dom'
import { fromBackend, matchList } from '../parts'
import { go, type Page, type Visit } from '../router'

const ideas = ['wool hat', 'hot drink', 'find north', 'light in a storm', 'a bag for the weekend']

export default function search({ query, signal }: Visit): Page {
  const text = query.get('q')?.trim() ?? ''
  return {
    title: text ? `Search: ${text}` : 'Search',
    content: [
      h('h1', {}, 'Search by meaning'),
      h('p', { class: 'lead' }, 'Say what you need in your own words; the nearest articles come first.'),
      form(text),
      text ? results(text, signal) : suggestions(),
    ],
  }
}

function form(text: string): HTMLElement {
  const input = h('input', { id: 'q', name: 'q', type: 'search', value: text, maxlength: 200, required: true })
  const submit = (event: Event): void => {
    event.preventDefault()
    go(`/search?${new URLSearchParams({ q: input.value })}`)
  }
  return h(
    'form',
    { role: 'search', action: '/search', class: 'search', onsubmit: submit },
    h('label', { for: 'q' }, 'What are you looking for?'),
    input,
    h('button', { type: 'submit' }, 'Search'),
  )
}

function results(text: string, signal: AbortSignal): HTMLElement {
  return h(
    'section',
    { 'aria-labelledby': 'results' },
    h('h2', { id: 'results' }, `Nearest to “${text}”`),
    fromBackend(signal, 'Searching …', async (backend) => {
      const matches = await backend.search(text, signal)
      return [matches.length ? matchList(matches) : h('p', {}, 'Nothing comes near. Try other words.')]
    }),
  )
}

function suggestions(): HTMLElement {
  return h(
    'section',
    { 'aria-labelledby': 'ideas' },
    h('h2', { id: 'ideas' }, 'For example'),
    h(
      'p',
      { class: 'chips' },
      ...ideas.map((idea) => h('a', { href: `/search?${new URLSearchParams({ q: idea })}` }, idea)),
    ),
  )
}
