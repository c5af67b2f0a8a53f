"""Rules about the storage service and its buckets."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Answer, Control, Cure, Exchange, Severity, Shortfall
from prodworthy.model.backend import SeenBucket, Storage
from prodworthy.model.platform import body, describe, status
from prodworthy.review.rules import rule
from prodworthy.review.supabase.answers import own, place, value

BUCKETS = "Supabase docs, Storage buckets: https://supabase.com/docs/guides/storage/buckets/fundamentals"
STATUSES = "Supabase docs, HTTP status codes: https://supabase.com/docs/guides/troubleshooting/http-status-codes"
STORAGE_ACCESS = (
    "Supabase docs, Storage access control: https://supabase.com/docs/guides/storage/security/access-control"
)
ASVS_ACCESS = "OWASP ASVS 5.0 8.2.1"


@rule(
    "supabase.storage-down",
    title="The storage service answers",
    severity=Severity.HIGH,
    reason="Without it pictures and files of the app do not load and cannot be uploaded.",
    remedy="See the project's health in the dashboard and its Storage logs.",
    references=[STATUSES],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def storage_down(storage: Storage) -> Iterator[Shortfall]:
    """The status shows the process, the body of its health and the list of buckets its database."""
    down = list(_down(storage))
    if down:
        exchange, answer, wanted = down[0]
        many = f"; {len(down) - 1} more requests failed" if len(down) > 1 else ""
        yield Shortfall(place(exchange), wanted, f"{describe(answer)}{many}")


def _down(storage: Storage) -> Iterator[tuple[Exchange, Answer, str]]:
    if (answer := own(storage.status)) and answer.status != 200:
        yield storage.status, answer, "200"
    health = own(storage.health)
    if storage.health and health and health.status == 200 and body(health).get("healthy") is False:
        yield storage.health, health, '{"healthy": true}'
    if (answer := own(storage.buckets)) and not isinstance(value(answer), list):
        yield storage.buckets, answer, "200 and a list of buckets"
    for exchange in (each for seen in storage.seen for each in seen.unclear):
        if (answer := own(exchange)) and status(answer) >= 500:
            yield exchange, answer, "an answer that tells of the bucket"


@rule(
    "supabase.bucket-missing",
    title="Every declared public bucket is there",
    severity=Severity.HIGH,
    reason="The app shows pictures or files from a bucket that does not serve them.",
    remedy="Create the bucket in a migration, or make it public.",
    references=[BUCKETS],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def bucket_missing(storage: Storage) -> Iterator[Shortfall]:
    """Storage says the same of a bucket that is not there and of one that is not public; a list may tell more."""
    for seen in storage.seen:
        if seen.declared.public and seen.served is False and storage.told_public(seen.declared.name) is None:
            remedy = _made(seen, public=True)
            yield Shortfall(f"bucket {seen.declared.name}", "a public bucket", "missing, or not public", remedy)


@rule(
    "supabase.bucket-private",
    title="Buckets that are declared public are public",
    severity=Severity.HIGH,
    reason="The app links to files that nobody gets without a signed address.",
    remedy="Make the bucket public, or declare it private and sign its addresses.",
    references=[BUCKETS],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def bucket_private(storage: Storage) -> Iterator[Shortfall]:
    """Only where anon may see the bucket in the list; else it reads as missing."""
    for seen in storage.seen:
        if seen.declared.public and storage.told_public(seen.declared.name) is False:
            remedy = _made(seen, public=True)
            yield Shortfall(f"bucket {seen.declared.name}", "public", "private", remedy)


@rule(
    "supabase.bucket-public",
    title="Buckets that are declared private are private",
    severity=Severity.CRITICAL,
    reason="Everybody who knows or guesses a file's name gets it; no policy is asked.",
    remedy="Make the bucket private.",
    references=[BUCKETS, STORAGE_ACCESS, ASVS_ACCESS],
    cure=Cure.NONE,
)
def bucket_public(storage: Storage) -> Iterator[Shortfall]:
    """A public bucket misses the object that was asked for, a private one is not found at all."""
    for seen in storage.seen:
        if not seen.declared.public and (seen.served or storage.told_public(seen.declared.name)):
            remedy = _made(seen, public=False)
            yield Shortfall(f"bucket {seen.declared.name}", "private", "public", remedy)


@rule(
    "supabase.bucket-readable-by-anon",
    title="Nobody from outside sees what is in a private bucket",
    severity=Severity.CRITICAL,
    reason="A policy on storage.objects lets anybody list this bucket, and with the list read its files.",
    remedy="Restrict the select policies on storage.objects to authenticated users and their own folders.",
    references=[STORAGE_ACCESS, ASVS_ACCESS],
    cure=Cure.NONE,
)
def bucket_readable_by_anon(storage: Storage) -> Iterator[Shortfall]:
    """A private bucket's listing with something in it."""
    for seen in storage.seen:
        if not seen.declared.public and seen.listed:
            yield Shortfall(f"bucket {seen.declared.name}", "nothing listed for anon", "files are listed for anon")


@rule(
    "supabase.bucket-listed",
    title="Public buckets do not list their content",
    severity=Severity.LOW,
    reason="A public bucket needs no select policy to serve files; with one, anybody finds files nobody linked to.",
    remedy="Drop the select policy for anon on storage.objects: public addresses work without it.",
    references=["Supabase docs, Database advisors, public_bucket_allows_listing", STORAGE_ACCESS],
    cure=Cure.NONE,
)
def bucket_listed(storage: Storage) -> Iterator[Shortfall]:
    """A public bucket's listing with something in it."""
    for seen in storage.seen:
        if seen.declared.public and seen.listed:
            yield Shortfall(f"bucket {seen.declared.name}", "nothing listed for anon", "files are listed for anon")


def _made(seen: SeenBucket, *, public: bool) -> str:
    """What to write in a migration."""
    name, truth = seen.declared.name.replace("'", "''"), str(public).lower()
    row = f"insert into storage.buckets (id, name, public) values ('{name}', '{name}', {truth})"  # noqa: S608  # shown
    return f"{row} on conflict (id) do update set public = {truth};"
