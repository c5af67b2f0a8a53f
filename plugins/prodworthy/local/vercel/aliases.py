"""The API's answers about aliases: every host that leads to a deployment, by the control plane."""

from __future__ import annotations

from prodworthy.local.backend.messages import Response
from prodworthy.local.vercel import shapes
from prodworthy.local.vercel.asking import Asked, answer, page
from prodworthy.local.vercel.refusals import Refusal


async def listed(asked: Asked) -> Response:
    """Of the project; `domain` and `rollbackDeploymentId` narrow them."""
    state = asked.state
    hosts = [*state.domains, *state.aliases]
    if asked.owner != state.owner or asked.text("projectId") not in {None, state.id, state.name}:
        hosts = []
    if domain := asked.text("domain"):
        hosts = [host for host in hosts if host == domain or host.endswith(f".{domain}")]
    if asked.text("rollbackDeploymentId"):
        hosts = [host for host in hosts if host in state.domains]
    order = {host: state.created + index for index, host in enumerate(hosts)}
    shown, pagination = page(asked, hosts, order.__getitem__)
    return answer({"aliases": [_alias(asked, host) for host in shown], "pagination": pagination})


async def one(asked: Asked) -> Response:
    """By host or by its own id. Raises Refusal."""
    state = asked.state
    wanted = asked.named["alias"]
    hosts = [*state.domains, *state.aliases] if asked.owner == state.owner else []
    for host in hosts:
        if wanted in {host, shapes.alias_id(host)}:
            return answer(_alias(asked, host))
    raise Refusal(404, "not_found", "The alias could not be found.")


def _alias(asked: Asked, host: str) -> shapes.Json:
    state = asked.state
    domain = state.domains.get(host)
    led = domain.deployment if domain else state.aliases[host]
    redirect = domain.redirect if domain else None
    return shapes.alias(state, host, None if redirect else state.deployments.get(led or ""), redirect)
