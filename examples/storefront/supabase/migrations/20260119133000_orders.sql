-- Orders belong to one customer. Customers choose articles and country; owner, state and total are the database's.
create table public.orders (
  id uuid primary key default gen_random_uuid(),
  customer uuid not null default auth.uid() references auth.users (id) on delete cascade,
  lines jsonb not null check (jsonb_typeof(lines) = 'array' and jsonb_array_length(lines) between 1 and 50),
  country text not null check (country ~ '^[A-Z]{2}$'),
  state text not null default 'received' check (state in ('received', 'packed', 'sent', 'cancelled')),
  total_cents integer not null default 0 check (total_cents >= 0),
  created_at timestamptz not null default now()
);

create index orders_customer_idx on public.orders (customer);

alter table public.orders enable row level security;

grant select on public.orders to authenticated;
grant insert (lines, country) on public.orders to authenticated;
grant select, insert, update, delete on public.orders to service_role;

-- "(select auth.uid())" is evaluated once a statement; a bare call would be evaluated once a row.
create policy "Customers read their own orders" on public.orders
  for select to authenticated using (customer = (select auth.uid()));
create policy "Customers place their own orders" on public.orders
  for insert to authenticated with check (customer = (select auth.uid()));

create function public.price_order() returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
declare
  sound boolean;
begin
  select sum(p.price_cents * line.quantity), bool_and(p.sku is not null and line.quantity between 1 and 99)
    into new.total_cents, sound
    from jsonb_to_recordset(new.lines) as line (sku text, quantity integer)
    left join public.products as p on p.sku = line.sku;
  if sound is not true then
    raise exception 'an order line needs a known sku and a quantity from 1 to 99' using errcode = '22023';
  end if;
  return new;
end
$$;

revoke execute on function public.price_order() from public;

create trigger price_order before insert or update of lines on public.orders
  for each row execute function public.price_order();
