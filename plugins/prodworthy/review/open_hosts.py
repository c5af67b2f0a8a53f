"""Hosts from which anybody can have a script that does as they please: JSONP answers, old frameworks, all packages.

The names are those of Google's CSP Evaluator (allowlist bypasses), and the public package networks beside them.
"""

from __future__ import annotations

_NAMES = """
    accounts.google.com ajax.googleapis.com an.yandex.ru api.facebook.com api.flickr.com api.instagram.com
    api.map.baidu.com api.mixpanel.com api.pinterest.com api.twitter.com api.vk.com books.google.com cdn.bootcss.com
    cdn.jsdelivr.net cdn.shopify.com cdn.skypack.dev cdn.statically.io cdn.syndication.twimg.com cdn.walkme.com
    cdnjs.cloudflare.com clients1.google.com code.angularjs.org connect.mail.ru cse.google.com dev.virtualearth.net
    esm.run esm.sh fast.wistia.com fastly.jsdelivr.net ga.jspm.io gist.github.com googleads.g.doubleclick.net
    googletagmanager.com graph.facebook.com gum.criteo.com ib.adnxs.com jsdelivr.net maps.google.com
    maps.googleapis.com mc.yandex.ru meta.wikimedia.org nominatim.openstreetmap.org oss.maxcdn.com
    pagead2.googlesyndication.com partner.googleadservices.com polyfill.io pubsub.pubnub.com query.yahooapis.com
    raw.githack.com raw.githubusercontent.com rawcdn.githack.com rawgit.com securepubads.g.doubleclick.net
    ssl.google-analytics.com suggest.taobao.com syndication.twitter.com translate.google.com translate.googleapis.com
    translate.yandex.net unpkg.com vimeo.com widgets.pinterest.com www.blogger.com www.facebook.com www.flickr.com
    www.google-analytics.com www.google.com www.googleadservices.com www.googleapis.com www.googletagmanager.com
    www.gstatic.com www.sharethis.com www.youtube.com yandex.ru yandex.st yastatic.net
"""
# dangerous only where text may become code, which a rule of its own judges
_NEED_EVALUATION = frozenset(
    "googletagmanager.com www.googletagmanager.com www.googleadservices.com google-analytics.com "
    "ssl.google-analytics.com www.google-analytics.com".split()  # noqa: SIM905
)
HOSTS = frozenset(_NAMES.split()) - _NEED_EVALUATION


def covers_one(host: str, path: str) -> bool:
    """Whether a host source covers one of them; a path of two parts or more narrows it to a package or file."""
    if path.strip("/").count("/"):
        return False
    if not host.startswith("*."):
        return host in HOSTS
    return any(name.endswith(host[1:]) for name in HOSTS)
