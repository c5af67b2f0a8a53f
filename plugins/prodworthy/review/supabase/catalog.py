"""What the database's own catalog must say: row-level security, its policies, and the privileges beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from prodworthy.model import Cure, Severity, Shortfall
from prodworthy.model.catalog import Catalog, Policy, Relation, identifier
from prodworthy.model.text import clean
from prodworthy.review.rules import rule
from prodworthy.review.supabase.conditions import holds

RLS = "Supabase docs, Row Level Security: https://supabase.com/docs/guides/database/postgres/row-level-security"
GRANTS = "Supabase docs, Securing your API: https://supabase.com/docs/guides/api/securing-your-api"
LINTER = "Supabase docs, Database advisors: https://supabase.com/docs/guides/database/database-advisors?lint="
ASVS_ACCESS = "OWASP ASVS 5.0 8.2.1"
WRITES = ("insert", "update", "delete")
TRUSTED = re.compile(r"\b(raw_)?user_meta_?data\b")
BESIDE_POLICIES = ("truncate", "references", "trigger")  # privileges that row-level security does not look at


@rule(
    "supabase.row-security-off",
    title="Every table in an exposed schema has row-level security",
    severity=Severity.HIGH,
    reason="Without it a grant opens the whole table, to whoever holds the public key or an account.",
    remedy="In a migration: alter table … enable row level security; then a policy for each role that needs rows.",
    references=[RLS, f"{LINTER}0013_rls_disabled_in_public", ASVS_ACCESS],
    cure=Cure.NONE,
)
def row_security_off(catalog: Catalog) -> Iterator[Shortfall]:
    """Also where nobody from outside holds a privilege yet: it is one grant away. Its policies do nothing."""
    for relation in catalog.tables:
        if not relation.row_security:
            name, idle = relation.full_name, len(relation.policies)
            without = f", and {idle} {'policies are' if idle > 1 else 'policy is'} not applied" if idle else ""
            yield Shortfall(
                f"table {name}",
                "row-level security enabled",
                f"off; {_privileges(relation)}{without}",
                f"In a migration: alter table {relation.sql_name} enable row level security; then policies.",
            )


def _privileges(relation: Relation) -> str:
    held = [f"{role}: {', '.join(privileges)}" for role, privileges in relation.privileges.items() if privileges]
    return "; ".join(held) or "nobody from outside holds a privilege yet"


@rule(
    "supabase.policy-open-to-anon",
    title="No policy lets everybody do what is not declared",
    severity=Severity.HIGH,
    reason="A condition that holds for every row is none: the grant alone decides, and anon holds it.",
    remedy="Write whose rows they are into the policy, or drop it; declare in supabase.tables what is meant so.",
    references=[RLS, f"{LINTER}0024_rls_policy_always_true", ASVS_ACCESS],
    cure=Cure.NONE,
)
def policy_open_to_anon(catalog: Catalog) -> Iterator[Shortfall]:
    """Changing and deleting is never everybody's unless declared; reading and adding only against a declaration."""
    for relation, policy, commands in _open_policies(catalog, "anon"):
        yield _open(relation, policy, commands, "anon")


@rule(
    "supabase.policy-open-to-users",
    title="No policy lets every user change everybody's rows",
    severity=Severity.MEDIUM,
    reason="Whoever signs up may then change or delete the rows of all others.",
    remedy="Compare the row's owner with (select auth.uid()) in the policy, for using and for with check.",
    references=[RLS, f"{LINTER}0024_rls_policy_always_true", "OWASP ASVS 5.0 8.2.2"],
    cure=Cure.NONE,
)
def policy_open_to_users(catalog: Catalog) -> Iterator[Shortfall]:
    """Only updating and deleting: adding is ordinary, because a default or a trigger may set the owner."""
    told = {(relation.full_name, policy.name) for relation, policy, _ in _open_policies(catalog, "anon")}
    for relation, policy, commands in _open_policies(catalog, "authenticated"):
        changing = [each for each in commands if each in {"update", "delete"}]
        if changing and (relation.full_name, policy.name) not in told:
            yield _open(relation, policy, changing, "authenticated")


