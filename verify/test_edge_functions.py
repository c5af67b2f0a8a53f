"""Does every edge function answer as declared, to whom it should, and so that a page can read it?"""

from __future__ import annotations

import pytest

from prodworthy.model.functions import Functions
from prodworthy.review import functions as review
from prodworthy.review.plugin import Keep

pytestmark = pytest.mark.check("functions")


def test_every_function_is_deployed_and_answers_as_declared(functions: Functions, keep: Keep) -> None:
    assert keep(review.presence(functions)) == []


def test_nothing_is_deployed_that_nobody_declared(functions: Functions, keep: Keep) -> None:
    assert keep(review.surplus(functions)) == []


def test_functions_let_in_whom_they_should_and_nobody_else(functions: Functions, keep: Keep) -> None:
    assert keep(review.tokens(functions)) == []


def test_answers_and_refusals_are_what_callers_expect(functions: Functions, keep: Keep) -> None:
    assert keep(review.contract(functions)) == []


def test_pages_of_the_app_may_call_them_and_read_their_answers(functions: Functions, keep: Keep) -> None:
    assert keep(review.cors(functions)) == []


def test_every_function_keeps_its_latency_budget(functions: Functions, keep: Keep) -> None:
    assert keep(review.slow(functions)) == []


def test_every_function_is_the_build_that_was_released(functions: Functions, keep: Keep) -> None:
    assert keep(review.stamps(functions)) == []


def test_every_function_answers_in_every_declared_region(functions: Functions, keep: Keep) -> None:
    assert keep(review.regions(functions)) == []
