"""The picker that hands a session off: choices, brief, turns under way, links."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, Static, TextArea

from agentdeck.core.errors import RefusedError, UsageError
from agentdeck.core.session import Activity
from agentdeck.tui.screens.handoff import HandoffScreen
from tests.fakes.fake_client import FakeLink, a_session
from tests.tui.driving import Deck
from tests.tui.scenes import an_app
from tests.tui.test_acting import running
from tests.tui.test_more_looks import is_drawn

BRIEF = "---\ntitle: Plan the login\n---\n\n## Goal\n\nWrite it as we planned.\n"
NEW = a_session("went-on", origin="id-plan", position=9)


def looked(params: dict[str, Any], **values: Any) -> dict[str, Any]:
    agent = params["agent"] or "claude"
    way = params["way"] or ("fork" if agent == "claude" else "markdown")
    reasons = {
        "fork": "Claude Code goes on with a copy of it",
        "markdown": "Scripted agent cannot read Claude Code's conversation",
    }
    carried = {
        "commits": 2,
        "staged": ["a.py"],
        "unstaged": ["a.py", "b.py"],
        "untracked": ["c.py"],
        "ignored": [],
        "left_out": [],
        "has_files": True,
    }
    return {
        "source": {
            "id": params["id"],
            "name": "plan",
            "agent": "claude",
            "repo": "/home/ada/orchard",
            "in_checkout": True,
            "is_busy": False,
        },
        "agent": agent,
        "agents": [
            {"name": "claude", "title": "Claude Code", "installed": True},
            {"name": "codex", "title": "Codex", "installed": False},
            {"name": "scripted", "title": "Scripted agent", "installed": True},
        ],
        "conversation": {
            "way": way,
            "reason": reasons.get(way, "as chosen"),
            "ways": ["fork", "markdown", "none"],
        },
        "carried": None if params["in_checkout"] else carried,
        "problem": "",
        "brief": BRIEF if way != "none" else "---\ntitle: Another\n---\n",
        **values,
    }


def handoff_link(**values: Any) -> FakeLink:
    session = a_session(
        "plan", title="Plan the login", activity=Activity.IDLE, **values
    )
    link = FakeLink(session, a_session("other", model="opus"))
    link.answer("handoff.look", looked)
    link.answer("handoff.start", {"session": {"id": NEW.id}})
    return link


async def picking(deck: Deck) -> HandoffScreen:
    """The picker, once it knows what would be handed off."""
    deck.rows.cursor = "id-plan"
    await deck.press("h")
    await deck.until(lambda: isinstance(deck.app.screen, HandoffScreen))
    screen = deck.app.screen
    assert isinstance(screen, HandoffScreen)
    await deck.until(lambda: screen.query_one(OptionList).option_count == 5)
    return screen


def row(screen: HandoffScreen, n: int) -> str:
    return str(screen.query_one(OptionList).get_option_at_index(n).prompt)


def brief(screen: HandoffScreen) -> str:
    return screen.query_one(TextArea).text


def said(screen: HandoffScreen) -> str:
    return str(screen.query_one(".problem", Static).render())


async def test_enter_starts_what_is_chosen_and_goes_there() -> None:
    link = handoff_link()
    async with running(link) as deck:
        screen = await picking(deck)
        carried = str(screen.query_one("#carried", Static).render())
        assert "2 commits, 1 staged, 2 unstaged, 1 untracked" in carried
        await deck.press("right", "down", "right")
        await deck.until(lambda: "scripted" in row(screen, 1))
        await deck.until(lambda: "cannot read Claude Code's" in row(screen, 3))
        await deck.press("down", "down", "down", "right", "enter")
        await deck.until(lambda: link.calls_of("handoff.start"))
        (call,) = link.calls_of("handoff.start")
        assert (call["id"], call["agent"], call["type"]) == (
            "id-plan",
            "scripted",
            "local",
        )
        assert (call["source"], call["busy"]) == ("stop", "refuse")
        assert call["brief"] == BRIEF
        assert call["env"]["PATH"] == "/bin"
        link.change(NEW)
        await deck.until(lambda: deck.rows.cursor == NEW.id)


async def test_the_brief_is_edited_and_kept_through_other_choices() -> None:
    link = handoff_link()
    async with running(link) as deck:
        screen = await picking(deck)
        assert brief(screen) == BRIEF
        await deck.press("tab", *"Fast. ", "escape")
        await deck.press("end", "up", "right")
        await deck.until(lambda: "markdown" in row(screen, 3))
        assert brief(screen).startswith("Fast. ---")
        await deck.press("tab", "ctrl+s")
        await deck.until(lambda: link.calls_of("handoff.start"))
        assert link.calls_of("handoff.start")[0]["brief"].startswith("Fast. ---")


async def test_a_fork_waits_for_the_person() -> None:
    link = handoff_link()
    async with running(link) as deck:
        screen = await picking(deck)
        await deck.press("f")
        await deck.until(lambda: brief(screen) == "")
        await deck.press("enter")
        await deck.until(lambda: link.calls_of("handoff.start"))
        (call,) = link.calls_of("handoff.start")
        assert (call["type"], call["way"], call["brief"]) == ("local", "fork", "")


async def test_a_choice_that_is_refused_is_taken_back() -> None:
    link = handoff_link()
    async with running(link) as deck:
        screen = await picking(deck)
        link.answer("handoff.look", UsageError("It cannot be [b]forked: so."))
        await deck.press("f")
        await deck.until(lambda: "cannot be [b]forked" in said(screen))
        assert "background" in row(screen, 0)
        assert brief(screen) == BRIEF


async def test_a_refused_start_is_said_and_may_be_tried_again() -> None:
    link = handoff_link()
    link.answer("handoff.start", RefusedError("In the middle of a merge."))
    async with running(link) as deck:
        screen = await picking(deck)
        await deck.press("enter")
        await deck.until(lambda: "middle of a merge" in said(screen))
        assert deck.app.screen is screen
        link.answer("handoff.start", {"session": {"id": NEW.id}})
        await deck.press("enter")
        await deck.until(lambda: deck.app.screen is deck.main)


async def test_a_turn_under_way_is_waited_for_interrupted_or_passed_over() -> None:
    link = handoff_link()
    busy = replace(link.sessions["id-plan"], activity=Activity.WORKING)
    link.sessions[busy.id] = busy
    async with running(link) as deck:
        screen = await picking(deck)
        await deck.press("enter")
        await deck.until(lambda: "w waits" in said(screen))
        assert link.calls_of("handoff.start") == []
        await deck.press("w")
        await deck.until(lambda: "Waits for the end" in said(screen))
        await deck.press("escape")
        assert deck.app.screen is screen
        await deck.press("w")
        link.change(replace(busy, activity=Activity.IDLE))
        await deck.until(lambda: link.calls_of("handoff.start"))
        assert link.calls_of("handoff.start")[0]["busy"] == "refuse"


@pytest.mark.parametrize(("key", "busy"), [("i", "interrupt"), ("o", "now")])
async def test_a_turn_is_interrupted_or_passed_over(key: str, busy: str) -> None:
    link = handoff_link()
    working = replace(link.sessions["id-plan"], activity=Activity.WORKING)
    link.sessions[working.id] = working
    async with running(link) as deck:
        await picking(deck)
        await deck.press(key)
        await deck.until(lambda: link.calls_of("handoff.start"))
        assert link.calls_of("handoff.start")[0]["busy"] == busy


async def test_only_here_stays_in_the_checkout() -> None:
    link = handoff_link()
    async with running(link) as deck:
        screen = await picking(deck)
        await deck.press("left")
        await deck.until(lambda: "here" in row(screen, 0))
        label = screen.query_one("#carried", Static)
        await deck.until(lambda: "stays where it is" in str(label.render()))
        call = link.calls_of("handoff.look")[-1]
        assert (call["type"], call["in_checkout"]) == ("local", True)


async def test_a_model_is_chosen_or_typed() -> None:
    link = handoff_link()
    async with running(link) as deck:
        screen = await picking(deck)
        await deck.press("down", "down", "right")
        await deck.until(lambda: "opus" in row(screen, 2))
        await deck.press("m")
        await deck.until(lambda: deck.app.screen is not screen)
        await deck.press("ctrl+u", *"haiku", "enter")
        await deck.until(lambda: "haiku" in row(screen, 2))
        await deck.press("enter")
        await deck.until(lambda: link.calls_of("handoff.start"))
        assert link.calls_of("handoff.start")[0]["model"] == "haiku"


async def test_a_key_goes_round_the_sessions_that_were_handed_off() -> None:
    first = a_session("first", continued=("id-second",), age_s=90)
    second = a_session("second", origin="id-first", continued=("id-third",), age_s=60)
    third = a_session("third", origin="id-second", age_s=30)
    link = FakeLink(first, second, third, a_session("alone", age_s=10))
    async with running(link) as deck:
        deck.rows.cursor = "id-first"
        for expected in ("id-second", "id-third", "id-first"):
            await deck.press("~")
            await deck.until(lambda e=expected: deck.rows.cursor == e)
        deck.rows.cursor = "id-alone"
        await deck.press("~")
        await deck.until(deck.toasts)
        assert "was not handed off" in deck.toasts()[0]
        assert deck.rows.cursor == "id-alone"


@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=["120x40", "80x24"])
def test_how_it_looks(snap_compare: Any, size: tuple[int, int]) -> None:
    """Choices in line, what is carried, the turn under way, the brief below."""
    link = handoff_link()
    busy = replace(link.sessions["id-plan"], activity=Activity.WORKING)
    link.sessions[busy.id] = busy
    app = an_app(link)
    app.animation_level = "none"

    async def settle(pilot: Pilot[None]) -> None:
        deck = Deck(app, link, pilot)
        await deck.until(lambda: app.deck.store.is_known)
        await deck.until(lambda: is_drawn(app, link))
        screen = await picking(deck)
        screen.query_one(TextArea).cursor_blink = False
        await deck.settle()

    assert snap_compare(app, terminal_size=size, run_before=settle)
