"""What else a schema exposes by the database's own catalog: views, functions, extensions, and buckets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodworthy.model import Control, Cure, Severity, Shortfall
from prodworthy.model.catalog import Catalog, Policy, Relation, identifier
from prodworthy.review.rules import rule
from prodworthy.review.supabase.catalog import ASVS_ACCESS, LINTER, always_true

VIEWS = "Supabase docs, Row Level Security, Views: https://supabase.com/docs/guides/database/postgres/row-level-security#views"
FUNCTIONS = (
    "Supabase docs, Database Functions: https://supabase.com/docs/guides/database/functions#security-definer-vs-invoker"
)
EXTENSIONS = "Supabase docs, Extensions: https://supabase.com/docs/guides/database/extensions"
STORAGE_ACCESS = (
    "Supabase docs, Storage access control: https://supabase.com/docs/guides/storage/security/access-control"
)
NAMED = re.compile(r"bucket_id = '([^']+)'::text")


@rule(
    "supabase.view-shows-users",
    title="No view shows the accounts",
    severity=Severity.CRITICAL,
    reason="auth.users holds the e-mail address and the metadata of every account.",
    remedy="Drop the view; copy what others may see into a table of profiles, with policies of its own.",
    references=[f"{LINTER}0002_auth_users_exposed", ASVS_ACCESS],
    cure=Cure.NONE,
)
def view_shows_users(catalog: Catalog) -> Iterator[Shortfall]:
    """Views with their owner's rights, and materialized ones; directly or through other views."""
    for relation in catalog.relations:
        if relation.reads_users and _lends(relation) and relation.readers:
            remedy = f"revoke all on {relation.sql_name} from anon, authenticated; and move it to a private schema."
            yield Shortfall(
                _where(relation), "nothing of auth.users", f"it reads auth.users, for {_all(relation)}", remedy
            )


@rule(
    "supabase.view-definer",
    title="Views have the rights of whoever asks",
    severity=Severity.HIGH,
    reason="A view without security_invoker reads with its owner's rights: no policy of its tables is asked.",
    remedy='alter view … set (security_invoker = true); or declare it with anon = ["select"], if all of it is public.',
    references=[f"{LINTER}0010_security_definer_view", VIEWS, ASVS_ACCESS],
    cure=Cure.NONE,
)
def view_definer(catalog: Catalog) -> Iterator[Shortfall]:
    """Where a role from outside may read it, and the team has not declared it public."""
    for relation in catalog.relations:
        if relation.kind == "view" and not relation.invoker and relation.readers and not _public(catalog, relation):
            if relation.reads_users:
                continue  # has a rule of its own
            remedy = f"alter view {relation.sql_name} set (security_invoker = true);"
            yield Shortfall(
                _where(relation), "security_invoker = true", f"its owner's rights, for {_all(relation)}", remedy
            )


@rule(
    "supabase.materialized-view-exposed",
    title="Materialized views are not read from outside",
    severity=Severity.LOW,
    reason="A materialized view has no row-level security: whoever may read it reads all of it.",
    remedy="Revoke select from anon and authenticated; let a function read it. Declare it, if it is public.",
    references=[f"{LINTER}0016_materialized_view_in_api"],
    cure=Cure.NONE,
)
def materialized_view_exposed(catalog: Catalog) -> Iterator[Shortfall]:
    """Unless it is declared as public."""
    yield from _unguarded(catalog, "materialized view")


@rule(
    "supabase.foreign-table-exposed",
    title="Foreign tables are not read from outside",
    severity=Severity.MEDIUM,
    reason="A foreign table has no row-level security, and lies in somebody else's database.",
    remedy="Move it to a schema that is not exposed, and let a function read it. Declare it, if it is public.",
    references=[f"{LINTER}0017_foreign_table_in_api"],
    cure=Cure.NONE,
)
def foreign_table_exposed(catalog: Catalog) -> Iterator[Shortfall]:
    """Unless it is declared as public."""
    yield from _unguarded(catalog, "foreign table")


