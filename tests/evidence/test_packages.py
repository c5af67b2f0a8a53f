"""Packages that are there twice are seen in source maps and licence comments, and nowhere else."""

from __future__ import annotations

import json

import pytest

from prodworthy.evidence.bundle.packages import NONE, Found, duplicates, in_comments, in_map
from prodworthy.model.bundle import Duplicate

A, B = "https://shop.test/a.js", "https://shop.test/b.js"


def mapped(**sources: int) -> Found:
    """Sources and their sizes; `__` stands for a slash."""
    paths = [name.replace("__", "/") for name in sources]
    document = {"version": 3, "sources": paths, "sourcesContent": ["x" * size for size in sources.values()]}
    return in_map(json.dumps(document).encode())


def found(**files: Found) -> list[Duplicate]:
    return list(duplicates({f"https://shop.test/{name}.js": each for name, each in files.items()}))


def test_a_source_in_two_files_is_a_duplicate_with_its_size() -> None:
    both = mapped(node_modules__three__math=500, node_modules__three__vector=100)
    one = mapped(node_modules__three__math=500, src__main=9)
    assert found(a=both, b=one) == [Duplicate(package="three", files=(A, B), size=500)]


def test_different_sources_of_a_package_in_two_files_are_none() -> None:
    assert found(a=mapped(node_modules__three__math=500), b=mapped(node_modules__three__vector=500)) == []


def test_the_apps_own_sources_are_none() -> None:
    assert found(a=mapped(src__main=500), b=mapped(src__main=500)) == []


def test_two_folders_of_one_package_are_two_copies() -> None:
    (told,) = found(a=mapped(node_modules__lodash__a=10, node_modules__old__node_modules__lodash__a=20))
    assert (told.package, told.files, told.size) == ("lodash", (A,), 10)
    assert told.copies == ("node_modules/lodash", "node_modules/old/node_modules/lodash")


def test_pnpms_folders_tell_versions() -> None:
    sources = [
        "../node_modules/.pnpm/@scope+ui@1.2.3_react@18.0.0/node_modules/@scope/ui/a.js",
        "../node_modules/.pnpm/@scope+ui@2.0.0/node_modules/@scope/ui/a.js",
    ]
    (told,) = found(a=in_map(json.dumps({"sources": sources}).encode()))
    assert (told.package, told.copies) == (
        "@scope/ui",
        ("node_modules/@scope/ui@1.2.3", "node_modules/@scope/ui@2.0.0"),
    )


def test_two_versions_in_comments_are_two_copies() -> None:
    one, other = in_comments(b"/*! three v0.170.0 */"), in_comments(b"/**\n * @license Three v0.150.0 - MIT */")
    assert found(a=one, b=other) == [Duplicate(package="three", files=(A, B), copies=("0.150.0", "0.170.0"))]


def test_one_version_in_many_comments_is_none() -> None:
    """Every icon of a package of icons comes with the same comment."""
    icon = in_comments(b"/**\n * @license lucide v1.65.0 - ISC\n */")
    assert found(a=icon, b=icon) == []


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"// three v0.1.0",
        b"/* three v0.1.0 */",
        b"'! three v0.1.0'",
        b"/*! version 1.2.3 of v2 */",
        b"/*!" + b" " * 100_000 + b"x",
        b"/*!" * 100_000,
    ],
)
def test_what_is_no_licence_tells_nothing(source: bytes) -> None:
    assert in_comments(source).versions == frozenset()


@pytest.mark.parametrize(
    "source", [b"", b"{}", b"[]", b'{"sources":7}', b'{"sources":[1,null]}', b"[" * 99_999, b'{"sources":["a"]}']
)
def test_what_is_no_source_map_tells_nothing(source: bytes) -> None:
    assert in_map(source) == NONE
