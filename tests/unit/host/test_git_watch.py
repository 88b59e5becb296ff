"""Which sessions are read anew when a ref of their repository moved."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from agentdeck.core.session import Phase
from agentdeck.git.repository import Repository
from agentdeck.host import git_watch
from agentdeck.host.git_watch import GitWatch
from agentdeck.host.journal import Journal
from agentdeck.host.sessions import Sessions
from tests.fakes.fake_client import a_session

GIT_DIR = Path("/home/ada/orchard/.git")


class Silent:
    """A journal that keeps nothing."""

    def record(self, *_: Any, **__: Any) -> None:
        pass


async def test_a_worktree_that_git_still_writes_is_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It would seem that all its files are gone, and cost as much as making it."""
    names = ("queued", "preparing", "running", "ended")
    made = tuple(a_session(name, phase=Phase(name)) for name in names)
    sessions = Sessions(cast("Journal", Silent()), made)
    opened = Repository(GIT_DIR.parent, GIT_DIR, False, "main")
    monkeypatch.setattr(git_watch, "_opened", lambda _: opened)
    read: list[str] = []

    def state_of(session: Any, known: Repository | None) -> None:
        assert known is opened
        read.append(session.name)

    monkeypatch.setattr(git_watch, "_state_of", state_of)
    watch = GitWatch(sessions, lambda _: None)
    await watch.attach("/home/ada/orchard")
    watch.refresh_repository(GIT_DIR, set())
    watch.refresh_repository(Path("/elsewhere/.git"), set())
    for task in list(watch._reading.values()):
        await task
    assert sorted(read) == ["ended", "running"]
    # Once it is there, it is read though it is not started yet.
    watch.refresh("id-preparing")
    await watch._reading["id-preparing"]
    assert read[-1] == "preparing"
