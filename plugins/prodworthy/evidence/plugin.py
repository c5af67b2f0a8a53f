"""The evidence's face: what the selected tests need is begun at once, as soon as they are known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from prodworthy.evidence import backend, baseline, bundle, documents, functions, health, pages, passes, surface  # noqa: F401  # declare pieces
from prodworthy.evidence.gathering import Gathering
from prodworthy.evidence.pieces import PIECES
from prodworthy.local.plugin import failures_key
from prodworthy.model import Target
from prodworthy.targets.plugin import targets_key

evidence_key = pytest.StashKey["EvidenceFace"]()
took_key = pytest.StashKey[dict[tuple[str, str], float]]()  # target and piece -> seconds of looking


class EvidenceFace:
    """Starts the gathering of each target and hands out its pieces."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._gathering: Gathering | None = None
        self._needed: dict[str, list[str]] = {}
        config.stash[evidence_key] = self
        config.stash[took_key] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Read off the selected tests which pieces are needed, and begin with those of all targets.

        A worker begins later, at the first test of a target that it was given: it collects the others' too.
        """
        self._needed = _needed(session.items)
        if hasattr(self._config, "workerinput"):
            return
        before: Target | None = None
        for name in self._needed:
            target = self._config.stash[targets_key][name]
            # what is served by this machine itself gains nothing from being looked at all at once
            self.begin(target, after=before if target.embedded else None)
            before = target if target.embedded else before

    def begin(self, target: Target, *, after: Target | None = None) -> None:
        """Start what the selected tests need of `target`; once is enough."""
        pieces = [name for name in self._needed.get(target.name, ()) if _applies(name, target)]
        if pieces and target.name not in self._config.stash[failures_key]:
            self._engine.start(target, pieces, after=after)

    def piece(self, target: Target, name: str) -> Any:
        """Wait for one piece; raises the LookError that it ended in."""
        try:
            return self._engine.piece(target, name)
        finally:
            self._config.stash[took_key][target.name, name] = self._engine.took(target, name)

    def pytest_unconfigure(self) -> None:
        """Stop what nobody waits for any more."""
        if self._gathering is not None:
            self._gathering.close()

    @property
    def _engine(self) -> Gathering:
        if self._gathering is None:
            self._gathering = Gathering()
        return self._gathering


def _needed(items: Iterable[pytest.Item]) -> dict[str, list[str]]:
    needed: dict[str, dict[str, None]] = {}
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec and "target" in callspec.params:
            pieces = [name for name in getattr(item, "fixturenames", ()) if name in PIECES]
            needed.setdefault(callspec.params["target"], {}).update(dict.fromkeys(pieces))
    return {target: list(pieces) for target, pieces in needed.items()}


def _applies(piece: str, target: Target) -> bool:
    return PIECES[piece].check not in target.not_applicable
