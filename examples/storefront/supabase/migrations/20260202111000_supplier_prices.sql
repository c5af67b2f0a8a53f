-- What we pay our suppliers. No grant to anon or authenticated, and a policy that says no should one ever appear.
create table public.supplier_prices (
  product_id uuid primary key references public.products (id) on delete cascade,
  supplier text not null,
  cost_cents integer not null check (cost_cents > 0)
);

alter table public.supplier_prices enable row level security;

grant select, insert, update, delete on public.supplier_prices to service_role;

create policy "Nobody from outside" on public.supplier_prices
  for all to anon, authenticated using (false) with check (false);
