-- Search by meaning: one vector a product (src/embedding.ts), an index, and a function for the data API.
alter table public.products add column embedding extensions.vector(256);

create index products_embedding_idx on public.products
  using hnsw (embedding extensions.vector_cosine_ops);

-- Security invoker: the caller's own row-level security decides what can be found.
-- The empty search path is why the operator is written with its schema.
create function public.match_products(query_embedding extensions.vector(256), match_count integer default 6)
returns table (id uuid, sku text, slug text, name text, icon text, price_cents integer, currency text, similarity double precision)
language sql
stable
security invoker
set search_path = ''
as $$
  select p.id, p.sku, p.slug, p.name, p.icon, p.price_cents, p.currency,
         1 - (p.embedding operator(extensions.<=>) query_embedding) as similarity
  from public.products as p
  where p.embedding is not null
  order by p.embedding operator(extensions.<=>) query_embedding
  limit least(greatest(match_count, 1), 24)
$$;

revoke execute on function public.match_products(extensions.vector, integer) from public;
grant execute on function public.match_products(extensions.vector, integer) to anon, authenticated, service_role;
