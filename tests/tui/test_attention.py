"""What the app tells of a person's attention: coarse, honest, and ended."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from textual import events
from textual.timer import Timer

from agentdeck.tui.attention import LOOK_AFTER_S, Attended, Attention
from tests.tui.driving import Deck, running
from tests.tui.scenes import few_link
from tests.tui.test_review import reviewing


class Clock:
    """Runs timers when a test lets time pass."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[tuple[float, Callable[[], None], list[bool]]] = []
        self.told: list[tuple[float, dict[str, Any]]] = []
        self.before: Attended | None = None
        self.attention = Attention(
            lambda: self.before, self.later, self.tell, lambda: self.now
        )

    def later(self, seconds: float, call: Callable[[], None]) -> Timer:
        stopped: list[bool] = []

        class Stoppable:
            def stop(self) -> None:
                stopped.append(True)

        self.timers.append((self.now + seconds, call, stopped))
        return Stoppable()  # type: ignore[return-value]

    def tell(self, said: dict[str, Any]) -> None:
        said.pop("client")
        self.told.append((round(self.now - 100, 3), said))

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while True:
            due = [timer for timer in self.timers if timer[0] <= end]
            if not due:
                break
            first = min(due, key=lambda timer: timer[0])
            self.timers.remove(first)
            self.now = first[0]
            if not first[2]:
                first[1]()
        self.now = end

    def act(self, every: float, times: int) -> None:
        for _ in range(times):
            self.attention.act()
            self.wait(every)


def test_typing_on_is_told_every_twenty_seconds() -> None:
    clock = Clock()
    clock.before = Attended("a", "typing")
    clock.act(0.1, 600)
    clock.wait(300)
    at = [when for when, _ in clock.told]
    # At once, twice while it goes on, and once for what came after that.
    assert len(at) == 4
    assert at[0] == LOOK_AFTER_S
    assert all(20 <= b - a <= 21.1 for a, b in pairwise(at))
    assert {said["id"] for _, said in clock.told} == {"a"}


def test_the_last_act_is_told_with_how_long_ago_it_was() -> None:
    clock = Clock()
    clock.before = Attended("a")
    clock.act(0, 1)
    clock.wait(5)
    clock.act(0, 1)
    clock.wait(100)
    assert clock.told[-1] == (21, {"id": "a", "how": "reading", "ago_s": 16})
    assert not clock.timers, "nothing is looked at while nobody does anything"


def test_a_cursor_that_runs_tells_of_where_it_stays() -> None:
    clock = Clock()
    for number in range(50):
        clock.before = Attended(f"s{number}", "watching")
        clock.act(0.03, 1)
    clock.wait(10)
    assert len(clock.told) <= 3
    assert clock.told[-1][1]["id"] == "s49"


def test_leaving_is_told_at_once_and_only_once() -> None:
    clock = Clock()
    clock.before = Attended("a")
    clock.act(2, 1)
    clock.attention.leave()
    clock.attention.leave()
    assert clock.told[1:] == [(2, {})]
    clock.act(2, 1)
    assert clock.told[-1][1]["id"] == "a", "who comes back supervises again"


def test_what_is_about_no_session_ends_it() -> None:
    clock = Clock()
    clock.before = Attended("a")
    clock.act(2, 1)
    clock.before = None
    clock.act(2, 1)
    clock.act(2, 3)
    assert [said for _, said in clock.told[1:]] == [{}]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentdeck.tui.attention.LOOK_AFTER_S", 0.01)


def told(deck: Deck) -> tuple[str | None, str | None]:
    """What was told last: which session, and what is done with it."""
    every = deck.link.told_of("gain.attend")
    return (every[-1].get("id"), every[-1].get("how")) if every else ("", "")


@pytest.mark.usefixtures("quick")
async def test_the_app_tells_what_is_before_the_person() -> None:
    link = few_link()
    link.answer("session.screen", {"lines": []})
    async with running(link) as deck:
        await deck.go_to("bulk-discounts")
        await deck.press("f")
        await deck.until(lambda: told(deck) == ("id-bulk-discounts", "watching"))
        await deck.press("enter", "x")
        await deck.until(lambda: told(deck) == ("id-bulk-discounts", "typing"))
        await deck.press("ctrl+right_square_bracket", "slash", "f")
        await deck.until(lambda: told(deck) == (None, None))
        await deck.press("escape", "space")
        await deck.until(lambda: told(deck)[1] == "answering")
        deck.app.post_message(events.AppBlur())
        await deck.until(lambda: told(deck) == (None, None))
        assert deck.keys_typed() == ["x"], "attention takes nothing away"


@pytest.mark.usefixtures("quick")
async def test_reviewing_is_attention() -> None:
    async with reviewing() as (deck, _, _view):
        await deck.press("j")
        await deck.until(lambda: told(deck)[1] == "reviewing")
