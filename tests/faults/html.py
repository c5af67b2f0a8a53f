"""Faults of the HTML check: markup, heads, headings, pictures and links, as served and as scripts make them."""

from __future__ import annotations

import json
from typing import Any

from tests.faults.breaks import Break, answer, append, config, expects, replace, write
from tests.faults.catalogue import Catalogue, Fault

SHOP = r"^https://storefront\.test"
ROOT = rf"{SHOP}/$"
PLACE = rf"{SHOP}/:\d+:\d+$"  # line and column in the root's document
LOST = rf"{SHOP}/prodworthy-[0-9a-f]+:\d+:\d+$"  # in that of a path that does not exist
RENDERED = rf"{SHOP}/ \(rendered\)"

INDEX = "dist/index.html"
MISSING = "dist/404.html"
CHARSET = '<meta charset="utf-8">'
VIEWPORT = "width=device-width, initial-scale=1"
TITLE = "<title>Harbour &amp; Pine, outfitters for cold mornings</title>"
DESCRIBED = 'content="Hats, mugs, lamps and packs that last: a small shop by the water with honest prices."'
STRAY = "</section>"
STRAY_SAID = "Stray end tag “section”."

BASE: dict[str, Any] = {
    "pages": ["/"],
    "identity": None,
    "endpoints": None,
    "embedded": {"users": None},
    "supabase": None,
    "functions": None,
    "budgets": None,
    "not_applicable": {"supabase": "not of html", "functions": "not of html"},
}


def first(markup: str) -> Break:
    """At the head's beginning, before any address."""
    return replace(INDEX, CHARSET, CHARSET + markup)


def head(markup: str) -> Break:
    return replace(INDEX, "</head>", f"{markup}</head>")


def body(markup: str, *, of: str = INDEX) -> Break:
    return replace(of, "</main>", f"{markup}</main>")


def html(**options: Any) -> Break:
    return expects(html=options)


# one viewport is enough to see what scripts make
RENDERING = expects(html={"rendered": True}, smoke={"viewports": ["desktop"], "accessibility": False})


def document(*, lang: str = "en", title: str = "Help", text: str = "<h1>Help</h1>") -> str:
    """A small page that lacks nothing."""
    shown = f'<meta name="viewport" content="{VIEWPORT}"><meta name="description" content="How to order.">'
    return (
        f'<!doctype html>\n<html lang="{lang}"><head>{CHARSET}{shown}<title>{title}</title></head>'
        f"<body>{text}</body></html>\n"
    )


def typed(media_type: str) -> Break:
    return answer(path="/", without=["content-type"], fields=[("content-type", media_type)])


def script(code: str) -> Break:
    """At the end of the app's own entry, where the page stands already."""
    return append("dist/assets/index-*.js", f"\n;{code}\n")


def made(html: str, element: str = "div") -> str:
    """Code that puts an element with this markup into the page, past what the app itself renders into."""
    return (
        f"document.body.append(Object.assign(document.createElement('{element}'), {{ innerHTML: {json.dumps(html)} }}))"
    )


