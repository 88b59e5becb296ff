"""The merge queue and the trash: order, rehearsal, retry, undo, restore."""

from __future__ import annotations

from typing import Any

from textual.widgets import OptionList

from agentdeck.tui.screens.merge import MergeScreen
from agentdeck.tui.screens.trash import TrashScreen
from tests.fakes.fake_client import FakeLink
from tests.tui.driving import Deck
from tests.tui.scenes import few_link
from tests.tui.test_acting import running


def merges(link: FakeLink, *, dry_run: bool) -> list[dict[str, Any]]:
    return [c for c in link.calls_of("session.merge") if c["dry_run"] is dry_run]


def answers(link: FakeLink, *bad: int) -> list[str]:
    """Have the host answer for the first three sessions; gives their ids."""
    ids = [str(session.id) for session in link.sessions.values()][:3]
    conflict = {
        "ok": False,
        "verdict": "conflicts with an earlier one",
        "earlier": ["[b]first"],
        "error": {"message": "It conflicts.", "data": {"files": ["cart.py"]}},
    }
    rows = [
        {"id": each, "name": each, "ok": True, "verdict": "clean", "into": "main"}
        | (conflict if number in bad else {})
        for number, each in enumerate(ids)
    ]
    link.answer("session.merge", {"results": rows})
    return ids


def shown(deck: Deck) -> list[str]:
    queue = deck.app.screen.query_one("#queue", OptionList)
    return [str(option.prompt) for option in queue.options]


async def open_queue(deck: Deck, link: FakeLink) -> None:
    await deck.press("v", "v", "v", "m")
    await deck.until(lambda: isinstance(deck.app.screen, MergeScreen))
    await deck.until(lambda: merges(link, dry_run=True))


async def test_the_queue_says_how_each_would_fare_and_merges_nothing() -> None:
    link = few_link()
    answers(link, 1)
    async with running(link) as deck:
        await open_queue(deck, link)
        await deck.until(lambda: "clean" in shown(deck)[0])
        assert "conflicts with [b]first: cart.py" in shown(deck)[1]
        assert merges(link, dry_run=False) == []


async def test_the_order_is_changed_rehearsed_anew_and_kept() -> None:
    link = few_link()
    answers(link)
    async with running(link) as deck:
        await open_queue(deck, link)
        first = merges(link, dry_run=True)[0]["ids"]
        await deck.press("J", "s", "d")
        moved = [first[1], first[0], first[2]]
        await deck.until(lambda: merges(link, dry_run=True)[-1]["ids"] == moved)
        await deck.press("j", "K", "y")
        await deck.until(lambda: merges(link, dry_run=False))
        call = merges(link, dry_run=False)[0]
        assert call["ids"] == [first[1], first[2], first[0]]
        assert call["stop_on_conflict"] is call["discard"] is True


async def test_what_failed_is_tried_again_and_a_batch_undone() -> None:
    link = few_link()
    ids = answers(link, 2)
    link.answer("landing.undo", {"undone": "merge", "into": "main", "names": ["a"]})
    async with running(link) as deck:
        await open_queue(deck, link)
        await deck.press("y")
        await deck.until(
            lambda: "2 of 3" in str(deck.app.screen.query_one(".dialog").border_title)
        )
        await deck.press("r")
        await deck.until(lambda: len(shown(deck)) == 1)
        await deck.press("y")
        await deck.until(lambda: len(merges(link, dry_run=False)) == 2)
        assert merges(link, dry_run=False)[1]["ids"] == [ids[2]]
        await deck.until(lambda: deck.app.screen.query(".results Static"))
        await deck.press("u")
        await deck.until(lambda: link.calls_of("landing.undo"))


async def test_the_trash_brings_a_session_back() -> None:
    link = few_link()
    entry = {"id": "gone", "name": "[i]gone", "title": "T", "at": 1e9, "expires": 2e9}
    link.answer("trash.list", {"sessions": [entry]})
    back = {"id": "gone", "name": "gone", "ok": True}
    link.answer("trash.restore", {"results": [back]})
    async with running(link) as deck:
        await deck.press("X")
        await deck.until(lambda: isinstance(deck.app.screen, TrashScreen))
        listed = deck.app.screen.query_one("#trash", OptionList)
        await deck.until(lambda: listed.option_count == 1)
        assert "[i]gone" in str(listed.get_option_at_index(0).prompt)
        await deck.press("enter")
        await deck.until(lambda: len(deck.app.screen_stack) == 1)
        assert link.calls_of("trash.restore") == [{"ids": ["gone"]}]


async def test_undo_says_what_it_took_back() -> None:
    link = few_link()
    link.answer("landing.undo", {"undone": "discard", "names": ["a", "b"]})
    async with running(link) as deck:
        await deck.press("ctrl+z")
        await deck.until(deck.toasts)
        assert deck.toasts() == ["The discard of a, b is undone"]
