"""The policies that are enforced for a document, and what they let through together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prodworthy.model.surface import Served, Surface
from prodworthy.review import csp
from prodworthy.review.csp import Directive, Sources
from prodworthy.review.headers.reading import documents, policies

SCRIPTS = (csp.SCRIPT_ELEMENTS, csp.SCRIPT_ATTRIBUTES)
STYLES = (csp.STYLE_ELEMENTS, csp.STYLE_ATTRIBUTES)


def restricted(surface: Surface) -> Iterator[tuple[Served, tuple[csp.Policy, ...]]]:
    """Documents with at least one policy that is enforced, and those policies."""
    for served in documents(surface):
        if enforced := policies(served):
            yield served, enforced


def permitted(
    enforced: tuple[csp.Policy, ...], chains: Iterable[tuple[str, ...]], permits: Callable[[Sources], bool]
) -> Directive | None:
    """What lets something through along one of the chains, although several policies may restrict it."""
    asked = (csp.unanimous(csp.restricting(enforced, chain), permits) for chain in chains)
    return next((directive for directive in asked if directive), None)


def everywhere(enforced: Iterable[csp.Policy]) -> Iterator[tuple[Directive, Sources]]:
    """Every source list of every policy."""
    for policy in enforced:
        for directive in policy.directives.values():
            if directive.name in csp.SOURCE_LISTS:
                yield directive, directive.sources
