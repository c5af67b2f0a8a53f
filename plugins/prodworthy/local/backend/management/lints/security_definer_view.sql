select format('View `%s.%s` is defined with the SECURITY DEFINER property', n.nspname, c.relname) as detail,
       jsonb_build_object('schema', n.nspname, 'name', c.relname, 'type', 'view') as metadata,
       format('%s_%s', n.nspname, c.relname) as key
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'v'
  and n.nspname in (table api) and n.nspname not in (table platform)
  and (pg_catalog.has_table_privilege('anon', c.oid, 'select')
       or pg_catalog.has_table_privilege('authenticated', c.oid, 'select'))
  and not coalesce((select lower(option_value) in ('1', 'true', 'yes', 'on')
                    from pg_catalog.pg_options_to_table(c.reloptions) where option_name = 'security_invoker'), false)
  and not exists (select from pg_catalog.pg_depend d
                  where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')
order by n.nspname, c.relname