@rule(
    "supabase.policy-shows-rows-of-others",
    title="No policy shows every user the rows of others",
    severity=Severity.HIGH,
    reason="Whoever signs up reads what belongs to others: that somebody is signed in does not tell whose row it is.",
    remedy="Compare the row's owner with (select auth.uid()) in the policy.",
    references=[RLS, "OWASP ASVS 5.0 8.2.2", "OWASP API Security Top 10 2023 API1"],
    cure=Cure.NONE,
)
def policy_shows_rows_of_others(catalog: Catalog) -> Iterator[Shortfall]:
    """Only where the targets file names an owner, and not anon as a reader: else a table for all users is ordinary."""
    for relation in catalog.tables:
        declared = catalog.declaration(relation)
        if declared is None or declared.owner is None or "select" in declared.anon or not relation.row_security:
            continue
        for policy in relation.policies:
            if "select" in _always(relation, policy, "authenticated") and "select" not in _always(
                relation, policy, "anon"
            ):
                yield _open(relation, policy, ["select"], "authenticated", identifier(declared.owner))


def _open(
    relation: Relation, policy: Policy, commands: list[str], role: str, owner: str = "<the owner's column>"
) -> Shortfall:
    condition = clean(policy.using or policy.check or "no condition", 120)
    return Shortfall(
        f'policy "{policy.name}" on {relation.full_name}',
        "a condition that tells whose row it is",
        f"{condition} holds for every row: {role} may {', '.join(commands)} any row",
        f"drop policy {identifier(policy.name)} on {relation.sql_name}; "
        f"then create one with using ((select auth.uid()) = {owner}).",
    )


def _open_policies(catalog: Catalog, role: str) -> Iterator[tuple[Relation, Policy, list[str]]]:
    """Policies that are always true, and what `role` may do by them against what is declared."""
    for relation in catalog.tables:
        if not relation.row_security:
            continue  # has a rule of its own
        for policy in relation.policies:
            if commands := [each for each in _always(relation, policy, role) if _unwanted(catalog, relation, each)]:
                yield relation, policy, commands


def _always(relation: Relation, policy: Policy, role: str) -> list[str]:
    """What the policy alone lets `role` do, with its grants."""
    if not policy.permissive or not policy.covers(role):
        return []
    restricted = {
        command
        for command in policy.commands
        for other in relation.policies
        if not other.permissive and other.covers(role) and command in other.commands
        if not always_true(other, command, role)
    }
    return [
        each
        for each in policy.commands
        if each not in restricted and relation.held(role, each) and always_true(policy, each, role)
    ]


def always_true(policy: Policy, command: str, role: str, row: Mapping[str, str] | None = None) -> bool:
    """Whether the condition for `command` lets `role` through, whoever asks: for every row, or those with these values.

    No condition at all does so too.
    """
    condition = (
        policy.check or (policy.using if policy.command == "all" else None) if command == "insert" else policy.using
    )
    return not condition or holds(condition, role, row)


def _unwanted(catalog: Catalog, relation: Relation, command: str) -> bool:
    declared = catalog.declaration(relation)
    if declared is None:
        return command in {"update", "delete"}
    return command not in declared.anon


@rule(
    "supabase.policy-trusts-user-metadata",
    title="Policies trust nothing that users write themselves",
    severity=Severity.HIGH,
    reason='Every user changes the own user_metadata with one call: whoever writes "role": "admin" there is one.',
    remedy="Read app_metadata, which only the server can write, or ask a table of roles.",
    references=[f"{LINTER}0015_rls_references_user_metadata", RLS, "OWASP ASVS 5.0 8.3.1"],
    cure=Cure.NONE,
)
def policy_trusts_user_metadata(catalog: Catalog) -> Iterator[Shortfall]:
    """By the conditions as the database spells them."""
    for relation in catalog.tables:
        for policy in relation.policies:
            if any(TRUSTED.search(each) for each in policy.conditions):
                where = f'policy "{policy.name}" on {relation.full_name}'
                yield Shortfall(where, "conditions on what only the server can write", "it reads user_metadata")


