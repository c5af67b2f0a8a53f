/** The address bar decides what is shown: each route is a chunk of its own, loaded when it is first visited. */
import { fill, find } from './dom'

/** What a route's module gives: a heading for the title, and its content. */
export interface Page {
  title: string
  content: Node[]
}

/** What a route is asked with. `signal` is aborted when the visitor has moved on. */
export interface Visit {
  parameter: string
  query: URLSearchParams
  signal: AbortSignal
}

interface Route {
  pattern: RegExp
  load: () => Promise<{ default: (visit: Visit) => Page }>
}

// vercel.json rewrites exactly these paths to the shell; any other path is a real 404.
const routes: Route[] = [
  { pattern: /^\/$/, load: () => import('./routes/home') },
  { pattern: /^\/products$/, load: () => import('./routes/products') },
  { pattern: /^\/products\/([a-z0-9-]+)$/, load: () => import('./routes/product') },
  { pattern: /^\/search$/, load: () => import('./routes/search') },
  { pattern: /^\/insights$/, load: () => import('./routes/insights') },
  { pattern: /^\/guides(?:\/([a-z]+))?$/, load: () => import('./routes/guides') },
  { pattern: /^\/cart$/, load: () => import('./routes/cart') },
  { pattern: /^\/about$/, load: () => import('./routes/about') },
]
const missing: Route = { pattern: /^/, load: () => import('./routes/missing') }

let current = new AbortController()
let shown = ''

/** Takes over links and the back button, and shows the page of the present address. */
export function start(): void {
  document.addEventListener('click', follow)
  window.addEventListener('popstate', () => {
    // A jump within the page, such as "Skip to content", is no visit.
    if (location.pathname + location.search !== shown) void show()
  })
  void show()
}

/** Goes to a path of the shop as if a link had been followed. */
export function go(path: string): void {
  history.pushState(null, '', path)
  void show().then(() => {
    scrollTo(0, 0)
    find<HTMLElement>('main').focus({ preventScroll: true })
  })
}

/** Shows the present address (again, for instance after the language was changed). */
export async function show(): Promise<void> {
  current.abort()
  const visit = (current = new AbortController())
  shown = location.pathname + location.search
  const path = location.pathname.replace(/(.)\/$/, '$1')
  const route = routes.find(({ pattern }) => pattern.test(path)) ?? missing
  markNavigation(path)
  const page = await open(route, {
    parameter: route.pattern.exec(path)?.[1] ?? '',
    query: new URLSearchParams(location.search),
    signal: visit.signal,
  })
  if (visit.signal.aborted) return
  document.title = `${page.title} · Harbour & Pine`
  fill(find('main'), ...page.content)
}

async function open(route: Route, visit: Visit): Promise<Page> {
  try {
    return (await route.load()).default(visit)
  } catch (error) {
    console.error(error)
    const heading = document.createElement('h1')
    heading.textContent = 'This page could not be opened'
    const advice = document.createElement('p')
    advice.textContent = 'A part of the shop did not arrive. Reload the page to try again.'
    return { title: 'Something went wrong', content: [heading, advice] }
  }
}

function markNavigation(path: string): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>('.masthead nav a')) {
    const here = path === link.pathname || path.startsWith(`${link.pathname}/`)
    if (here) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
}

function follow(event: MouseEvent): void {
  const link = (event.target as Element).closest?.('a')
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
  if (!link || !plain || event.defaultPrevented || link.origin !== location.origin || link.target || link.hash) return
  event.preventDefault()
  go(link.pathname + link.search)
}
