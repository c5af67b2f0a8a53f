"""prodworthy's face to pytest: its options, and the faces of its concerns once a target is named.

Without `--target` it registers two markers and does nothing else: an installed plugin reaches every run of its
environment, so what those runs do not need is not even imported.
"""

from __future__ import annotations

import argparse

import pytest

FILES = (
    "test_health.py",
    "test_security_headers.py",
    "test_supabase.py",
    "test_edge_functions.py",
    "test_bundle_size.py",
    "test_html.py",
    "test_smoke.py",
)  # as in model.CHECKS, which foreign runs do not import
STAGES = ("pre-promote", "post-promote", "post-rollback", "live")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the whole suite, in one group."""
    group = parser.getgroup("prodworthy", "deployment verification (prodworthy)")
    group.addoption(
        "--target",
        dest="prodworthy_target",
        action="append",
        default=[],
        metavar="NAME",
        help="judge this target of targets.toml; repeatable, globs and 'all' are understood",
    )
    group.addoption(
        "--targets-file",
        dest="prodworthy_targets_file",
        default=None,
        metavar="PATH",
        help="the targets file (default: targets.toml in the root folder or the current one)",
    )
    group.addoption(
        "--stage",
        dest="prodworthy_stage",
        choices=STAGES,
        default="pre-promote",
        help="why we look (default: pre-promote)",
    )
    group.addoption(
        "--deployment",
        dest="prodworthy_deployment",
        default=None,
        metavar="ID|URL",
        help="judge this deployment, or address, in place of the target's own; needs exactly one target",
    )
    group.addoption("--bound-to", dest="prodworthy_bound_to", default=None, metavar="FILE", help=argparse.SUPPRESS)
    group.addoption(
        "--expect-commit",
        dest="prodworthy_expect_commit",
        default=None,
        metavar="SHA",
        help="the commit that the deployment's identity must show; at least 7 characters",
    )
    group.addoption(
        "--rollback",
        dest="prodworthy_rollback",
        choices=("off",),
        default="off",
        help="what to do after a confirmed failure (default and, without a host, only choice: off)",
    )


@pytest.hookimpl(tryfirst=True)  # the HTML report and the browser read their options in this hook too
def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, and every face when a target is named."""
    config.addinivalue_line("markers", "check(name): the one of the seven checks that a test belongs to")
    config.addinivalue_line(
        "markers", "prodworthy(severity, cure): how a failure of a team's own test counts (default: high, none)"
    )
    if config.getoption("prodworthy_target"):
        from prodworthy import faces  # noqa: PLC0415  # only now: foreign runs must not pay for it

        faces.register(config)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Say what is missing when the checks are run like ordinary tests."""
    if config.getoption("prodworthy_target"):
        return
    # another project may have a marker of that name: only our own files are meant
    ours = [item for item in items if item.path.name in FILES and item.get_closest_marker("check")]
    if ours and not config.option.collectonly:
        raise pytest.UsageError("the checks in verify/ judge a target: add --target=NAME (see targets.toml)")