@rule(
    "supabase.policies-missing",
    title="Tables that are granted have a policy",
    severity=Severity.INFO,
    reason="With row-level security and no policy nobody from outside sees a row: safe, but the grant is useless.",
    remedy="Add the policy that was meant, or revoke the grant.",
    references=[f"{LINTER}0008_rls_enabled_no_policy", RLS],
    cure=Cure.NONE,
)
def policies_missing(catalog: Catalog) -> Iterator[Shortfall]:
    """Only where a role from outside holds a privilege: a table for the server alone needs no policy."""
    for relation in catalog.tables:
        if relation.row_security and not relation.policies and _reached(relation):
            yield Shortfall(
                f"table {relation.full_name}", "a policy, or no grant", f"no policy; {_privileges(relation)}"
            )


def _reached(relation: Relation) -> bool:
    return any(relation.held(role, each) for role in relation.privileges for each in ("select", *WRITES))


@rule(
    "supabase.table-undeclared",
    title="Every table that anon may use is declared",
    severity=Severity.INFO,
    reason="What nobody has declared, nobody has decided: a table for the server may have been opened by habit.",
    remedy="Declare it in supabase.tables with what anon may do, or revoke the grant.",
    references=[GRANTS],
    cure=Cure.NONE,
)
def table_undeclared(catalog: Catalog) -> Iterator[Shortfall]:
    """Tables and views; where row-level security is off, that is the finding."""
    for relation in catalog.relations:
        held = [each for each in ("select", *WRITES) if relation.held("anon", each)]
        guarded = relation.row_security or relation.kind != "table"
        if held and guarded and catalog.declaration(relation) is None:
            line = f'{{ name = "{relation.name}", anon = {json.dumps(held)} }}'
            remedy = f"revoke {', '.join(held)} on {relation.sql_name} from anon; or declare it: {line}"
            where = f"{relation.kind} {relation.full_name}"
            yield Shortfall(where, "a declaration, or no privilege for anon", f"anon may {', '.join(held)}", remedy)


@rule(
    "supabase.grant-beside-policies",
    title="Anon holds no privilege that row-level security does not look at",
    severity=Severity.INFO,
    reason="truncate empties a table whatever its policies say; the data API does not offer it, other ways may.",
    remedy="Revoke it.",
    references=[GRANTS, "PostgreSQL docs, 5.9 Row Security Policies"],
    cure=Cure.NONE,
)
def grant_beside_policies(catalog: Catalog) -> Iterator[Shortfall]:
    """Projects from before 2026-05-30 granted everything by default."""
    for relation in catalog.tables:
        if held := [each for each in BESIDE_POLICIES if relation.held("anon", each)]:
            privileges = ", ".join(held)
            remedy = f"revoke {privileges} on {relation.sql_name} from anon, authenticated;"
            yield Shortfall(f"table {relation.full_name}", "none of them", f"anon holds {privileges}", remedy)


@rule(
    "supabase.role-bypasses-policies",
    title="Row-level security holds for everybody from outside",
    severity=Severity.CRITICAL,
    reason="With BYPASSRLS or SUPERUSER no policy is asked: every grant of that role opens the whole table.",
    remedy="alter role … nobypassrls; (as a role that may, or by asking support)",
    references=[RLS, "PostgreSQL docs, 5.9 Row Security Policies"],
    cure=Cure.NONE,
)
def role_bypasses_policies(catalog: Catalog) -> Iterator[Shortfall]:
    """The attributes of anon and authenticated."""
    for role in catalog.bypassing:
        yield Shortfall(f"role {role}", "nobypassrls", "bypassrls", f"alter role {role} nobypassrls;")
