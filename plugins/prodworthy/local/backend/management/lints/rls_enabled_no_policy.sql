select format('Table `%s.%s` has RLS enabled, but no policies exist', n.nspname, c.relname) as detail,
       jsonb_build_object('schema', n.nspname, 'name', c.relname, 'type', 'table') as metadata,
       format('%s_%s', n.nspname, c.relname) as key
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relrowsecurity
  and n.nspname not in (table platform)
  and not exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid)
  and not exists (select from pg_catalog.pg_depend d
                  where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')
order by n.nspname, c.relname