PAGES = (
    Fault(
        name="page-fails",
        rule="html.not-html",
        where=ROOT,
        got="status 500",
        breaks=(answer(path="/", status=500, body="<!doctype html><p>broken"),),
        may=frozenset({"html.dead-link"}),  # the 404 page leads there
    ),
    Fault(
        name="page-gone",
        rule="html.not-html",
        where=rf"{SHOP}/help$",
        got="status 404",
        breaks=(expects(pages=["/", "/help"]),),
    ),
    Fault(name="page-as-text", rule="html.not-html", where=ROOT, got="text/plain", breaks=(typed("text/plain"),)),
    Fault(name="page-empty", rule="html.not-html", where=ROOT, got="an empty body", breaks=(write(INDEX, ""),)),
)
VALIDITY = (
    Fault(name="stray-tag", rule="html.invalid", where=PLACE, got=STRAY_SAID, breaks=(body(STRAY),)),
    Fault(
        name="error-of-the-404-page",
        rule="html.invalid",
        where=LOST,
        got="Stray end tag",
        breaks=(body(STRAY, of=MISSING),),
    ),
    Fault(
        name="error-on-every-page",
        rule="html.invalid",
        where=PLACE,
        got=r"2 times; on https://storefront\.test/, https://storefront\.test/help",
        breaks=(
            body(STRAY),
            write("dist/help.html", document(text=f"<h1>Help</h1>{STRAY}")),
            expects(pages=["/", "/help"]),
        ),
    ),
    Fault(
        name="xml-not-well-formed",
        rule="html.invalid",
        where=rf"{SHOP}/help\.xhtml:\d+:\d+$",
        breaks=(
            write(
                "dist/help.xhtml",
                '<html xmlns="http://www.w3.org/1999/xhtml" lang="en"><head><title>Help</title>'
                f'<meta name="viewport" content="{VIEWPORT}"/></head><body><h1>Help</h1><br></body></html>',
            ),
            expects(pages=["/", "/help.xhtml"]),
        ),
        may=frozenset({"html.encoding-missing"}),
    ),
    Fault(
        name="bytes-that-are-no-text",
        rule="html.invalid",
        where=rf"{SHOP}/help:\d+:\d+$",
        got="Malformed byte sequence",
        breaks=(
            write("dist/help.html", document(text="<h1>H\N{LATIN SMALL LETTER E WITH ACUTE}lp</h1>").encode("latin-1")),
            expects(pages=["/", "/help"]),
        ),
    ),
    Fault(
        name="encoding-told-late",
        rule="html.invalid",
        where=PLACE,
        got="after the first 1024 bytes",
        breaks=(replace(INDEX, CHARSET, f"<!--{' ' * 1000}-->{CHARSET}"),),
    ),
    Fault(
        name="heading-level-skipped",
        rule="html.invalid",
        where=PLACE,
        got="skipping 2 heading levels",
        breaks=(body("<h4>Hats</h4>"),),
    ),
    Fault(
        name="framework-syntax-left",
        rule="html.invalid",
        where=PLACE,
        got="“v-if” not allowed",
        breaks=(body('<p v-if="shown">Hats</p>'),),
    ),
    Fault(
        name="more-than-is-tolerated",
        rule="html.invalid",
        where=PLACE,
        breaks=(body(f"{STRAY}<center>Hats</center>"), html(tolerance=1)),
    ),
    Fault(
        name="another-than-is-ignored",
        rule="html.invalid",
        where=PLACE,
        got=STRAY_SAID,
        breaks=(
            body(f"{STRAY}<center>Hats</center>"),
            html(ignore=[{"pattern": "^The “center” element", "reason": "an old text"}]),
        ),
    ),
    Fault(
        name="warning",
        rule="html.warning",
        where=PLACE,
        got="unnecessary",
        breaks=(body('<nav role="navigation"><a href="/cart">Cart</a></nav>'), html(warnings=True)),
    ),
    Fault(
        name="obsolete-attribute",
        rule="html.obsolete",
        where=PLACE,
        got="“align” attribute",
        breaks=(body('<table align="center"><tr><td>Hats</td></tr></table>'), html(obsolete=True)),
    ),
    Fault(
        name="obsolete-among-warnings",
        rule="html.obsolete",
        where=PLACE,
        got="“frameborder” attribute",
        breaks=(body('<iframe title="Map" src="/about" frameborder="0"></iframe>'), html(warnings=True)),
    ),
    Fault(
        name="id-twice", rule="html.duplicate-id", where=PLACE, got="^2 times", breaks=(body('<p id="build">x</p>'),)
    ),
    Fault(
        name="image-without-words",
        rule="html.alt-missing",
        where=PLACE,
        got="favicon",
        breaks=(body('<img src="/favicon.svg">'),),
    ),
    Fault(
        name="error-that-is-new",
        rule="html.new-errors",
        where=PLACE,
        got="“center” element",
        breaks=(
            body(f"{STRAY}<center>Hats</center>"),
            html(tolerance=5),
            write("before.json", json.dumps({"standing": {"errors": {"pages": {"/": [STRAY_SAID]}}}})),
            expects(baseline="error-that-is-new/before.json"),
        ),
    ),
    Fault(
        name="error-that-is-new-on-the-404-page",
        rule="html.new-errors",
        where=LOST,
        breaks=(
            body(STRAY, of=MISSING),
            html(tolerance=5),
            write("before.json", json.dumps({"standing": {"errors": {"pages": {"/": []}}}})),
            expects(baseline="error-that-is-new-on-the-404-page/before.json"),
        ),
    ),
)
RENDERINGS = (
    Fault(
        name="error-made-by-a-script",
        rule="html.rendered-invalid",
        where=RENDERED,
        got="“div” not allowed as child of element “ul”",
        breaks=(script(made("<div>Hats</div>", "ul")), RENDERING),
    ),
    Fault(
        name="id-twice-by-a-script",
        rule="html.duplicate-id",
        where=RENDERED,
        breaks=(script(made('<p id="build">Hats</p>')), RENDERING),
    ),
    Fault(
        name="image-without-words-by-a-script",
        rule="html.alt-missing",
        where=RENDERED,
        breaks=(script(made('<img src="/favicon.svg">')), RENDERING),
    ),
)
HEADS = (
    Fault(name="no-title", rule="html.title-missing", where=ROOT, got="no title", breaks=(replace(INDEX, TITLE, ""),)),
    Fault(
        name="empty-title",
        rule="html.title-missing",
        where=ROOT,
        got="an empty title",
        breaks=(replace(INDEX, TITLE, "<title> </title>"),),
    ),
    Fault(
        name="no-title-on-the-404-page",
        rule="html.title-missing",
        where=rf"{SHOP}/prodworthy-",
        breaks=(replace(MISSING, "<title>Page not found · Harbour &amp; Pine</title>", ""),),
    ),
    Fault(
        name="one-title-for-two-pages",
        rule="html.title-repeated",
        where=ROOT,
        got=r"as https://storefront\.test/help$",
        breaks=(
            write("dist/help.html", document(title="Harbour &amp; Pine, outfitters for cold mornings")),
            expects(pages=["/", "/help"]),
        ),
    ),
    Fault(name="no-language", rule="html.language-missing", where=ROOT, breaks=(replace(INDEX, ' lang="en"', ""),)),
    Fault(
        name="empty-language",
        rule="html.language-missing",
        where=ROOT,
        breaks=(replace(INDEX, ' lang="en"', ' lang=""'),),
    ),
    Fault(
        name="language-with-an-underscore",
        rule="html.language-invalid",
        where=PLACE,
        got="^'en_US'",
        breaks=(replace(INDEX, ' lang="en"', ' lang="en_US"'),),
    ),
    Fault(
        name="language-that-nobody-speaks",
        rule="html.language-invalid",
        where=PLACE,
        got="^'eng-lish'",
        breaks=(replace(INDEX, ' lang="en"', ' lang="eng-lish"'),),
    ),
    Fault(
        name="no-encoding",
        rule="html.encoding-missing",
        where=ROOT,
        breaks=(replace(INDEX, CHARSET, ""), typed("text/html")),
    ),
    Fault(
        name="no-viewport",
        rule="html.viewport-missing",
        where=ROOT,
        got="^none",
        breaks=(replace(INDEX, f'<meta name="viewport" content="{VIEWPORT}">', ""),),
    ),
    Fault(
        name="viewport-without-width",
        rule="html.viewport-missing",
        where=ROOT,
        got="initial-scale=1",
        breaks=(replace(INDEX, VIEWPORT, "initial-scale=1"),),
    ),
    Fault(
        name="zoom-forbidden",
        rule="html.zoom-blocked",
        where=ROOT,
        breaks=(replace(INDEX, VIEWPORT, f"{VIEWPORT}, user-scalable=no"),),
    ),
    Fault(
        name="zoom-limited",
        rule="html.zoom-blocked",
        where=ROOT,
        breaks=(replace(INDEX, VIEWPORT, f"{VIEWPORT}, maximum-scale=1.5"),),
    ),
    Fault(
        name="no-description",
        rule="html.description-missing",
        where=rf"{SHOP}/help$",
        got="^none",
        breaks=(
            write(
                "dist/help.html",
                document(text=f"<h1>Help</h1><p>{'Write to us. ' * 20}</p>").replace("description", "author"),
            ),
            expects(pages=["/", "/help"]),
        ),
    ),
    Fault(
        name="empty-description",
        rule="html.description-missing",
        where=rf"{SHOP}/help$",
        got="an empty one",
        breaks=(
            write(
                "dist/help.html",
                document(text=f"<h1>Help</h1><p>{'Write to us. ' * 20}</p>").replace("How to order.", ""),
            ),
            expects(pages=["/", "/help"]),
        ),
    ),
    Fault(
        name="canonical-without-host",
        rule="html.canonical-relative",
        where=ROOT,
        breaks=(head('<link rel="canonical" href="/">'),),
    ),
    Fault(
        name="two-canonical-addresses",
        rule="html.canonical-several",
        where=ROOT,
        breaks=(head("".join(f'<link rel="canonical" href="https://storefront.test{at}">' for at in ("/", "/cart"))),),
    ),
    Fault(
        name="canonical-of-staging",
        rule="html.canonical-elsewhere",
        where=ROOT,
        got="staging",
        breaks=(head('<link rel="canonical" href="https://staging.example.net/">'),),
    ),
    Fault(
        name="base-of-another",
        rule="html.base-elsewhere",
        where=ROOT,
        got="cdn",
        breaks=(first('<base href="https://cdn.example.net/">'),),
    ),
    Fault(
        name="reloads-every-minute",
        rule="html.refresh",
        where=ROOT,
        breaks=(head('<meta http-equiv="refresh" content="60">'),),
    ),
    Fault(
        name="leaves-after-a-while",
        rule="html.refresh",
        where=ROOT,
        breaks=(head('<meta http-equiv="refresh" content="10; url=/products">'),),
    ),
    Fault(
        name="reloads-at-once",
        rule="html.refresh",
        where=ROOT,
        breaks=(head('<meta http-equiv="refresh" content="0">'),),
    ),
)
HEADINGS = (
    Fault(
        name="no-main-heading",
        rule="html.h1-missing",
        where=rf"{SHOP}/help$",
        got="<h2> 'Help' first",
        breaks=(
            write("dist/help.html", document(text=f"<h2>Help</h2><p>{'Write to us. ' * 20}</p>")),
            expects(pages=["/", "/help"]),
        ),
    ),
    Fault(
        name="no-heading",
        rule="html.h1-missing",
        where=rf"{SHOP}/help$",
        got="no heading",
        breaks=(
            write("dist/help.html", document(text=f"<p>{'Write to us. ' * 20}</p>")),
            expects(pages=["/", "/help"]),
        ),
    ),
    Fault(name="two-main-headings", rule="html.h1-several", where=ROOT, got="Sale", breaks=(body("<h1>Sale</h1>"),)),
)
LINKS = (
    Fault(
        name="link-to-nowhere",
        rule="html.dead-link",
        where=rf"{SHOP}/gone$",
        got=r"status 404; <a>, named by https://storefront\.test/$",
        breaks=(body('<a href="/gone">Sale</a>'),),
    ),
    Fault(
        name="link-of-the-404-page-to-nowhere",
        rule="html.dead-link",
        where=rf"{SHOP}/gone$",
        got="named by https://storefront.test/prodworthy-",
        breaks=(body('<a href="/gone">Sale</a>', of=MISSING),),
    ),
    Fault(
        name="link-to-what-is-gone-for-good",
        rule="html.dead-link",
        where=rf"{SHOP}/cart$",
        got="status 410",
        breaks=(answer(path="/cart", status=410, body="gone"),),
    ),
    Fault(
        name="link-to-what-fails",
        rule="html.dead-link",
        where=rf"{SHOP}/search$",
        got="status 503",
        breaks=(answer(path="/search", status=503, body="later"),),
    ),
    Fault(
        name="link-in-circles",
        rule="html.dead-link",
        where=rf"{SHOP}/sale$",
        got="redirects without end",
        breaks=(
            body('<a href="/sale">Sale</a>'),
            config(
                redirects=[
                    {"source": "/sale", "destination": "/sales"},
                    {"source": "/sales", "destination": "/sale"},
                ]
            ),
        ),
    ),
    Fault(
        name="icon-not-there",
        rule="html.dead-link",
        where=rf"{SHOP}/favicon\.ico$",
        got="<link>",
        breaks=(replace(INDEX, "/favicon.svg", "/favicon.ico"),),
    ),
    Fault(
        name="canonical-not-there",
        rule="html.dead-link",
        where=rf"{SHOP}/home$",
        got="<link>",
        breaks=(head('<link rel="canonical" href="https://storefront.test/home">'),),
    ),
    Fault(
        name="candidate-picture-not-there",
        rule="html.dead-link",
        where=rf"{SHOP}/hat@2x\.png$",
        got="<img>",
        breaks=(body('<img src="/favicon.svg" srcset="/favicon.svg 1x, /hat@2x.png 2x" alt="A hat">'),),
    ),
    Fault(
        name="page-in-place-of-a-picture",
        rule="html.dead-link",
        where=rf"{SHOP}/products/hat$",
        got="a page in its place; <img>",
        breaks=(body('<img src="/products/hat" alt="A hat">'),),
    ),
    Fault(
        name="place-that-is-not-there",
        rule="html.lost-fragment",
        where=rf"{SHOP}/#sale$",
        breaks=(body('<a href="#sale">Sale</a>'),),
    ),
    Fault(
        name="place-that-another-page-lacks",
        rule="html.lost-fragment",
        where=rf"{SHOP}/help#returns$",
        breaks=(
            body('<a href="/help#returns">Returns</a>'),
            write("dist/help.html", document()),
            expects(pages=["/", "/help"]),
        ),
    ),
    Fault(
        name="link-to-the-old-address",
        rule="html.link-moved",
        where=rf"{SHOP}/basket$",
        got=r"to https://storefront\.test/cart",
        breaks=(
            body('<a href="/basket">Cart</a>'),
            config(redirects=[{"source": "/basket", "destination": "/cart", "permanent": True}]),
        ),
    ),
    Fault(
        name="link-in-plain-text",
        rule="html.link-insecure",
        where=r"^http://storefront\.test/cart$",
        breaks=(body('<a href="http://storefront.test/cart">Cart</a>'),),
    ),
)
FAULTS = (*PAGES, *VALIDITY, *RENDERINGS, *HEADS, *HEADINGS, *LINKS)
HTML = Catalogue(check="html", file="test_html.py", base=BASE, faults=FAULTS)
