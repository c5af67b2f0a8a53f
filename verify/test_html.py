"""Is every declared page a valid document, with what a page needs, and without dead ends?"""

from __future__ import annotations

import pytest

from prodworthy.model.documents import Documents
from prodworthy.model.standing import Before
from prodworthy.review import html as review
from prodworthy.review.plugin import Keep

pytestmark = pytest.mark.check("html")


def test_every_page_is_an_html_document(documents: Documents, keep: Keep) -> None:
    assert keep(review.real(documents)) == []


def test_every_page_is_valid(documents: Documents, keep: Keep) -> None:
    assert keep(review.valid(documents)) == []


def test_every_page_has_what_a_page_needs(documents: Documents, keep: Keep) -> None:
    assert keep(review.complete(documents)) == []


def test_every_page_tells_what_it_is_about(documents: Documents, keep: Keep) -> None:
    assert keep(review.described(documents)) == []


def test_every_link_of_the_app_leads_somewhere(documents: Documents, keep: Keep) -> None:
    assert keep(review.connected(documents)) == []


def test_no_error_is_new(documents: Documents, documents_before: Before[Documents], keep: Keep) -> None:
    assert keep(review.no_worse((documents, documents_before))) == []


def test_what_the_browser_made_of_every_page_is_valid(rendered: Documents, keep: Keep) -> None:
    assert keep(review.rendered(rendered)) == []
