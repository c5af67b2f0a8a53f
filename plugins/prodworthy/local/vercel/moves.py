"""The API's calls that move production, and what the last job did to each domain."""

from __future__ import annotations

from prodworthy.local.backend.messages import Response
from prodworthy.local.vercel import shapes
from prodworthy.local.vercel.asking import Asked, answer, bad_request, empty, page
from prodworthy.local.vercel.refusals import Refusal

LONGEST = 250  # characters of a description


async def rollback(asked: Asked) -> Response:
    """Accepted, not carried out. `description` is a query parameter."""
    asked.project()
    return empty(await asked.platform.rollback(asked.named["deployment"], asked.text("description")))


async def promote(asked: Asked) -> Response:
    """Accepted, not carried out; 202 when it waits behind a rolling release."""
    asked.project()
    return empty(await asked.platform.promote(asked.named["deployment"]))


async def describe(asked: Asked) -> Response:
    """Changes the reason of the last rollback."""
    state = asked.project()
    description = asked.body().get("description")
    if not isinstance(description, str) or len(description) > LONGEST:
        raise bad_request(f"Invalid request: `description` should be a text of at most {LONGEST} characters.")
    job = state.last_job
    if state.rollback_description is None or job is None or job.destination != asked.named["deployment"]:
        raise Refusal(404, "not_found", "There is no rollback to that deployment.")
    state.rollback_description["description"] = description
    return empty(200)


async def rollback_aliases(asked: Asked) -> Response:
    """As the command line reads them: each alias is an object."""
    return _aliases(asked, "rollback", nested=True)


async def promote_aliases(asked: Asked) -> Response:
    """As the documented version has them: each alias is a text."""
    return _aliases(asked, "promote", nested=False)


async def promote_aliases_of_the_command_line(asked: Asked) -> Response:
    """The older version, which the command line reads."""
    return _aliases(asked, "promote", nested=True)


def _aliases(asked: Asked, kind: str, *, nested: bool) -> Response:
    """Of the last job, if it was of that kind; `failedOnly=true` leaves the others out."""
    state = asked.project()
    job = state.last_job
    moved = job.aliases if job and job.kind == kind else {}
    order = {host: job.requested + index for index, host in enumerate(moved)} if job else {}
    hosts = [host for host, status in moved.items() if status == "failed" or asked.flag("failedOnly") is not True]
    shown, pagination = page(asked, hosts, order.__getitem__)
    items = [
        {
            "id": shapes.alias_id(host),
            "status": moved[host],
            "alias": {"alias": host, "deploymentId": job.destination if job else None} if nested else host,
        }
        for host in shown
    ]
    return answer({"aliases": items, "pagination": pagination})
