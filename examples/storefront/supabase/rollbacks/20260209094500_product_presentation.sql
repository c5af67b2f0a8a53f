-- Undoes migrations/20260209094500_product_presentation.sql. Serve the previous front end first: this one reads both columns.
alter table public.products drop column if exists image_path;
alter table public.products drop column if exists badge;
