-- The catalogue: everybody may read it, only the service may write it.
create table public.categories (
  slug text primary key check (slug ~ '^[a-z0-9-]+$'),
  name text not null,
  icon text not null,
  summary text not null,
  position integer not null default 0
);

create table public.products (
  id uuid primary key default gen_random_uuid(),
  sku text not null unique check (sku ~ '^[A-Z]{2}-[0-9]{3}$'),
  slug text not null unique check (slug ~ '^[a-z0-9-]+$'),
  name text not null,
  category text not null references public.categories (slug),
  icon text not null,
  summary text not null,
  price_cents integer not null check (price_cents > 0),
  currency text not null default 'EUR' check (currency ~ '^[A-Z]{3}$'),
  stock integer not null default 0 check (stock >= 0),
  created_at timestamptz not null default now()
);

create index products_category_idx on public.products (category);

alter table public.categories enable row level security;
alter table public.products enable row level security;

-- Tables in public get no grants by themselves: without these lines the shop would answer "permission denied".
grant select on public.categories, public.products to anon, authenticated;
grant select, insert, update, delete on public.categories, public.products to service_role;

create policy "Everybody reads categories" on public.categories for select to anon, authenticated using (true);
create policy "Everybody reads products" on public.products for select to anon, authenticated using (true);
