create function digest(data bytea, type text) returns bytea language plpgsql immutable strict as $$
begin
  return case lower(type)
    when 'md5' then pg_catalog.decode(pg_catalog.md5(data), 'hex')
    when 'sha224' then pg_catalog.sha224(data)
    when 'sha256' then pg_catalog.sha256(data)
    when 'sha384' then pg_catalog.sha384(data)
    when 'sha512' then pg_catalog.sha512(data)
  end;
end $$;
create function digest(data text, type text) returns bytea language sql immutable strict as $$
  select @extschema@.digest(pg_catalog.convert_to(data, 'UTF8'), type)
$$;
-- RFC 2104 over the digests above
create function hmac(data bytea, key bytea, type text) returns bytea language plpgsql immutable strict as $$
declare
  block constant int := case when lower(type) in ('sha384', 'sha512') then 128 else 64 end;
  inner_pad bytea := '';
  outer_pad bytea := '';
begin
  if length(key) > block then key := @extschema@.digest(key, type); end if;
  key := key || pg_catalog.decode(pg_catalog.repeat('00', block - length(key)), 'hex');
  for i in 0 .. block - 1 loop
    inner_pad := inner_pad || pg_catalog.set_byte('\x00'::bytea, 0, pg_catalog.get_byte(key, i) # 54);
    outer_pad := outer_pad || pg_catalog.set_byte('\x00'::bytea, 0, pg_catalog.get_byte(key, i) # 92);
  end loop;
  return @extschema@.digest(outer_pad || @extschema@.digest(inner_pad || data, type), type);
end $$;
create function hmac(data text, key text, type text) returns bytea language sql immutable strict as $$
  select @extschema@.hmac(pg_catalog.convert_to(data, 'UTF8'), pg_catalog.convert_to(key, 'UTF8'), type)
$$;
create function gen_random_uuid() returns uuid language sql volatile as $$ select pg_catalog.gen_random_uuid() $$;
create function gen_random_bytes(count int) returns bytea language plpgsql volatile strict as $$
declare
  bytes bytea := '';
begin
  while length(bytes) < count loop
    bytes := bytes || pg_catalog.sha256(pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid()));
  end loop;
  return pg_catalog.substring(bytes, 1, count);
end $$;
-- salted SHA-256 in crypt's own calling convention; enough for the passwords of a database that lives for one run
create function gen_salt(type text, rounds int default 0) returns text language sql volatile strict as $$
  select '$local$' || pg_catalog.encode(@extschema@.gen_random_bytes(12), 'hex') || '$'
$$;
create function crypt(password text, salt text) returns text language sql immutable strict as $$
  select prefix || pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(prefix || password, 'UTF8')), 'hex')
  from (select '$local$' || pg_catalog.split_part(salt, '$', 3) || '$') as salted(prefix)
$$;
