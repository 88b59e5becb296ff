"""The overlap radar with more to do than one look may take: the newest comes first."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from agentdeck.core.session import Phase
from agentdeck.git.overlaps import Clash, Overlap, Overlaps, State
from agentdeck.host import overlaps as module
from agentdeck.host.journal import Journal
from agentdeck.host.overlaps import OverlapRadar, _compare
from agentdeck.host.sessions import Sessions
from tests.fakes.fake_client import a_session

COUNT = 12


class Silent:
    """A journal that keeps nothing."""

    def record(self, *_: Any, **__: Any) -> None:
        pass


class Counted:
    """Compares states that all collide, and notes which it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def tip(self, _: str) -> str:
        return "base"

    def state(self, worktree: Path, branch: str, base: str) -> State:
        return State(branch, base, {"f": "M"})

    def compare_many(self, pairs: list[tuple[State, State]]) -> list[Overlap]:
        self.asked += [(ours.commit, theirs.commit) for ours, theirs in pairs]
        return [Overlap((Clash("f"),)) for _ in pairs]


async def test_what_changed_last_is_known_first_and_all_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SLICE_S", -1.0)
    monkeypatch.setattr(module, "CHUNK", COUNT - 1)
    made = tuple(
        a_session(f"s{n}", phase=Phase.RUNNING, ahead=1, branch=f"b{n}")
        for n in range(COUNT)
    )
    sessions = Sessions(cast("Journal", Silent()), made)
    radar = OverlapRadar(sessions, tmp_path)
    compares = Counted()
    watched = radar._watch(made[0].repo)
    watched.overlaps = cast("Overlaps", compares)
    for session in made:
        watched.unread[session.id] = None
        watched.order[session.id] = next(watched.numbers)
    # Each look reads one state and compares one chunk: the newest with all others.
    unread, looks = watched.unread, 0
    while unread:
        unread, _ = _compare(watched, list(made), unread)
        looks += 1
    assert looks == COUNT
    assert next(iter(watched.states)) == made[-1].id
    is_done = len(watched.compared) == COUNT * (COUNT - 1) // 2
    while not is_done:
        _, is_done = _compare(watched, list(made), {})
    assert len(compares.asked) == COUNT * (COUNT - 1) // 2
    assert len(set(compares.asked)) == len(compares.asked)
    # One that changes is compared with the others, and nothing else is.
    before = len(compares.asked)
    watched.order[made[3].id] = next(watched.numbers)
    monkeypatch.setattr(
        compares,
        "state",
        lambda _w, branch, base: State(f"{branch}+", base, {"f": "M"}),
    )
    unread, is_done = _compare(watched, list(made), {made[3].id: None})
    assert is_done
    assert not unread
    assert len(compares.asked) - before == COUNT - 1
    radar._tell(watched)
    names = tuple(sorted(each.name for each in made if each.name != "s3"))
    assert sessions.session(made[3].id).collides == names
    await radar.close()


async def test_a_session_keeps_what_was_said_until_all_is_known_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tuple(
        a_session(f"s{n}", ahead=1, branch=f"b{n}", collides=("old",)) for n in range(3)
    )
    sessions = Sessions(cast("Journal", Silent()), made)
    radar = OverlapRadar(sessions, tmp_path)
    watched = radar._watch(made[0].repo)
    for session in made:
        watched.states[session.id] = State(session.branch, "base", {"f": "M"})
    watched.compared[("b0", "b1")] = Overlap()
    watched.compared[("b1", "b2")] = Overlap()
    radar._tell(watched)
    assert [sessions.session(each.id).collides for each in made] == [
        ("old",),
        (),
        ("old",),
    ]
    await radar.close()
