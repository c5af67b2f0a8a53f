import { h } from '../dom'
import type { Page } from '../router'

export default function about(): Page {
  return {
    title: 'About',
    content: [
      h('h1', {}, 'About Harbour & Pine'),
      h('p', { class: 'lead' }, 'A small outfitter at the end of a pier. We sell what we would buy again.'),
      h('h2', {}, 'How we choose'),
      h(
        'p',
        {},
        'Each article was used for a year before it came into the shop. What broke stayed out; what can be mended came in.',
      ),
      h('h2', {}, 'What this really is'),
      h(
        'p',
        {},
        'A demonstration shop: a single-page app on Vercel with a Supabase back end, meant to be copied. ',
        'The catalogue, the search by meaning and the price quotes are real; the parcels are not.',
      ),
      h('h2', {}, 'Your data'),
      h(
        'p',
        {},
        'The cart stays in this browser. There is no tracking and no third party; an account is needed only to order.',
      ),
    ],
  }
}
