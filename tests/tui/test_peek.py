"""The peek panel: what is asked, answered without opening or closing anything."""

from __future__ import annotations

from typing import Any

from textual.widgets import Input, Static

from agentdeck.core.errors import RefusedError
from agentdeck.tui.screens.answers import shown
from agentdeck.tui.screens.peek import PeekScreen
from tests.fakes.fake_client import FakeLink
from tests.tui.driving import Deck, running
from tests.tui.scenes import few_link, permission, question, working


def peeking(link: FakeLink) -> FakeLink:
    """A host that shows screens as text and takes answers."""
    link.answer("session.screen", {"lines": ["● Working on it", "", "  last line"]})
    link.answer("session.answer", told(link))
    link.answer("session.send", link.each_done)
    return link


def told(link: FakeLink) -> Any:
    def answer(params: dict[str, Any]) -> Any:
        done = link.each_done(params)
        for result in done["results"]:
            result["gets"] = "approved (1. Yes)"
        return done

    return answer


async def peek_at(deck: Deck, name: str) -> PeekScreen:
    await deck.go_to(name)
    await deck.press("space")
    await deck.until(lambda: isinstance(deck.app.screen, PeekScreen))
    screen = deck.app.screen
    assert isinstance(screen, PeekScreen)
    return screen


def text_of(screen: PeekScreen, widget: str) -> str:
    return str(screen.query_one(widget, Static).render())


async def test_it_shows_the_question_the_choices_and_the_last_output() -> None:
    async with running(peeking(few_link())) as deck:
        screen = await peek_at(deck, "fix-login-redirect")
        await deck.until(lambda: "last line" in text_of(screen, "#peek-output"))
        assert "pip install argon2-cffi" in text_of(screen, "#peek-question")
        assert "No, and tell Claude" in text_of(screen, "#peek-choices")


async def test_a_digit_a_yes_and_a_no_answer_what_is_shown() -> None:
    link = peeking(few_link())
    async with running(link) as deck:
        screen = await peek_at(deck, "fix-login-redirect")
        first = permission()
        for key, how in (
            ("2", {"choice": 2}),
            ("y", {"action": "approve"}),
            ("D", {"action": "deny"}),
        ):
            before = len(link.calls_of("session.answer"))
            await deck.press(key)
            await deck.until(
                lambda n=before: len(link.calls_of("session.answer")) == n + 1
            )
            sent = link.calls_of("session.answer")[-1]
            assert sent == {"ids": [first.id], "since": shown(first), **how}
        await deck.until(lambda: "approved" in text_of(screen, "#peek-said"))
        assert deck.app.screen is screen


async def test_the_arrows_go_on_without_closing_and_the_list_follows() -> None:
    link = peeking(few_link())
    async with running(link) as deck:
        screen = await peek_at(deck, "fix-login-redirect")
        await deck.press("down")
        assert "Which kind of API" in text_of(screen, "#peek-question")
        await deck.until(lambda: deck.rows.cursor == question().id)
        await deck.press("up", "up", "escape")
        await deck.until(lambda: deck.app.screen is deck.main)
        assert deck.rows.cursor == permission().id


async def test_digits_in_a_reply_are_letters_and_a_working_one_gets_it_later() -> None:
    link = peeking(few_link())
    async with running(link) as deck:
        screen = await peek_at(deck, "bulk-discounts")
        await deck.press("r")
        await deck.until(lambda: screen.query_one("#peek-reply", Input).has_focus)
        await deck.press(*"1 y", "enter")
        await deck.until(lambda: link.calls_of("session.send"))
        (sent,) = link.calls_of("session.send")
        assert (sent["text"], sent["when"]) == ("1 y", "queue")
        assert link.calls_of("session.answer") == []


async def test_what_the_host_refuses_is_said_in_the_panel() -> None:
    link = peeking(few_link())
    refusal = RefusedError("It asks something else by now.")
    link.answer("session.answer", refusal)
    async with running(link) as deck:
        screen = await peek_at(deck, "fix-login-redirect")
        await deck.press("y")
        await deck.until(lambda: "something else" in text_of(screen, "#peek-said"))


async def test_other_sessions_news_ask_for_no_screen() -> None:
    link = peeking(few_link())
    async with running(link) as deck:
        screen = await peek_at(deck, "fix-login-redirect")
        await deck.until(lambda: "last line" in text_of(screen, "#peek-output"))
        before = len(link.calls_of("session.screen"))
        link.change(working(), last_line="more and more")
        await deck.settle()
        assert len(link.calls_of("session.screen")) == before
        link.change(permission(), last_line="news of its own")
        await deck.until(lambda: len(link.calls_of("session.screen")) > before)


async def test_plain_glyphs_alone_where_those_are_asked_for() -> None:
    link = peeking(few_link())
    link.app["ascii"] = True
    async with running(link) as deck:
        screen = await peek_at(deck, "fix-login-redirect")
        shown_hints = str(screen.query_one("#peek").border_subtitle)
        assert "next" in shown_hints
        assert shown_hints.isascii()
