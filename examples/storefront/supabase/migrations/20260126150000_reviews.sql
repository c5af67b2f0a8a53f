-- Reviews: everybody reads, customers write their own.
create table public.reviews (
  id uuid primary key default gen_random_uuid(),
  product_id uuid not null references public.products (id) on delete cascade,
  customer uuid default auth.uid() references auth.users (id) on delete set null,
  author text not null check (length(author) between 1 and 60),
  rating smallint not null check (rating between 1 and 5),
  body text not null check (length(body) between 1 and 2000),
  written_on date not null default current_date
);

create index reviews_product_id_idx on public.reviews (product_id);
create index reviews_customer_idx on public.reviews (customer);

alter table public.reviews enable row level security;

grant select on public.reviews to anon, authenticated;
-- Column by column: nobody may set "customer", so nobody can write in another's name.
grant insert (product_id, author, rating, body) on public.reviews to authenticated;
grant select, insert, update, delete on public.reviews to service_role;

create policy "Everybody reads reviews" on public.reviews for select to anon, authenticated using (true);
create policy "Customers write their own reviews" on public.reviews
  for insert to authenticated with check (customer = (select auth.uid()));
