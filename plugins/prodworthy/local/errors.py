"""What can go wrong with an embedded deployment.

LocalError
└── DeploymentFailed   it could not be started, or ended before it was ready; .detail may hold its last words
"""

from __future__ import annotations


class LocalError(Exception):
    """Anything about the embedded deployment that its user should read as one sentence."""


class DeploymentFailed(LocalError):
    """The embedded deployment cannot serve: the message is one clear sentence, the detail whatever explains it."""

    def __init__(self, sentence: str, *, detail: str = "") -> None:
        super().__init__(sentence)
        self.detail = detail
