/** The cart: article numbers and quantities, kept in this browser until the order is placed. */
const storageKey = 'storefront.cart'
const listeners: (() => void)[] = []

export interface Line {
  sku: string
  quantity: number
}

export function lines(): Line[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(storageKey) ?? '[]')
    return Array.isArray(stored) ? stored.filter(isLine) : []
  } catch {
    return []
  }
}

export function count(): number {
  return lines().reduce((sum, line) => sum + line.quantity, 0)
}

export function add(sku: string, quantity: number): void {
  const held = lines().find((line) => line.sku === sku)?.quantity ?? 0
  setQuantity(sku, held + quantity)
}

/** Sets how many of an article are wanted, at most 99; none removes it. */
export function setQuantity(sku: string, quantity: number): void {
  const kept = lines().filter((line) => line.sku !== sku)
  save(quantity > 0 ? [...kept, { sku, quantity: Math.min(quantity, 99) }] : kept)
}

export function clear(): void {
  save([])
}

export function onChange(listener: () => void): void {
  listeners.push(listener)
}

function save(changed: Line[]): void {
  localStorage.setItem(storageKey, JSON.stringify(changed))
  for (const listener of listeners) listener()
}

function isLine(value: unknown): value is Line {
  const line = value as Partial<Line> | null
  return typeof line?.sku === 'string' && Number.isInteger(line.quantity)
}
