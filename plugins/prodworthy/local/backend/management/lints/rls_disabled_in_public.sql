select format('Table `%s.%s` is public, but RLS has not been enabled.', n.nspname, c.relname) as detail,
       jsonb_build_object('schema', n.nspname, 'name', c.relname, 'type', 'table') as metadata,
       format('%s_%s', n.nspname, c.relname) as key
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relrowsecurity
  and n.nspname in (table api) and n.nspname not in (table platform)
  and (pg_catalog.has_table_privilege('anon', c.oid, 'select')
       or pg_catalog.has_table_privilege('authenticated', c.oid, 'select'))
order by n.nspname, c.relname
