/** The icons a category or product may name; each is a chunk, so a page loads only the ones it shows. */
type Shape = [tag: string, attributes: Record<string, string>][]
type Load = () => Promise<{ default: unknown }>

const icons: Record<string, Load> = {
  backpack: () => import('lucide/dist/esm/icons/backpack.mjs'),
  binoculars: () => import('lucide/dist/esm/icons/binoculars.mjs'),
  coffee: () => import('lucide/dist/esm/icons/coffee.mjs'),
  compass: () => import('lucide/dist/esm/icons/compass.mjs'),
  'cooking-pot': () => import('lucide/dist/esm/icons/cooking-pot.mjs'),
  fish: () => import('lucide/dist/esm/icons/fish.mjs'),
  flame: () => import('lucide/dist/esm/icons/flame.mjs'),
  flashlight: () => import('lucide/dist/esm/icons/flashlight.mjs'),
  footprints: () => import('lucide/dist/esm/icons/footprints.mjs'),
  hand: () => import('lucide/dist/esm/icons/hand.mjs'),
  lamp: () => import('lucide/dist/esm/icons/lamp.mjs'),
  'lamp-desk': () => import('lucide/dist/esm/icons/lamp-desk.mjs'),
  luggage: () => import('lucide/dist/esm/icons/luggage.mjs'),
  map: () => import('lucide/dist/esm/icons/map.mjs'),
  'notebook-pen': () => import('lucide/dist/esm/icons/notebook-pen.mjs'),
  package: () => import('lucide/dist/esm/icons/package.mjs'),
  shirt: () => import('lucide/dist/esm/icons/shirt.mjs'),
  'shopping-bag': () => import('lucide/dist/esm/icons/shopping-bag.mjs'),
  snowflake: () => import('lucide/dist/esm/icons/snowflake.mjs'),
  sun: () => import('lucide/dist/esm/icons/sun.mjs'),
  tent: () => import('lucide/dist/esm/icons/tent.mjs'),
  thermometer: () => import('lucide/dist/esm/icons/thermometer.mjs'),
  umbrella: () => import('lucide/dist/esm/icons/umbrella.mjs'),
  utensils: () => import('lucide/dist/esm/icons/utensils.mjs'),
  wind: () => import('lucide/dist/esm/icons/wind.mjs'),
}

const svg = 'http://www.w3.org/2000/svg'

/** A decorative icon that draws itself once its chunk has arrived; an unknown name becomes a parcel. */
export function icon(name: string): SVGElement {
  const element = document.createElementNS(svg, 'svg')
  element.setAttribute('viewBox', '0 0 24 24')
  element.setAttribute('class', 'icon')
  element.setAttribute('aria-hidden', 'true')
  draw(element, icons[name] ?? icons.package!).catch(console.error)
  return element
}

async function draw(element: SVGElement, load: Load): Promise<void> {
  for (const [tag, attributes] of (await load()).default as Shape) {
    const part = document.createElementNS(svg, tag)
    for (const [key, value] of Object.entries(attributes)) part.setAttribute(key, value)
    element.append(part)
  }
}
