"""What went wrong: in a corner with details, in a log, and in one place for many."""

from __future__ import annotations

from typing import Any

from textual.widgets import OptionList, Static

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.events import EventKind
from agentdeck.tui.notices import MAX_KEPT, Notice, Notices
from agentdeck.tui.screens.notices import NoticesScreen
from agentdeck.tui.screens.results import ResultsScreen
from agentdeck.tui.widgets.selection_bar import SelectionBar
from tests.fakes.fake_client import NOW, FakeLink
from tests.tui.driving import Deck, running
from tests.tui.scenes import few, few_link, hostile

BUSY = "Its [b]worktree[/b] is busy.\x1b[2J"


def refusing(link: FakeLink, *names: str) -> None:
    """Have some sessions refuse to be resumed, each only once."""
    left = {f"id-{name}" for name in names}

    def resume(params: dict[str, Any]) -> dict[str, Any]:
        results = link.each_done(params)["results"]
        for result in results:
            if result["id"] in left:
                left.discard(result["id"])
                data = {"status": 4, "files": ["a.py", "b.py"]}
                error = {"code": -32004, "message": BUSY, "data": data}
                result |= {"ok": False, "error": error}
        return {"results": results}

    link.answer("session.resume", resume)


def said(deck: Deck) -> str:
    return "\n".join(str(each.render()) for each in deck.app.screen.query(Static))


async def test_an_error_says_which_key_shows_its_details() -> None:
    link = few_link()
    error = AgentDeckError("The disk is full.", path="/home/ada", room=0)
    link.answer("session.resume", error)
    async with running(link) as deck:
        await deck.press("r")
        await deck.until(deck.toasts)
        assert deck.toasts() == ["The disk is full.\n! shows details"]
        await deck.press("exclamation_mark")
        await deck.until(lambda: isinstance(deck.app.screen, NoticesScreen))
        text = said(deck)
        assert "Asked: session.resume" in text
        assert "path: /home/ada" in text
        await deck.press("escape")
        assert len(deck.app.screen_stack) == 1


async def test_the_log_keeps_all_that_was_said_newest_first() -> None:
    async with running(few_link()) as deck:
        await deck.press("exclamation_mark")
        assert "Nothing was said yet." in said(deck)
        await deck.press("q")
        deck.link.emit(EventKind.NOTICE, None, text="[red]one[/red]\x1b[2J", level="x")
        await deck.press("alt+9")
        deck.link.emit(EventKind.NOTICE, None, text="two", level="warning")
        await deck.until(lambda: len(deck.app.deck.notices) >= 2)
        await deck.press("exclamation_mark")
        listed = deck.app.screen.query_one(OptionList)
        assert "two" in str(listed.get_option_at_index(0).prompt)
        await deck.press("G", "end")
        assert "[red]one[/red]" in said(deck)
        assert "\x1b" not in said(deck)
        await deck.press("k", "j", "exclamation_mark")
        assert len(deck.app.screen_stack) == 1


def test_the_log_has_an_end() -> None:
    notices = Notices()
    notices.detail("of nothing")
    for n in range(MAX_KEPT + 5):
        notices.add(Notice(NOW, "information", str(n)))
    notices.detail("more")
    newest = next(iter(notices))
    assert (newest.text, newest.details) == (str(MAX_KEPT + 4), "more")
    assert len(notices) == MAX_KEPT


async def test_what_failed_of_many_is_in_one_place_and_tried_again() -> None:
    link = few_link()
    refusing(link, "dark-mode", "upgrade-payments")
    async with running(link) as deck:
        await deck.press("a", "r")
        await deck.until(lambda: isinstance(deck.app.screen, ResultsScreen))
        screen = deck.app.screen
        text = said(deck)
        assert "Its [b]worktree[/b] is busy." in text
        assert "\x1b" not in text
        assert "dark-mode" in text
        assert "upgrade-payments" in text
        dialog = screen.query_one(".dialog")
        assert "2 of 8" in str(dialog.border_title)
        await deck.press("r")
        await deck.until(lambda: len(link.calls_of("session.resume")) == 2)
        again = link.calls_of("session.resume")[1]["ids"]
        assert set(again) == {"id-dark-mode", "id-upgrade-payments"}
        await deck.until(lambda: len(deck.app.screen_stack) == 1)
        assert any("Resumed" in toast for toast in deck.toasts())
        assert sum(notice.severity == "error" for notice in deck.app.deck.notices) == 2


async def test_failures_can_be_left_at_that() -> None:
    link = few_link()
    refusing(link, "dark-mode")
    async with running(link) as deck:
        await deck.press("a", "r")
        await deck.until(lambda: isinstance(deck.app.screen, ResultsScreen))
        await deck.press("enter")
        await deck.until(lambda: len(deck.app.screen_stack) == 1)
        assert len(link.calls_of("session.resume")) == 1


async def test_the_selection_says_how_many_and_what_can_be_done() -> None:
    async with running(few_link(), size=(200, 40)) as deck:
        bar = deck.main.query_one(SelectionBar)
        assert not bar.display
        await deck.press("a")
        assert bar.display
        text = bar.render_line(0).text
        assert "✔ 8 selected" in text
        assert "▲2 ●2 ◆1 ○1 ✓2" in text
        assert "answer 2" in text
        assert "merge 3" in text
        deck.rows.cursor = "header state:ended"
        await deck.settle()
        await deck.press("left")
        assert "2 out of sight" in bar.render_line(0).text
        await deck.press("A")
        assert not bar.display


async def test_the_selection_bar_fits_whatever_its_width() -> None:
    for width in (20, 40, 120):
        async with running(FakeLink(*few(), *hostile()), size=(width, 30)) as deck:
            await deck.press("a")
            bar = deck.main.query_one(SelectionBar)
            assert bar.render_line(0).cell_length == bar.size.width
