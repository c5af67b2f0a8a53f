"""Rules about what the platform itself says of the project, where a management token lets it be asked."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Control, Cure, Severity, Shortfall
from prodworthy.model.project import Lint, ProjectState
from prodworthy.review.rules import rule

PROJECTS = (
    "Supabase docs, Management API, Gets a specific project: https://supabase.com/docs/reference/api/v1-get-project"
)
HEALTH = "Supabase docs, Management API, Service health: https://supabase.com/docs/reference/api/v1-get-services-health"
ADVISORS = "Supabase docs, Database advisors: https://supabase.com/docs/guides/database/database-advisors"
KEYS = "Supabase docs, Understanding API keys: https://supabase.com/docs/guides/api/api-keys"
NAMED = {
    "INACTIVE": "the project is paused",
    "PAUSING": "the project is being paused",
    "REMOVED": "the project is deleted",
    "GOING_DOWN": "the project is going down",
}


@rule(
    "supabase.project-inactive",
    title="The project is active",
    severity=Severity.CRITICAL,
    reason="Nothing of the back end answers while the project is paused, restored, or moved.",
    remedy="Restore it in the dashboard; free projects are paused after a week of little use.",
    references=[PROJECTS],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def project_inactive(state: ProjectState) -> Iterator[Shortfall]:
    """Any other state than ACTIVE_HEALTHY, but UNKNOWN, which says nothing."""
    if state.status not in {None, "ACTIVE_HEALTHY", "UNKNOWN"}:
        words = NAMED.get(state.status or "", "")
        yield Shortfall(f"project {state.ref}", "ACTIVE_HEALTHY", f"{state.status}{f': {words}' if words else ''}")


@rule(
    "supabase.service-unhealthy",
    title="Every service of the project is healthy",
    severity=Severity.HIGH,
    reason="The platform itself says that a service which the app needs is not well.",
    remedy="See the service's logs in the dashboard; restart the project if it does not recover.",
    references=[HEALTH],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def service_unhealthy(state: ProjectState) -> Iterator[Shortfall]:
    """auth, db, rest, storage; realtime, where the app uses it."""
    for service in state.services:
        if not service.healthy:
            got = f"{service.status} {service.error}".strip() or "unhealthy"
            yield Shortfall(f"project {state.ref}, service {service.name}", "healthy", got)


@rule(
    "supabase.advisor-error",
    title="The official security advisor finds no error",
    severity=Severity.HIGH,
    reason="The platform's own lints, level ERROR: data is open to whoever asks.",
    remedy="See the advisor's own explanation, which the finding names.",
    references=[ADVISORS],
    cure=Cure.NONE,
)
def advisor_error(state: ProjectState) -> Iterator[Shortfall]:
    """Each lint with its name and what it is about; an accepted one is waived by that."""
    yield from _lints(state, "ERROR")


@rule(
    "supabase.advisor-warning",
    title="The official security advisor warns of nothing",
    severity=Severity.LOW,
    reason="The platform's own lints, level WARN: what is probably not meant so.",
    remedy="See the advisor's own explanation, which the finding names.",
    references=[ADVISORS],
    cure=Cure.NONE,
)
def advisor_warning(state: ProjectState) -> Iterator[Shortfall]:
    """Each lint with its name and what it is about."""
    yield from _lints(state, "WARN")


@rule(
    "supabase.advisor-note",
    title="The official security advisor has nothing to note",
    severity=Severity.INFO,
    reason="The platform's own lints, level INFO.",
    remedy="See the advisor's own explanation, which the finding names.",
    references=[ADVISORS],
    cure=Cure.NONE,
)
def advisor_note(state: ProjectState) -> Iterator[Shortfall]:
    """Each lint with its name and what it is about."""
    yield from _lints(state, "INFO")


def _lints(state: ProjectState, level: str) -> Iterator[Shortfall]:
    for lint in state.lints:
        if lint.level == level:
            remedy = f"See {lint.remediation}" if lint.remediation.startswith("https://") else None
            yield Shortfall(_named(lint), "no finding of the advisor", lint.detail or lint.title, remedy)


def _named(lint: Lint) -> str:
    """The lint, and what it is about as its key tells: the same words run after run."""
    about = lint.key.removeprefix(lint.name).strip("_")
    return f"advisor {lint.name}: {about}" if about else f"advisor {lint.name}"


@rule(
    "supabase.key-unlisted",
    title="The app's key is one of the project's",
    severity=Severity.INFO,
    reason="A key that is not in the list is of another project, or was deleted and will soon be refused.",
    remedy="Copy the publishable key of this project (Project Settings, API Keys) and build the app with it again.",
    references=[KEYS],
    cure=Cure.NONE,
    controls=[Control.IA, Control.SC],
)
def key_unlisted(state: ProjectState) -> Iterator[Shortfall]:
    """By what the list tells of publishable keys; how it is made is not documented, so this is only a hint."""
    if state.listed is False:
        where = f"environment variable {state.key.name}"
        yield Shortfall(where, f"a key of the project {state.ref}", "not among its publishable keys")
