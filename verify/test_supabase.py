"""Does the back end let through what the app needs, and nothing else, for whoever holds the public key?"""

from __future__ import annotations

import pytest

from prodworthy.model.backend import Auth, Realtime, Searches, Storage, Tables
from prodworthy.model.catalog import Catalog
from prodworthy.model.insight import GraphQL, Inventory, Ownership
from prodworthy.model.project import ProjectState
from prodworthy.review import supabase as review
from prodworthy.review.plugin import Keep

pytestmark = pytest.mark.check("supabase")


def test_the_key_is_one_that_a_browser_may_hold(auth: Auth, keep: Keep) -> None:
    assert keep(review.the_key(auth)) == []


def test_the_project_accepts_the_key(
    auth: Auth, tables: Tables, storage: Storage, realtime: Realtime, searches: Searches, keep: Keep
) -> None:
    asked = (*tables.exchanges, *storage.exchanges, *realtime.exchanges, *searches.exchanges)
    assert keep(review.key_accepted((auth, asked))) == []


def test_the_auth_service_answers(auth: Auth, keep: Keep) -> None:
    assert keep(review.auth_service(auth)) == []


def test_the_test_user_can_sign_in(auth: Auth, keep: Keep) -> None:
    assert keep(review.signin_failed(auth)) == []


def test_new_users_prove_who_they_are(auth: Auth, keep: Keep) -> None:
    assert keep(review.signing_up(auth)) == []


def test_the_database_answers_in_time_and_takes_writes(
    auth: Auth, tables: Tables, storage: Storage, realtime: Realtime, searches: Searches, keep: Keep
) -> None:
    asked = (*auth.exchanges, *tables.exchanges, *storage.exchanges, *realtime.exchanges, *searches.exchanges)
    assert keep(review.database(asked)) == []


def test_anybody_can_do_what_is_declared_for_every_table(tables: Tables, keep: Keep) -> None:
    assert keep(review.declared_access(tables)) == []


def test_nobody_from_outside_can_do_more_than_that(tables: Tables, keep: Keep) -> None:
    assert keep(review.undeclared_access(tables)) == []


def test_users_see_nobody_elses_rows(ownership: Ownership, keep: Keep) -> None:
    assert keep(review.rows_of_others(ownership)) == []


def test_visitors_see_rows_where_there_are_some(inventory: Inventory, tables: Tables, keep: Keep) -> None:
    assert keep(review.rows_hidden((inventory, tables))) == []


def test_nobody_reads_a_table_that_was_forgotten(inventory: Inventory, keep: Keep) -> None:
    assert keep(review.rows_undeclared(inventory)) == []


def test_every_table_has_row_level_security(catalog: Catalog, keep: Keep) -> None:
    assert keep(review.row_security(catalog)) == []


def test_every_policy_asks_whose_row_it_is(catalog: Catalog, keep: Keep) -> None:
    assert keep(review.policies(catalog)) == []


def test_nobody_holds_a_privilege_without_need(catalog: Catalog, keep: Keep) -> None:
    assert keep(review.privileges(catalog)) == []


def test_views_show_nothing_that_their_tables_hide(catalog: Catalog, keep: Keep) -> None:
    assert keep(review.views(catalog)) == []


def test_functions_do_nothing_that_their_callers_may_not(catalog: Catalog, keep: Keep) -> None:
    assert keep(review.functions(catalog)) == []


def test_the_storage_service_serves_the_public_buckets(storage: Storage, keep: Keep) -> None:
    assert keep(review.buckets(storage)) == []


def test_nobody_from_outside_sees_the_private_buckets(storage: Storage, keep: Keep) -> None:
    assert keep(review.undeclared_files(storage)) == []


def test_nobody_from_outside_writes_or_lists_files(catalog: Catalog, keep: Keep) -> None:
    assert keep(review.file_policies(catalog)) == []


def test_a_page_can_join_a_realtime_channel(realtime: Realtime, keep: Keep) -> None:
    assert keep(review.live_channels(realtime)) == []


def test_every_search_finds_its_canary_first(searches: Searches, tables: Tables, keep: Keep) -> None:
    assert keep(review.every_search((searches, tables))) == []


def test_searches_can_be_fast_and_find_every_row(catalog: Catalog, keep: Keep) -> None:
    assert keep(review.vectors(catalog)) == []


def test_graphql_offers_nothing_else(graphql: GraphQL, keep: Keep) -> None:
    assert keep(review.graphql_open(graphql)) == []


def test_the_platform_says_that_all_is_well(project_state: ProjectState, keep: Keep) -> None:
    assert keep(review.platform(project_state)) == []


def test_the_official_advisors_find_nothing(project_state: ProjectState, keep: Keep) -> None:
    assert keep(review.advisors(project_state)) == []
