create function uuid_nil() returns uuid language sql immutable as $$ select '00000000-0000-0000-0000-000000000000'::uuid $$;
create function uuid_ns_dns() returns uuid language sql immutable as $$ select '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid $$;
create function uuid_ns_url() returns uuid language sql immutable as $$ select '6ba7b811-9dad-11d1-80b4-00c04fd430c8'::uuid $$;
create function uuid_generate_v4() returns uuid language sql volatile as $$ select pg_catalog.gen_random_uuid() $$;
-- version 3 of RFC 9562: MD5 of namespace and name, with version and variant bits set
create function uuid_generate_v3(namespace uuid, name text) returns uuid language sql immutable strict as $$
  select pg_catalog.encode(pg_catalog.set_byte(pg_catalog.set_byte(sum, 6, (pg_catalog.get_byte(sum, 6) & 15) | 48),
                                               8, (pg_catalog.get_byte(sum, 8) & 63) | 128), 'hex')::uuid
  from (select pg_catalog.decode(pg_catalog.md5(pg_catalog.uuid_send(namespace) || pg_catalog.convert_to(name, 'UTF8')), 'hex')) as hashed(sum)
$$;
