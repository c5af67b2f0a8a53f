"""Answers, read the same way by all rules of the back end; one cause, one rule.

An answer whose cause lies beneath the service that gave it (key, database) is judged by the rules for that cause only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from prodworthy.model import Answer, Exchange, Shortfall
from prodworthy.model.platform import BENEATH, Sign, describe, message, sign


def place(exchange: Exchange) -> str:
    """Where a finding about one request is."""
    return f"{exchange.method} {exchange.url}"


def own(exchange: Exchange | None) -> Answer | None:
    """The answer, unless its cause lies beneath the service that gave it."""
    answer = exchange.answered if exchange else None
    return None if answer is None or sign(answer) in BENEATH else answer


def with_sign(exchanges: Iterable[Exchange], *signs: Sign) -> list[tuple[Exchange, Answer]]:
    """Those of the exchanges whose answers mean one of these, with their answers."""
    answers = ((each, each.answered) for each in exchanges)
    return [(each, answer) for each, answer in answers if answer and sign(answer) in signs]


def grouped(exchanges: Sequence[Exchange], wanted: str, *signs: Sign) -> Iterator[Shortfall]:
    """One shortfall for all exchanges with such a sign: they share their cause."""
    if found := with_sign(exchanges, *signs):
        exchange, answer = found[0]
        many = f"; so did {len(found) - 1} more" if len(found) > 1 else ""
        yield Shortfall(place(exchange), wanted, f"{describe(answer)}{many}")


def denied(answer: Answer) -> tuple[str, str]:
    """Kind and name of what the database says that anon may not use; empty where it does not say."""
    told = re.search(r"permission denied for ([\w ]+) ([\w$]+)", message(answer))
    return (told[1], told[2]) if told else ("", "")


def value(answer: Answer) -> Any:
    """The body as JSON; None when it is not."""
    try:
        return answer.json()
    except ValueError:
        return None
