"""Checks on a merge's files, as a merge queue asks for them."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agentdeck.config.paths import Paths
from agentdeck.config.settings import CheckSettings
from agentdeck.core.checks import CheckState
from agentdeck.core.errors import AgentDeckError, RefusedError
from agentdeck.core.session import Phase, Session
from agentdeck.host.checks import Checks
from agentdeck.host.journal import Journal
from agentdeck.host.outputs import Outputs
from agentdeck.host.sessions import Sessions
from agentdeck.host.store import Store
from agentdeck.host.trust import Trust
from tests.fakes.fake_client import a_session

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]


def git(where: Path, *words: str) -> str:
    return subprocess.run(
        ["git", "-c", "user.name=T", "-c", "user.email=t@localhost", *words],
        cwd=where,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    made = tmp_path / "repo"
    made.mkdir()
    git(made, "init", "-q", "-b", "main")
    (made / "f").write_text("merged\n")
    git(made, "add", "-A")
    git(made, "commit", "-qm", "first")
    return made


@asynccontextmanager
async def a_host(folder: Path) -> AsyncIterator[tuple[Checks, Trust]]:
    state, runtime = folder / "state", folder / "run"
    paths = Paths(state, folder / "config", runtime)
    paths.prepare()
    store = Store(paths.database)
    await store.open()
    sessions = Sessions(Journal(store, 0), ())
    trust = Trust(store, {})
    checks = Checks(paths, sessions, trust, Outputs(paths), CheckSettings())
    try:
        yield checks, trust
    finally:
        await checks.close()
        await store.close()


def session(repo: Path, *checks: str) -> Session:
    return a_session("a", repo=str(repo), checks=checks, phase=Phase.ENDED)


@pytest.mark.parametrize("what", ["main", "main^{tree}"])
async def test_a_commit_and_a_tree_are_checked_apart(
    tmp_path: Path, repo: Path, what: str
) -> None:
    at = git(repo, "rev-parse", what)
    async with a_host(tmp_path) as (checks, _):
        good = await checks.run(session(repo, "grep merged f", "touch new"), at=at)
        bad = await checks.run(session(repo, "echo why; grep other f"), at=at)
    assert good.passed
    assert good.state is CheckState.PASSED
    assert not bad.passed
    assert bad.note == "echo why; grep other f: exit 1"
    assert "why" in bad.tail
    assert git(repo, "status", "--porcelain") == ""
    assert len(git(repo, "worktree", "list").splitlines()) == 1
    assert not list((tmp_path / "state" / "scratch").iterdir())


async def test_setup_runs_before_and_nothing_does_without_trust(
    tmp_path: Path, repo: Path
) -> None:
    text = (
        '[worktree]\nsetup = ["echo ready > s"]\n[checks]\ncommands = ["grep ready s"]'
    )
    (repo / ".agentdeck.toml").write_text(text)
    at = git(repo, "rev-parse", "main")
    async with a_host(tmp_path) as (checks, trust):
        with pytest.raises(RefusedError, match="not trusted"):
            await checks.run(session(repo, "true"), at=at)
        await trust.grant(str(repo), (await trust.of(str(repo))).hash)
        assert (await checks.run(session(repo), at=at)).passed


async def test_without_checks_nothing_is_checked_out(
    tmp_path: Path, repo: Path
) -> None:
    async with a_host(tmp_path) as (checks, _):
        result = await checks.run(session(repo), at="no such commit")
        assert result.passed
        assert result.state is CheckState.NONE
        with pytest.raises(AgentDeckError, match="no commit or tree"):
            await checks.run(session(repo, "true"), at="no such commit")
    assert not list((tmp_path / "state" / "scratch").iterdir())


async def test_what_a_killed_host_left_is_removed(tmp_path: Path, repo: Path) -> None:
    scratch = tmp_path / "state" / "scratch"
    scratch.mkdir(parents=True)
    git(repo, "worktree", "add", "-q", "--detach", str(scratch / "x"), "main")
    (scratch / "x.json").write_text(f'{{"repo": "{repo}"}}')
    async with a_host(tmp_path) as (checks, _):
        await checks.take_up()
    assert len(git(repo, "worktree", "list").splitlines()) == 1
    assert not list(scratch.iterdir())
