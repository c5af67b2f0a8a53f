"""The API's answers about the project: itself, its domains, its variables' names, and what opens its protection."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from prodworthy.local.backend.messages import Response
from prodworthy.local.vercel import shapes
from prodworthy.local.vercel.asking import Asked, answer, bad_request, page
from prodworthy.local.vercel.bodies import is_one_of
from prodworthy.local.vercel.refusals import Refusal
from prodworthy.local.vercel.state import ProductionDomain, ProjectState

PROTECTIONS = {"all", "all_except_custom_domains", "preview", "prod_deployment_urls_and_all_previews"}
SECRET_LENGTH = 32


async def listed(asked: Asked) -> Response:
    """The one project, if it is the account's."""
    mine = [asked.state] if asked.owner == asked.state.owner else []
    shown, pagination = page(asked, mine, lambda state: state.created)
    return answer({"projects": [shapes.project(state) for state in shown], "pagination": pagination})


async def one(asked: Asked) -> Response:
    """With the last job only if `rollbackInfo=true` asks for it."""
    return answer(shapes.project(asked.project(), rollback_info=asked.flag("rollbackInfo") is True))


async def change(asked: Asked) -> Response:
    """The few settings that exist here; another one is refused rather than forgotten."""
    state = asked.project()
    body = asked.body()
    for name, value in body.items():
        if name not in _SETTINGS:
            raise bad_request(f"Invalid request: should NOT have additional property `{name}`.")
        _SETTINGS[name](state, value)
    return answer(shapes.project(state))


async def domains(asked: Asked) -> Response:
    """The project's domains, which are all of production; `redirects=false` leaves out those that only redirect."""
    state = asked.project()
    found = [each for each in state.domains.values() if _wanted(asked, each)]
    order = {each.name: state.created + index for index, each in enumerate(state.domains.values())}
    shown, pagination = page(asked, found, lambda each: order[each.name])
    return answer({"domains": [shapes.project_domain(state, each) for each in shown], "pagination": pagination})


async def domain(asked: Asked) -> Response:
    """One of them."""
    state = asked.project()
    found = state.domains.get(asked.named["domain"])
    if found is None:
        raise Refusal(404, "not_found", "The domain could not be found.")
    return answer(shapes.project_domain(state, found))


async def variables(asked: Asked) -> Response:
    """Names, kinds and places, as far as there are any here; values are never told, whatever is asked."""
    state = asked.project()
    if not state.bypass:
        return answer({"envs": [], "pagination": {"count": 0, "next": None, "prev": None}})
    told = {
        "id": f"env_{shapes.alias_id(state.id)[:16]}",
        "key": "VERCEL_AUTOMATION_BYPASS_SECRET",
        "type": "system",
        "value": "",
        "target": ["production", "preview"],
        "createdAt": state.created,
        "updatedAt": state.created,
        "securityIssues": [],
    }
    return answer({"envs": [told], "pagination": {"count": 1, "next": None, "prev": None}})


async def protection_bypass(asked: Asked) -> Response:
    """Generates a secret, revokes it, or both; there is one at a time here."""
    state = asked.project()
    body = asked.body()
    if unknown := set(body) - {"generate", "revoke", "update"}:
        raise bad_request(f"Invalid request: should NOT have additional property `{min(unknown)}`.")
    if update := body.get("update"):
        _known(state, update)
    elif revoke := body.get("revoke"):
        _known(state, revoke)
        state.bypass = _secret() if revoke.get("regenerate") else None
    else:
        state.bypass = _chosen(body.get("generate") or {})
    return answer({"protectionBypass": shapes.protection_bypass(state)})


def _known(state: ProjectState, named: Any) -> None:
    if not isinstance(named, dict) or not state.bypass or named.get("secret") != state.bypass:
        raise Refusal(404, "not_found", "The protection bypass could not be found.")


def _chosen(generate: object) -> str:
    if not isinstance(generate, dict):
        raise bad_request("Invalid request: `generate` should be object.")
    wanted = generate.get("secret")
    if wanted is None:
        return _secret()
    if not isinstance(wanted, str) or len(wanted) != SECRET_LENGTH or not wanted.isalnum():
        raise bad_request(f"Invalid request: `secret` should have {SECRET_LENGTH} letters and digits.")
    return wanted


def _secret() -> str:
    return secrets.token_hex(SECRET_LENGTH // 2)


def _wanted(asked: Asked, each: ProductionDomain) -> bool:
    if asked.flag("production") is False or (asked.text("target") or "production") != "production":
        return False
    if asked.flag("redirects") is False and each.redirect:
        return False
    if (redirect := asked.text("redirect")) and each.redirect != redirect:
        return False
    verified = asked.flag("verified")
    return verified is None or each.verified is verified


def _set_auto_assign(state: ProjectState, value: object) -> None:
    if not isinstance(value, bool):
        raise bad_request("Invalid request: `autoAssignCustomDomains` should be boolean.")
    state.auto_assign = value


def _set_protection(state: ProjectState, value: object) -> None:
    kind = value.get("deploymentType") if isinstance(value, dict) else None
    if value is not None and not is_one_of(kind, PROTECTIONS):
        raise bad_request(f"Invalid request: `ssoProtection.deploymentType` should be one of {sorted(PROTECTIONS)}.")
    state.protection = kind


_SETTINGS: dict[str, Callable[[ProjectState, Any], None]] = {
    "autoAssignCustomDomains": _set_auto_assign,
    "ssoProtection": _set_protection,
}