def _unguarded(catalog: Catalog, kind: str) -> Iterator[Shortfall]:
    for relation in catalog.relations:
        shows_users = relation.reads_users and relation.kind == "materialized view"
        if relation.kind == kind and relation.readers and not shows_users and not _public(catalog, relation):
            roles = ", ".join(relation.readers)
            remedy = f"revoke select on {relation.sql_name} from {roles};"  # noqa: S608  # shown
            yield Shortfall(
                _where(relation), "not granted to anon or authenticated", f"read by {_all(relation)}", remedy
            )


def _lends(relation: Relation) -> bool:
    """Whether it reads with its owner's rights."""
    return relation.kind == "materialized view" or (relation.kind == "view" and not relation.invoker)


def _public(catalog: Catalog, relation: Relation) -> bool:
    declared = catalog.declaration(relation)
    return declared is not None and "select" in declared.anon


def _all(relation: Relation) -> str:
    return " and ".join(relation.readers)


def _where(relation: Relation) -> str:
    return f"{relation.kind} {relation.full_name}"


@rule(
    "supabase.function-definer-open",
    title="Anon calls no function that has its owner's rights",
    severity=Severity.LOW,
    reason="A security definer function passes by row-level security: whoever may call it, does what its owner may.",
    remedy="Make it security invoker, or revoke execute from anon and public; else every caller may do what it does.",
    references=[f"{LINTER}0028_anon_security_definer_function_executable", FUNCTIONS],
    cure=Cure.NONE,
)
def function_definer_open(catalog: Catalog) -> Iterator[Shortfall]:
    """Trigger functions cannot be called over the data API."""
    for function in catalog.functions:
        if function.definer and "anon" in function.callers and not function.trigger:
            remedy = f"revoke execute on function {function.signature} from anon, public;"
            yield Shortfall(
                f"function {function.signature}",
                "security invoker, or not for anon",
                "security definer, for anon",
                remedy,
            )


@rule(
    "supabase.function-search-path",
    title="Functions have a search path of their own",
    severity=Severity.LOW,
    reason="Without one the caller's decides which table or operator a name means.",
    remedy="Add set search_path = '' to the function, and write every name with its schema.",
    references=[f"{LINTER}0011_function_search_path_mutable", FUNCTIONS],
    cure=Cure.NONE,
)
def function_search_path(catalog: Catalog) -> Iterator[Shortfall]:
    """Triggers too: they run for whoever writes."""
    for function in catalog.functions:
        if not function.search_path:
            remedy = f"alter function {function.signature} set search_path = ''; and write every name with its schema."
            yield Shortfall(f"function {function.signature}", "a search_path of its own", "the caller's", remedy)


@rule(
    "supabase.extension-in-public",
    title="Extensions live in a schema of their own",
    severity=Severity.LOW,
    reason="In public their functions are part of the data API, and their names mix with the app's.",
    remedy="alter extension … set schema extensions;",
    references=[f"{LINTER}0014_extension_in_public", EXTENSIONS],
    cure=Cure.NONE,
)
def extension_in_public(catalog: Catalog) -> Iterator[Shortfall]:
    """Whatever it is."""
    for extension in catalog.extensions:
        if extension.schema == "public":
            remedy = f'alter extension "{extension.name}" set schema extensions;'
            yield Shortfall(f"extension {extension.name}", "schema extensions", "schema public", remedy)


@rule(
    "supabase.bucket-undeclared",
    title="Every public bucket is declared",
    severity=Severity.INFO,
    reason="Whoever knows or guesses a file's name in a public bucket gets it; nobody has said that this is meant.",
    remedy="Declare it in supabase.buckets with public = true, or make it private.",
    references=[STORAGE_ACCESS],
    cure=Cure.NONE,
)
def bucket_undeclared(catalog: Catalog) -> Iterator[Shortfall]:
    """By the database: from outside nobody can list buckets."""
    declared = {bucket.name for bucket in catalog.declared_buckets}
    for bucket in catalog.buckets or ():
        if bucket.public and bucket.name not in declared:
            remedy = f'Declare it: buckets = [{{ name = "{bucket.name}", public = true }}], or make it private.'
            yield Shortfall(f"bucket {bucket.name}", "a declaration, or private", "public", remedy)


