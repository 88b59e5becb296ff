"""What a person's keys do: which call is made, what is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from agentdeck.core.session import Activity
from agentdeck.tui.screens.answers import shown
from agentdeck.tui.screens.sessions import SessionsScreen
from agentdeck.tui.widgets.session_list import SessionList
from agentdeck.tui.widgets.terminal import Terminal
from tests.fakes.fake_link import FakeLink, few_sessions
from tests.tui.conftest import AppMaker, link_of


async def until(pilot: Pilot[None], holds: Callable[[], Any]) -> None:
    """Let the app work until something holds."""
    for _ in range(200):
        if holds():
            return
        await pilot.pause(0.02)
    raise AssertionError("it never came to hold")


def list_of(pilot: Pilot[None]) -> SessionList:
    return pilot.app.screen_stack[0].query_one(SessionList)


def calls_of(link: FakeLink, method: str) -> list[dict[str, Any]]:
    return [params for name, params in link.calls if name == method]


async def go_to(pilot: Pilot[None], name: str) -> None:
    await until(pilot, lambda: list_of(pilot).order)
    list_of(pilot).cursor = f"id-{name}"
    await pilot.pause()


async def test_who_needs_you_stands_first(make_app: AppMaker) -> None:
    app = make_app(few_sessions())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: list_of(pilot).order)
        assert list_of(pilot).order == [
            "id-fix-login",
            "id-add-search",
            "id-write-docs",
            "id-tidy-up",
            "id-upgrade",
        ]


async def test_a_digit_answers_the_question_that_is_shown(make_app: AppMaker) -> None:
    app = make_app(few_sessions())
    async with app.run_test(size=(120, 40)) as pilot:
        await go_to(pilot, "fix-login")
        await pilot.press("2")
        await until(pilot, lambda: calls_of(link_of(app), "session.answer"))
        assert calls_of(link_of(app), "session.answer") == [
            {"ids": ["id-fix-login"], "choice": 2, "since": shown(few_sessions()[0])}
        ]


async def test_a_digit_without_a_question_does_nothing(make_app: AppMaker) -> None:
    app = make_app(few_sessions())
    async with app.run_test(size=(120, 40)) as pilot:
        await go_to(pilot, "add-search")
        await pilot.press("1")
        await pilot.pause()
        assert calls_of(link_of(app), "session.answer") == []


async def test_enter_types_into_the_session_and_the_release_key_gives_back(
    make_app: AppMaker,
) -> None:
    app = make_app(few_sessions())
    async with app.run_test(size=(120, 40)) as pilot:
        await go_to(pilot, "add-search")
        screen = app.screen
        assert isinstance(screen, SessionsScreen)
        await until(pilot, lambda: screen.query_one(Terminal).frame_size)
        await pilot.press("enter")
        await pilot.press("x", "ctrl+c")
        told = link_of(app).told
        await until(pilot, lambda: sum(m == "screen.input" for m, _ in told) >= 3)
        keys = [p["event"]["key"] for m, p in told if p.get("kind") == "key"]
        assert keys == ["x", "ctrl+c"]
        assert calls_of(link_of(app), "session.discard") == []
        await pilot.press("ctrl+right_square_bracket")
        await until(pilot, lambda: list_of(pilot).has_focus)


@pytest.mark.parametrize(
    ("key", "method"), [("s", "session.stop"), ("x", "session.discard")]
)
async def test_a_grave_action_asks_once_for_all_that_are_marked(
    make_app: AppMaker, key: str, method: str
) -> None:
    app = make_app(few_sessions())
    async with app.run_test(size=(120, 40)) as pilot:
        await go_to(pilot, "fix-login")
        await pilot.press("v", "v", key)
        await until(pilot, lambda: len(app.screen_stack) > 1)
        assert calls_of(link_of(app), method) == []
        await pilot.press("y")
        await until(pilot, lambda: calls_of(link_of(app), method))
        ids = calls_of(link_of(app), method)[0]["ids"]
        assert ids == ["id-fix-login", "id-add-search"]


async def test_no_is_no(make_app: AppMaker) -> None:
    app = make_app(few_sessions())
    async with app.run_test(size=(120, 40)) as pilot:
        await go_to(pilot, "fix-login")
        await pilot.press("x")
        await until(pilot, lambda: len(app.screen_stack) > 1)
        await pilot.press("n")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert calls_of(link_of(app), "session.discard") == []


async def test_merge_goes_in_the_order_of_the_list(make_app: AppMaker) -> None:
    app = make_app(few_sessions())
    async with app.run_test(size=(120, 40)) as pilot:
        await go_to(pilot, "add-search")
        await pilot.press("v", "v", "m")
        await until(pilot, lambda: len(app.screen_stack) > 1)
        await pilot.press("y")
        await until(pilot, lambda: calls_of(link_of(app), "session.merge"))
        call = calls_of(link_of(app), "session.merge")[0]
        assert call["ids"] == ["id-add-search", "id-write-docs"]
        assert call["strategy"] == "merge"


async def test_the_filter_narrows_and_a_wrong_one_loses_nothing(
    make_app: AppMaker,
) -> None:
    app = make_app(few_sessions())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: list_of(pilot).order)
        await pilot.press("slash", *"is:unread")
        await until(pilot, lambda: list_of(pilot).order == ["id-fix-login"])
        app.screen.query_one("#filter", Input).value = "is:unread nope:x"
        await pilot.pause()
        assert app.screen.query_one("#filter", Input).value == "is:unread nope:x"
        assert app.screen.query_one("#problem").has_class("-shown")
        assert list_of(pilot).order == ["id-fix-login"]
        await pilot.press("escape")
        await until(pilot, lambda: len(list_of(pilot).order) == 5)


async def test_the_filter_is_completed_and_counts_what_it_finds(
    make_app: AppMaker,
) -> None:
    app = make_app(few_sessions())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: list_of(pilot).order)
        line = app.screen.query_one("#filter", Input)
        problem = app.screen.query_one("#problem")
        await pilot.press("slash", *"s:ne")
        # The offer is drawn when it is ready; the arrow before that does nothing.
        for _ in range(100):
            if line.value != "s:ne":
                break
            await pilot.press("right")
        assert line.value == "s:needs-input"
        assert not problem.has_class("-shown")
        await until(pilot, lambda: list_of(pilot).order == ["id-fix-login"])
        count = app.screen.query_one("#filter-count", Static)
        await until(pilot, lambda: str(count.render()) == "1 of 5")


async def test_a_term_is_a_mistake_only_when_it_is_whole(make_app: AppMaker) -> None:
    app = make_app(few_sessions())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: list_of(pilot).order)
        problem = app.screen.query_one("#problem")
        await pilot.press("slash", *"s:ne")
        shown = list_of(pilot).order
        assert not problem.has_class("-shown")
        assert shown == ["id-add-search", "id-write-docs"], "as after the first letter"
        await pilot.press("enter")
        await until(pilot, lambda: problem.has_class("-shown"))
        assert list_of(pilot).order == shown
        assert app.screen.query_one("#filter", Input).value == "s:ne"


async def test_news_move_a_row_and_the_cursor_stays_on_its_session(
    make_app: AppMaker,
) -> None:
    sessions = few_sessions()
    app = make_app(sessions)
    async with app.run_test(size=(120, 40)) as pilot:
        await go_to(pilot, "add-search")
        link_of(app).change(replace(sessions[1], activity=Activity.IDLE))
        await until(
            pilot,
            lambda: (
                list_of(pilot).order[1:2] == ["id-write-docs"]
                or list_of(pilot).order[1:3] == ["id-add-search", "id-write-docs"]
            ),
        )
        assert list_of(pilot).cursor == "id-add-search"


@pytest.mark.parametrize("size", [(20, 5), (40, 10), (80, 24), (200, 60)])
async def test_every_size_works(make_app: AppMaker, size: tuple[int, int]) -> None:
    app = make_app(few_sessions())
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: list_of(pilot).order)
        await pilot.press("j", "j", "d")
        await until(pilot, lambda: len(app.screen_stack) > 1)
        await pilot.press("escape", "question_mark")
        await pilot.pause()
        assert app.is_running
