"""What a Supabase back end must let through, and what it must not, as seen with the key that browsers hold."""

from prodworthy.review.rules import together
from prodworthy.review.supabase.auth import auth_down, jwks_symmetric_key, signin_failed
from prodworthy.review.supabase.catalog import row_security_off
from prodworthy.review.supabase.database import database_unavailable, read_only, statement_timeout
from prodworthy.review.supabase.key import key_is_secret, wrong_key
from prodworthy.review.supabase.realtime import realtime_refused
from prodworthy.review.supabase.searches import search_empty, search_failed, search_unordered, search_wrong
from prodworthy.review.supabase.storage import (
    bucket_listed,
    bucket_missing,
    bucket_private,
    bucket_public,
    bucket_readable_by_anon,
    storage_down,
)
from prodworthy.review.supabase.tables import (
    grant_unneeded,
    rest_down,
    schema_listed,
    table_broken,
    table_empty,
    table_missing,
    table_not_readable,
    table_not_writable,
    table_readable_by_anon,
    table_writable_by_anon,
)

auth_service = together(auth_down, jwks_symmetric_key)
database = together(database_unavailable, statement_timeout, read_only)
declared_access = together(rest_down, table_broken, table_missing, table_not_readable, table_not_writable, table_empty)
undeclared_access = together(table_readable_by_anon, table_writable_by_anon, grant_unneeded, schema_listed)
buckets = together(storage_down, bucket_missing, bucket_private)
undeclared_files = together(bucket_public, bucket_readable_by_anon, bucket_listed)
every_search = together(search_failed, search_empty, search_wrong, search_unordered)

__all__ = [
    "auth_down",
    "auth_service",
    "bucket_listed",
    "bucket_missing",
    "bucket_private",
    "bucket_public",
    "bucket_readable_by_anon",
    "buckets",
    "database",
    "database_unavailable",
    "declared_access",
    "every_search",
    "grant_unneeded",
    "jwks_symmetric_key",
    "key_is_secret",
    "read_only",
    "realtime_refused",
    "rest_down",
    "row_security_off",
    "schema_listed",
    "search_empty",
    "search_failed",
    "search_unordered",
    "search_wrong",
    "signin_failed",
    "statement_timeout",
    "storage_down",
    "table_broken",
    "table_empty",
    "table_missing",
    "table_not_readable",
    "table_not_writable",
    "table_readable_by_anon",
    "table_writable_by_anon",
    "undeclared_access",
    "undeclared_files",
    "wrong_key",
]
