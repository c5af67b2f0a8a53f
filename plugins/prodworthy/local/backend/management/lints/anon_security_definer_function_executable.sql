select format('Function `%s.%s(%s)` can be executed by the `anon` role as a `SECURITY DEFINER` function via `/rest/v1/rpc/%s`.',
              n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid), p.proname) as detail,
       jsonb_build_object('schema', n.nspname, 'name', p.proname, 'type', 'function', 'language', l.lanname,
                          'arguments', pg_catalog.pg_get_function_identity_arguments(p.oid),
                          'security_definer', true) as metadata,
       format('%s_%s_%s', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)) as key
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_language l on l.oid = p.prolang
where p.prosecdef
  and n.nspname in (table api) and n.nspname not in (table platform)
  and p.prorettype not in ('pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype)
  and pg_catalog.has_function_privilege('anon', p.oid, 'execute')
  and not exists (select from pg_catalog.pg_depend d
                  where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e')
order by n.nspname, p.proname, key
