"""Hosts from which anybody can have a script: JSONP answers, old frameworks, all packages, everybody's buckets.

The names are those of Google's CSP Evaluator (allowlist bypasses), and the public package networks beside them. Left
out are hosts that only help where text may become code: 'unsafe-eval' is judged by a rule of its own.
"""

from __future__ import annotations

import re

_NAMES = """
    accounts.google.com ajax.googleapis.com an.yandex.ru api.facebook.com api.flickr.com api.instagram.com
    api.map.baidu.com api.mixpanel.com api.pinterest.com api.twitter.com api.vk.com books.google.com
    cdn.bootcss.com cdn.jsdelivr.net cdn.shopify.com cdn.skypack.dev cdn.statically.io cdn.syndication.twimg.com
    cdn.walkme.com cdnjs.cloudflare.com clients1.google.com code.angularjs.org connect.mail.ru cse.google.com
    dev.virtualearth.net esm.run esm.sh fast.wistia.com fastly.jsdelivr.net ga.jspm.io gist.github.com
    googleads.g.doubleclick.net graph.facebook.com gum.criteo.com ib.adnxs.com jsdelivr.net maps.google.com
    maps.googleapis.com mc.yandex.ru meta.wikimedia.org nominatim.openstreetmap.org oss.maxcdn.com
    pagead2.googlesyndication.com partner.googleadservices.com polyfill.io pubsub.pubnub.com query.yahooapis.com
    raw.githack.com raw.githubusercontent.com rawcdn.githack.com rawgit.com securepubads.g.doubleclick.net
    suggest.taobao.com syndication.twitter.com translate.google.com translate.googleapis.com
    translate.yandex.net unpkg.com vimeo.com widgets.pinterest.com www.blogger.com www.facebook.com
    www.flickr.com www.google.com www.googleapis.com www.gstatic.com www.sharethis.com www.youtube.com yandex.ru
    yandex.st yastatic.net
"""
HOSTS = frozenset(_NAMES.split())
_SHARED_PATHS = frozenset({"", "npm", "gh", "combine", "ajax", "ajax/libs", "maps", "complete", "o"})

# Stores of files that have their customers' buckets below paths of one host, and often below names of it as well.
_STORES = re.compile(
    r"s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?"
    r"|(?:storage|commondatastorage|firebasestorage)\.googleapis\.com|storage\.cloud\.google\.com"
    r"|(?:f[0-9]{3}|s3\.[a-z0-9-]+)\.backblazeb2\.com|s3(?:\.[a-z0-9-]+)?\.wasabisys\.com|storage\.yandexcloud\.net"
    r"|[a-z0-9-]+\.(?:digitaloceanspaces|linodeobjects|vultrobjects|your-objectstorage)\.com"
    r"|s3\.[a-z0-9-]+\.(?:scw\.cloud|io\.cloud\.ovh\.net)|objectstorage\.[a-z0-9-]+\.oraclecloud\.com"
)
_ABOVE_BUCKETS = frozenset({"", "v0", "v0/b", "file", "n"})  # of Firebase, Backblaze and Oracle


def is_store(host: str) -> bool:
    """Whether everybody's buckets are below the paths of `host`, or below names of it."""
    return _STORES.fullmatch(host) is not None


def covers_every_bucket(host: str, path: str) -> bool:
    """Whether a host source covers a store of files, and no path narrows it to one bucket."""
    return is_store(host) and path.strip("/") in _ABOVE_BUCKETS


def covers_one(host: str, path: str) -> bool:
    """Whether a host source covers one of them, unless its path narrows it to what one owner put there.

    Old AngularJS is such an owner's gift to everybody: it turns markup into code.
    """
    if path.strip("/") not in _SHARED_PATHS and "angular" not in path.lower():
        return False
    if not host.startswith("*."):
        return host in HOSTS
    return any(name.endswith(host[1:]) for name in HOSTS)
