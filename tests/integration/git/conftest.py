"""Real repositories in a clean environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.integration.git.repositories import Sandbox


@pytest.fixture(autouse=True)
def _clean_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("GIT_") and name != "GIT_PYTHON_REFRESH":
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Ada\n\temail = ada@example.org\n"
        '[init]\n\tdefaultBranch = main\n[protocol "file"]\n\tallow = always\n'
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """A repository `proj` with a file and one commit on `main`."""
    return Sandbox.made(tmp_path / "work" / "proj")
