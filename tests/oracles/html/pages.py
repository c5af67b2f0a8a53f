"""Pages for every day, each with one thing in it that the HTML standard allows, or does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

HEAD = (
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    "<title>{name}</title>{head}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One page and what must be said of it."""

    name: str
    valid: bool
    body: str = "<h1>Hats</h1>"
    head: str = ""
    document: str | None = None  # all of it, where head and body are not enough

    @property
    def html(self) -> str:
        """The whole document."""
        head = HEAD.format(name=self.name, head=self.head)
        whole = f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{self.body}</body></html>\n'
        return self.document or whole


IN_HEADS_THAT_ARE_VALID = {
    "module": '<script type="module" crossorigin src="/assets/index.js"></script>',
    "modulepreload": '<link rel="modulepreload" crossorigin href="/assets/vendor.js">',
    "icon": '<link rel="icon" type="image/svg+xml" href="/favicon.svg">',
    "stylesheet": '<link rel="stylesheet" crossorigin href="/assets/index.css">',
    "preload-font": '<link rel="preload" as="font" type="font/woff2" crossorigin href="/inter.woff2">',
    "manifest": '<link rel="manifest" href="/site.webmanifest">',
    "theme-color": '<meta name="theme-color" media="(prefers-color-scheme: dark)" content="#000">',
    "open-graph": '<meta property="og:title" content="Hats">',
    "json-ld": '<script type="application/ld+json">{"@context": "https://schema.org"}</script>',
    "import-map": '<script type="importmap">{"imports": {"app": "/app.js"}}</script>',
    "speculation-rules": '<script type="speculationrules">{"prefetch": [{"source": "list", "urls": ["/a"]}]}</script>',
    "canonical": '<link rel="canonical" href="https://shop.test/">',
    "robots": '<meta name="robots" content="noindex">',
    "base": '<base href="/">',
    "inline-style": "<style>:root { color: rgb(0 0 0 / 50%); }</style>",
}
IN_HEADS_THAT_ARE_BROKEN = {
    "two-titles": "<title>again</title>",
    "two-bases": '<base href="/a"><base href="/b">',
    "two-descriptions": '<meta name="description" content="a"><meta name="description" content="b">',
    "meta-without-content": '<meta name="description">',
    "meta-by-nothing": '<meta content="x">',
    "link-without-address": '<link rel="stylesheet">',
    "link-without-relation": '<link href="/a.css">',
    "preload-without-as": '<link rel="preload" href="/a.js">',
    "broken-import-map": '<script type="importmap">{"imports": }</script>',
    "source-and-type-map": '<script type="importmap" src="/map.json"></script>',
    "latin-1": '<meta http-equiv="content-type" content="text/html; charset=iso-8859-1">',
    "style-that-is-none": "<style>p { colour: }</style>",
    "script-with-charset": '<script src="/a.js" charset="latin-1"></script>',
    "address-with-a-space": '<link rel="canonical" href="https://shop.test/a b">',
}
BODIES_THAT_ARE_VALID = {
    "root": '<div id="root"></div>',
    "noscript": "<noscript>You need to enable JavaScript to run this app.</noscript><div id=app></div>",
    "unquoted": "<p class=lead>Hats</p>",
    "unclosed-items": "<ul><li>a<li>b</ul>",
    "unclosed-cells": "<table><tr><td>a<td>b</table>",
    "figure": '<figure><img src="/hat.jpg" alt="A hat"><figcaption>Hat</figcaption></figure>',
    "picture": '<picture><source type="image/avif" srcset="/a.avif 1x, /b.avif 2x"><img src="/a.jpg" alt=""></picture>',
    "sizes": '<img src="/a.jpg" srcset="/a.jpg 400w, /b.jpg 800w" sizes="(min-width: 40em) 50vw, 100vw" alt="">',
    "lazy": '<img src="/a.jpg" alt="" loading="lazy" decoding="async" fetchpriority="high">',
    "dialog": '<dialog open><form method="dialog"><button>Close</button></form></dialog>',
    "popover": '<button popovertarget="menu">Menu</button><div id="menu" popover>a</div>',
    "details": '<details name="faq"><summary>Why</summary><p>So.</details>',
    "search": '<search><form action="/search"><input type="search" name="q" aria-label="Hats"></form></search>',
    "hidden-until-found": '<div hidden="until-found">a</div>',
    "inert": "<div inert>a</div>",
    "custom-element": "<hat-list count=3><p slot=first>a</p></hat-list>",
    "declarative-shadow": '<hat-list><template shadowrootmode="open"><slot></slot></template></hat-list>',
    "svg": '<svg viewBox="0 0 10 10" role="img" aria-label="dot"><circle cx="5" cy="5" r="5"/></svg>',
    "math": "<p><math><mfrac><mn>1</mn><mn>2</mn></mfrac></math></p>",
    "video": '<video controls><source src="/a.mp4" type="video/mp4"><track src="/a.vtt" label="a"></video>',
    "form": '<form><label for="mail">Mail</label><input id="mail" type="email" autocomplete="email" required></form>',
    "datalist": '<input list="sizes" aria-label="Size"><datalist id="sizes"><option value="M"></datalist>',
    "output": '<form><input type="range" id="r" aria-label="r"><output for="r">1</output></form>',
    "time": '<time datetime="2026-11-22T15:00Z">today</time>',
    "data-attributes": '<p data-price-in-cents="1200" data-x="y">12</p>',
    "live-region": '<div role="status" aria-live="polite"></div>',
    "tabs": '<div role="tablist"><button role="tab" aria-selected="true" aria-controls="p">a</button></div>'
    '<div id="p" role="tabpanel">a</div>',
    "link-around-blocks": "<a href='/a'><h2>Hats</h2><p>Warm.</p></a><h1>a</h1>",
    "entities": "<p>Harbour &amp; Pine &copy; 2026 &mdash; a &lt; b</p>",
    "comment": "<!-- a -- b --><p>a</p>",
}
BODIES_THAT_ARE_BROKEN = {
    "stray-end": "<p>a</p></div>",
    "unclosed-div": "<main><div><p>a</main>",
    "misnested": "<b><i>a</b></i>",
    "div-in-p": "<p><div>a</div></p>",
    "block-in-button": "<button><div>a</div></button>",
    "link-in-link": '<a href="/a">a <a href="/b">b</a></a>',
    "button-in-link": '<a href="/a"><button>a</button></a>',
    "link-in-button": '<button><a href="/a">a</a></button>',
    "form-in-form": "<form><form></form></form>",
    "item-alone": "<div><li>a</li></div>",
    "div-in-list": "<ul><div>a</div></ul>",
    "cell-alone": "<div><td>a</td></div>",
    "text-in-table": "<table>a<tr><td>b</table>",
    "cell-over-cell": '<table><tr><td rowspan="2">a<td>b<tr><td colspan="2">c<td>d</table>',
    "two-mains": "<main>a</main><main>b</main>",
    "main-in-article": "<article><main>a</main></article>",
    "no-alt": '<img src="/hat.jpg">',
    "no-source": '<img alt="a hat">',
    "empty-source": '<img src="" alt="a hat">',
    "id-twice": '<p id="a">a</p><p id="a">b</p>',
    "empty-id": '<p id="">a</p>',
    "id-with-space": '<p id="a b">a</p>',
    "attribute-twice": '<p class="a" class="b">a</p>',
    "unknown-attribute": '<p colour="red">a</p>',
    "vue-template-left": '<p v-if="shown">a</p>',
    "react-names": '<label className="a" htmlFor="b">a</label>',
    "no-space-between": '<p class="a"id="b">a</p>',
    "unfinished-tag": "<p>a<b",
    "center": "<center>a</center>",
    "font": '<font color="red">a</font>',
    "marquee": "<marquee>a</marquee>",
    "unknown-element": "<hats>a</hats>",
    "self-closed-div": "<div/><p>a</p>",
    "label-for-nobody": '<label for="nobody">a</label>',
    "two-in-a-label": '<label>a <input name="a"> <input name="b"></label>',
    "input-type": '<input type="range" placeholder="a" aria-label="a">',
    "bad-number": '<input type="number" value="one" aria-label="a">',
    "bad-width": '<img src="/a.jpg" width="100px" alt="">',
    "bad-date": '<time datetime="yesterday">a</time>',
    "bad-role": '<p role="hat">a</p>',
    "role-against-element": '<h1 role="button">a</h1>',
    "aria-unknown": '<p aria-lable="a">a</p>',
    "aria-name-of-a-span": '<span aria-label="a">a</span>',
    "aria-value": '<button aria-pressed="yes">a</button>',
    "aria-without-role": '<div aria-checked="true">a</div>',
    "hidden-focus": '<button aria-hidden="true">a</button><p role="option">a</p>',
    "srcset-twice": '<img src="/a.jpg" srcset="/a.jpg 1x, /b.jpg 1x" alt="">',
    "srcset-without-sizes": '<img src="/a.jpg" srcset="/a.jpg 400w" alt="" usemap="a">',
    "address-with-space": '<a href="/a b">a</a>',
    "address-with-backslash": '<a href="https:\\\\shop.test\\a">a</a>',
    "iframe-content": '<iframe src="/a" width="100%"></iframe>',
    "options-alone": '<p><option value="a">a</option></p>',
    "required-select": "<select required aria-label='a'><option value='a'>a</select>",
    "legend-alone": "<div><legend>a</legend></div>",
    "summary-alone": "<div><summary>a</summary></div>",
    "source-alone": '<div><source src="/a.mp4"></div>',
    "track-without-source": "<video controls><track></video>",
    "script-defer-inline": "<script defer>let a</script>",
    "control-character": "<p>a&#x1;</p>",
    "entity-without-end": "<p>&amp b</p>",
    "comment-nested": "<!-- a <!-- b --> c -->",
    "popover-value": '<div popover="always">a</div>',
    "language-of-part": '<p lang="english">a</p>',
    "skipped-level": "<h1>a</h1><h4>b</h4>",
}
DOCUMENTS = (
    ("no-doctype", False, '<html lang="en"><head><title>a</title></head><body><p>a</p></body></html>'),
    ("old-doctype", False, '<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN"><html lang="en"><title>a</title><p>a'),
    ("no-title", False, '<!doctype html><html lang="en"><head><meta charset="utf-8"></head><body><p>a</body></html>'),
    ("empty-title", False, '<!doctype html><html lang="en"><meta charset="utf-8"><title></title><p>a'),
    ("underscored-language", False, '<!doctype html><html lang="en_US"><meta charset="utf-8"><title>a</title><p>a'),
    ("late-charset", False, f'<!doctype html><html lang="en"><!--{"x" * 999}--><meta charset="utf-8"><title>a</title>'),
    ("after-the-end", False, '<!doctype html><html lang="en"><title>a</title><body></body></html><p>a'),
    ("least", True, '<!doctype html><html lang="en"><meta charset="utf-8"><title>a</title><p>a'),
    ("legacy-doctype", True, '<!DOCTYPE html SYSTEM "about:legacy-compat"><html lang="en"><title>a</title><p>a'),
    ("right-to-left", True, '<!doctype html><html lang="ar" dir="rtl"><meta charset="utf-8"><title>a</title><p>a'),
)  # fmt: skip
# what the checker warns of is valid all the same
WARNED = {
    "trailing-slash": "<p>a<br/>b</p>",
    "obsolete-attribute": '<table align="center"><tr><td bgcolor="red">a</table>',
    "obsolete-border": '<iframe src="/a" frameborder="0"></iframe>',
    "needless-role": '<nav role="navigation"><a href="/">a</a></nav>',
    "needless-type": "<script type='text/javascript'>let a</script>",
    "section-without-heading": "<section><p>a</p></section>",
    "no-main-heading": "<h2>a</h2>",
}


def cases() -> Iterator[Case]:
    """Every page, each under a name of its own."""
    yield from (Case(name=name, valid=True, head=head) for name, head in IN_HEADS_THAT_ARE_VALID.items())
    yield from (Case(name=name, valid=False, head=head) for name, head in IN_HEADS_THAT_ARE_BROKEN.items())
    yield from (Case(name=name, valid=True, body=body) for name, body in BODIES_THAT_ARE_VALID.items())
    yield from (Case(name=name, valid=False, body=body) for name, body in BODIES_THAT_ARE_BROKEN.items())
    yield from (Case(name=name, valid=True, body=body) for name, body in WARNED.items())
    yield from (Case(name=name, valid=valid, document=text) for name, valid, text in DOCUMENTS)
