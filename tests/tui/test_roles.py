"""Choosing a custom agent for a new session."""

from __future__ import annotations

from textual.widgets import Select, Static, TextArea

from agentdeck.tui.screens.new_session import NewSessionScreen
from agentdeck.tui.widgets.role_field import RoleField
from tests.tui.driving import Deck, running
from tests.tui.scenes import few_link

REVIEWER = {
    "path": "/r/.github/agents/reviewer.agent.md",
    "origin": "repository",
    "error": "",
    "name": "reviewer",
    "description": "Reads a change",
    "user_invocable": True,
    "argument_hint": "",
    "not_expressed": {"claude": ["handoffs"], "codex": ["handoffs", "tools"]},
}
BROKEN = {
    "path": "/r/.claude/agents/b.md",
    "origin": "repository",
    "error": "b.md: its front matter in line 2: [red]oops[/red]",
    "name": None,
}


async def dialog(deck: Deck) -> NewSessionScreen:
    await deck.press("n")
    await deck.until(lambda: isinstance(deck.app.screen, NewSessionScreen))
    screen = deck.app.screen
    assert isinstance(screen, NewSessionScreen)
    await deck.until(lambda: deck.link.calls_of("agents.list"))
    return screen


def note_of(screen: NewSessionScreen) -> str:
    return str(screen.query_one("RoleField .note", Static).render())


async def test_a_role_is_chosen_and_what_is_not_followed_is_said() -> None:
    link = few_link()
    link.answer("agents.list", {"agents": [], "custom": [REVIEWER, BROKEN]})
    link.answer("session.create", {"session": {"id": "id-new"}})
    async with running(link) as deck:
        screen = await dialog(deck)
        await deck.until(lambda: screen.query_one(RoleField).has_class("-offered"))
        await deck.until(lambda: "[red]oops[/red]" in note_of(screen))
        screen.query_one("#role", Select).value = REVIEWER["path"]
        await deck.until(lambda: "handoffs" in note_of(screen))
        screen.query_one("#agent", Select).value = "codex"
        await deck.until(lambda: "handoffs, tools" in note_of(screen))
        screen.query_one("#prompt", TextArea).text = "look at it"
        await deck.press("ctrl+s")
        await deck.until(lambda: link.calls_of("session.create"))
        assert link.calls_of("session.create")[0]["custom"] == REVIEWER["path"]


async def test_where_there_is_none_nothing_is_offered() -> None:
    async with running(few_link()) as deck:
        screen = await dialog(deck)
        await deck.settle()
        assert not screen.query_one(RoleField).display
        assert screen.query_one(RoleField).role is None
