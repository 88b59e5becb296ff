"""When GitHub is asked about pull requests, and what comes of the answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.events import EventKind
from agentdeck.core.pulls import PullChecks, PullRequest, PullState
from agentdeck.core.session import Phase
from agentdeck.github import pulls as github
from agentdeck.github.errors import RateLimitedError, UnreachableError
from agentdeck.host import pull_watch
from agentdeck.host.journal import Journal
from agentdeck.host.pull_watch import AFTER_LIMIT_S, EVERY_S, LONGEST_S, PullWatch
from agentdeck.host.sessions import Sessions
from tests.fakes.fake_client import a_session

OPEN = PullRequest(3, "https://x/3", branch="agentdeck/a", base="main", head="h1")


class Kept:
    """A journal that only keeps what it is told."""

    def __init__(self) -> None:
        self.kinds: list[EventKind] = []

    def record(self, kind: EventKind, *_: Any, **__: Any) -> None:
        self.kinds.append(kind)


class Scene:
    """A watch over a few sessions, with answers in place of `gh`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.listed: list[PullRequest] | AgentDeckError = [OPEN]
        self.single = OPEN
        self.asked: list[str] = []
        self.singles: list[int] = []
        self.notices: list[str] = []
        self.tip = "h1"
        self.now = 0.0
        self.journal = Kept()
        monkeypatch.setattr(github, "open_pulls", self._open)
        monkeypatch.setattr(github, "pull", self._pull)
        monkeypatch.setattr(pull_watch, "_tip", lambda _: self.tip)
        loaded = tuple(
            replace(
                a_session(name, repo=f"/{repo}", branch=f"agentdeck/{name}"),
                phase=Phase.ENDED,
                unread=False,
            )
            for name, repo in (("a", "r"), ("b", "r"), ("c", "other"))
        )
        self.ids = {session.name: session.id for session in loaded}
        self.sessions = Sessions(cast("Journal", self.journal), loaded)
        self.watch = PullWatch(self.sessions, self.notices.append, lambda: self.now)

    def _open(self, folder: Path) -> list[PullRequest]:
        self.asked.append(str(folder))
        if isinstance(self.listed, AgentDeckError):
            raise self.listed
        return self.listed

    def _pull(self, folder: Path, number: int) -> PullRequest:
        self.singles.append(number)
        return self.single

    def give(self, name: str, pull: PullRequest | None) -> None:
        self.sessions.change(self.ids[name], pull=pull)

    def pull_of(self, name: str) -> PullRequest | None:
        return self.sessions.session(self.ids[name]).pull

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self.watch.start()
        try:
            yield
        finally:
            await self.watch.close()

    async def tick(self, seconds: float) -> None:
        """Let time pass, and the watch look at the clock."""
        self.now += seconds
        self.watch._woken.set()
        for _ in range(20):
            await asyncio.sleep(0.005)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(monkeypatch)


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110  # many things may make it hold
            await asyncio.sleep(0.005)


async def test_nobody_is_asked_while_no_pull_request_is_open(scene: Scene) -> None:
    scene.give("a", replace(OPEN, state=PullState.MERGED))
    async with scene.running():
        await scene.tick(10 * EVERY_S)
    assert scene.asked == []


async def test_one_question_for_a_repository_and_interval(scene: Scene) -> None:
    other = replace(OPEN, number=4, branch="agentdeck/b")
    scene.listed = [OPEN, other]
    scene.give("a", OPEN)
    scene.give("b", other)
    async with scene.running():
        await until(lambda: scene.asked)
        for _ in range(10):
            await scene.tick(1)
        assert scene.asked == ["/r"]
        await scene.tick(EVERY_S)
        await until(lambda: scene.asked == ["/r", "/r"])
    assert scene.singles == []


@pytest.mark.parametrize(
    ("error", "first", "most"),
    [
        (UnreachableError("Down."), 2 * EVERY_S, LONGEST_S),
        (RateLimitedError("Full."), AFTER_LIMIT_S, LONGEST_S),
    ],
)
async def test_errors_are_asked_about_less_and_less(
    scene: Scene, error: AgentDeckError, first: float, most: float
) -> None:
    scene.give("a", OPEN)
    scene.listed = error
    async with scene.running():
        await until(lambda: scene.asked)
        await scene.tick(first - 1)
        assert len(scene.asked) == 1
        await scene.tick(2)
        await until(lambda: len(scene.asked) == 2)
        for number in range(3, 9):
            await scene.tick(most + 1)
            await until(lambda number=number: len(scene.asked) == number)
        scene.listed = [OPEN]
        await scene.tick(most + 1)
        await until(lambda: len(scene.asked) == 9)
        await scene.tick(EVERY_S + 1)
        await until(lambda: len(scene.asked) == 10)
    assert scene.pull_of("a") == OPEN


async def test_a_merged_one_is_looked_at_and_makes_the_session_merged(
    scene: Scene,
) -> None:
    scene.give("a", OPEN)
    scene.listed = []
    scene.single = replace(OPEN, state=PullState.MERGED, merge_commit="m")
    await scene.watch.refresh("/r")
    session = scene.sessions.session(scene.ids["a"])
    assert scene.singles == [3]
    assert (session.merged_into, session.merged_commit) == ("main", "m")
    assert (session.merged_head, session.unread) == ("h1", True)
    assert EventKind.SESSION_MERGED in scene.journal.kinds
    assert "cleans the session up" in scene.notices[0]
    await scene.watch.refresh("/r")
    assert scene.singles == [3]
    assert len(scene.notices) == 1


async def test_a_session_with_more_than_was_merged_is_not_merged(scene: Scene) -> None:
    scene.give("a", OPEN)
    scene.listed, scene.tip = [], "h2"
    scene.single = replace(OPEN, state=PullState.MERGED)
    await scene.watch.refresh("/r")
    assert scene.sessions.session(scene.ids["a"]).merged_into is None
    assert "has commits that are not in it" in scene.notices[0]


async def test_one_that_somebody_else_opened_is_taken(scene: Scene) -> None:
    fork = replace(OPEN, number=9, branch="agentdeck/b", from_fork=True)
    scene.listed = [fork, OPEN]
    await scene.watch.refresh("/r")
    assert scene.pull_of("a") == OPEN
    assert scene.pull_of("b") is None
    scene.give("a", replace(OPEN, number=5, state=PullState.CLOSED))
    await scene.watch.refresh("/r")
    known = scene.pull_of("a")
    assert known is not None
    assert known.number == 5


async def test_a_session_in_a_persons_own_checkout_gets_none(scene: Scene) -> None:
    scene.sessions.change(scene.ids["a"], in_checkout=True)
    await scene.watch.refresh("/r")
    assert scene.pull_of("a") is None


async def test_a_verdict_makes_the_row_unread_and_its_begin_does_not(
    scene: Scene,
) -> None:
    scene.give("a", OPEN)

    async def see(**values: Any) -> bool:
        scene.listed = [replace(OPEN, **values)]
        await scene.watch.refresh("/r")
        return scene.sessions.session(scene.ids["a"]).unread

    assert not await see(checks=PullChecks.PENDING)
    assert await see(checks=PullChecks.FAILED)
    scene.sessions.change(scene.ids["a"], unread=False)
    told = len(scene.journal.kinds)
    assert not await see(checks=PullChecks.FAILED)
    assert len(scene.journal.kinds) == told
