"""Reading the database's own catalog, where its address is known: read-only, and bounded in time."""

from __future__ import annotations

from prodworthy.evidence.errors import NotAsked, Unobserved
from prodworthy.evidence.pieces import Look, piece
from prodworthy.model import Cause, Target
from prodworthy.model.catalog import Catalog, Relation

PATIENCE = 10  # seconds to connect
READ_ONLY = "-c default_transaction_read_only=on -c statement_timeout=5000"
RELATIONS = """
select n.nspname, c.relname, c.relrowsecurity,
       (select count(*) from pg_catalog.pg_policy p where p.polrelid = c.oid),
       array(select r.rolname || ': ' || p.privilege
             from pg_catalog.pg_roles r, unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) as p(privilege)
             where r.rolname in ('anon', 'authenticated') and has_table_privilege(r.oid, c.oid, p.privilege)
             order by 1)
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and n.nspname = any(%s)
  and not exists (select from pg_catalog.pg_depend d
                  where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by 1, 2
"""


@piece("supabase")
async def catalog(look: Look) -> Catalog:
    """Row-level security, policies and grants of every table in the exposed schemas."""
    url = _address(look.target)
    backend = look.target.supabase
    schemas = sorted({"public", *(table.schema for table in (backend.tables if backend else ()))})
    rows = await _rows(url, schemas)
    return Catalog(
        relations=tuple(
            Relation(schema=schema, name=name, row_security=secured, policies=policies, privileges=tuple(privileges))
            for schema, name, secured, policies, privileges in rows
        )
    )


def _address(target: Target) -> str:
    if target.addresses and target.addresses.database_url:
        return target.addresses.database_url
    declared = target.supabase.database if target.supabase else None
    if declared is None:
        raise NotAsked("supabase.database is not given, so the database's own catalog is not read")
    if not declared.value:
        raise Unobserved.because("the database's catalog", f"{declared.name} is not set", Cause.SECRET)
    return declared.value


async def _rows(url: str, schemas: list[str]) -> list[tuple[str, str, bool, int, list[str]]]:
    try:
        import psycopg  # noqa: PLC0415  # of the [local] extra
    except ImportError:
        raise Unobserved.because(
            "the database's catalog", "psycopg is missing: pip install 'prodworthy[local]'", Cause.ENGINE
        ) from None
    try:
        async with (
            await psycopg.AsyncConnection.connect(url, connect_timeout=PATIENCE, options=READ_ONLY) as connection,
            connection.cursor() as cursor,
        ):
            await cursor.execute(RELATIONS, [schemas])
            return await cursor.fetchall()
    except psycopg.Error as error:
        # the library's words can hold the address, and the address a password
        why = f"{type(error).__name__}: the database did not answer the question"
        raise Unobserved.because("the database's catalog", why, Cause.NETWORK) from None
