"""Rules about what callers are told: the body, its type, and refusals."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodworthy.model import Answer, Control, Cure, Severity, Shortfall
from prodworthy.model.functions import Functions, SeenFunction
from prodworthy.review.functions.answering import (
    answers,
    as_declared,
    calls,
    first,
    no_token,
    ran,
    told,
    unknown,
    where,
)
from prodworthy.review.rules import rule
from prodworthy.review.schemas import misfit

INVOKE = "Supabase docs, JavaScript client, functions.invoke: https://supabase.com/docs/reference/javascript/functions-invoke"
HTML = "Supabase docs, Edge Functions limits, serving of HTML: https://supabase.com/docs/guides/functions/limits"
MEDIA_TYPE = "RFC 9110, 8.3 Content-Type: https://www.rfc-editor.org/rfc/rfc9110#section-8.3"
MARKUP = re.compile(rb"\s*(<!doctype html|<html[\s>])", re.IGNORECASE)


@rule(
    "functions.body-schema",
    title="Every function's answer is what its schema says",
    severity=Severity.HIGH,
    reason="The app reads fields that are not there, or not of the type that it expects.",
    remedy="Change the function, or the schema together with the code that reads the answer.",
    references=["JSON Schema 2020-12: https://json-schema.org/draft/2020-12"],
    cure=Cure.NONE,
)
def body_schema(functions: Functions) -> Iterator[Shortfall]:
    """Answers with the declared status only."""
    for seen in functions.seen:
        schema = seen.declared.schema
        for exchange, answer in as_declared(seen) if schema is not None else ():
            if got := misfit(answer, schema or {}):
                yield Shortfall(where(seen, exchange), "a body that fits its schema", got)
                break


@rule(
    "functions.media-type",
    title="Every function's answer is of its declared type",
    severity=Severity.MEDIUM,
    reason="Clients decide by the type how to read the answer.",
    remedy="return new Response(body, { headers: { ...corsHeaders, 'Content-Type': '<type>' } })",
    references=[MEDIA_TYPE, INVOKE],
    cure=Cure.NONE,
)
def media_type(functions: Functions) -> Iterator[Shortfall]:
    """Where a type is declared; text/html is not to be had without a domain of one's own."""
    for seen in functions.seen:
        wanted = seen.declared.media_type
        odd = (each for each in as_declared(seen) if wanted and each[1].media_type != wanted)
        for exchange, answer in first(odd):
            rewritten = wanted == "text/html" and answer.media_type == "text/plain"
            why = " (the platform serves no HTML from its own domain)" if rewritten else ""
            yield Shortfall(where(seen, exchange), wanted or "", f"{answer.media_type or 'no content type'}{why}")


@rule(
    "functions.json-as-text",
    title="JSON is said to be JSON",
    severity=Severity.LOW,
    reason="functions.invoke of the vendor's client hands the page a string instead of an object.",
    remedy="return Response.json(value, { headers: corsHeaders }), or 'Content-Type': 'application/json'",
    references=[INVOKE, MEDIA_TYPE],
    cure=Cure.NONE,
)
def json_as_text(functions: Functions) -> Iterator[Shortfall]:
    """An object or a list, where a schema is declared and no type."""
    for seen in functions.seen:
        declared = seen.declared
        judged = declared.browser and declared.schema is not None and declared.media_type is None
        for exchange, answer in first(each for each in as_declared(seen) if judged and _is_json_as_text(each[1])):
            yield Shortfall(where(seen, exchange), "application/json", answer.media_type or "no content type")


def _is_json_as_text(answer: Answer) -> bool:
    if answer.media_type not in {"", "text/plain"}:
        return False
    try:
        return isinstance(answer.json(), dict | list)
    except ValueError:
        return False


@rule(
    "functions.html-as-text",
    title="No function answers with a page that is shown as source code",
    severity=Severity.LOW,
    reason="The platform rewrites text/html to text/plain on its own domain: people see markup.",
    remedy="Serve the page from the front end and let it call the function, or give the project a domain of its own.",
    references=[HTML],
    cure=Cure.NONE,
)
def html_as_text(functions: Functions) -> Iterator[Shortfall]:
    """A GET whose body is a document and whose type is text/plain."""
    for seen in functions.seen:
        asked = seen.declared.request.method == "GET" and seen.declared.media_type is None
        pages = (each for each in as_declared(seen) if asked and _is_page_as_text(each[1]))
        for exchange, answer in first(pages):
            yield Shortfall(where(seen, exchange), "no page, or text/html", f"a page as {answer.media_type}")


def _is_page_as_text(answer: Answer) -> bool:
    return answer.media_type == "text/plain" and bool(MARKUP.match(answer.body[:512]))


@rule(
    "functions.refusal-missed",
    title="Every function refuses what it must refuse",
    severity=Severity.HIGH,
    reason="A request that is declared bad was accepted, or answered with another error than callers handle.",
    remedy="Check the input before acting on it, and answer with the declared status.",
    references=["OWASP ASVS 5.0, 2.2 Input Validation"],
    cure=Cure.NONE,
)
def refusal_missed(functions: Functions) -> Iterator[Shortfall]:
    """The declared refusal's status."""
    for seen in functions.seen:
        declared = seen.declared.refusal
        for exchange, answer in answers([seen.refusal]):
            if declared is None or unknown(answer) or no_token(answer) or broken_anyway(seen, answer):
                continue
            if answer.status != declared.status:
                yield Shortfall(where(seen, exchange), str(declared.status), told(answer))


@rule(
    "functions.method-crash",
    title="A method that a function does not serve is refused",
    severity=Severity.LOW,
    reason="Every crawler's GET ends in an error that fills the logs and hides the errors that matter.",
    remedy="if (req.method !== 'POST') "
    "return new Response(null, { status: 405, headers: { ...corsHeaders, Allow: 'POST, OPTIONS' } })",
    references=["RFC 9110, 15.5.6 405 Method Not Allowed: https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6"],
    cure=Cure.NONE,
    controls=[Control.AU, Control.SI],
)
def method_crash(functions: Functions) -> Iterator[Shortfall]:
    """A GET without a body of a function that is declared for another method: anything but a server error will do."""
    for seen in functions.seen:
        for exchange, answer in answers([seen.bare]):
            if answer.status >= 500 and ran(answer) is not False and any(as_declared(seen)):
                yield Shortfall(where(seen, exchange), "405", told(answer))


def broken_anyway(seen: SeenFunction, answer: Answer) -> bool:
    """Whether the function answers everything with this, an error or a wrong body, which is a finding already."""
    same = [found for _, found in calls(seen) if found.status == answer.status]
    if answer.status >= 500:
        return bool(same)
    schema = seen.declared.schema
    return schema is not None and any(found.body == answer.body and misfit(found, schema) for found in same)
