"""The order that people give sessions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.core.ordering import Where, moved_positions, positions_in_order
from agentdeck.core.schedule import queue_of
from agentdeck.core.session import Phase, Session, moved
from tests.fakes.fake_link import NOW, a_session


def sessions_at(*positions: int, phase: Phase = Phase.QUEUED) -> list[Session]:
    return [
        a_session(f"s{n}", position=position, phase=phase)
        for n, position in enumerate(positions)
    ]


def placed(sessions: list[Session], positions: dict[str, int]) -> list[Session]:
    return [replace(s, position=positions.get(s.id, s.position)) for s in sessions]


@pytest.mark.parametrize(
    ("which", "where", "order"),
    [
        (2, Where.UP, [0, 2, 1, 3]),
        (0, Where.UP, [0, 1, 2, 3]),
        (1, Where.DOWN, [0, 2, 1, 3]),
        (3, Where.DOWN, [0, 1, 2, 3]),
        (3, Where.FIRST, [3, 0, 1, 2]),
        (0, Where.LAST, [1, 2, 3, 0]),
    ],
)
def test_a_queued_session_moves_in_the_queue(
    which: int, where: Where, order: list[int]
) -> None:
    sessions = sessions_at(2, 5, 7, 9)
    after = placed(sessions, moved_positions(sessions, sessions[which], where))
    assert [s.name for s in queue_of(after)] == [f"s{n}" for n in order]
    assert sorted(s.position for s in after) == [2, 5, 7, 9]


def test_the_queue_and_what_runs_do_not_pass_each_other() -> None:
    waits = sessions_at(1, 5)
    runs = [a_session("runs", position=3)]
    assert moved_positions([*waits, *runs], waits[1], Where.FIRST) == {
        "id-s1": 1,
        "id-s0": 5,
    }
    assert moved_positions([*waits, *runs], runs[0], Where.FIRST) == {}


@given(st.lists(st.integers(0, 20), max_size=8), st.randoms())
def test_any_order_can_be_had_and_only_what_changes_is_told(
    positions: list[int], random: object
) -> None:
    wanted = sessions_at(*positions)
    random.shuffle(wanted)  # type: ignore[attr-defined]
    changed = positions_in_order(wanted)
    after = placed(wanted, changed)
    assert [s.position for s in after] == sorted({s.position for s in after})
    assert all(changed[s.id] != s.position for s in wanted if s.id in changed)


def test_what_works_again_is_no_longer_archived() -> None:
    session = a_session("s", phase=Phase.ENDED, archived=True)
    assert moved(session, Phase.FAILED, NOW).archived
    assert not moved(session, Phase.QUEUED, NOW).archived
