"""The messages that wait: seen, edited, reordered and removed in the app."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from textual.widgets import OptionList, Static, TextArea

from agentdeck.core.errors import RefusedError
from agentdeck.core.session import Session
from agentdeck.tui.screens.outbox import OutboxScreen
from tests.fakes.fake_client import FakeLink
from tests.tui.driving import Deck, running
from tests.tui.scenes import few_link, working

WAITING = ("Run all tests", "Write the changelog\n[bold]as prose[/bold]", "Push")


def host(*messages: str) -> tuple[FakeLink, Session]:
    """A host whose working session has messages, and that tells of each change."""
    link = few_link()
    session = replace(working(), queued=messages)

    def change(params: dict[str, Any]) -> dict[str, Any]:
        assert params["expected"] == list(link.sessions[session.id].queued)
        link.change(link.sessions[session.id], queued=tuple(params["messages"]))
        return {"session": {}}

    link.answer("session.queue", change)
    return link, session


async def open_messages(deck: Deck, session: Session) -> OutboxScreen:
    deck.link.change(session, queued=session.queued)
    await deck.go_to(session.name)
    await deck.press("H")
    await deck.until(lambda: isinstance(deck.app.screen, OutboxScreen))
    screen = deck.app.screen
    assert isinstance(screen, OutboxScreen)
    return screen


def shown(screen: OutboxScreen) -> list[str]:
    listed = screen.query_one(OptionList)
    count = listed.option_count
    return [str(listed.get_option_at_index(n).prompt) for n in range(count)]


async def until_queued(deck: Deck, session: Session, *messages: str) -> None:
    await deck.until(
        lambda: deck.app.deck.store.sessions[session.id].queued == messages
    )


async def test_they_are_shown_in_order_and_never_as_markup() -> None:
    link, session = host(*WAITING)
    async with running(link) as deck:
        screen = await open_messages(deck, session)
        assert shown(screen) == [
            " 1  Run all tests",
            " 2  Write the changelog  and a line",
            " 3  Push",
        ]


async def test_one_is_moved_and_the_cursor_goes_along() -> None:
    link, session = host(*WAITING)
    async with running(link) as deck:
        screen = await open_messages(deck, session)
        await deck.press("J")
        first, second, third = WAITING
        await until_queued(deck, session, second, first, third)
        await deck.until(lambda: screen.query_one(OptionList).highlighted == 1)
        await deck.press("K")
        await until_queued(deck, session, first, second, third)


async def test_one_is_edited_with_all_its_lines() -> None:
    link, session = host(*WAITING)
    async with running(link) as deck:
        screen = await open_messages(deck, session)
        await deck.press("j", "enter")
        area = screen.query_one(TextArea)
        assert area.text == WAITING[1]
        await deck.press("x", "J", "ctrl+s")
        await until_queued(deck, session, WAITING[0], f"{WAITING[1]}xJ", WAITING[2])
        await deck.until(lambda: not area.display)


async def test_escape_leaves_a_message_as_it_was_and_then_closes() -> None:
    link, session = host(*WAITING)
    async with running(link) as deck:
        await open_messages(deck, session)
        await deck.press("enter", "z", "escape")
        assert isinstance(deck.app.screen, OutboxScreen)
        await deck.press("escape")
        await deck.until(lambda: deck.app.screen is deck.main)
        assert link.calls_of("session.queue") == []


async def test_one_is_added_and_one_removed() -> None:
    link, session = host()
    async with running(link) as deck:
        screen = await open_messages(deck, session)
        assert screen.query_one("#none", Static).display
        await deck.press("a", *"Go on", "ctrl+s")
        await until_queued(deck, session, "Go on")
        await deck.press("x")
        await until_queued(deck, session)


async def test_one_that_went_out_meanwhile_is_said_and_nothing_is_changed() -> None:
    link, session = host(*WAITING)
    async with running(link) as deck:
        screen = await open_messages(deck, session)

        def refuse(_: dict[str, Any]) -> dict[str, Any]:
            raise RefusedError("Other messages wait for it by now; look again.")

        link.answer("session.queue", refuse)
        await deck.press("x")
        problem = screen.query_one(".problem", Static)
        await deck.until(lambda: "by now" in str(problem.render()))
        link.change(session, queued=WAITING[1:])
        await deck.until(lambda: len(shown(screen)) == 2)
