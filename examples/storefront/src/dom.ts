/** Builds elements without markup strings: text is always text, and the content security policy stays strict. */
export type Child = Node | string | number | null | undefined | false
type Attributes = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>

/** An element with attributes (`onclick` and the like are listeners; null, undefined and false are left out). */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.replace(/^on/, ''), value)
    else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? '' : String(value))
    }
  }
  element.append(...nodes(children))
  return element
}

/** Replaces everything in `parent`. */
export function fill(parent: Element, ...children: Child[]): void {
  parent.replaceChildren(...nodes(children))
}

/** The element that the page's own markup is known to hold. */
export function find<Kind extends Element>(selector: string): Kind {
  const element = document.querySelector<Kind>(selector)
  if (!element) throw new Error(`the page has no ${selector}`)
  return element
}

function nodes(children: Child[]): (Node | string)[] {
  return children
    .filter((child): child is Node | string | number => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)))
}
