-- Tables and views with their columns. An empty search path makes format_type write every type with its schema.
select n.nspname as schema, c.relname as name,
       json_object_agg(a.attname, format_type(a.atttypid, a.atttypmod) order by a.attnum) as columns,
       coalesce((select json_agg(k.attname) from pg_index i join pg_attribute k on k.attrelid = i.indrelid and k.attnum = any(i.indkey)
                 where i.indrelid = c.oid and i.indisprimary), '[]') as key,
       coalesce(json_object_agg(a.attname, coalesce(pg_get_expr(d.adbin, d.adrelid),
                  format('nextval(%L)', pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname))))
                filter (where a.attgenerated = '' and (d.adbin is not null or a.attidentity <> '')), '{}') as defaults,
       coalesce(json_agg(a.attname) filter (where a.attnotnull and not a.atthasdef and a.attidentity = ''), '[]') as required
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
where c.relkind in ('r', 'v', 'm', 'f', 'p') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
group by c.oid, n.nspname, c.relname
