"""Every field that the OWASP Secure Headers Project would have removed is told (ci/headers_remove.json, 2026-07)."""

from __future__ import annotations

import pytest

from prodworthy.review.disclosure import is_telling, is_version

_REMOVED = """
    $wsep host-header k-proxy-request liferay-portal oraclecommercecloud-version pega-host powered-by product
    server sourcemap x-aspnet-version x-aspnetmvc-version x-atmosphere-error x-atmosphere-first-request
    x-atmosphere-tracking-id x-b3-parentspanid x-b3-sampled x-b3-spanid x-b3-traceid x-beserver
    x-backside-transport x-cf-powered-by x-cms x-calculatedbetarget x-cocoon-version x-content-encoded-by
    x-datadog-origin x-datadog-parent-id x-datadog-sampling-priority x-datadog-tags x-datadog-trace-id
    x-diaginfo x-envoy-attempt-count x-envoy-external-address x-envoy-internal x-envoy-original-dst-host
    x-envoy-upstream-service-time x-feserver x-framework x-generated-by x-generator x-gitlab-meta
    x-jitsi-release x-joomla-version x-kong-admin-latency x-kong-client-latency x-kong-proxy-latency
    x-kong-request-id x-kong-response-latency x-kong-third-party-latency x-kong-total-latency
    x-kong-upstream-latency x-kong-upstream-status x-kubernetes-pf-flowschema-ui
    x-kubernetes-pf-prioritylevel-uid x-litespeed-cache x-litespeed-purge x-litespeed-tag x-litespeed-vary
    x-litespeed-cache-control x-mod-pagespeed x-nextjs-cache x-nextjs-matched-path x-nextjs-page
    x-nextjs-redirect x-owa-version x-old-content-length x-oneagent-js-injection x-page-speed x-php-version
    x-powered-by x-powered-by-plesk x-powered-cms x-redirect-by x-server-powered-by x-sourcefiles x-sourcemap
    x-turbo-charged-by x-tyk-trace-id x-umbraco-version x-varnish-backend x-varnish-server
    x-woodpecker-version x-dtagentid x-dthealthcheck x-dtinjectedservlet x-ruxit-js-agent
"""
REMOVED = tuple(_REMOVED.split())


@pytest.mark.parametrize("name", REMOVED)
def test_a_field_to_be_removed_is_told(name: str) -> None:
    assert is_telling(name, "anything")


def test_they_are_all_there() -> None:
    assert len(set(REMOVED)) == 87


@pytest.mark.parametrize("name", ["x-request-id", "x-vercel-id", "x-cache", "via", "etag", "x-robots-tag", "cf-ray"])
def test_a_field_that_is_needed_is_not(name: str) -> None:
    assert not is_telling(name, "anything")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("server", "nginx/1.25.3", True),
        ("server", "Apache/2", True),
        ("x-generator", "Drupal 10 (https://www.drupal.org)", True),
        ("x-powered-by", "Express", False),
        ("server", "cloudflare", False),
        ("x-aspnet-version", "4", True),
        ("x-b3-traceid", "463ac35c9f6413ad", False),
    ],
)
def test_versions_are_told_apart_from_names(name: str, value: str, told: bool) -> None:
    assert is_version(name, value) is told
