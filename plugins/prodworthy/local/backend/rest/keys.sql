-- Foreign keys; `single` where at most one source row can point at a target row.
select f.conname as name, sn.nspname as schema, s.relname as table, tn.nspname as target_schema, t.relname as target,
       (select json_agg(a.attname order by k.place) from unnest(f.conkey) with ordinality k(number, place)
        join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.number) as columns,
       (select json_agg(a.attname order by k.place) from unnest(f.confkey) with ordinality k(number, place)
        join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.number) as target_columns,
       exists (select from pg_index i where i.indrelid = f.conrelid and i.indisunique and i.indpred is null
               and i.indnkeyatts = cardinality(f.conkey)
               and (select array_agg(x order by x) from unnest(i.indkey::int2[]) x) = (select array_agg(x order by x) from unnest(f.conkey) x)) as single
from pg_constraint f
join pg_class s on s.oid = f.conrelid join pg_namespace sn on sn.oid = s.relnamespace
join pg_class t on t.oid = f.confrelid join pg_namespace tn on tn.oid = t.relnamespace
where f.contype = 'f' and f.conparentid = 0
