"""Does the back end let through what the app needs, and nothing else, for whoever holds the public key?"""

from __future__ import annotations

import pytest

from prodworthy.model.backend import Auth, Realtime, Searches, Storage, Tables
from prodworthy.model.catalog import Catalog
from prodworthy.review import supabase as review
from prodworthy.review.plugin import Keep

pytestmark = pytest.mark.check("supabase")


def test_the_key_is_one_that_a_browser_may_hold(auth: Auth, keep: Keep) -> None:
    assert keep(review.key_is_secret(auth)) == []


def test_the_project_accepts_the_key(
    auth: Auth, tables: Tables, storage: Storage, realtime: Realtime, searches: Searches, keep: Keep
) -> None:
    asked = (*tables.exchanges, *storage.exchanges, *realtime.exchanges, *searches.exchanges)
    assert keep(review.wrong_key((auth, asked))) == []


def test_the_auth_service_answers(auth: Auth, keep: Keep) -> None:
    assert keep(review.auth_service(auth)) == []


def test_the_test_user_can_sign_in(auth: Auth, keep: Keep) -> None:
    assert keep(review.signin_failed(auth)) == []


def test_the_database_answers_in_time_and_takes_writes(
    auth: Auth, tables: Tables, storage: Storage, realtime: Realtime, searches: Searches, keep: Keep
) -> None:
    asked = (*auth.exchanges, *tables.exchanges, *storage.exchanges, *realtime.exchanges, *searches.exchanges)
    assert keep(review.database(asked)) == []


def test_anybody_can_do_what_is_declared_for_every_table(tables: Tables, keep: Keep) -> None:
    assert keep(review.declared_access(tables)) == []


def test_nobody_from_outside_can_do_more_than_that(tables: Tables, keep: Keep) -> None:
    assert keep(review.undeclared_access(tables)) == []


def test_every_table_has_row_level_security(catalog: Catalog, keep: Keep) -> None:
    assert keep(review.row_security_off(catalog)) == []


def test_the_storage_service_serves_the_public_buckets(storage: Storage, keep: Keep) -> None:
    assert keep(review.buckets(storage)) == []


def test_nobody_from_outside_sees_the_private_buckets(storage: Storage, keep: Keep) -> None:
    assert keep(review.undeclared_files(storage)) == []


def test_a_page_can_join_a_realtime_channel(realtime: Realtime, keep: Keep) -> None:
    assert keep(review.realtime_refused(realtime)) == []


def test_every_search_finds_its_canary_first(searches: Searches, tables: Tables, keep: Keep) -> None:
    assert keep(review.every_search((searches, tables))) == []
