-- What `alter role ... set` says, as far as an ordinary user may set it.
select r.rolname as role, split_part(c.pair, '=', 1) as name, substr(c.pair, strpos(c.pair, '=') + 1) as value
from pg_roles r cross join unnest(r.rolconfig) c(pair)
join pg_settings s on s.name = split_part(c.pair, '=', 1) and s.context = 'user'
