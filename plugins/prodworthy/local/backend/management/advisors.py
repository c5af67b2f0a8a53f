"""The security advisor: the vendor's own lints, by their documented names and levels, over the project's real catalog.

Documented at https://supabase.com/docs/guides/database/database-linter. Each query in lints/ returns `detail`,
`metadata` and `key`, and finds two tables: `api`, the schemas that the data API exposes, and `platform`, those that are
not the app's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prodworthy.local.backend.database import Pool

DOCUMENTED = "https://supabase.com/docs/guides/database/database-linter?lint="
PLATFORM = (
    "auth", "cron", "extensions", "graphql", "graphql_public", "information_schema", "net", "pg_catalog", "pgbouncer",
    "pgmq", "pgroonga", "pgsodium", "pgsodium_masks", "pgtle", "realtime", "repack", "storage", "supabase_functions",
    "supabase_migrations", "tiger", "topology", "vault",
)  # fmt: skip


AROUND = """
with api (schema) as (select unnest($1::text[])), platform (schema) as (select unnest($2::text[]))
select * from ({}) as found
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """One question of the advisor."""

    number: int  # in the documentation
    name: str
    title: str
    level: str  # ERROR, WARN, INFO
    description: str

    @property
    def query(self) -> str:
        """What asks the catalog."""
        return AROUND.format((Path(__file__).parent / "lints" / f"{self.name}.sql").read_text(encoding="utf-8"))


LINTS = (
    Lint(
        number=2,
        name="auth_users_exposed",
        title="Exposed Auth Users",
        level="ERROR",
        description="A view that API roles may read shows rows of auth.users.",
    ),
    Lint(
        number=7,
        name="policy_exists_rls_disabled",
        title="Policy Exists RLS Disabled",
        level="ERROR",
        description="A table has policies, but row level security is off, so that none of them is applied.",
    ),
    Lint(
        number=8,
        name="rls_enabled_no_policy",
        title="RLS Enabled No Policy",
        level="INFO",
        description="Row level security is on, but there is no policy: API roles see no row.",
    ),
    Lint(
        number=10,
        name="security_definer_view",
        title="Security Definer View",
        level="ERROR",
        description="A view that API roles may read has the rights of its owner, not of whoever asks.",
    ),
    Lint(
        number=11,
        name="function_search_path_mutable",
        title="Function Search Path Mutable",
        level="WARN",
        description="A function has no search_path of its own.",
    ),
    Lint(
        number=13,
        name="rls_disabled_in_public",
        title="RLS Disabled in Public",
        level="ERROR",
        description="A table of an exposed schema has row level security off.",
    ),
    Lint(
        number=14,
        name="extension_in_public",
        title="Extension in Public",
        level="WARN",
        description="An extension is installed in the public schema.",
    ),
    Lint(
        number=15,
        name="rls_references_user_metadata",
        title="RLS references user metadata",
        level="ERROR",
        description="A policy trusts user_metadata, which users can change themselves.",
    ),
    Lint(
        number=16,
        name="materialized_view_in_api",
        title="Materialized View in API",
        level="WARN",
        description="API roles may read a materialized view, which has no row level security.",
    ),
    Lint(
        number=24,
        name="rls_policy_always_true",
        title="RLS Policy Always True",
        level="WARN",
        description="A policy lets API roles insert, update or delete without any condition.",
    ),
    Lint(
        number=25,
        name="public_bucket_allows_listing",
        title="Public Bucket Allows Listing",
        level="WARN",
        description="A policy lets everybody list all files of a public bucket.",
    ),
    Lint(
        number=28,
        name="anon_security_definer_function_executable",
        title="SECURITY DEFINER Function Executable by Anon",
        level="WARN",
        description="Everybody may run a function that has the rights of its owner.",
    ),
    Lint(
        number=29,
        name="authenticated_security_definer_function_executable",
        title="SECURITY DEFINER Function Executable by Authenticated",
        level="WARN",
        description="Every signed-in user may run a function that has the rights of its owner.",
    ),
)


async def security(pool: Pool, schemas: tuple[str, ...]) -> list[dict[str, Any]]:
    """All that the lints find, in the order of their numbers."""
    return [_told(lint, row) for lint in LINTS for row in await pool.rows(lint.query, [list(schemas), list(PLATFORM)])]


def _told(lint: Lint, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": lint.name,
        "title": lint.title,
        "level": lint.level,
        "facing": "EXTERNAL",
        "categories": ["SECURITY"],
        "description": lint.description,
        "detail": row["detail"],
        "remediation": f"{DOCUMENTED}{lint.number:04}_{lint.name}",
        "metadata": row["metadata"],
        "cache_key": f"{lint.name}_{row['key']}",
    }
