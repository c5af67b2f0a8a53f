"""The way from plain HTTP to HTTPS."""

from __future__ import annotations

from urllib.parse import urlsplit

from prodworthy.review.observatory.preload import is_preloaded
from prodworthy.review.observatory.visit import Visit

NAME = "redirection"


def result(visit: Visit) -> str:
    """From where http:// of the host leads."""
    if visit.route is None:
        return "redirection-not-needed-no-http"
    if not visit.route_trusted:
        return "redirection-invalid-cert"
    places = [urlsplit(url) for url in visit.route]
    if all(is_preloaded(place.hostname or "") for place in places):
        return "redirection-all-redirects-preloaded"
    if len(places) == 1:
        return "redirection-missing"
    first, second, last = places[0], places[1], places[-1]
    if last.scheme != "https":
        return "redirection-not-to-https"
    if second.scheme == "http":
        return "redirection-not-to-https-on-initial-redirection"
    if first.scheme == "http" and first.hostname != second.hostname:
        return "redirection-off-host-from-http"
    return "redirection-to-https"
