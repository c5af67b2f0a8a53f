-- One question, one row, one JSON value: so it reads the same over a connection and over the management API.
-- $1: the exposed schemas, as a JSON list. Every name is qualified, because the search path may be empty.
with schemas as (
  select n.oid, n.nspname from pg_catalog.pg_namespace n
  where n.nspname in (select pg_catalog.json_array_elements_text($1::json))
),
outside as (
  select r.oid, r.rolname, r.rolbypassrls or r.rolsuper as bypasses from pg_catalog.pg_roles r
  where r.rolname in ('anon', 'authenticated')
),
policies as (
  select p.polrelid, pg_catalog.json_agg(pg_catalog.json_build_object(
    'name', p.polname,
    'command', case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
                             when 'd' then 'delete' else 'all' end,
    'permissive', p.polpermissive,
    'roles', array(select r.rolname from pg_catalog.pg_roles r where r.oid = any (p.polroles) order by 1),
    'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
    'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)) order by p.polname) as found
  from pg_catalog.pg_policy p group by p.polrelid
),
reading as (  -- which view reads which relation; not recursive: views over views are followed below
  select distinct w.ev_class as view, d.refobjid as relation
  from pg_catalog.pg_rewrite w join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
    and d.objid = w.oid and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid <> w.ev_class
),
of_users as (
  with recursive found (view) as (
    select r.view from reading r where r.relation = pg_catalog.to_regclass('auth.users')
    union select r.view from reading r join found f on r.relation = f.view
  ) select view from found
),
columns as (
  select a.attrelid, pg_catalog.json_agg(pg_catalog.json_build_object(
    'name', a.attname,
    'sequence', a.attidentity <> '' or coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid) like '%nextval(%', false),
    'generated', a.attidentity = 'a' or a.attgenerated <> '',
    'dimensions', case when t.typname in ('vector', 'halfvec', 'sparsevec') then greatest(a.atttypmod, 0) end,
    'embedded', case when t.typname in ('vector', 'halfvec', 'sparsevec') then 1 - s.null_frac end)
    order by a.attnum) as found
  from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p')
    join schemas n on n.oid = c.relnamespace
    join pg_catalog.pg_type t on t.oid = a.atttypid
    left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    left join pg_catalog.pg_stats s
      on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname and not s.inherited
  where a.attnum > 0 and not a.attisdropped group by a.attrelid
),
indexes as (
  select i.indrelid, pg_catalog.json_agg(pg_catalog.json_build_object(
    'column', a.attname, 'method', m.amname, 'operators', o.opcname, 'valid', i.indisvalid) order by c.relname) as found
  from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indexrelid
    join pg_catalog.pg_am m on m.oid = c.relam and m.amname in ('hnsw', 'ivfflat')
    join pg_catalog.pg_opclass o on o.oid = i.indclass[0]
    join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
  group by i.indrelid
),
relations as (
  select c.oid, n.nspname, c.relname, pg_catalog.json_build_object(
    'schema', n.nspname,
    'name', c.relname,
    'kind', case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table'
                           else 'table' end,
    'row_security', c.relrowsecurity,
    'policies', coalesce(p.found, '[]'),
    'privileges', (select pg_catalog.json_object_agg(o.rolname, array(
        select w from pg_catalog.unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references',
                                              'trigger']) as w
        where pg_catalog.has_table_privilege(o.oid, c.oid, w)
           or (w in ('select', 'insert', 'update') and pg_catalog.has_any_column_privilege(o.oid, c.oid, w))))
      from outside o),
    'invoker', coalesce(exists (select from pg_catalog.unnest(c.reloptions) x
      where x in ('security_invoker=true', 'security_invoker=on', 'security_invoker=1', 'security_invoker=yes')), false),
    'reads_users', c.oid in (select view from of_users),
    'columns', coalesce(k.found, '[]'),
    'indexes', coalesce(i.found, '[]'),
    'rows', greatest(c.reltuples, 0)::bigint) as found
  from pg_catalog.pg_class c
    join schemas n on n.oid = c.relnamespace
    left join policies p on p.polrelid = c.oid
    left join columns k on k.attrelid = c.oid
    left join indexes i on i.indrelid = c.oid
  where c.relkind in ('r', 'p', 'v', 'm', 'f')
    and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    and d.objid = c.oid and d.deptype = 'e')
),
functions as (
  select n.nspname, f.proname, pg_catalog.json_build_object(
    'schema', n.nspname,
    'name', f.proname,
    'arguments', pg_catalog.pg_get_function_identity_arguments(f.oid),
    'definer', f.prosecdef,
    'search_path', coalesce(exists (select from pg_catalog.unnest(f.proconfig) x where x like 'search_path=%'), false),
    'trigger', f.prorettype in ('pg_catalog.trigger'::pg_catalog.regtype,
                                'pg_catalog.event_trigger'::pg_catalog.regtype),
    'callers', array(select o.rolname from outside o
      where pg_catalog.has_function_privilege(o.oid, f.oid, 'execute') order by 1),
    'distances', array(select x from pg_catalog.unnest(array['<->', '<#>', '<=>', '<+>']) x
      where pg_catalog.strpos(f.prosrc, x) > 0)) as found
  from pg_catalog.pg_proc f join schemas n on n.oid = f.pronamespace
  where f.prokind in ('f', 'p')
    and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                    and d.objid = f.oid and d.deptype = 'e')
)
select pg_catalog.json_build_object(
  'relations', (select coalesce(pg_catalog.json_agg(r.found order by r.nspname, r.relname), '[]') from relations r),
  'functions', (select coalesce(pg_catalog.json_agg(f.found order by f.nspname, f.proname), '[]') from functions f),
  'extensions', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'name', e.extname, 'schema', n.nspname, 'version', e.extversion) order by e.extname), '[]')
    from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace),
  'bypassing', array(select o.rolname from outside o where o.bypasses order by 1),
  'file_policies', (select p.found from policies p where p.polrelid = pg_catalog.to_regclass('storage.objects')),
  'buckets_seen', coalesce(pg_catalog.has_table_privilege(pg_catalog.to_regclass('storage.buckets'), 'select')
    and pg_catalog.has_schema_privilege(pg_catalog.to_regnamespace('storage'), 'usage'), false)
) as catalog
