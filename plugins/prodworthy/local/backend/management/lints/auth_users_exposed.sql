select format('View/Materialized View "%s" in the public schema may expose `auth.users` data to anon or authenticated roles.',
              c.relname) as detail,
       jsonb_build_object(
         'schema', n.nspname, 'name', c.relname, 'type', 'view',
         'exposed_to', array(select r.rolname from pg_catalog.pg_roles r
                             where r.rolname in ('anon', 'authenticated')
                               and pg_catalog.has_table_privilege(r.oid, c.oid, 'select') order by 1)) as metadata,
       format('%s_%s', n.nspname, c.relname) as key
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('v', 'm')
  and n.nspname in (table api) and n.nspname not in (table platform)
  and (pg_catalog.has_table_privilege('anon', c.oid, 'select')
       or pg_catalog.has_table_privilege('authenticated', c.oid, 'select'))
  and exists (select from pg_catalog.pg_rewrite r join pg_catalog.pg_depend d on d.objid = r.oid
              where r.ev_class = c.oid and d.deptype = 'n' and d.refobjid = 'auth.users'::pg_catalog.regclass)
order by n.nspname, c.relname
