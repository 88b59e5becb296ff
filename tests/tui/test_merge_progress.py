"""A merge under way on the screen: how far it is, its end, its messages, its rest."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, Static, TextArea

from agentdeck.core.errors import RefusedError
from agentdeck.core.events import EventKind
from agentdeck.tui.screens.message import MessageScreen
from tests.fakes.fake_client import FakeLink
from tests.tui.driving import Deck
from tests.tui.scenes import an_app, few_link
from tests.tui.test_acting import running
from tests.tui.test_merge_queue import answers, merges, open_queue, shown
from tests.tui.test_more_looks import is_drawn


class Held:
    """A host that merges only when it is let."""

    def __init__(self, link: FakeLink) -> None:
        self.link = link
        self.ids = answers(link)
        self.go = asyncio.Event()
        self.rows = [
            {"id": each, "name": each, "ok": True, "into": "main", "message": "M"}
            for each in self.ids
        ]
        link.answer("session.merge", self._merge)
        link.answer("merge.cancel", self._cancel)

    def _merge(self, params: dict[str, Any]) -> Any:
        if params["dry_run"]:
            return {"results": self.rows}
        return self._later()

    async def _later(self) -> dict[str, Any]:
        await self.go.wait()
        return {"results": self.rows}

    def _cancel(self, _: dict[str, Any]) -> dict[str, Any]:
        error = {"message": "It was cancelled."}
        self.rows = [{**row, "ok": False, "error": error} for row in self.rows]
        self.go.set()
        return {}

    def say(self, number: int, state: str) -> None:
        """Tell how far a session is."""
        batch = merges(self.link, dry_run=False)[-1]["batch"]
        each = self.ids[number]
        data = {"batch": batch, "id": each, "name": each, "state": state}
        self.link.emit(EventKind.MERGE_PROGRESS, each, **data, done=1, of=3)


async def begin(deck: Deck, link: FakeLink) -> None:
    await open_queue(deck, link)
    await deck.until(lambda: "clean" in shown(deck)[0])
    await deck.press("y")
    await deck.until(lambda: merges(link, dry_run=False))


async def test_each_session_says_how_far_it_is_and_escape_ends_it() -> None:
    link = few_link()
    held = Held(link)
    async with running(link) as deck:
        await begin(deck, link)
        held.say(0, "clean")
        held.say(1, "checking")
        await deck.until(lambda: "checking" in shown(deck)[1])
        dialog = deck.app.screen.query_one(".dialog")
        assert str(dialog.border_title) == "Merging · 1 of 3 looked at"
        held.say(1, "checks failed")
        await deck.until(lambda: "✗ checks failed" in shown(deck)[1])
        await deck.press("s", "c", "escape")
        await deck.until(lambda: "0 of 3" in str(dialog.border_title))
        batch = merges(link, dry_run=False)[0]["batch"]
        assert link.calls_of("merge.cancel") == [{"batch": batch}]
        assert "cancelled" in str(
            deck.app.screen.query(".results Static").first(Static).render()
        )


async def test_checks_are_a_choice_and_a_message_is_edited() -> None:
    link = few_link()
    held = Held(link)
    held.go.set()
    async with running(link) as deck:
        await open_queue(deck, link)
        await deck.until(lambda: "clean" in shown(deck)[0])
        await deck.press("c", "j", "e")
        await deck.until(lambda: isinstance(deck.app.screen, MessageScreen))
        area = deck.app.screen.query_one(TextArea)
        assert area.text == "M"
        area.text = "Do it\n\nBecause.\n"
        await deck.press("ctrl+s")
        await deck.until(lambda: not isinstance(deck.app.screen, MessageScreen))
        assert "own message" in shown(deck)[1]
        await deck.press("y")
        await deck.until(lambda: merges(link, dry_run=False))
        (call,) = merges(link, dry_run=False)
        assert call["check"] is True
        assert call["messages"] == {held.ids[1]: "Do it\n\nBecause."}


async def test_an_interrupted_merge_is_offered_and_gone_on_with() -> None:
    link = few_link()
    ids = answers(link)
    found = {"batch": "b1", "ids": ids[1:], "left": ["[b]one", "two"], "merged": []}
    link.answer("merge.pending", {"merges": [found]})
    rows = [{"id": each, "name": each, "ok": True, "into": "main"} for each in ids[1:]]
    link.answer("merge.resume", {"results": rows})
    async with running(link) as deck:
        await open_queue(deck, link)
        options = deck.app.screen.query_one(".options", Static)
        await deck.until(lambda: "merge of [b]one, two" in str(options.render()))
        await deck.press("R")
        dialog = deck.app.screen.query_one(".dialog")
        await deck.until(lambda: "2 of 2 landed" in str(dialog.border_title))
        assert link.calls_of("merge.resume") == [{"batch": "b1"}]
        assert merges(link, dry_run=False) == []


async def test_conflicts_are_handed_to_the_agents() -> None:
    link = few_link()
    ids = answers(link, 1)
    link.answer("session.resolve", link.each_done)
    async with running(link) as deck:
        await open_queue(deck, link)
        await deck.until(lambda: "conflicts" in shown(deck)[1])
        await deck.press("y")
        await deck.until(lambda: deck.app.screen.query(".results Static"))
        await deck.press("h")
        await deck.until(deck.toasts)
        assert link.calls_of("session.resolve") == [{"ids": [ids[1]]}]
        link.answer("session.resolve", RefusedError("No."))
        await deck.press("h")
        problem = deck.app.screen.query_one(".problem", Static)
        await deck.until(lambda: problem.has_class("-shown"))


@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=["120x40", "80x24"])
def test_how_it_looks(snap_compare: Any, size: tuple[int, int]) -> None:
    """One merged, one being checked, one failed; the title counts."""
    link = few_link()
    app = an_app(link)
    app.animation_level = "none"

    async def settle(pilot: Pilot[None]) -> None:
        held = Held(link)
        deck = Deck(app, link, pilot)
        await deck.until(lambda: app.deck.store.is_known)
        await deck.until(lambda: is_drawn(app, link))
        await begin(deck, link)
        for number, state in enumerate(("clean", "checks failed", "checking")):
            held.say(number, state)
        queue = deck.app.screen.query_one("#queue", OptionList)
        await deck.until(lambda: "checking" in str(queue.get_option_at_index(2).prompt))
        await deck.settle()

    assert snap_compare(app, terminal_size=size, run_before=settle)
