"""Rules about which build of a function answers, and from which files it was made."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Answer, Control, Cure, Exchange, Severity, Shortfall
from prodworthy.model.commit import same_commit
from prodworthy.model.functions import Functions, SeenFunction
from prodworthy.model.pointer import pointed
from prodworthy.model.target import BuildStamp
from prodworthy.model.text import clean
from prodworthy.review.functions.answering import answers, no_token, ran, unknown, where
from prodworthy.review.rules import rule

DEPLOY = "Supabase docs, Deploy Edge Functions: https://supabase.com/docs/guides/functions/deploy"
CHANGES = [Control.CM, Control.SI]


@rule(
    "functions.stamp-missing",
    title="Every function with a stamp says which build it is",
    severity=Severity.HIGH,
    reason="Nobody can tell whether the function that answers is the one that was released.",
    remedy="Write the commit into the function just before the deploy, and let it answer with it.",
    references=[DEPLOY],
    cure=Cure.NONE,
    controls=CHANGES,
)
def stamp_missing(functions: Functions) -> Iterator[Shortfall]:
    """At the declared header field or JSON pointer, in every answer that must have it."""
    for seen, stamp in _stamped(functions):
        silent = [each for each, answer in _judged(seen) if not _build(stamp, answer)]
        if silent:
            count = f"{len(silent)} of {len(list(_judged(seen)))} answers without it"
            yield Shortfall(where(seen, silent[0]), f"a commit at {_place(stamp)}", count)


@rule(
    "functions.stamp-unexpected",
    title="Every function with a stamp is of the expected build",
    severity=Severity.HIGH,
    reason="The front end of one release calls the functions of another.",
    remedy="supabase functions deploy <name>, from the commit that is released; in a pipeline, before the front end.",
    references=[DEPLOY],
    cure=Cure.NONE,
    controls=CHANGES,
)
def stamp_unexpected(functions: Functions) -> Iterator[Shortfall]:
    """The commit that is expected of the run, else the one that the front end names."""
    expected = _expected(functions)
    for seen, _ in _stamped(functions) if expected else ():
        others = {build: each for each, build in reversed(_builds(seen)) if not same_commit(build, expected or "")}
        if others:
            remedy = f"supabase functions deploy {seen.declared.name}, from {clean(expected or '', 60)}"
            place, got = where(seen, list(others.values())[-1]), clean(", ".join(reversed(others)), 120)
            yield Shortfall(place, clean(expected or "", 60), got, remedy)


@rule(
    "functions.stamp-flaps",
    title="Every function with a stamp is one build, whoever asks and wherever",
    severity=Severity.HIGH,
    reason="Callers get one build or another by chance.",
    remedy="Just after a deploy, wait some minutes and run again: regions follow one by one. Else deploy again.",
    references=[
        DEPLOY,
        "Supabase docs, Regional invocations: https://supabase.com/docs/guides/functions/regional-invocation",
    ],
    cure=Cure.NONE,
    controls=CHANGES,
)
def stamp_flaps(functions: Functions) -> Iterator[Shortfall]:
    """Of several samples, and of every declared region."""
    for seen, _ in _stamped(functions):
        builds = _builds(seen)
        odd = [each for each, build in builds if not same_commit(build, builds[0][1])]
        if odd:
            named = clean(", ".join(dict.fromkeys(build for _, build in builds)), 160)
            yield Shortfall(where(seen, odd[0]), "one build, however often it is asked", named)


@rule(
    "functions.source-differs",
    title="Every function was deployed from the files at hand",
    severity=Severity.MEDIUM,
    reason="It was edited in the dashboard, or deployed from another checkout: the next deploy undoes that silently.",
    remedy="supabase functions download <name> shows what is deployed; then deploy again from the right commit.",
    references=[DEPLOY, "OWASP ASVS 5.0, 15.1 Secure Coding and Architecture Documentation"],
    cure=Cure.NONE,
    controls=CHANGES,
)
def source_differs(functions: Functions) -> Iterator[Shortfall]:
    """File by file, where the targets file names the folder; not every file of it needs to be deployed."""
    expected = functions.expected or {}
    for each in functions.sources:
        if each.files is None or each in functions.odd:
            continue
        changed = [f"{name} differs" for name, digest in each.files.items() if expected.get(name, digest) != digest]
        added = [f"{name} is not in the folder" for name in each.files if name not in expected]
        if found := (*changed, *added):
            remedy = (
                f"supabase functions download {each.name} shows what is deployed; supabase functions deploy {each.name}"
            )
            yield Shortfall(f"function {each.name}: its sources", "the files at hand", clean("; ".join(found)), remedy)


def _stamped(functions: Functions) -> Iterator[tuple[SeenFunction, BuildStamp]]:
    return ((seen, seen.declared.stamp) for seen in functions.seen if seen.declared.stamp)


def _judged(seen: SeenFunction) -> Iterator[tuple[Exchange, Answer]]:
    """Answers of the function's own code that should tell; one that fails has its finding already."""
    stamp = seen.declared.stamp
    in_header = stamp is not None and stamp.header is not None
    asked = (
        [*seen.calls, *(each.exchange for each in seen.regions if each.called)]
        if in_header
        else [*seen.stamps, *(each.stamp for each in seen.regions)]
    )
    for exchange, answer in answers(asked):
        theirs = ran(answer) is False or no_token(answer) or unknown(answer)
        if not theirs and (answer.status == seen.declared.status if in_header else answer.status < 500):
            yield exchange, answer


def _builds(seen: SeenFunction) -> list[tuple[Exchange, str]]:
    stamp = seen.declared.stamp
    return [(each, build) for each, answer in _judged(seen) if stamp and (build := _build(stamp, answer))]


def _build(stamp: BuildStamp, answer: Answer) -> str | None:
    if stamp.header:
        return (answer.header(stamp.header) or "").strip() or None
    return _text(answer, stamp.pointer)


def _text(answer: Answer, pointer: str) -> str | None:
    try:
        told = pointed(answer.json(), pointer) if answer.status < 300 else None
    except (ValueError, LookupError):
        return None
    return told.strip() or None if isinstance(told, str) else None


def _expected(functions: Functions) -> str | None:
    identity = functions.identity
    if identity is None or identity.expect:
        return identity.expect if identity else None
    answer = functions.front.answered if functions.front else None
    return _text(answer, identity.pointer) if answer else None


def _place(stamp: BuildStamp) -> str:
    return f"header {stamp.header}" if stamp.header else f"{stamp.pointer or 'the whole body'} of {stamp.path or '/'}"
