"""The faces of the concerns, in the order in which they depend on each other."""

from __future__ import annotations

import signal

import pytest

from prodworthy import fixtures
from prodworthy.evidence import plugin as evidence
from prodworthy.hosting import plugin as hosting
from prodworthy.local import plugin as local
from prodworthy.reporting import plugin as reporting
from prodworthy.review import plugin as review
from prodworthy.targets import plugin as targets

LISTING = ("collectonly", "help", "markers", "showfixtures", "show_fixtures_per_test")  # options that run nothing


def register(config: pytest.Config) -> None:
    """Resolve the targets and register every face; raises pytest.UsageError (exit 4) for unusable targets."""
    register_plugin = config.pluginmanager.register
    register_plugin(targets.Targets(config), "prodworthy-targets")
    custody = hosting.Custody(config)
    if any(getattr(config.option, name, False) for name in LISTING):
        return
    config.option.continue_on_collection_errors = True  # one broken file of a team's must not silence the seven
    register_plugin(local.EmbeddedDeployments(config), "prodworthy-local")
    if not hasattr(config, "workerinput"):
        register_plugin(hosting.BindingFace(config, custody), "prodworthy-hosting")
    register_plugin(evidence.EvidenceFace(config), "prodworthy-evidence")
    register_plugin(review.Judging(config), "prodworthy-review")
    register_plugin(reporting.Screenshots(), "prodworthy-screenshots")
    register_plugin(reporting.Treemaps(), "prodworthy-treemaps")
    register_plugin(fixtures, "prodworthy-fixtures")
    if not hasattr(config, "workerinput"):
        _end_on_sigterm(config)
        register_plugin(review.Deciding(config), "prodworthy-decision")
        register_plugin(reporting.Reporting(config), "prodworthy-reporting")


def _end_on_sigterm(config: pytest.Config) -> None:
    """A pipeline that cancels a run sends SIGTERM: end as for Ctrl-C, with a report and nothing left running."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # SIGINT itself may be ignored

    def restore() -> None:
        signal.signal(signal.SIGTERM, before)

    config.add_cleanup(restore)
