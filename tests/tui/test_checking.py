"""Checks and setups from the keyboard: begun, watched, stopped; trust asked once."""

from __future__ import annotations

from typing import Any

import pytest
from textual.widgets import Static

from agentdeck.core.checks import CheckState, SetupState
from agentdeck.core.session import Phase
from agentdeck.tui.row_words import detail_of
from agentdeck.tui.screens.hints import hints_for
from agentdeck.tui.screens.output import OutputScreen
from agentdeck.tui.screens.trust import TrustScreen
from agentdeck.tui.widgets.footer import Hint
from agentdeck.tui.widgets.lines_view import LinesView
from tests.fakes.fake_client import FakeLink, a_session
from tests.tui.driving import Deck, running
from tests.tui.scenes import few, few_link

ASKED: dict[str, Any] = {
    "repo": "/home/ada/orchard",
    "file": ".agentdeck.toml",
    "needs_trust": True,
    "hash": "h1",
    "changes": [],
    "setup": [{"name": "npm ci", "command": "npm ci", "argv": []}],
    "teardown": [],
    "checks": [{"name": "x", "command": "[red]echo\x1b[31m", "argv": []}],
    "submodules": True,
    "reviews": ["house-rules: claude as review-enforcer on idle-green"],
    "env": {"A": "1"},
}


class Host(FakeLink):
    """A host whose checks print two lines, one in each answer."""

    @classmethod
    def of(cls, **values: Any) -> Host:
        link = cls(a_session("a", **values), a_session("b"))
        link.answer("session.check", link.each_done)
        link.answer("session.setup", link.each_done)
        link.answer("session.output", link.output)
        return link

    def output(self, params: dict[str, Any]) -> dict[str, Any]:
        if params["position"] is None:
            return {
                "data": "$ one\n",
                "position": "r:1",
                "end": False,
                "restarted": False,
            }
        data = "(exit 2, 0.1 s)\n"
        return {"data": data, "position": "r:2", "end": True, "restarted": False}


def lines_of(deck: Deck) -> list[str]:
    return list(deck.app.screen.query_one(LinesView)._lines)


def texts(deck: Deck) -> str:
    return "\n".join(str(each.render()) for each in deck.app.screen.query(Static))


def hints(deck: Deck) -> tuple[Hint, ...]:
    store = deck.app.deck.store
    return hints_for(list(store.sessions.values()), 0, store)


async def test_one_key_runs_the_checks_and_shows_them() -> None:
    link = Host.of()
    async with running(link) as deck:
        await deck.press("C")
        await deck.until(lambda: isinstance(deck.app.screen, OutputScreen))
        await deck.until(lambda: lines_of(deck) == ["$ one", "(exit 2, 0.1 s)"])
        assert [c["ids"] for c in link.calls_of("session.check")] == [["id-a"]]
        session = link.sessions["id-a"]  # type: ignore[index]
        link.change(session, check=CheckState.FAILED, check_note="one: exit 2")
        await deck.until(lambda: "failed  one: exit 2" in texts(deck))
        await deck.press("x")
        await deck.until(lambda: link.calls_of("session.check")[-1]["cancel"])
        await deck.press("r")
        await deck.until(lambda: len(link.calls_of("session.check")) == 3)
        assert not link.calls_of("session.check")[-1]["cancel"]


async def test_a_result_is_shown_and_not_run_again() -> None:
    link = Host.of(check=CheckState.PASSED, check_note="2 in 3 s")
    async with running(link) as deck:
        await deck.press("C")
        await deck.until(lambda: isinstance(deck.app.screen, OutputScreen))
        await deck.until(lambda: "passed  2 in 3 s" in texts(deck))
        assert not link.calls_of("session.check")
        await deck.press("q")
        await deck.until(lambda: len(deck.app.screen_stack) == 1)


async def test_many_are_checked_in_the_background() -> None:
    link = Host.of()
    async with running(link) as deck:
        await deck.press("a", "C")
        await deck.until(deck.toasts)
        assert deck.toasts() == ["Checking a, b"]
        assert len(deck.app.screen_stack) == 1


