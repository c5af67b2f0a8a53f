-- Vector search. Extensions live in a schema of their own that the data API does not expose.
create schema if not exists extensions;
create extension if not exists vector with schema extensions;
grant usage on schema extensions to anon, authenticated, service_role;
