select format('Table `%s.%s` has a row level security policy `%s` that references Supabase Auth `user_metadata`. '
              '`user_metadata` is editable by end users and should never be used in a security context.',
              p.schemaname, p.tablename, p.policyname) as detail,
       jsonb_build_object('schema', p.schemaname, 'name', p.tablename, 'type', 'table') as metadata,
       format('%s_%s_%s', p.schemaname, p.tablename, p.policyname) as key
from pg_catalog.pg_policies p
where p.schemaname not in (table platform)
  and concat_ws(' ', p.qual, p.with_check) ~ '(jwt\(\)|request\.jwt\.claims).*user_metadata'
order by p.schemaname, p.tablename, p.policyname
