/** Everything the shop asks of Supabase. The client library is loaded by the first page that needs it. */
import { createClient, FunctionsHttpError } from '@supabase/supabase-js'
import type { Line } from './cart'
import type { Category, Database, Match, Product, Review } from './database.types'
import { embed } from './embedding'

const client = createClient<Database>(import.meta.env.VITE_SUPABASE_URL, import.meta.env.VITE_SUPABASE_KEY)

/** The back end did not answer, or refused; the message is fit for visitors. */
export class BackendError extends Error {}

export interface Quote {
  sku: string
  quantity: number
  unit_price_cents: number
  total_cents: number
  currency: string
  in_stock: boolean
}

export interface Checkout {
  total_cents: number
  currency: string
  order_id: string | null
}

const productColumns = 'id,sku,slug,name,category,icon,summary,price_cents,currency,stock,badge,image_path'

export async function categories(signal: AbortSignal): Promise<Category[]> {
  return rows(
    await client.from('categories').select('slug,name,icon,summary,position').order('position').abortSignal(signal),
  )
}

export async function products(signal: AbortSignal): Promise<Product[]> {
  return rows(await client.from('products').select(productColumns).order('sku').abortSignal(signal))
}

/** The product at an address, or null when there is none. */
export async function product(slug: string, signal: AbortSignal): Promise<Product | null> {
  const found = rows(await client.from('products').select(productColumns).eq('slug', slug).limit(1).abortSignal(signal))
  return found[0] ?? null
}

export async function reviews(signal: AbortSignal, productId?: string): Promise<Review[]> {
  const query = client.from('reviews').select('id,product_id,author,rating,body,written_on')
  const narrowed = productId ? query.eq('product_id', productId) : query
  return rows(await narrowed.order('written_on', { ascending: false }).abortSignal(signal))
}

/** The products nearest in meaning to a text, best first. */
export async function search(text: string, signal: AbortSignal): Promise<Match[]> {
  const query = { query_embedding: JSON.stringify(embed(text)), match_count: 6 }
  return rows(await client.rpc('match_products', query).abortSignal(signal))
}

/** The public address of a picture in the product-images bucket. */
export function imageAddress(path: string): string {
  return client.storage.from('product-images').getPublicUrl(path).data.publicUrl
}

export function quote(sku: string, quantity: number): Promise<Quote> {
  return invoke<Quote>('quote', { sku, quantity })
}

/** Checks the cart and tells its total; the order is written only when `place` is true. */
export function checkout(lines: Line[], country: string, place: boolean): Promise<Checkout> {
  return invoke<Checkout>('checkout', { lines, country, place })
}

/** The signed-in customer's mail address, or null. */
export async function customer(): Promise<string | null> {
  return (await client.auth.getSession()).data.session?.user.email ?? null
}

export async function signIn(email: string, password: string): Promise<void> {
  const { error } = await client.auth.signInWithPassword({ email, password })
  if (error) throw new BackendError(error.message)
}

export async function signOut(): Promise<void> {
  await client.auth.signOut()
}

async function invoke<Answer>(name: string, body: Record<string, unknown>): Promise<Answer> {
  const { data, error } = await client.functions.invoke<Answer>(name, { body })
  if (error instanceof FunctionsHttpError) throw new BackendError(await reason(error.context as Response))
  if (error || data === null) throw new BackendError('The shop is not reachable right now.')
  return data
}

async function reason(response: Response): Promise<string> {
  const body = await response.json().catch(() => null)
  return body?.error?.message ?? body?.message ?? `The shop answered with status ${response.status}.`
}

function rows<Row>(answer: { data: Row[] | null; error: { message: string } | null }): Row[] {
  if (answer.error || !answer.data) throw new BackendError(answer.error?.message ?? 'no data')
  return answer.data
}
