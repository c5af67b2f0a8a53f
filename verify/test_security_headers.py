"""Do the answers tell browsers to protect the people who visit?"""

from __future__ import annotations

import pytest

from prodworthy.model.arrival import Graded
from prodworthy.model.standing import Before
from prodworthy.model.surface import Surface
from prodworthy.review import headers as review
from prodworthy.review.plugin import Keep

pytestmark = pytest.mark.check("headers")


def test_browsers_are_told_to_stay_on_https(surface: Surface, keep: Keep) -> None:
    assert keep(review.transport_security(surface)) == []


def test_pages_carry_a_content_security_policy_that_browsers_understand(surface: Surface, keep: Keep) -> None:
    assert keep(review.content_security_policy(surface)) == []


def test_only_the_scripts_that_are_meant_to_run_can_run(surface: Surface, keep: Keep) -> None:
    assert keep(review.script_sources(surface)) == []


def test_injected_markup_can_do_no_harm(surface: Surface, keep: Keep) -> None:
    assert keep(review.injected_markup(surface)) == []


def test_pages_cannot_be_shown_in_frames_of_other_sites(surface: Surface, keep: Keep) -> None:
    assert keep(review.frames(surface)) == []


def test_browsers_do_not_have_to_guess_what_they_get(surface: Surface, keep: Keep) -> None:
    assert keep(review.content_types(surface)) == []


def test_nothing_is_kept_in_caches_that_should_not_be(surface: Surface, keep: Keep) -> None:
    assert keep(review.storage(surface)) == []


def test_addresses_are_not_told_to_other_sites(surface: Surface, keep: Keep) -> None:
    assert keep(review.referrers(surface)) == []


def test_powerful_features_are_off_unless_they_are_used(surface: Surface, keep: Keep) -> None:
    assert keep(review.permissions(surface)) == []


def test_other_origins_are_kept_at_a_distance(surface: Surface, keep: Keep) -> None:
    assert keep(review.other_origins(surface)) == []


def test_pages_of_other_sites_can_read_only_what_is_meant_for_them(surface: Surface, keep: Keep) -> None:
    assert keep(review.sharing(surface)) == []


def test_cookies_are_safe_from_theft_and_forgery(surface: Surface, keep: Keep) -> None:
    assert keep(review.cookies(surface)) == []


def test_what_pages_load_from_elsewhere_is_encrypted_and_pinned(surface: Surface, keep: Keep) -> None:
    assert keep(review.foreign_content(surface)) == []


def test_reports_of_violations_arrive_somewhere(surface: Surface, keep: Keep) -> None:
    assert keep(review.reports(surface)) == []


def test_headers_give_nothing_away(surface: Surface, keep: Keep) -> None:
    assert keep(review.disclosure(surface)) == []


def test_the_observatory_grade_is_what_the_team_demands(graded: Graded, least_grade: str, keep: Keep) -> None:
    assert keep(review.grade_below((graded, least_grade))) == []


def test_the_observatory_grade_is_no_worse_than_before(
    graded: Graded, surface_before: Before[Surface], keep: Keep
) -> None:
    assert keep(review.grade_worse((graded, surface_before))) == []


def test_functions_answer_as_safely_as_pages(function_answers: Surface, keep: Keep) -> None:
    assert keep(review.called_functions(function_answers)) == []
