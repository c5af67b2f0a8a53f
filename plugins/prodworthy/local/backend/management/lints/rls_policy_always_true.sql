with policies as (
  select p.*,
         coalesce(regexp_replace(lower(p.qual), '\s', '', 'g') in ('true', '(true)', '1=1', '(1=1)'), true) as any_row,
         coalesce(regexp_replace(lower(p.with_check), '\s', '', 'g') in ('true', '(true)', '1=1', '(1=1)'), false) as any_new
  from pg_catalog.pg_policies p
  join pg_catalog.pg_namespace n on n.nspname = p.schemaname
  join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = p.tablename
  where c.relkind = 'r' and c.relrowsecurity
    and p.permissive = 'PERMISSIVE'
    and p.roles && array['public', 'anon', 'authenticated']::name[]
    and p.schemaname not in (table platform)
), judged as (
  select *,
         cmd in ('UPDATE', 'DELETE', 'ALL') and any_row as permissive_using,
         any_new or with_check is null and (cmd = 'INSERT' or cmd in ('UPDATE', 'ALL') and qual is not null and any_row)
           as permissive_with_check
  from policies
)
select format('Table `%s.%s` has an RLS policy `%s` for `%s` that allows unrestricted access%s. '
              'This effectively bypasses row-level security for %s.',
              schemaname, tablename, policyname, cmd,
              case when permissive_using and permissive_with_check then ' (both USING and WITH CHECK are always true)'
                   when permissive_using then ' (USING clause is always true)'
                   else ' (WITH CHECK clause is always true)' end,
              array_to_string(roles, ', ')) as detail,
       jsonb_build_object('schema', schemaname, 'name', tablename, 'type', 'table', 'policy_name', policyname,
                          'command', cmd, 'roles', roles, 'qual', qual, 'with_check', with_check,
                          'permissive_using', permissive_using, 'permissive_with_check', permissive_with_check) as metadata,
       format('%s_%s_%s', schemaname, tablename, policyname) as key
from judged
where permissive_using or permissive_with_check
order by schemaname, tablename, policyname
