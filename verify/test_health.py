"""Does the app answer, at every address, as the build that it should be?"""

from __future__ import annotations

import pytest

from prodworthy.model.health import Domains, Endpoints, Identities, UnknownPage
from prodworthy.model.standing import Before
from prodworthy.review import health as review
from prodworthy.review.plugin import Keep

pytestmark = pytest.mark.check("health")


def test_every_endpoint_answers_as_declared(endpoints: Endpoints, keep: Keep) -> None:
    assert keep(review.every_endpoint(endpoints)) == []


def test_no_endpoint_is_slower_than_in_the_release_before(
    endpoints: Endpoints, endpoints_before: Before[Endpoints], keep: Keep
) -> None:
    assert keep(review.slower((endpoints, endpoints_before))) == []


def test_every_domain_is_trusted_and_leads_to_the_app(domains: Domains, keep: Keep) -> None:
    assert keep(review.every_domain(domains)) == []


def test_a_path_that_does_not_exist_answers_as_declared(unknown_page: UnknownPage, keep: Keep) -> None:
    assert keep(review.every_path(unknown_page)) == []


def test_every_address_serves_the_build_that_it_should(identity: Identities, keep: Keep) -> None:
    assert keep(review.every_identity(identity)) == []
