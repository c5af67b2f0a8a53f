select format('Extension `%s` is installed in the public schema. Move it to another schema.', e.extname) as detail,
       jsonb_build_object('schema', n.nspname, 'name', e.extname, 'type', 'extension') as metadata,
       e.extname as key
from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
where n.nspname = 'public' and e.extname <> 'plpgsql'
order by e.extname