async def test_the_setup_is_one_key_away_and_is_run_again_by_key() -> None:
    link = Host.of(setup=SetupState.DONE, setup_note="1 in 3 s")
    async with running(link) as deck:
        assert all(hint.action != "show_setup" for hint in hints(deck))
        session = link.sessions["id-a"]  # type: ignore[index]
        link.change(session, setup=SetupState.FAILED, setup_note="1 in 3 s")
        await deck.until(
            lambda: any(hint.action == "show_setup" for hint in hints(deck))
        )
        await deck.press("I")
        await deck.until(lambda: "failed  1 in 3 s" in texts(deck))
        await deck.press("r")
        await deck.until(lambda: link.calls_of("session.setup"))
        assert link.calls_of("session.output")[0]["kind"] == "setup"


async def test_output_that_began_anew_is_read_from_its_begin() -> None:
    link = Host.of(check=CheckState.RUNNING)
    answers = [
        {"data": "old\n", "position": "1:4", "end": False, "restarted": False},
        {"data": "new\n", "position": "2:4", "end": False, "restarted": True},
        {"data": "more\n", "position": "2:9", "end": True, "restarted": False},
    ]
    link.answer("session.output", lambda _: answers.pop(0))
    async with running(link) as deck:
        await deck.press("C")
        await deck.until(lambda: not answers)
        await deck.until(lambda: lines_of(deck) == ["new", "more"])


async def test_trust_is_asked_once_and_shows_what_would_run() -> None:
    link = Host.of()
    link.answer("trust.show", ASKED)
    async with running(link) as deck:
        await deck.press("C")
        await deck.until(lambda: isinstance(deck.app.screen, TrustScreen))
        said = texts(deck)
        for part in ("npm ci", "[red]echo", "git submodule update", "A=1"):
            assert part in said
        assert "\x1b" not in said
        assert deck.app.focused is not None
        assert deck.app.focused.id == "no"
        await deck.press("n")
        await deck.until(lambda: link.calls_of("session.check"))
        assert not link.calls_of("trust.grant")
        await deck.until(lambda: isinstance(deck.app.screen, OutputScreen))
        await deck.press("r")
        await deck.until(lambda: len(link.calls_of("session.check")) == 2)
        assert not isinstance(deck.app.screen, TrustScreen)


@pytest.mark.parametrize("key", ["y", "escape"])
async def test_a_new_session_asks_before_it_starts(key: str) -> None:
    link = few_link()
    changes = ["@@ -1 +1 @@", '-setup = ["a"]', '+setup = ["b"]']
    link.answer("trust.show", {**ASKED, "changes": changes})
    link.answer("trust.grant", {})
    link.answer("session.create", {"session": {"id": few()[0].id}})
    async with running(link) as deck:
        await deck.press("n", *"task", "enter")
        await deck.until(lambda: isinstance(deck.app.screen, TrustScreen))
        assert '+setup = ["b"]' in texts(deck)
        assert "has changed" in texts(deck)
        await deck.press(key)
        if key == "y":
            await deck.until(lambda: link.calls_of("session.create"))
            granted = {"repo": "/home/ada/orchard", "hash": "h1"}
            assert link.calls_of("trust.grant") == [granted]
        else:
            await deck.until(lambda: deck.app.screen is deck.main)
            await deck.settle()
            assert not link.calls_of("session.create")
            composer = deck.main.composer
            assert composer is not None
            assert composer.is_open
            assert composer.draft.prompt == "task"


def test_the_row_says_what_is_prepared_and_what_failed() -> None:
    copying = a_session(
        "a", phase=Phase.PREPARING, reason="copying 1,200 of 8,000 files"
    )
    assert detail_of(copying) == "copying 1,200 of 8,000 files"
    over = a_session(
        "a", phase=Phase.ENDED, check=CheckState.FAILED, check_note="x: exit 1"
    )
    assert detail_of(over) == "checks failed: x: exit 1"
