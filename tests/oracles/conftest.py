"""What the oracles share: programs of a package registry, installed once a session as their lock says."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

VERCEL = Path(__file__).parent / "vercel"


@pytest.fixture(scope="session")
def vercel_clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the vendor's command line and library for the front end's platform; no script of theirs is run."""
    folder = tmp_path_factory.mktemp("vercel-clients")
    for name in ("package.json", "package-lock.json", "client.mjs"):
        shutil.copy(VERCEL / name, folder)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-progress", "--loglevel=error"], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="session")
def node() -> str:
    """The program; where there is none, these tests fail rather than say nothing."""
    found = shutil.which("node")
    assert found, "Node.js is needed to ask the vendor's own clients"
    return found