@rule(
    "supabase.bucket-absent",
    title="Every declared private bucket is there",
    severity=Severity.HIGH,
    reason="What the app puts into it, or looks for in it, ends in an error.",
    remedy="Create the bucket in a migration.",
    references=["Supabase docs, Storage buckets: https://supabase.com/docs/guides/storage/buckets/fundamentals"],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def bucket_absent(catalog: Catalog) -> Iterator[Shortfall]:
    """By the database, because the public key gets one answer for both; public buckets are judged from outside."""
    if catalog.buckets is None:
        return
    there = {bucket.name for bucket in catalog.buckets}
    for bucket in catalog.declared_buckets:
        if not bucket.public and bucket.name not in there:
            name = bucket.name.replace("'", "''")
            remedy = f"insert into storage.buckets (id, name, public) values ('{name}', '{name}', false);"  # noqa: S608  # shown
            yield Shortfall(f"bucket {bucket.name}", "a private bucket", "missing", remedy)


@rule(
    "supabase.bucket-listing-open",
    title="No policy lets everybody list a public bucket",
    severity=Severity.LOW,
    reason="Public addresses work without a policy; one for select only lets strangers list every file.",
    remedy="Drop the select policy on storage.objects.",
    references=[f"{LINTER}0025_public_bucket_allows_listing", STORAGE_ACCESS],
    cure=Cure.NONE,
)
def bucket_listing_open(catalog: Catalog) -> Iterator[Shortfall]:
    """Policies without any condition but the bucket's name."""
    public = {bucket.name for bucket in catalog.buckets or () if bucket.public}
    for policy, buckets in _open_to_files(catalog, "select"):
        if listed := sorted(public & buckets if buckets else public):
            got = f"anon lists {', '.join(listed)}"
            yield Shortfall(_files(policy), "no select for anon on public buckets", got, _drop(policy))


@rule(
    "supabase.files-open-to-writes",
    title="No policy lets everybody write files",
    severity=Severity.HIGH,
    reason="Strangers fill the storage, replace pictures, or keep malware under the project's address.",
    remedy="Restrict the policy to authenticated users and their own folder.",
    references=[STORAGE_ACCESS, "OWASP ASVS 5.0 5.2.4"],
    cure=Cure.NONE,
)
def files_open_to_writes(catalog: Catalog) -> Iterator[Shortfall]:
    """Policies without any condition but the bucket's name."""
    for command in ("insert", "update", "delete"):
        for policy, buckets in _open_to_files(catalog, command):
            got = f"anon may {command} files in {', '.join(sorted(buckets)) or 'every bucket'}"
            yield Shortfall(_files(policy), "writes of signed-in users only", got, _drop(policy))


def _open_to_files(catalog: Catalog, command: str) -> Iterator[tuple[Policy, frozenset[str]]]:
    """Policies that let anon do it to all files, of the buckets that are named; none named: of all."""
    for policy in catalog.file_policies:
        if not policy.permissive or not policy.covers("anon") or command not in policy.commands:
            continue
        named = {name for each in policy.conditions for name in NAMED.findall(each)}
        buckets = frozenset(name for name in named if always_true(policy, command, "anon", {"bucket_id": name}))
        if always_true(policy, command, "anon"):
            yield policy, frozenset()
        elif buckets:
            yield policy, buckets


def _files(policy: Policy) -> str:
    return f'policy "{policy.name}" on storage.objects'


def _drop(policy: Policy) -> str:
    return f"drop policy {identifier(policy.name)} on storage.objects;"
