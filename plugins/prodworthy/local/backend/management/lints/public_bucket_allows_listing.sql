with listing as (
  select b.id, b.name, array_agg(p.policyname order by p.policyname) as policies
  from storage.buckets b
  join pg_catalog.pg_policies p
    on p.schemaname = 'storage' and p.tablename = 'objects' and p.cmd in ('SELECT', 'ALL') and p.permissive = 'PERMISSIVE'
   and p.roles && array['public', 'anon', 'authenticated']::name[]
   and coalesce(regexp_replace(lower(p.qual), '\s', '', 'g')
                in ('true', '(true)', '1=1', '(1=1)', format('(bucket_id=%L::text)', lower(b.id))), true)
  where b.public
  group by b.id, b.name
)
select format('Public bucket `%s` has %s broad SELECT %s on `storage.objects` (%s), allowing clients to list all files.',
              name, cardinality(policies), case cardinality(policies) when 1 then 'policy' else 'policies' end,
              array_to_string(policies, ', ')) as detail,
       jsonb_build_object('schema', 'storage', 'name', name, 'type', 'bucket', 'bucket_id', id, 'bucket_name', name,
                          'policy_names', policies, 'policy_count', cardinality(policies)) as metadata,
       id as key
from listing
order by id
