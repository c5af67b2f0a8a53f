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
    assert keep(review.uncaught_exception(smoke)) == []


def test_no_page_writes_errors_to_the_console(smoke: Smoke, keep: Keep) -> None:
    assert keep(review.console_error(smoke)) == []


def test_no_page_asks_in_vain(smoke: Smoke, keep: Keep) -> None:
    assert keep(review.requests(smoke)) == []


def test_no_page_breaks_its_own_content_security_policy(smoke: Smoke, keep: Keep) -> None:
    assert keep(review.csp_violation(smoke)) == []


def test_every_page_loads_without_stopping_people(smoke: Smoke, keep: Keep) -> None:
    assert keep(review.manners(smoke)) == []
