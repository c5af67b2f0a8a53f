"""HTTP evidence against bare httpx fetching the very same requests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from unittest import mock

from prodworthy.evidence import documents
from prodworthy.evidence import plugin as _declares_pieces  # noqa: F401
from prodworthy.evidence.pieces import PIECES
from prodworthy.evidence.validator import Validation
from prodworthy.model.documents import Engine
from tests.bench import bare
from tests.bench.recording import Asked, gather, recorded
from tests.bench.rounds import Figure, interleaved, ratio, say
from tests.bench.setting import Setting
from tests.bench.table import Measurement

NOT_HTTP = {"realtime"}  # a websocket

FAIRNESS = (
    "In one process, every round with new connections. Evidence: every piece but the realtime websocket and the HTML "
    "checker's Java. Bare httpx: the very same requests (same headers, same bodies, HTTP/2, at most as many streams a "
    "host), which it is told beforehand, all at once. Evidence is not told: it finds the files in the answers, so it "
    "has to wait for several round trips where bare httpx waits for one. 'wave by wave' is bare httpx with these waits "
    "and nothing else: about the least that anybody can do who is not told."
)


def measure(setting: Setting, rounds: int) -> Measurement:
    """All HTTP evidence, and the bundle by itself."""
    figures: list[Figure] = []
    notes: list[str] = []
    with _without_java():
        for title, pieces in (("HTTP evidence", sorted(PIECES.keys() - NOT_HTTP)), ("bundle alone", ["bundle"])):
            say(f"{title}: recording what it asks")
            asked = recorded(setting.target, pieces)
            waves = 1 + max(each.wave for each in asked)
            contest = _Contest(setting, pieces, asked)
            times = interleaved(contest.contestants(alone=title != "HTTP evidence"), rounds)
            figures += _figures(title, times)
            notes.append(f"{title}: {len(asked)} requests in {waves} waves")
            notes += sorted(contest.troubles)
    return Measurement(
        title="HTTP evidence / bare httpx", fairness=FAIRNESS, figures=tuple(figures), notes=tuple(notes)
    )


def _figures(title: str, times: Mapping[str, Sequence[float]]) -> Iterator[Figure]:
    evidence = times["evidence"]
    yield ratio(f"{title} / bare httpx at once", evidence, times["at once"], aim=1.3)
    yield ratio(f"{title} / bare httpx wave by wave", evidence, times["wave by wave"])
    if "one by one" in times:
        yield ratio(f"bare httpx one by one, HTTP/1.1 / {title}", times["one by one"], evidence)


class _Contest:
    """Contestants that time themselves, and note when their answers are not those of the recording."""

    def __init__(self, setting: Setting, pieces: Sequence[str], asked: Sequence[Asked]) -> None:
        self._setting = setting
        self._pieces = pieces
        self._asked = asked
        self.troubles: set[str] = set()

    def contestants(self, *, alone: bool) -> dict[str, Callable[[], float]]:
        """One by one is slow, so not for everything."""
        found: dict[str, Callable[[], float]] = {
            "evidence": self._evidence,
            "at once": lambda: self._bare(bare.at_once),
            "wave by wave": lambda: self._bare(bare.wave_by_wave),
        }
        return found if alone else {**found, "one by one": lambda: self._bare(bare.one_by_one)}

    def _evidence(self) -> float:
        began = time.perf_counter()
        self.troubles.update(gather(self._setting.target, self._pieces))
        return time.perf_counter() - began

    def _bare(self, fetch: Callable[..., list[int]]) -> float:
        began = time.perf_counter()
        statuses = fetch(self._setting.target.addresses, self._asked)
        elapsed = time.perf_counter() - began
        different = sum(status != each.status for status, each in zip(statuses, self._asked, strict=True))
        if different:
            why = "the recorded session of the test user has ended"
            self.troubles.add(f"bare httpx: {different} answers had another status than evidence got ({why})")
        return elapsed


@contextmanager
def _without_java() -> Iterator[None]:
    async def nothing(*_: object, **__: object) -> Validation:
        return Validation(engine=Engine(name="none", version=""), messages={})

    with mock.patch.object(documents, "validate", nothing):
        yield
