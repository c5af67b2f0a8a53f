"""Content codings: what is decoded, what is refused, and where it ends."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodworthy.evidence.decoding import Decoding, Overfull, Undecodable

TEXT = b"the same words again and again, " * 400
RAW = zlib.compressobj(wbits=-15)
CODED = {
    "": TEXT,
    "identity": TEXT,
    "gzip": gzip.compress(TEXT),
    "X-GZIP": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "br": brotli.compress(TEXT),
    "gzip, br": brotli.compress(gzip.compress(TEXT)),
}


def decoded(codings: str, data: bytes, *, cap: int = 100_000, piece: int = 100_000) -> bytes:
    decoding = Decoding(codings, cap)
    for start in range(0, len(data), piece):
        decoding.take(data[start : start + piece])
    decoding.finish()
    return bytes(decoding.body)


@pytest.mark.parametrize("codings", CODED)
@pytest.mark.parametrize("piece", [1, 7, 100_000])
def test_every_accepted_coding_is_undone_however_it_is_cut(codings: str, piece: int) -> None:
    assert decoded(codings, CODED[codings], piece=piece) == TEXT


def test_deflate_without_its_wrapper_is_understood_too() -> None:
    assert decoded("deflate", RAW.compress(TEXT) + RAW.flush()) == TEXT


def test_gzip_members_may_follow_each_other() -> None:
    assert decoded("gzip", gzip.compress(TEXT) + gzip.compress(b"more")) == TEXT + b"more"


@pytest.mark.parametrize("codings", ["gzip", "deflate", "br"])
def test_an_empty_body_needs_no_coding(codings: str) -> None:
    assert decoded(codings, b"") == b""


@pytest.mark.parametrize("codings", ["gzip", "deflate", "br", "gzip, br"])
def test_a_missing_end_is_noticed(codings: str) -> None:
    with pytest.raises(Undecodable):
        decoded(codings, CODED[codings][:-6])


@pytest.mark.parametrize("codings", ["gzip", "deflate", "br"])
def test_something_else_than_the_coding_is_noticed(codings: str) -> None:
    with pytest.raises(Undecodable):
        decoded(codings, b"<!doctype html><title>no coding at all</title>")


@pytest.mark.parametrize("codings", ["zstd", "compress", "gzip, zstd", "gzip, gzip, gzip, gzip", "g" * 1000])
def test_codings_that_nobody_asked_for_are_refused(codings: str) -> None:
    with pytest.raises(Undecodable):
        Decoding(codings, 10)


@pytest.mark.parametrize("codings", CODED)
@pytest.mark.parametrize("piece", [50, 100_000])
def test_the_cap_holds_to_the_byte(codings: str, piece: int) -> None:
    data = CODED[codings]
    decoding = Decoding(codings, 1000)
    with pytest.raises(Overfull):
        any(decoding.take(data[start : start + piece]) for start in range(0, len(data), piece))
    assert bytes(decoding.body) == TEXT[:1000]


@pytest.mark.parametrize("codings", CODED)
def test_a_body_that_just_fits_is_kept(codings: str) -> None:
    assert decoded(codings, CODED[codings], cap=len(TEXT)) == TEXT


@given(st.sampled_from(["gzip", "deflate", "br", "br, gzip"]), st.binary(max_size=300), st.integers(1, 50))
def test_whatever_comes_only_these_two_errors_leave(codings: str, data: bytes, piece: int) -> None:
    attempt: Any = None
    try:
        attempt = decoded(codings, data, cap=1000, piece=piece)
    except (Overfull, Undecodable):
        return
    assert isinstance(attempt, bytes)
