-- Functions of the schemas in $1 that can be called, with their inputs.
select n.nspname as schema, p.proname as name, p.provolatile::text as volatility, p.proretset as many,
       p.prorettype = 'void'::regtype as nothing,
       (t.typtype = 'c' or coalesce(p.proargmodes && '{o,b,t}'::"char"[], false)) as composite,
       rn.nspname as table_schema, r.relname as table,
       coalesce((select json_agg(json_build_object('name', coalesce(p.proargnames[i.n], ''), 'type', format_type(i.type, null),
                                                   'required', i.place <= p.pronargs - p.pronargdefaults,
                                                   'variadic', p.provariadic <> 0 and i.place = p.pronargs) order by i.n)
                 from (select n, type, row_number() over (order by n) as place
                       from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality u(type, n)
                       where p.proargmodes is null or p.proargmodes[n] in ('i', 'b', 'v')) i), '[]') as arguments,
       coalesce(obj_description(p.oid, 'pg_proc'), '') as comment
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_type t on t.oid = p.prorettype
left join pg_class r on r.oid = t.typrelid and t.typtype = 'c' and r.relkind in ('r', 'v', 'm', 'f', 'p')
left join pg_namespace rn on rn.oid = r.relnamespace
where p.prokind = 'f' and n.nspname = any($1) and p.prorettype <> 'trigger'::regtype and p.prorettype <> 'event_trigger'::regtype
