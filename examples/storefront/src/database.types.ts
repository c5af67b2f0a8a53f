/** The database as the data API shows it to a visitor; `supabase gen types typescript` writes the same shape. */
export interface Category {
  slug: string
  name: string
  icon: string
  summary: string
  position: number
}

export interface Product {
  id: string
  sku: string
  slug: string
  name: string
  category: string
  icon: string
  summary: string
  price_cents: number
  currency: string
  stock: number
  badge: string | null
  image_path: string | null
}

export interface Review {
  id: string
  product_id: string
  author: string
  rating: number
  body: string
  written_on: string
}

export type Match = Pick<Product, 'id' | 'sku' | 'slug' | 'name' | 'icon' | 'price_cents' | 'currency'> & {
  similarity: number
}

type Table<Row> = { Row: Row & Record<string, unknown>; Insert: never; Update: never; Relationships: [] }

export type Database = {
  public: {
    Tables: { categories: Table<Category>; products: Table<Product>; reviews: Table<Review> }
    Views: Record<never, never>
    Functions: {
      match_products: { Args: { query_embedding: string; match_count: number }; Returns: Match[] }
    }
  }
}
