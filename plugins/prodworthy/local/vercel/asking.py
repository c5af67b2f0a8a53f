"""One call of the API: what it asks, on whose behalf, and how much of a list it wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prodworthy.local.backend.messages import Request, Response, json_response
from prodworthy.local.vercel.bodies import body
from prodworthy.local.vercel.platform import Platform
from prodworthy.local.vercel.refusals import Refusal
from prodworthy.local.vercel.shapes import Json
from prodworthy.local.vercel.state import Deployed, ProjectState

DEFAULT_PAGE, LONGEST_PAGE = 20, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request whose token is good, for the route that it was found to mean."""

    platform: Platform
    request: Request
    named: Mapping[str, str] = field(default_factory=dict)  # what stands in the path
    owner: str  # id of the account that it is asked for: a team, or the user

    @property
    def state(self) -> ProjectState:
        """What the platform knows now."""
        return self.platform.state

    def text(self, name: str) -> str | None:
        """A query parameter; None when it is absent or empty."""
        return self.request.asked(name) or None

    def flag(self, name: str) -> bool | None:
        """A query parameter that is true or false; None when it is neither."""
        return {"true": True, "1": True, "false": False, "0": False}.get(self.request.asked(name).lower())

    def number(self, name: str) -> int | None:
        """A query parameter that is a whole number; None when it is absent. Raises Refusal."""
        given = self.text(name)
        if given is None:
            return None
        if not given.isdecimal():
            raise bad_request(f"Invalid request: `{name}` should be number.")
        return int(given)

    def body(self) -> Json:
        """The JSON object that was sent; empty for no body. Raises Refusal."""
        try:
            value = body(self.request)
        except ValueError:
            raise bad_request("Invalid JSON") from None
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise bad_request("Invalid request: should be object.")
        return value

    def project(self) -> ProjectState:
        """The project that the path names, by id or name. Raises Refusal, also for one of another account."""
        if self.owner != self.state.owner or self.named["project"] not in {self.state.id, self.state.name}:
            raise Refusal(404, "not_found", "Project not found.")
        return self.state

    def deployment(self) -> Deployed:
        """The deployment that the path names: by id, own host, alias or domain.

        Whoever owns it: a member of a team is told of its deployments, and of which team's they are, also without
        naming the team; that is why the command line has to look. Raises Refusal: 404, 410.
        """
        deployed = self.platform.resolve(self.named["deployment"])
        if deployed is None or (self.owner != self.state.owner and self.named_account):
            raise Refusal(404, "not_found", "The deployment could not be found.")
        if deployed.deleted or deployed.state == "DELETED":
            raise Refusal(410, "deployment_gone", "The deployment has been deleted.")
        return deployed

    @property
    def named_account(self) -> bool:
        """Whether it says whom it is asked for."""
        return bool(self.request.asked("teamId") or self.request.asked("slug"))


def bad_request(message: str) -> Refusal:
    """A parameter or a body that is not as documented."""
    return Refusal(400, "bad_request", message)


def answer(value: object, status: int = 200) -> Response:
    """JSON."""
    return json_response(status, value)


def empty(status: int) -> Response:
    """No body at all, as the platform answers a POST that it took."""
    return Response(status=status)


def page(asked: Asked, items: Sequence[Any], created: Callable[[Any], int]) -> tuple[list[Any], Json]:
    """The newest first, from `until` back to `since`; with what the answer says of further pages. Raises Refusal."""
    limit = asked.number("limit")
    if limit is not None and not 1 <= limit <= LONGEST_PAGE:
        raise bad_request(f"Invalid request: `limit` should be between 1 and {LONGEST_PAGE}.")
    since, until = asked.number("since"), asked.number("until")
    found = [
        item
        for item in sorted(items, key=created, reverse=True)
        if (until is None or created(item) < until) and (since is None or created(item) > since)
    ]
    shown = found[: limit or DEFAULT_PAGE]
    older = created(shown[-1]) if len(found) > len(shown) else None
    newer = created(shown[0]) if shown and until is not None else None
    return shown, {"count": len(shown), "next": older, "prev": newer}
