"""Is the whole build served, small enough, well, and without what should stay at home?"""

from __future__ import annotations

import pytest

from prodworthy.model.bundle import Bundle
from prodworthy.model.standing import Before
from prodworthy.review import bundle as review
from prodworthy.review.plugin import Keep

pytestmark = pytest.mark.check("bundle")


def test_every_file_of_the_build_is_served(bundle: Bundle, keep: Keep) -> None:
    assert keep(review.whole(bundle)) == []


def test_browsers_take_every_file_of_the_build(bundle: Bundle, keep: Keep) -> None:
    assert keep(review.runnable(bundle)) == []


def test_the_bundle_stays_within_its_budgets(bundle: Bundle, keep: Keep) -> None:
    assert keep(review.small(bundle)) == []


def test_the_bundle_is_no_larger_than_before(bundle: Bundle, bundle_before: Before[Bundle], keep: Keep) -> None:
    assert keep(review.no_worse((bundle, bundle_before))) == []


def test_the_bundle_is_compressed_and_cached_well(bundle: Bundle, keep: Keep) -> None:
    assert keep(review.well_served(bundle)) == []


def test_the_bundle_tells_no_secrets(bundle: Bundle, keep: Keep) -> None:
    assert keep(review.discreet(bundle)) == []


def test_the_bundle_talks_to_its_own_back_end(bundle: Bundle, keep: Keep) -> None:
    assert keep(review.rightly_connected(bundle)) == []
