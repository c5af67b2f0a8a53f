"""Every rule of the bundle catches its fault, and a sound bundle passes all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from prodworthy.model import Budgets, Cure, Severity
from prodworthy.model.bundle import (
    Bundle,
    Delivery,
    Duplicate,
    Entry,
    File,
    How,
    Integrity,
    Kind,
    Leak,
    PrivateFile,
    Sign,
)
from prodworthy.model.standing import Before, Sizes, Standing
from prodworthy.review import bundle as review
from prodworthy.review.bundle import completeness, naming, secrecy
from prodworthy.review.rules import CATALOGUE

URL = "https://shop.test"
FOREVER = "public, max-age=31536000, immutable"
REF, OTHER = "abcdefghijklmnopqrst", "zyxwvutsrqponmlkjihg"
LEAK = Leak(what="Supabase secret key", shown="sb_secret_aB3d…", line=7)
NAMED = Leak(what="the value of a variable that is called a secret", shown="whk9…", line=3, variable="VITE_HOOK_SECRET")
HASH = Integrity(page=f"{URL}/", wanted=("sha384-abc",), got="sha384-xyz")


def address(ref: str) -> Sign:
    return Sign(what="address", ref=ref, shown=f"https://{ref}.supabase.co", line=2)


LOCAL = Sign(what="address", ref=None, shown="http://127.0.0.1:54321", line=2, declared=False)
OWN = Sign(what="address", ref=None, shown="api.shop.test", line=9, declared=True)


def key(ref: str | None, *, declared: bool | None = True) -> Sign:
    what = "anon key" if ref else "publishable key"
    return Sign(what=what, ref=ref, shown="eyJhbGciOi…", line=4, declared=declared)


def connected(*signs: Sign, project: str | None = REF) -> Bundle:
    return replace(but("cart", signs=signs), project=project)


def delivery(**changes: Any) -> Delivery:
    sound = Delivery(
        status=200,
        media_type="text/javascript",
        encoding="br",
        cache_control=FOREVER,
        nosniff=True,
        raw=100_000,
        gzip=30_000,
        brotli=26_000,
        transferred=27_000,
        markup=False,
    )
    return replace(sound, **changes)


def file(path: str, /, **changes: Any) -> File:
    delivered = {name: changes.pop(name) for name in set(changes) & set(Delivery.__slots__)}
    sound = File(
        url=URL + path,
        path=path,
        kind=Kind.SCRIPT,
        how=How.DYNAMIC,
        importer=f"{URL}/assets/main-Gg4Hh5Ii.js",
        initial=False,
        strict=True,
        delivery=delivery(**delivered),
    )
    return replace(sound, **changes)


MAIN = file("/assets/main-Gg4Hh5Ii.js", how=How.MODULE, importer=f"{URL}/", initial=True)
STYLE = file(
    "/assets/main-Dd2Ee3Ff.css",
    how=How.STYLESHEET,
    importer=f"{URL}/",
    kind=Kind.STYLE,
    initial=True,
    strict=False,
    media_type="text/css",
)
CART = file("/assets/cart-Jj6Kk7Ll.js")
LOGO = file(
    "/assets/logo-Pp0Qq1Rr.svg", how=How.NAME, kind=Kind.ASSET, strict=False, media_type="image/svg+xml", gzip=0
)
SOUND = (MAIN, STYLE, CART, LOGO)


def bundle(*files: File, **changes: Any) -> Bundle:
    entry = Entry(page="/", url=f"{URL}/", initial=tuple(each.url for each in files if each.initial))
    return replace(Bundle(budgets=Budgets(), entries=(entry,), files=files), **changes)


def but(path: str, /, **changes: Any) -> Bundle:
    """The sound bundle with one file changed."""
    return bundle(*(_changed(each, changes) if path in each.path else each for each in SOUND))


def _changed(each: File, changes: dict[str, Any]) -> File:
    assert each.delivery is not None
    delivered = {name: value for name, value in changes.items() if name in Delivery.__slots__}
    own = {name: value for name, value in changes.items() if name not in delivered}
    return replace(each, **{"delivery": replace(each.delivery, **delivered), **own})


def found(judged: Bundle) -> list[str]:
    rules = [rule for name, rule in CATALOGUE.items() if name.startswith("bundle.") and name != "bundle.growth"]
    return [finding.rule for rule in rules for finding in rule(judged)]


def test_a_sound_bundle_has_no_finding_at_all() -> None:
    assert found(bundle(*SOUND)) == []


@pytest.mark.parametrize(
    ("judged", "rule", "where"),
    [
        pytest.param(bundle(), "bundle.empty", f"{URL}/", id="no scripts at all"),
        pytest.param(bundle(LOGO), "bundle.empty", f"{URL}/", id="nothing but an image"),
        pytest.param(but("main-Gg", status=404), "bundle.entry-missing", MAIN.url, id="the entry is gone"),
        pytest.param(but("main-Gg", markup=True), "bundle.entry-missing", MAIN.url, id="a page for the entry"),
        pytest.param(but("css", status=500), "bundle.entry-missing", STYLE.url, id="the stylesheet is broken"),
        pytest.param(but("cart", status=404), "bundle.chunk-missing", CART.url, id="a chunk is gone"),
        pytest.param(but("cart", status=403), "bundle.chunk-missing", CART.url, id="a chunk is refused"),
        pytest.param(but("cart", markup=True), "bundle.chunk-is-html", CART.url, id="a page for a chunk"),
        pytest.param(but("logo", status=404), "bundle.asset-missing", LOGO.url, id="an image is gone"),
        pytest.param(but("logo", markup=True), "bundle.asset-missing", LOGO.url, id="a page for an image"),
        pytest.param(but("cart", media_type="text/plain"), "bundle.chunk-type", CART.url, id="a module that is text"),
        pytest.param(but("cart", media_type=""), "bundle.chunk-type", CART.url, id="a module without a type"),
        pytest.param(
            but("cart", media_type="text/plain", strict=False), "bundle.chunk-type", CART.url, id="a script, nosniff"
        ),
        pytest.param(
            but("cart", media_type="image/png", strict=False, nosniff=False),
            "bundle.chunk-type",
            CART.url,
            id="a script that is an image",
        ),
        pytest.param(
            but("css", media_type="text/plain"), "bundle.chunk-type", STYLE.url, id="a stylesheet that is text"
        ),
        pytest.param(
            bundle(*SOUND, budgets=Budgets(initial=59_999)), "bundle.over-initial-budget", f"{URL}/", id="first load"
        ),
        pytest.param(
            bundle(*SOUND, budgets=Budgets(total=89_999)), "bundle.over-total-budget", f"{URL}/", id="all together"
        ),
        pytest.param(
            bundle(MAIN, budgets=Budgets(largest=29_999)), "bundle.over-largest-budget", MAIN.url, id="one file"
        ),
        pytest.param(
            bundle(MAIN, budgets=Budgets(largest=26_999, measure="transferred")),
            "bundle.over-largest-budget",
            MAIN.url,
            id="as transferred",
        ),
        pytest.param(
            bundle(MAIN, budgets=Budgets(largest=25_999, measure="brotli")),
            "bundle.over-largest-budget",
            MAIN.url,
            id="after brotli",
        ),
        pytest.param(
            bundle(*SOUND, budgets=Budgets(initial=90_000, pages={"/": 59_999})),
            "bundle.over-initial-budget",
            f"{URL}/",
            id="the page's own budget",
        ),
        pytest.param(
            bundle(*SOUND, duplicates=(Duplicate(package="three", files=(MAIN.url, CART.url), size=2_000),)),
            "bundle.package-twice",
            f"{MAIN.url} and 1 more",
            id="the same sources twice",
        ),
        pytest.param(
            bundle(*SOUND, duplicates=(Duplicate(package="three", files=(MAIN.url,), copies=("0.1", "0.2")),)),
            "bundle.package-twice",
            MAIN.url,
            id="two versions in one file",
        ),
        pytest.param(
            but("cart", kind=Kind.DATA, path="/a-Jj6Kk7Ll.json", media_type="text/plain", letters="utf-8"),
            "bundle.chunk-type",
            CART.url,
            id="a JSON module that is text",
        ),
        pytest.param(
            but("cart", kind=Kind.DATA, path="/a-Jj6Kk7Ll.wasm", media_type="application/wasm-x"),
            "bundle.chunk-type",
            CART.url,
            id="an imported WebAssembly module of another type",
        ),
        pytest.param(
            but("cart", kind=Kind.DATA, path="/a-Jj6Kk7Ll.wasm", media_type="", strict=False),
            "bundle.wasm-type",
            CART.url,
            id="a fetched WebAssembly module without a type",
        ),
        pytest.param(but("main-Gg", integrity=(HASH,)), "bundle.integrity-mismatch", MAIN.url, id="another hash"),
        pytest.param(but("cart", unresolved=("react",)), "bundle.import-unresolved", CART.url, id="a bare import"),
        pytest.param(
            bundle(
                *SOUND,
                entries=(Entry(page="/", url=f"{URL}/", initial=(), unresolved=("node:fs",)),),
            ),
            "bundle.import-unresolved",
            f"{URL}/",
            id="a bare import in an inline script",
        ),
        pytest.param(but("cart", letters="other"), "bundle.garbled", CART.url, id="a module in another encoding"),
        pytest.param(
            but("css", letters="utf-8", charset="iso-8859-1"), "bundle.garbled", STYLE.url, id="a wrong charset"
        ),
        pytest.param(
            but("cart", letters="utf-8", charset="windows-1252", strict=False),
            "bundle.garbled",
            CART.url,
            id="a wrong charset of a classic script",
        ),
        pytest.param(but("cart", encoding=""), "bundle.not-compressed", CART.url, id="as it is"),
        pytest.param(but("css", encoding="identity"), "bundle.not-compressed", STYLE.url, id="identity"),
        pytest.param(
            but("cart", cache_control="public, max-age=0, must-revalidate"),
            "bundle.hashed-not-immutable",
            CART.url,
            id="asked again at every visit",
        ),
        pytest.param(but("cart", cache_control=""), "bundle.hashed-not-immutable", CART.url, id="not said"),
        pytest.param(
            but("cart", cache_control="no-cache, max-age=31536000"),
            "bundle.hashed-not-immutable",
            CART.url,
            id="no-cache",
        ),
        pytest.param(
            but("logo", cache_control="public, max-age=0", path="/assets/logo-Pp0Qq1Rr.svg"),
            "bundle.hashed-not-immutable",
            LOGO.url,
            id="an image of the build asked for again",
        ),
        pytest.param(
            but("cart", path="/app.js", url=f"{URL}/app.js"),
            "bundle.unhashed-cached-forever",
            f"{URL}/app.js",
            id="a fixed name for a year",
        ),
        pytest.param(
            but("cart", source_map=f"{CART.url}.map"), "bundle.source-map-public", f"{CART.url}.map", id="a map"
        ),
        pytest.param(but("cart", source_map="inline"), "bundle.source-map-public", CART.url, id="a map inside"),
        pytest.param(but("cart", leaks=(LEAK,)), "bundle.secret", f"{CART.url}:7", id="a secret in a chunk"),
        pytest.param(
            bundle(*SOUND, maps=((f"{CART.url}.map", (LEAK,)),)),
            "bundle.secret",
            f"{CART.url}.map:7",
            id="a secret in a map",
        ),
        pytest.param(but("cart", leaks=(NAMED,)), "bundle.secret-variable", f"{CART.url}:3", id="a variable's name"),
        pytest.param(
            bundle(*SOUND, private=(PrivateFile(url=f"{URL}/.git/HEAD", what="a Git repository"),)),
            "bundle.private-file",
            f"{URL}/.git/HEAD",
            id="a repository among the files",
        ),
        pytest.param(connected(address(OTHER)), "bundle.other-project", f"{CART.url}:2", id="another project"),
        pytest.param(connected(LOCAL), "bundle.other-project", f"{CART.url}:2", id="a developer's machine"),
        pytest.param(
            connected(LOCAL, project=None),
            "bundle.other-project",
            f"{CART.url}:2",
            id="a developer's machine in place of a domain of one's own",
        ),
        pytest.param(
            connected(address(REF), key(OTHER)), "bundle.other-project", f"{CART.url}:4", id="another project's key"
        ),
        pytest.param(
            connected(address(REF), key(None, declared=False)),
            "bundle.key-not-declared",
            f"{CART.url}:4",
            id="another key than was looked with",
        ),
    ],
)
def test_a_fault_is_found_by_its_rule_alone_and_located(judged: Bundle, rule: str, where: str) -> None:
    assert found(judged) == [rule]
    (finding,) = CATALOGUE[rule](judged)
    assert finding.where == where


@pytest.mark.parametrize(
    "judged",
    [
        pytest.param(
            bundle(*SOUND, budgets=Budgets(initial=60_000, total=90_000, largest=30_000)), id="just in budget"
        ),
        pytest.param(but("cart", media_type="application/javascript"), id="the older name of the type"),
        pytest.param(but("cart", media_type="text/plain", strict=False, nosniff=False), id="a sloppy classic script"),
        pytest.param(but("cart", encoding="", raw=1_999, gzip=900), id="too small to compress"),
        pytest.param(but("cart", encoding="", raw=5_000, gzip=4_900), id="nothing to compress"),
        pytest.param(but("cart", encoding="zstd"), id="a newer coding"),
        pytest.param(but("cart", cache_control="public, max-age=2592000"), id="a month"),
        pytest.param(
            but("cart", path="/sw.js", url=f"{URL}/sw.js", cache_control="public, max-age=0"), id="a service worker"
        ),
        pytest.param(
            but("cart", path="/sw.js", url=f"{URL}/sw.js", how=How.SERVICE_WORKER),
            id="a service worker kept for long: browsers ask all the same",
        ),
        pytest.param(
            but("cart", path="/vendor/tinymce/7.1.0/tinymce.min.js"), id="a folder that is called after a version"
        ),
        pytest.param(but("cart", path="/npm/react@18.2.0/umd/react.js"), id="a package at a version"),
        pytest.param(but("cart", path="/lib-1.2.3.min.js"), id="a version in the name"),
        pytest.param(
            but("logo", path="/photos/IMG_20240131.jpg", cache_control="no-cache"), id="a photograph with its date"
        ),
        pytest.param(but("main-Gg", integrity=(replace(HASH, got="sha384-abc"),)), id="the hash that is demanded"),
        pytest.param(but("cart", letters="utf-8"), id="UTF-8 without a word"),
        pytest.param(but("cart", letters="utf-8", charset="iso-8859-1"), id="a module is UTF-8 whatever is said"),
        pytest.param(
            but("css", letters="other", charset="iso-8859-1"), id="an old stylesheet that says what it is written in"
        ),
        pytest.param(
            but("cart", kind=Kind.DATA, path="/a-Jj6Kk7Ll.json", media_type="application/ld+json"), id="some JSON"
        ),
        pytest.param(
            bundle(*SOUND, duplicates=(Duplicate(package="tiny", files=(MAIN.url, CART.url), size=1_999),)),
            id="a trifle twice",
        ),
        pytest.param(connected(address(REF), address(OTHER), key(None)), id="images from another project too"),
        pytest.param(connected(LOCAL, address(REF)), id="a developer's machine where the address is missing"),
        pytest.param(connected(LOCAL, OWN, project=None), id="the same before a domain of one's own"),
        pytest.param(connected(LOCAL, OWN), id="a domain of one's own before the project"),
        pytest.param(connected(LOCAL, address(OTHER), project=None), id="the project behind a domain of one's own"),
        pytest.param(connected(address(OTHER), project=None), id="a domain of one's own does not tell"),
        pytest.param(connected(key(None, declared=None)), id="no key to compare with"),
        pytest.param(connected(key(None), key(None, declared=False)), id="two keys, one of them declared"),
        pytest.param(
            but("logo", status=200, media_type="text/html", markup=True, path="/help.html"), id="a page as such"
        ),
        pytest.param(but("cart", delivery=None), id="not observed: a gap, not a finding"),
        pytest.param(Bundle(budgets=Budgets()), id="no page was answered: gaps tell"),
        pytest.param(
            Bundle(
                budgets=Budgets(), entries=(Entry(page="/", url=URL, initial=(), foreign=("https://cdn.test/a.js",)),)
            ),
            id="all code comes from elsewhere",
        ),
    ],
)
def test_what_is_sound_passes(judged: Bundle) -> None:
    assert found(judged) == []


def test_what_is_gone_does_not_make_a_bundle_small() -> None:
    gone = but("cart", status=404)
    assert gone.size(gone.code) == 60_000


def test_a_file_that_is_spelled_otherwise_is_pointed_at() -> None:
    gone = file("/assets/Cart-Jj6Kk7Ll.js", status=404)
    (finding,) = completeness.chunk_missing(bundle(*SOUND, gone))
    assert finding.got.endswith("; /assets/cart-Jj6Kk7Ll.js is there, spelled otherwise")


def was(**sizes: Any) -> Before[Bundle]:
    pages = sizes.pop("pages", {"/": 60_000})
    told = Sizes(**{"total": 90_000, "largest": 30_000, **sizes}, pages=pages)
    return Before(source="reports/a/verdict.json", saved=Standing(sizes=told))


def test_what_has_not_grown_passes() -> None:
    assert review.no_worse((bundle(*SOUND), was())) == []


@pytest.mark.parametrize(
    ("before", "where"),
    [
        pytest.param(was(total=81_000), f"{URL}/", id="all together"),
        pytest.param(was(pages={"/": 54_000}), f"{URL}/", id="a page"),
    ],
)
def test_growth_beyond_the_tolerance_is_found(before: Before[Bundle], where: str) -> None:
    (finding,) = review.no_worse((bundle(*SOUND), before))
    assert (finding.rule, finding.where) == ("bundle.growth", where)


@pytest.mark.parametrize(
    ("now", "before"),
    [
        pytest.param(bundle(*SOUND), was(total=82_000, pages={"/": 55_000}), id="within a tenth"),
        pytest.param(bundle(file("/a.js", gzip=2_900)), was(total=1_000, pages={}), id="less than two kilobytes"),
        pytest.param(bundle(*SOUND), was(pages={}), id="a page that was not there"),
        pytest.param(bundle(*SOUND), was(pages={"/": 0}), id="a page that could not be seen"),
        pytest.param(bundle(*SOUND, budgets=Budgets(growth=1.0)), was(total=45_000), id="as much as was allowed"),
        pytest.param(bundle(*SOUND), Before(source="live"), id="a standing without sizes"),
    ],
)
def test_growth_within_the_tolerance_passes(now: Bundle, before: Before[Bundle]) -> None:
    assert review.no_worse((now, before)) == []


def test_no_growth_at_all_can_be_demanded() -> None:
    grown = bundle(*SOUND, budgets=Budgets(growth=0.0))
    assert len(review.no_worse((grown, was(total=89_999)))) == 1


def test_growth_names_what_is_new_and_what_grew_whatever_the_hashes() -> None:
    smaller = replace(CART, delivery=delivery(gzip=10_000))
    renamed = replace(smaller, path="/assets/cart-Zz9Yy8Xx.js", url=f"{URL}/assets/cart-Zz9Yy8Xx.js")
    (finding,) = review.no_worse((bundle(*SOUND, file("/assets/new-Aa1Bb2Cc.js", gzip=5_000)), before(renamed)))
    assert finding.wanted == "at most 77.0 kB (gzip) in all: live has 70.0 kB"
    assert finding.got == (
        "95.0 kB, 25.0 kB (36%) more; /assets/cart-*.js grew by 20.0 kB, /assets/new-*.js is new: 5.00 kB"
    )


def before(*files: File) -> Before[Bundle]:
    return Before(source="live", evidence=bundle(MAIN, STYLE, *files))


def test_sizes_are_gzip_whatever_the_budgets_measure() -> None:
    told = review.sizes(bundle(*SOUND, budgets=Budgets(measure="brotli")))
    assert told == Sizes(total=90_000, largest=30_000, pages={"/": 60_000})


def test_pages_that_load_the_same_are_one_finding() -> None:
    pages = tuple(Entry(page=path, url=URL + path, initial=(MAIN.url,)) for path in ("/", "/a", "/b"))
    (finding,) = review.small(bundle(*SOUND, budgets=Budgets(initial=1), entries=pages))
    assert finding.where == f"{URL}/ and 2 more"
    assert finding.got == "30.0 kB in 1 file; the largest: /assets/main-Gg4Hh5Ii.js 30.0 kB"


def test_a_blank_page_is_critical_and_cured_by_rolling_back() -> None:
    assert (completeness.entry_missing.severity, completeness.entry_missing.cure) == (Severity.CRITICAL, Cure.ROLLBACK)


def test_a_secret_that_is_out_is_not_cured_by_rolling_back() -> None:
    for rule in (secrecy.secret, secrecy.private_file):
        assert (rule.severity, rule.cure) == (Severity.CRITICAL, Cure.NONE)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/assets/index-nV8Jjven.js", True),
        ("/assets/powershell--kpyO_01.js", True),
        ("/static/js/main.1a2b3c4d.chunk.js", True),
        ("/assets/cdn.min-Bb5cR9rh.js", True),
        ("/_nuxt/BvX3k-_a.js", True),
        ("/app-c3fcd3d76192e4007dfb496cca67e13b.css", True),
        ("/app.js?v=8f3a2b1c", True),
        ("/app.js", False),
        ("/date-picker-calendar.js", False),
        ("/jquery-3.7.1.min.js", False),
        ("/polyfills-es2015.js", False),
        ("/app.js?v=12", False),
    ],
)
def test_hashed_names(path: str, expected: bool) -> None:
    assert naming.hashed(path) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/vendor/tinymce/7.1.0/tinymce.min.js", True),
        ("/npm/react@18.2.0/umd/react.production.min.js", True),
        ("/lib-1.2.3.min.js", True),
        ("/jquery.3.7.1.js", True),
        ("/v2.0.0-rc.1/app.js", True),
        ("/kit-v4.5.6+build.7.css", True),
        ("/vendor/tinymce/7/tinymce.min.js", False),
        ("/react@18/react.js", False),
        ("/v1.2/app.js", False),
        ("/app.js?v=1.2.3", False),
        ("/app.js", False),
    ],
)
def test_versions_in_paths(path: str, expected: bool) -> None:
    assert naming.versioned(path) is expected


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.00 kB"),
        (262_144, "262 kB"),
        (2_840_000, "2.84 MB"),
        (12_345_678, "12.3 MB"),
    ],
)
def test_sizes_as_people_write_them(size: int, text: str) -> None:
    assert naming.readable(size) == text


QUESTIONS = (
    review.whole,
    review.runnable,
    review.small,
    review.well_served,
    review.discreet,
    review.rightly_connected,
)


def test_every_rule_is_asked_by_the_check() -> None:
    asked = [rule for question in QUESTIONS for rule in question(bundle()).rules]
    asked += review.no_worse((bundle(), was())).rules
    assert sorted(asked) == sorted(name for name in CATALOGUE if name.startswith("bundle."))


def test_a_hash_that_looks_like_a_word_is_a_hash_among_hashed_files() -> None:
    assert found(bundle(*SOUND, file("/assets/es-Bolhwhks.js"))) == []


def test_a_fixed_name_among_hashed_files_is_still_found() -> None:
    assert found(bundle(*SOUND, file("/assets/app.js"))) == ["bundle.unhashed-cached-forever"]
