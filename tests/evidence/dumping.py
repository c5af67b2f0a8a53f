"""A pytest plugin: embedded deployments write down what their databases held. Named with -p by whoever compares."""

from __future__ import annotations

from prodworthy.local import deployment

deployment.CHILD = "tests.evidence.dumped"
