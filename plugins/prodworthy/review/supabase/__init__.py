"""What a Supabase back end must let through, and what it must not: from outside, and by its own catalog."""

from prodworthy.review.rules import together
from prodworthy.review.supabase.auth import (
    anonymous_users,
    auth_down,
    email_unconfirmed,
    jwks_symmetric_key,
    jwt_shared_secret,
    signin_failed,
    signups_unexpected,
)
from prodworthy.review.supabase.catalog import (
    grant_beside_policies,
    policies_missing,
    policy_open_to_anon,
    policy_open_to_users,
    policy_shows_rows_of_others,
    policy_trusts_user_metadata,
    role_bypasses_policies,
    row_security_off,
    table_undeclared,
)
from prodworthy.review.supabase.database import database_unavailable, read_only, statement_timeout
from prodworthy.review.supabase.exposure import (
    bucket_absent,
    bucket_listing_open,
    bucket_undeclared,
    extension_in_public,
    files_open_to_writes,
    foreign_table_exposed,
    function_definer_open,
    function_search_path,
    materialized_view_exposed,
    view_definer,
    view_shows_users,
)
from prodworthy.review.supabase.insight import (
    graphql_open,
    other_rows_undeclared,
    private_rows_undeclared,
    rows_hidden,
    rows_of_others,
)
from prodworthy.review.supabase.key import (
    key_elsewhere,
    key_expired,
    key_is_secret,
    legacy_key,
    legacy_keys_disabled,
    wrong_key,
)
from prodworthy.review.supabase.project import (
    advisor_error,
    advisor_note,
    advisor_warning,
    key_unlisted,
    project_inactive,
    service_unhealthy,
)
from prodworthy.review.supabase.realtime import realtime_ping, realtime_refused
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
    column_missing,
    grant_unneeded,
    rest_down,
    schema_cache_stale,
    schema_listed,
    table_broken,
    table_empty,
    table_missing,
    table_not_readable,
    table_not_writable,
    table_readable_by_anon,
    table_writable_by_anon,
)
from prodworthy.review.supabase.vectors import (
    embeddings_missing,
    vector_index_missing,
    vector_index_unused,
    vector_without_dimensions,
)

the_key = together(key_is_secret, key_elsewhere, legacy_key)
key_accepted = together(wrong_key, legacy_keys_disabled, key_expired)
auth_service = together(auth_down, jwks_symmetric_key, jwt_shared_secret)
signing_up = together(email_unconfirmed, anonymous_users, signups_unexpected)
database = together(database_unavailable, statement_timeout, read_only, schema_cache_stale)
declared_access = together(
    rest_down, table_broken, table_missing, column_missing, table_not_readable, table_not_writable, table_empty
)
rows_undeclared = together(private_rows_undeclared, other_rows_undeclared)
undeclared_access = together(table_readable_by_anon, table_writable_by_anon, grant_unneeded, schema_listed)
row_security = together(row_security_off, role_bypasses_policies, policies_missing)
policies = together(policy_open_to_anon, policy_open_to_users, policy_shows_rows_of_others, policy_trusts_user_metadata)
privileges = together(table_undeclared, grant_beside_policies)
views = together(view_shows_users, view_definer, materialized_view_exposed, foreign_table_exposed)
functions = together(function_definer_open, function_search_path, extension_in_public)
vectors = together(vector_index_missing, vector_index_unused, vector_without_dimensions, embeddings_missing)
buckets = together(storage_down, bucket_missing, bucket_private)
undeclared_files = together(bucket_public, bucket_readable_by_anon, bucket_listed)
file_policies = together(bucket_absent, bucket_undeclared, bucket_listing_open, files_open_to_writes)
every_search = together(search_failed, search_empty, search_wrong, search_unordered)
live_channels = together(realtime_refused, realtime_ping)
platform = together(project_inactive, service_unhealthy, key_unlisted)
advisors = together(advisor_error, advisor_warning, advisor_note)

__all__ = [
    "advisor_error",
    "advisor_note",
    "advisor_warning",
    "advisors",
    "anonymous_users",
    "auth_down",
    "auth_service",
    "bucket_absent",
    "bucket_listed",
    "bucket_listing_open",
    "bucket_missing",
    "bucket_private",
    "bucket_public",
    "bucket_readable_by_anon",
    "bucket_undeclared",
    "buckets",
    "column_missing",
    "database",
    "database_unavailable",
    "declared_access",
    "email_unconfirmed",
    "embeddings_missing",
    "every_search",
    "extension_in_public",
    "file_policies",
    "files_open_to_writes",
    "foreign_table_exposed",
    "function_definer_open",
    "function_search_path",
    "functions",
    "grant_beside_policies",
    "grant_unneeded",
    "graphql_open",
    "jwks_symmetric_key",
    "jwt_shared_secret",
    "key_accepted",
    "key_elsewhere",
    "key_expired",
    "key_is_secret",
    "key_unlisted",
    "legacy_key",
    "legacy_keys_disabled",
    "live_channels",
    "materialized_view_exposed",
    "other_rows_undeclared",
    "platform",
    "policies",
    "policies_missing",
    "policy_open_to_anon",
    "policy_open_to_users",
    "policy_shows_rows_of_others",
    "policy_trusts_user_metadata",
    "private_rows_undeclared",
    "privileges",
    "project_inactive",
    "read_only",
    "realtime_ping",
    "realtime_refused",
    "rest_down",
    "role_bypasses_policies",
    "row_security",
    "row_security_off",
    "rows_hidden",
    "rows_of_others",
    "rows_undeclared",
    "schema_cache_stale",
    "schema_listed",
    "search_empty",
    "search_failed",
    "search_unordered",
    "search_wrong",
    "service_unhealthy",
    "signin_failed",
    "signing_up",
    "signups_unexpected",
    "statement_timeout",
    "storage_down",
    "table_broken",
    "table_empty",
    "table_missing",
    "table_not_readable",
    "table_not_writable",
    "table_readable_by_anon",
    "table_undeclared",
    "table_writable_by_anon",
    "the_key",
    "undeclared_access",
    "undeclared_files",
    "vector_index_missing",
    "vector_index_unused",
    "vector_without_dimensions",
    "vectors",
    "view_definer",
    "view_shows_users",
    "views",
    "wrong_key",
]
