"""Do the pages work in a real browser?"""

from __future__ import annotations

import pytest

from prodworthy.model.smoke import Smoke
from prodworthy.review import smoke as review
from prodworthy.review.plugin import Keep

pytestmark = pytest.mark.check("smoke")


def test_every_page_is_answered_as_declared(smoke: Smoke, keep: Keep) -> None:
    assert keep(review.answers(smoke)) == []


def test_every_page_shows_something(smoke: Smoke, keep: Keep) -> None:
    assert keep(review.shows_something(smoke)) == []


def test_every_page_shows_what_is_declared(smoke: Smoke, keep: Keep) -> None:
    assert keep(review.shows_what_is_declared(smoke)) == []


def test_no_page_throws(smoke: Smoke, keep: Keep) -> None:
    assert keep(review.exceptions(smoke)) == []


def test_no_page_writes_errors_to_the_console(smoke: Smoke, keep: Keep) -> None:
    assert keep(review.console(smoke)) == []


def test_no_page_asks_in_vain(smoke: Smoke, keep: Keep) -> None:
    assert keep(review.requests(smoke)) == []


def test_no_page_breaks_its_own_content_security_policy(smoke: Smoke, keep: Keep) -> None:
    assert keep(review.policy(smoke)) == []


def test_every_page_loads_without_stopping_people(smoke: Smoke, keep: Keep) -> None:
    assert keep(review.manners(smoke)) == []


def test_every_page_has_the_dark_mode_that_is_declared(smoke: Smoke, keep: Keep) -> None:
    assert keep(review.dark(smoke)) == []


def test_every_page_is_for_everybody(smoke: Smoke, keep: Keep) -> None:
    assert keep(review.everybody(smoke)) == []


def test_links_lead_to_the_same_pages_as_addresses(smoke: Smoke, keep: Keep) -> None:
    assert keep(review.routes(smoke)) == []


def test_every_declared_path_can_be_walked(smoke: Smoke, keep: Keep) -> None:
    assert keep(review.paths(smoke)) == []


def test_pages_and_paths_keep_their_budgets(smoke: Smoke, keep: Keep) -> None:
    assert keep(review.vitals(smoke)) == []
