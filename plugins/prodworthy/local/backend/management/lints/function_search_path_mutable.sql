select format('Function `%s.%s` has a role mutable search_path', n.nspname, p.proname) as detail,
       jsonb_build_object('schema', n.nspname, 'name', p.proname, 'type', 'function') as metadata,
       format('%s_%s_%s', n.nspname, p.proname, md5(p.prosrc)) as key
from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where n.nspname not in (table platform)
  and not exists (select from unnest(p.proconfig) as setting where setting like 'search_path=%')
  and not exists (select from pg_catalog.pg_depend d
                  where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e')
order by n.nspname, p.proname, key
