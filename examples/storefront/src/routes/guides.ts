import { h } from '../dom'
import { samples, textOf } from '../guides/samples'
import type { Page, Visit } from '../router'

export default function guides({ parameter, signal }: Visit): Page {
  const chosen = parameter in samples ? parameter : 'shell'
  const sample = samples[chosen]!
  const listing = h(
    'pre',
    { tabindex: 0, role: 'group', 'aria-label': `Sample in ${sample.name}` },
    h('code', {}, textOf(sample)),
  )
  colour(listing, chosen, signal).catch(console.error)
  return {
    title: `Guides: prices from ${sample.name}`,
    content: [
      h('h1', {}, 'Ask for prices from your own code'),
      h('p', { class: 'lead' }, 'Wholesale buyers need no account: one request, one answer. Pick your language.'),
      h(
        'nav',
        { 'aria-label': 'Programming languages', class: 'chips' },
        ...Object.entries(samples).map(([key, { name }]) =>
          h('a', { href: `/guides/${key}`, 'aria-current': key === chosen ? 'true' : null }, name),
        ),
      ),
      h(
        'section',
        { 'aria-labelledby': 'sample' },
        h('h2', { id: 'sample' }, `${sample.name}: ${sample.file}`),
        listing,
      ),
      h(
        'section',
        { 'aria-labelledby': 'rules' },
        h('h2', { id: 'rules' }, 'The rules'),
        h(
          'ul',
          {},
          h('li', {}, 'One article a request, up to 99 pieces; the answer says whether they are in stock today.'),
          h('li', {}, 'An unknown article is answered with status 404, a malformed question with 400; both say why.'),
          h('li', {}, 'Prices hold for the day you asked.'),
        ),
      ),
    ],
  }
}

/** Colours are a courtesy: without them the sample is still there to read. */
async function colour(listing: HTMLElement, chosen: string, signal: AbortSignal): Promise<void> {
  const { highlight } = await import('../guides/highlight')
  const coloured = await highlight(samples[chosen]!)
  if (!signal.aborted) listing.replaceChildren(coloured)
}
