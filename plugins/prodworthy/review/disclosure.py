"""Which header fields tell what a server is made of (OWASP Secure Headers Project, headers to remove)."""

from __future__ import annotations

import re

# name the software that answers: with a version they tell an attacker what to try
PRODUCTS = frozenset(
    {
        "liferay-portal",
        "oraclecommercecloud-version",
        "powered-by",
        "product",
        "server",
        "x-aspnet-version",
        "x-aspnetmvc-version",
        "x-joomla-version",
        "x-woodpecker-version",
        "x-cf-powered-by",
        "x-cms",
        "x-cocoon-version",
        "x-content-encoded-by",
        "x-framework",
        "x-generated-by",
        "x-generator",
        "x-jitsi-release",
        "x-mod-pagespeed",
        "x-owa-version",
        "x-page-speed",
        "x-php-version",
        "x-powered-by",
        "x-powered-by-plesk",
        "x-powered-cms",
        "x-redirect-by",
        "x-server-powered-by",
        "x-turbo-charged-by",
        "x-umbraco-version",
    }
)
# tell about the inside: hosts, paths, traces
INSIDES = frozenset(
    {
        "$wsep",
        "host-header",
        "k-proxy-request",
        "pega-host",
        "sourcemap",
        "x-backside-transport",
        "x-beserver",
        "x-gitlab-meta",
        "x-tyk-trace-id",
        "x-calculatedbetarget",
        "x-diaginfo",
        "x-dtagentid",
        "x-dthealthcheck",
        "x-dtinjectedservlet",
        "x-feserver",
        "x-old-content-length",
        "x-oneagent-js-injection",
        "x-ruxit-js-agent",
        "x-sourcefiles",
        "x-sourcemap",
    }
)
_FAMILIES = ("x-atmosphere-", "x-b3-", "x-datadog-", "x-envoy-", "x-kong-", "x-kubernetes-pf-", "x-litespeed-")
_MORE_FAMILIES = ("x-nextjs-", "x-varnish-")

# hosts that put their own name on every answer: it tells no more than their addresses do
HOSTS = frozenset(
    {"vercel", "cloudflare", "netlify", "cloudfront", "amazons3", "github.com", "google frontend", "fly.io", "deno"}
)
_VERSION = re.compile(r"\d+\.\d|/\s*v?\d|\bv\d|[a-z]\s+\d", re.IGNORECASE)


def is_version(name: str, value: str) -> bool:
    """Whether the field names software together with a version."""
    if name not in PRODUCTS:
        return False
    if name.endswith("-version") or name == "x-jitsi-release":
        return any(character.isdigit() for character in value)
    return _VERSION.search(value) is not None


def is_telling(name: str, value: str) -> bool:
    """Whether the field tells about the software or the inside without being needed by browsers."""
    if name == "server":
        return bool(value.strip()) and value.strip().lower() not in HOSTS
    return name in PRODUCTS or name in INSIDES or name.startswith(_FAMILIES + _MORE_FAMILIES)
