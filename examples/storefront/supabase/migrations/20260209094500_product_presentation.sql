-- Two optional columns: a short badge ("New") and a picture in the product-images bucket.
-- Undone by rollbacks/20260209094500_product_presentation.sql.
alter table public.products add column badge text check (length(badge) <= 20);
alter table public.products add column image_path text;
