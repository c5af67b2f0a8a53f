"""What can go wrong with an embedded deployment.

LocalError
├── DeploymentFailed   it could not be started, or ended before it was ready; .detail may hold its last words
└── AlreadyUp          another process keeps the same one running; .process is its number, if it said
"""

from __future__ import annotations


class LocalError(Exception):
    """Anything about the embedded deployment that its user should read as one sentence."""


class DeploymentFailed(LocalError):
    """The embedded deployment cannot serve: the message is one clear sentence, the detail whatever explains it."""

    def __init__(self, sentence: str, *, detail: str = "") -> None:
        super().__init__(sentence)
        self.detail = detail


class AlreadyUp(LocalError):
    """One app and domain can be up once: whoever looks for it must find one."""

    def __init__(self, process: int | None) -> None:
        where = f"in process {process}" if process else "in another terminal, and is not ready yet"
        super().__init__(f"it is up already, {where}: end that one first, or use it")
        self.process = process
