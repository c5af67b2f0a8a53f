"""What the network lost at first is told wherever it was asked for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from prodworthy.evidence import documents as describing
from prodworthy.evidence.bundle import bundle
from prodworthy.evidence.documents import documents
from prodworthy.evidence.health import domains, endpoints, identity, unknown_page
from prodworthy.evidence.pieces import Piece
from prodworthy.evidence.surface import surface
from prodworthy.evidence.validator import Validation
from prodworthy.model import Answer, Attempt, Cause, Endpoint, Exchange, Failure, Function, Identity, Search, Target
from prodworthy.model.backend import Key, Searches, SeenSearch
from prodworthy.model.documents import Engine
from prodworthy.model.functions import Functions, SeenFunction
from prodworthy.model.measurement import retries_in

LOST = Attempt(text="the connection was reset", elapsed=0.1)
URL = "https://shop.test"
PAGE = '<!doctype html><title>Shop</title><script src="/app.js"></script><a href="/about">About</a>'


@dataclass(slots=True)
class Flaky:
    """Looks through a network that loses every first try."""

    target: Target
    found: dict[str, Any] = field(default_factory=dict)

    async def ask(self, url: str, *, purpose: str, method: str = "GET", **_: Any) -> Exchange:
        address = url if "://" in url else f"{URL}/{url.lstrip('/')}"
        kind, body = ("text/javascript", b"1") if url.endswith(".js") else ("text/html", PAGE.encode())
        answer = Answer(status=200, http="HTTP/2", fields=(("content-type", kind),), body=body)
        return Exchange(method=method, url=address, purpose=purpose, answer=answer, attempts=(LOST,))

    async def through(self, exchange: Exchange, _: Any) -> Exchange:
        return replace(exchange, answer=Answer(status=404, http="HTTP/2", fields=()))

    async def at(self, piece: Piece[Any]) -> Any:
        if piece.name not in self.found:
            self.found[piece.name] = await piece.gather(self)  # type: ignore[arg-type]
        return self.found[piece.name]


@pytest.mark.parametrize(
    ("piece", "asked"),
    [
        pytest.param(endpoints, ["GET https://shop.test/health", "GET https://shop.test/"], id="endpoints"),
        pytest.param(domains, ["GET https://shop.test/", "GET http://shop.test/"], id="domains"),
        pytest.param(identity, ["GET https://shop.test/version.json"], id="identity"),
        pytest.param(unknown_page, ["GET https://shop.test/prodworthy-"], id="unknown page"),
        pytest.param(surface, ["GET https://shop.test/", "GET https://shop.test/prodworthy-"], id="headers"),
        pytest.param(bundle, ["GET https://shop.test/", "GET https://shop.test/app.js"], id="bundle"),
        pytest.param(documents, ["GET https://shop.test/", "HEAD https://shop.test/about"], id="documents"),
    ],
)
def test_every_piece_tells_what_took_several_tries(
    piece: Piece[Any], asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def validate(bodies: dict[str, bytes], **_: Any) -> Validation:
        return Validation(engine=Engine(name="silent", version="1"), messages=dict.fromkeys(bodies, ()))

    monkeypatch.setattr(describing, "validate", validate)
    target = Target(name="shop", url=URL, endpoints=(Endpoint(path="/health"),), identity=Identity())
    seen = asyncio.run(Flaky(target).at(piece))
    told = [each.what for each in seen.measured if each.what.endswith("at try")]
    for expected in asked:
        assert any(what.startswith(expected) for what in told)


def test_a_retry_is_told_with_what_was_lost_and_how_it_ended() -> None:
    lost = Exchange(method="GET", url=f"{URL}/", purpose="", attempts=(LOST, LOST))
    answered = Exchange(
        method="GET", url=f"{URL}/a", purpose="", attempts=(LOST,), answer=Answer(status=200, http="", fields=())
    )
    at_once = Exchange(method="GET", url=f"{URL}/b", purpose="", failure=Failure(cause=Cause.NETWORK, text="reset"))
    assert [(each.what, str(each)) for each in retries_in([lost, answered, None, at_once])] == [
        ("GET https://shop.test/ (the connection was reset), given up at try", "3"),
        ("GET https://shop.test/a (the connection was reset), answered at try", "2"),
    ]


def test_what_a_function_or_the_back_end_answered_only_at_a_later_try_is_told() -> None:
    answer = Answer(status=200, http="HTTP/2", fields=())
    late = Exchange(method="GET", url=f"{URL}/x", purpose="x", answer=answer, attempts=(LOST,))
    called = Functions(url=URL, seen=(SeenFunction(declared=Function(name="quote"), origin=URL, calls=(late,)),))
    searched = Searches(
        url=URL,
        key=Key(name="KEY", kind="publishable"),
        seen=(SeenSearch(declared=Search(rpc="match", expect=1), exchange=late),),
    )
    for piece in (called, searched):
        assert retries_in([late])[0] in piece.measured
