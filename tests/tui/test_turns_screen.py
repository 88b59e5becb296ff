"""The turns of a session on the screen: what is listed, and going to one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from agentdeck.core.errors import RefusedError
from agentdeck.tui.screens.turns import TurnsScreen
from tests.fakes.fake_client import NOW, FakeLink
from tests.tui.driving import Deck
from tests.tui.scenes import an_app, few_link
from tests.tui.test_acting import running
from tests.tui.test_more_looks import is_drawn


def a_turn(name: str, subject: str, minutes: int, **values: Any) -> dict[str, Any]:
    return {
        "id": name,
        "kind": "commit",
        "turn": None,
        "commit": "1a2b3c4d",
        "subject": subject,
        "at": (NOW - timedelta(minutes=minutes)).isoformat(),
        "files": 2,
        "added": 12,
        "removed": 3,
        "current": False,
        "ref": "",
        **values,
    }


TURNS = [
    a_turn("3", "Add a test for expired sessions", 2, kind="checkpoint", turn=2),
    a_turn("2", "Compare in constant time", 9, current=True, added=1048, removed=977),
    a_turn("1", "[b]Fix the login redirect", 31, kind="checkpoint", turn=1),
    a_turn("0", "Release 1.4", 600, kind="start", files=0),
    a_turn("k1", "Try another way", 5, kind="left", ref="refs/x/1"),
    a_turn("k2", "Rewrite \x1b[31mall\u202e of it", 1, kind="left", files=0),
]


def turns_link(*, on: bool = True, note: str = "") -> FakeLink:
    link = few_link()
    link.answer("session.turns", {"auto_commit": on, "note": note, "turns": TURNS})
    link.answer("session.auto_commit", link.each_done)
    return link


async def open_turns(deck: Deck) -> OptionList:
    await deck.press("T")
    await deck.until(lambda: isinstance(deck.app.screen, TurnsScreen))
    listed = deck.app.screen.query_one("#turns", OptionList)
    await deck.until(lambda: listed.option_count)
    return listed


async def test_enter_goes_to_the_turn_and_says_what_was_kept() -> None:
    link = turns_link()
    done = {"turn": "1", "subject": "Fix [b]it", "kept": "refs/agentdeck/turns/s/3"}
    link.answer("session.rewind", done)
    async with running(link) as deck:
        listed = await open_turns(deck)
        assert "[b]Fix the login" in str(listed.get_option_at_index(2).prompt)
        assert "\x1b" not in str(listed.get_option_at_index(5).prompt)
        await deck.press("j", "j", "enter")
        await deck.until(deck.toasts)
        (call,) = link.calls_of("session.rewind")
        assert (call["turn"], call["force"]) == ("1", False)
        assert "is at 1: Fix [b]it; what it left is k3" in deck.toasts()[0]
        assert len(deck.app.screen_stack) == 1


async def test_a_refusal_is_shown_and_may_be_forced() -> None:
    link = turns_link()
    link.answer("session.rewind", RefusedError("It is at work."))
    async with running(link) as deck:
        await open_turns(deck)
        await deck.press("enter")
        problem = deck.app.screen.query_one(".problem", Static)
        await deck.until(lambda: problem.has_class("-shown"))
        await deck.press("f")
        await deck.until(lambda: len(link.calls_of("session.rewind")) == 2)
        assert link.calls_of("session.rewind")[1]["force"] is True


async def test_auto_commit_is_switched() -> None:
    link = turns_link(on=False)
    async with running(link) as deck:
        await open_turns(deck)
        await deck.press("a")
        await deck.until(lambda: len(link.calls_of("session.turns")) == 2)
        assert link.calls_of("session.auto_commit")[0]["on"] is True


@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=["120x40", "80x24"])
def test_how_it_looks(snap_compare: Any, size: tuple[int, int]) -> None:
    """Columns in line; where it is now has a bar; what was left behind is apart."""
    link = turns_link(note="It says that it committed, but there is no new commit.")
    app = an_app(link)
    app.animation_level = "none"

    async def settle(pilot: Pilot[None]) -> None:
        deck = Deck(app, link, pilot)
        await deck.until(lambda: app.deck.store.is_known)
        await deck.until(lambda: is_drawn(app, link))
        await open_turns(deck)
        await deck.settle()

    assert snap_compare(app, terminal_size=size, run_before=settle)
