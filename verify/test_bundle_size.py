"""Is the whole build served, small enough, well, and without what should stay at home?"""

from __future__ import annotations

import pytest

from prodworthy.model.bundle import Bundle
from prodworthy.review import bundle as review
from prodworthy.review.plugin import Keep

pytestmark = pytest.mark.check("bundle")


def test_every_file_of_the_build_is_served(bundle: Bundle, keep: Keep) -> None:
    assert keep(review.whole(bundle)) == []


def test_the_bundle_stays_within_its_budgets(bundle: Bundle, keep: Keep) -> None:
    assert keep(review.small(bundle)) == []


def test_the_bundle_is_compressed_and_cached_well(bundle: Bundle, keep: Keep) -> None:
    assert keep(review.well_served(bundle)) == []


def test_the_bundle_tells_no_secrets(bundle: Bundle, keep: Keep) -> None:
    assert keep(review.discreet(bundle)) == []
