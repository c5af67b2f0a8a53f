"""One emulated platform for each module of tests that talks over sockets; as new before every case."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hosting.emulated import Emulated, started


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    """Runs until the module is through."""
    with started(tmp_path_factory.mktemp("app")) as emulated:
        yield emulated


@pytest.fixture
def emulated(platform: Emulated) -> Emulated:
    """With three releases live one after the other, the last by a promotion, and a staged one."""
    platform.begin()
    return platform
