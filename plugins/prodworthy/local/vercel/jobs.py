"""Promotions and rollbacks: accepted at once, carried out some time later, by the platform's rules.

POST accepted -> pending -> in-progress -> succeeded | failed | skipped
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from prodworthy.local.vercel.faults import Faults
from prodworthy.local.vercel.refusals import Refusal
from prodworthy.local.vercel.state import AliasJob

if TYPE_CHECKING:
    from prodworthy.local.vercel.platform import Platform

PENDING = 0.3  # of a job's time before it is in progress
LOOK = 0.02  # seconds between two looks whether a stuck job may go on
LONGEST_DESCRIPTION = 250  # characters
SOMEBODY = "usr_somebody_else"

CREATED, QUEUED = 201, 202


class Jobs:
    """The project's alias jobs; one at a time, but for what somebody else's fault brings."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._running: list[AliasJob] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: asyncio.Task[None] | None = None  # carries out the job that was accepted last

    @property
    def active(self) -> bool:
        """Whether one runs, shown or not."""
        return bool(self._running)

    def rollback(self, id: str, description: str | None) -> int:  # noqa: A002 - the platform's own word
        """Accepts a rollback; the status of the answer. Raises Refusal."""
        self._one_at_a_time()
        self._may_roll_back(id)
        if description and len(description) > LONGEST_DESCRIPTION:
            raise Refusal(
                400, "bad_request", f"`description` should NOT be longer than {LONGEST_DESCRIPTION} characters"
            )
        self._accept("rollback", id, description)
        return CREATED

    def promote(self, id: str) -> int:  # noqa: A002
        """Accepts a promotion; the status of the answer. Raises Refusal."""
        self._one_at_a_time()
        self._platform.promotable(id)
        rollouts = self._platform.rollouts
        if rollouts.active:
            rollouts.queue(id)
            return QUEUED
        if self._platform.state.stages and self._platform.state.current:
            rollouts.begin(id)
            return CREATED
        self._accept("promote", id, None)
        return CREATED

    def by_somebody_else(self, kind: str, id: str) -> None:  # noqa: A002
        """A job of another person's, by no rule; it is carried out after those that run."""
        self._start(self._job(kind, id, by=SOMEBODY), "somebody else was here", self._platform.faults)

    def end(self) -> None:
        """Whatever runs is given up."""
        for task in self._tasks:
            task.cancel()
        self._running.clear()

    def _one_at_a_time(self) -> None:
        if self.active:
            raise Refusal(409, "conflict", "Another promotion or rollback is in progress for this project.")

    def _may_roll_back(self, id: str) -> None:  # noqa: A002
        state = self._platform.state
        deployed = self._platform.known(id)
        rollout = self._platform.rollouts.active
        if rollout and id == rollout.base:
            return  # that is how a rolling release is aborted
        if rollout:
            raise Refusal(409, "conflict", "A rolling release is active.")
        if id == state.current:
            message = f"The provided deploymentId ({id}) is already the current production deployment"
            raise Refusal(422, "unprocessable_entity", message)
        if deployed.state != "READY" or deployed.target != "production" or deployed.substate != "PROMOTED":
            message = "The deployment has not served production, so it cannot be rolled back to."
            raise Refusal(422, "unprocessable_entity", message)
        if state.plan == "hobby" and id != self._platform.previous():
            message = "To roll back further than the previous production deployment, upgrade to pro"
            raise Refusal(402, "payment_required", message)
        if not deployed.candidate:
            raise Refusal(422, "unprocessable_entity", "The deployment is not a rollback candidate.")

    def _accept(self, kind: str, id: str, description: str | None) -> None:  # noqa: A002
        faults = self._platform.faults
        if faults.job_lost:
            return
        self._start(self._job(kind, id), description, faults)
        if faults.foreign_job:
            self.by_somebody_else("rollback", faults.foreign_job)

    def _job(self, kind: str, id: str, by: str | None = None) -> AliasJob:  # noqa: A002
        state = self._platform.state
        last = max((job.requested for job in (*self._running, state.last_job) if job), default=0)
        return AliasJob(
            kind=kind,
            status="pending",
            requested=max(self._platform.now(), last + 1),
            origin=state.current,
            destination=id,
            aliases=dict.fromkeys(state.domains, "pending"),
            by=by or state.user,
        )

    def _start(self, job: AliasJob, description: str | None, faults: Faults) -> None:
        self._running.append(job)
        if faults.job_hidden and job.by != SOMEBODY:
            self._spawn(self._show_later(job, faults.job_hidden))
        else:
            self._platform.state.last_job = job
        self._last = self._spawn(self._carry_out(job, description, faults, self._last))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _show_later(self, job: AliasJob, seconds: float) -> None:
        await asyncio.sleep(seconds)
        shown = self._platform.state.last_job
        if shown is None or shown.requested < job.requested:
            self._platform.state.last_job = job

    async def _carry_out(
        self, job: AliasJob, description: str | None, faults: Faults, before: asyncio.Task[None] | None
    ) -> None:
        try:
            if before:
                await asyncio.wait({before})
            await self._take_time(job, faults)
            self._finish(job, description, faults)
        finally:
            self._running = [each for each in self._running if each is not job]

    async def _take_time(self, job: AliasJob, faults: Faults) -> None:
        seconds = self._platform.switch if faults.switch is None else faults.switch
        await asyncio.sleep(seconds * PENDING)
        _mark(job, "in-progress")
        await asyncio.sleep(seconds * (1 - PENDING))
        while self._platform.faults.stuck:  # noqa: ASYNC110 - faults are replaced as a whole, by anybody
            await asyncio.sleep(LOOK)

    def _finish(self, job: AliasJob, description: str | None, faults: Faults) -> None:
        if job.by == SOMEBODY:
            faults = replace(faults, job_skipped=False, job_failed=False, partial=())
        if faults.job_skipped:
            _mark(job, "skipped", "pending")
        elif faults.job_failed and not faults.partial:
            _mark(job, "failed")
        else:
            self._switch(job, description, faults)

    def _switch(self, job: AliasJob, description: str | None, faults: Faults) -> None:
        _mark(job, "failed" if faults.job_failed else "succeeded", "completed")
        job.aliases |= {domain: "failed" for domain in faults.partial if domain in job.aliases}
        state = self._platform.state
        self._platform.rollouts.abort()
        if job.kind == "rollback":
            state.rollback_description = {
                "userId": job.by,
                "username": job.by.removeprefix("usr_"),
                "description": description or "",
                "createdAt": self._platform.now(),
            }
            # custom aliases stay, but for those on what was production: https://vercel.com/docs/instant-rollback
            moved = dict.fromkeys(
                (host for host, led in state.aliases.items() if led == state.current), job.destination
            )
            state.aliases |= moved
        self._platform.go_live(job.destination, faults)
        state.auto_assign = job.kind == "promote"


def _mark(job: AliasJob, status: str, aliases: str | None = None) -> None:
    job.status = status
    job.aliases = dict.fromkeys(job.aliases, aliases or status)
