"""docs/commands.md: what its examples print, and its table of codes, as the code has them now.

`python -m tests.commands.page` brings the page up to date; a test fails when it is not.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from unittest.mock import patch

from prodworthy.commands import operation, told
from prodworthy.hosting.errors import Rejected
from prodworthy.model.codes import Code
from prodworthy.model.hosting import Domain, Job, JobKind, JobState, Reason, Substate
from tests.commands.shop import NOW, Shop, opened_shop

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
WIDTH = 110
STALE = "docs/commands.md is stale: PYTHONPATH=plugins python -m tests.commands.page"

EXAMPLE = re.compile(
    r"(?:<!-- shop: (?P<state>[a-z -]+) -->\n)?```console\n\$ prodworthy (?P<words>[^\n]*)\n.*?```\n", re.DOTALL
)
CODES = re.compile(r"(<!-- codes -->\n).*?(<!-- /codes -->\n)", re.DOTALL)


def as_it_is(_: Shop) -> None:
    """The new release is live."""


def rolled_back(shop: Shop) -> None:
    shop.host.rolled_back(reason=Reason(text="checkout fails since 9a1e77c", by="dana", at=NOW - timedelta(minutes=10)))


def behind(shop: Shop) -> None:
    """One domain did not follow."""
    shop.host.known_domains = (*shop.host.known_domains, Domain(name="pay.example.com"))
    shop.host.led["pay.example.com"] = shop.host.listed[3].id


def busy(shop: Shop) -> None:
    job = Job(
        kind=JobKind.PROMOTE,
        state=JobState.IN_PROGRESS,
        requested=int(NOW.timestamp() * 1000) - 4000,
        origin=shop.host.listed[2].id,
        destination=shop.host.listed[1].id,
    )
    shop.host.change(last_job=job)


def closed(shop: Shop) -> None:
    shop.host.errors["project"] = Rejected("GET /v9/projects/prj_shop: 403 forbidden", status=403)


def staged(shop: Shop) -> None:
    """A rollback stands, and what corrects the release waits to be promoted."""
    fix = {"environment": "production", "branch": "main", "message": "Correct the rounding", "author": "alice"}
    shop.host.listed[0] = replace(shop.host.listed[0], substate=Substate.STAGED, **fix)
    shop.host.rolled_back()


def hidden(shop: Shop) -> None:
    """A promotion that failed stands before the rollback."""
    bad, good = shop.host.listed[1].id, shop.host.listed[2].id
    text = f"checkout fails [prodworthy run=20260314-025730-1f2e from={bad} to={good}]"
    job = shop.host.rolled_back(reason=Reason(text=text, by="dana", at=NOW - timedelta(minutes=10)))
    later = {"requested": job.requested + 360_000, "origin": good, "destination": bad}
    shop.host.change(last_job=replace(job, kind=JobKind.PROMOTE, state=JobState.FAILED, **later))


STATES: dict[str, Callable[[Shop], None]] = {
    "as it is": as_it_is,
    "rolled back": rolled_back,
    "one domain is behind": behind,
    "a job is running": busy,
    "a later promotion failed": hidden,
    "the token is refused": closed,
    "a fix is staged": staged,
}


class Still(datetime):
    """A clock that stands."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return NOW


def up_to_date(page: str) -> str:
    """The page with what its examples print now."""
    return CODES.sub(lambda found: found[1] + "\n".join(codes()) + "\n" + found[2], EXAMPLE.sub(_example, page))


def codes() -> Iterator[str]:
    """One line for each code."""
    yield "| code | exit code | meaning |"
    yield "|---|---|---|"
    for code in Code:
        ending = told.ENDINGS[code]
        yield f"| `{code.value}` | {ending.exit_code} | {ending.means} |"


def _example(found: re.Match[str]) -> str:
    state = found["state"] or "as it is"
    with opened_shop() as shop, patch.object(operation, "datetime", Still):
        STATES[state](shop)
        ended = shop.run(*shlex.split(found["words"]), width=WIDTH)
    if ended.exception and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    shown = ended.output.rstrip()
    code = f"\n# exit code {ended.exit_code}" if ended.exit_code else ""
    named = f"<!-- shop: {state} -->\n" if found["state"] else ""
    return f"{named}```console\n$ prodworthy {found['words']}\n{shown}{code}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(up_to_date(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
