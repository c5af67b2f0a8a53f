"""The embedded deployments' face: started once, in the controlling process, before anything is collected."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from prodworthy.local import parts, running
from prodworthy.local.deployment import Deployment
from prodworthy.local.errors import DeploymentFailed
from prodworthy.model import Stage, Target
from prodworthy.model.text import lines
from prodworthy.targets.plugin import targets_key

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

failures_key = pytest.StashKey[dict[str, str]]()  # target -> why it cannot be looked at

LOGGED = 30  # lines of a deployment's log that are shown
HANDOVER = "prodworthy_failures"
# their subject is what is served now; the present build is judged beside it, on a deployment of its own
LIVE = frozenset({Stage.LIVE, Stage.POST_PROMOTE, Stage.POST_ROLLBACK})
OTHERWISE = (
    "what is up (process {process}) was started from other settings than the targets file's now: "
    "end it with Ctrl-C there, and type prodworthy up --target={name} again"
)


class EmbeddedDeployments:
    """Starts the embedded deployments of the run's targets and ends them with it; what is up already stays."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._running: dict[str, Deployment] = {}
        self._waited = False
        config.stash[failures_key] = {}
        if workerinput := getattr(config, "workerinput", None):
            config.stash[failures_key] = workerinput[HANDOVER]
            return
        absent = parts.absent()
        for target in config.stash[targets_key].values():
            if why := target.unusable or (absent if target.embedded else None):
                config.stash[failures_key][target.name] = why
            elif target.embedded is not None and not self._attached(target):
                self._running[target.name] = Deployment.start(target.embedded)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self) -> None:
        """Without workers: the addresses are needed from now on."""
        self._wait()

    @pytest.hookimpl(tryfirst=True, optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """With workers: they are handed the addresses, and never start a deployment."""
        self._wait()
        node.workerinput[HANDOVER] = self._config.stash[failures_key]

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter, exitstatus: int) -> None:
        """After a run that did not pass: what the deployments said of themselves, a function that does not boot say."""
        told = {name: deployment.logs[-LOGGED:] for name, deployment in self._running.items() if deployment.logs}
        for name, logged in told.items() if exitstatus else ():
            terminalreporter.write_sep("-", f"log of the embedded deployment {name}")
            for line in logged:
                terminalreporter.write_line(lines(line))

    def pytest_unconfigure(self) -> None:
        """Whatever happened, nothing stays behind."""
        for deployment in self._running.values():
            deployment.stop()

    def _attached(self, target: Target) -> bool:
        """Whether what is to be judged is up already: it is looked at, and never ended by this run."""
        assert target.embedded is not None
        named = self._config.getoption("prodworthy_deployment") is not None  # only what is up can know it
        up = running.found(target.embedded) if named or target.stage in LIVE else None
        if up is None:
            return False
        if up.started_from(target.embedded):
            self._config.stash[targets_key][target.name] = replace(target, addresses=up.addresses)
        else:
            told = OTHERWISE.format(process=up.process, name=target.name)
            self._config.stash[failures_key][target.name] = told
        return True

    def _wait(self) -> None:
        if self._waited:
            return
        self._waited = True
        for name, deployment in self._running.items():
            targets = self._config.stash[targets_key]
            try:
                targets[name] = replace(targets[name], addresses=deployment.ready())
            except DeploymentFailed as failure:
                self._config.stash[failures_key][name] = f"{failure}\n{failure.detail}".strip()
