"""Rolling releases: a promotion in stages, in which production is two deployments at a time."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from prodworthy.local.vercel.refusals import Refusal
from prodworthy.local.vercel.state import Rollout

if TYPE_CHECKING:
    from prodworthy.local.vercel.platform import Platform


class Rollouts:
    """The project's rolling releases; those that a promotion starts, and those that are started by name."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    @property
    def active(self) -> Rollout | None:
        """The one under way."""
        rollout = self._platform.state.rollout
        return rollout if rollout and rollout.state == "ACTIVE" else None

    def percentage(self) -> int:
        """Of visitors who get the canary; 0 when none is under way."""
        rollout, stages = self.active, self._platform.state.stages
        return stages[min(rollout.stage, len(stages) - 1)] if rollout and stages else 0

    def begin(self, canary: str) -> None:
        """The first stage; the same canary a second time changes nothing."""
        state = self._platform.state
        if self.active and self.active.canary == canary:
            return
        if self.active:
            raise Refusal(409, "conflict", "Another rolling release is active.")
        if not state.stages or state.current is None:
            raise Refusal(422, "unprocessable_entity", "Rolling releases are not configured for this project.")
        self._platform.promotable(canary)
        now = self._platform.now()
        state.rollout = Rollout(base=state.current, canary=canary, started=now, updated=now)
        state.deployments[canary].substate = "ROLLING"
        self._platform.choose_candidates()

    def approve(self, stage: int, canary: str) -> None:
        """On to `stage`, which must be the next; the last one completes it."""
        rollout = self._expect(canary)
        if stage != rollout.stage + 1:
            raise Refusal(409, "conflict", f"The next stage is {rollout.stage + 1}.")
        if stage >= len(self._platform.state.stages) - 1:
            self.complete(canary)
            return
        rollout.stage, rollout.updated = stage, self._platform.now()

    def complete(self, canary: str) -> None:
        """All visitors get the canary, and what was queued begins."""
        rollout = self._expect(canary)
        rollout.stage = max(len(self._platform.state.stages) - 1, 0)
        rollout.state, rollout.updated = "COMPLETE", self._platform.now()
        self._platform.go_live(canary)
        self._platform.state.auto_assign = True
        if rollout.queued:
            with contextlib.suppress(Refusal):  # it may be gone by now
                self.begin(rollout.queued)

    def abort(self) -> None:
        """All visitors get the base again."""
        if rollout := self.active:
            rollout.state, rollout.updated = "ABORTED", self._platform.now()
            canary = self._platform.state.deployments[rollout.canary]
            canary.substate = "PROMOTED" if canary.served else "STAGED"
            self._platform.choose_candidates()

    def queue(self, id: str) -> None:  # noqa: A002 - the platform's own word
        """A promotion that waits for the end of the one under way, unless it is the same."""
        if (rollout := self.active) and rollout.canary != id:
            rollout.queued, rollout.updated = id, self._platform.now()

    def _expect(self, canary: str) -> Rollout:
        rollout = self.active
        if rollout is None:
            raise Refusal(404, "not_found", "No active rolling release.")
        if rollout.canary != canary:
            raise Refusal(409, "conflict", "The canary deployment is another one.")
        return rollout
