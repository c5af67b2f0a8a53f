"""Is every declared page a valid document, with what a page needs, and without dead ends?"""

from __future__ import annotations

import pytest

from prodworthy.model.documents import Documents
from prodworthy.review import html as review
from prodworthy.review.plugin import Keep

pytestmark = pytest.mark.check("html")


def test_every_page_is_an_html_document(documents: Documents, keep: Keep) -> None:
    assert keep(review.real(documents)) == []


def test_every_page_is_valid(documents: Documents, keep: Keep) -> None:
    assert keep(review.valid(documents)) == []


def test_every_page_has_what_a_page_needs(documents: Documents, keep: Keep) -> None:
    assert keep(review.complete(documents)) == []


def test_every_link_of_the_app_leads_somewhere(documents: Documents, keep: Keep) -> None:
    assert keep(review.connected(documents)) == []
