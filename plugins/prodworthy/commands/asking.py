"""The host of somebody who has to know whether it was asked to move production, whatever became of the request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from prodworthy.hosting.host import Accepted, Host


def noting(host: Host, asked: Callable[[], None]) -> Host:
    """The same host; `asked` is called right before each request that would move production."""
    return cast("Host", _Noting(host, asked))


class _Noting:
    def __init__(self, host: Host, asked: Callable[[], None]) -> None:
        self._host = host
        self._asked = asked

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    def rollback(self, deployment: str, *, reason: str) -> Accepted:
        self._asked()
        return self._host.rollback(deployment, reason=reason)

    def promote(self, deployment: str) -> Accepted:
        self._asked()
        return self._host.promote(deployment)
