"""Hosts from which anybody can have a script that does as they please: JSONP answers, old frameworks, all packages.

The names are those of Google's CSP Evaluator (allowlist bypasses), and the public package networks beside them. Left
out are hosts that only help where text may become code: 'unsafe-eval' is judged by a rule of its own.
"""

from __future__ import annotations

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


def covers_one(host: str, path: str) -> bool:
    """Whether a host source covers one of them, unless its path narrows it to what one owner put there.

    Old AngularJS is such an owner's gift to everybody: it turns markup into code.
    """
    if path.strip("/") not in _SHARED_PATHS and "angular" not in path.lower():
        return False
    if not host.startswith("*."):
        return host in HOSTS
    return any(name.endswith(host[1:]) for name in HOSTS)
