"""What a person does with the list: groups, marks, order, pins, folders, filters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from textual.strip import Strip
from textual.widgets import Input, OptionList, Static

from agentdeck.core.errors import UsageError
from agentdeck.core.events import EventKind
from agentdeck.core.session import Phase, Session
from agentdeck.tui.actions import BY_DIGIT
from agentdeck.tui.palette import ActionProvider
from agentdeck.tui.view import Density, Grouping, Sort, View
from agentdeck.tui.widgets.footer import KeyBar
from agentdeck.tui.widgets.session_list import SessionList
from tests.fakes.fake_client import NOW, FakeLink, a_session
from tests.tui.driving import Deck, running
from tests.tui.scenes import few, few_link, merged, permission, queued, working

ALL = [
    "id-fix-login-redirect",
    "id-offer-catalogue-api",
    "id-bulk-discounts",
    "id-search-folding",
    "id-typed-settings",
    "id-contributor-guide",
    "id-upgrade-payments",
    "id-dark-mode",
]


def link_for(*sessions: Session) -> FakeLink:
    link = FakeLink(*sessions)
    for method in ("session.pin", "session.file", "session.archive"):
        link.answer(method, link.each_done)
    link.answer("session.arrange", {})
    return link


def ended(count: int) -> list[Session]:
    return [
        a_session(f"e{n:02}", phase=Phase.ENDED, ended_at=NOW - timedelta(minutes=n))
        for n in range(count)
    ]


def screen_text(deck: Deck) -> str:
    rows = deck.rows
    return "\n".join(rows.render_line(y).text for y in range(rows.size.height))


async def on_header(deck: Deck, name: str) -> None:
    deck.rows.cursor = f"header state:{name}"
    await deck.settle()


async def test_the_cursor_stands_on_headers_and_the_pane_keeps_its_session() -> None:
    async with running(few_link()) as deck:
        await deck.go_to("offer-catalogue-api")
        await deck.press("j")
        row = deck.rows.row_at_cursor
        assert row is not None
        assert row.is_header
        assert deck.main.pane.session_id == "id-offer-catalogue-api"
        await deck.press("d", "s", "x", "r")
        assert len(deck.app.screen_stack) == 1, "no session is meant"
        await deck.press("down")
        assert deck.rows.cursor == "id-bulk-discounts"


async def test_arrows_on_a_header_close_and_open_its_group() -> None:
    async with running(few_link()) as deck:
        await on_header(deck, "working")
        await deck.press("left")
        assert "id-bulk-discounts" not in deck.rows.order
        assert "▸ WORKING 2" in screen_text(deck)
        await deck.press("right")
        assert "id-bulk-discounts" in deck.rows.order


@pytest.mark.parametrize("key", ["enter", "space"])
async def test_a_header_marks_its_whole_group_or_none_of_it(key: str) -> None:
    async with running(few_link()) as deck:
        await on_header(deck, "needs you")
        await deck.press(key)
        assert deck.rows.marks == set(ALL[:2])
        assert "NEEDS YOU 2 ✔2" in screen_text(deck)
        await deck.press(key)
        assert not deck.rows.marks


async def test_marks_are_inverted_and_hidden_sessions_count() -> None:
    async with running(FakeLink(*few(), *ended(20))) as deck:
        everything = set(deck.rows.every)
        assert len(deck.rows.order) < len(everything)
        await deck.press("a")
        assert deck.rows.marks == everything
        await deck.press("i")
        assert not deck.rows.marks
        await deck.go_to_row("fix-login-redirect")
        await deck.press("v", "i")
        assert deck.rows.marks == everything - {"id-fix-login-redirect"}
        assert len(deck.main.meant_sessions()) == len(everything) - 1


async def test_a_range_is_marked_by_shift_and_by_the_mouse() -> None:
    async with running(few_link()) as deck:
        await deck.go_to("offer-catalogue-api")
        await deck.press("shift+down", "shift+down")
        assert deck.rows.marks == set(ALL[1:4])
        await deck.press("A")
        tops = {row: deck.rows._tops[at] for row, at in deck.rows._index.items()}
        await deck.pilot.click(SessionList, offset=(10, tops[ALL[0]]))
        await deck.pilot.click(SessionList, offset=(10, tops[ALL[3]]), shift=True)
        assert deck.rows.marks == set(ALL[:4])


async def test_clicks_on_a_header_and_on_what_is_folded() -> None:
    async with running(FakeLink(*few(), *ended(20))) as deck:
        await deck.pilot.click(SessionList, offset=(2, 0))
        assert ALL[0] not in deck.rows.order
        await deck.pilot.click(SessionList, offset=(2, 0))
        assert ALL[0] in deck.rows.order
        deck.rows.action_cursor_end()
        await deck.settle()
        row = deck.rows.row_at_cursor
        assert row is not None
        assert (row.is_more, row.hidden) == (True, 17)
        assert "… 17 more" in screen_text(deck)
        await deck.press("enter")
        assert set(deck.rows.order) == set(deck.rows.every)
        await on_header(deck, "ended")
        await deck.press("left")
        assert len(deck.rows.order) == len(deck.rows.every) - 17
        await deck.press("left")
        assert not any(each.startswith("id-e0") for each in deck.rows.order)


async def test_a_filter_finds_what_is_folded_and_a_jump_opens_its_group() -> None:
    async with running(FakeLink(*few(), *ended(20))) as deck:
        await deck.press("slash", *"e19", "enter")
        assert deck.rows.order == ["id-e19"]
        await deck.press("escape")
        assert deck.rows.cursor == "id-e19", "it stays in sight under the cursor"
        await deck.go_to_row("fix-login-redirect")
        deck.main.show_list()
        assert "id-e19" not in deck.rows.order
        deck.main.go_to("id-e19")
        await deck.until(lambda: deck.rows.cursor == "id-e19")


async def choose(deck: Deck, key: str) -> None:
    await deck.press("comma")
    await deck.until(lambda: len(deck.app.screen_stack) == 2)
    await deck.press(key)
    await deck.until(lambda: len(deck.app.screen_stack) == 1)
    await deck.settle()


async def test_the_menu_groups_and_sorts_and_the_host_remembers() -> None:
    link = few_link()
    async with running(link) as deck:
        await choose(deck, "a")
        assert "▾ CODEX 2 ▲1" in screen_text(deck)
        await choose(deck, "m")
        await choose(deck, "1")
        wanted = View(Grouping.AGENT, Sort.NAME, Density.ONE)
        assert deck.main.view == wanted
        assert deck.rows.row_height == 1
        await deck.until(lambda: link.view == wanted.as_json())
    async with running(link) as deck:
        await deck.until(lambda: deck.main.view == wanted)
        await deck.press("Y")
        assert deck.rows.row_height == 2
        await deck.press("comma")
        await deck.until(lambda: len(deck.app.screen_stack) == 2)
        await deck.press("escape")
        assert deck.main.view.grouping is Grouping.AGENT


@pytest.mark.parametrize("keys", [["j", "enter"], ["right", "down", "enter"]])
async def test_the_menu_works_by_arrows(keys: list[str]) -> None:
    async with running(few_link()) as deck:
        await deck.press("comma")
        await deck.until(lambda: isinstance(deck.app.focused, OptionList))
        await deck.press(*keys)
        await deck.until(lambda: len(deck.app.screen_stack) == 1)
        is_sorted = deck.main.view.sort is Sort.NEWEST
        assert is_sorted or deck.main.view.grouping is Grouping.REPOSITORY


async def test_pinned_ones_stand_on_top() -> None:
    link = link_for(*few())
    async with running(link) as deck:
        await deck.go_to_row("search-folding")
        await deck.press("asterisk")
        pinned = {"ids": ["id-search-folding"], "pinned": True}
        assert link.calls_of("session.pin") == [pinned]
        link.change(link.sessions[few()[3].id], pinned=True)
        await deck.until(lambda: deck.rows.order[0] == "id-search-folding")
        assert deck.rows.cursor == "id-search-folding"
        await deck.press("asterisk")
        assert not link.calls_of("session.pin")[-1]["pinned"]


async def test_a_title_and_a_folder_are_given() -> None:
    link = link_for(a_session("one", folder="Login"), a_session("two"))
    link.answer("session.rename", {"session": {}})
    async with running(link) as deck:
        await deck.go_to_row("two")
        await deck.press("semicolon")
        await deck.until(lambda: len(deck.app.screen_stack) == 2)
        line = deck.app.screen.query_one(Input)
        assert line.value == "Two"
        line.value = "[b]new[/b]"
        await deck.press("enter")
        await deck.until(lambda: link.calls_of("session.rename"))
        assert link.calls_of("session.rename")[0]["title"] == "[b]new[/b]"
        await deck.press("a", "apostrophe")
        await deck.until(lambda: len(deck.app.screen_stack) == 2)
        assert "There are Login" in str(deck.app.screen.query(Static)[0].render())
        await deck.press(*"Shop", "enter")
        await deck.until(lambda: link.calls_of("session.file"))
        call = link.calls_of("session.file")[0]
        assert (sorted(call["ids"]), call["folder"]) == (["id-one", "id-two"], "Shop")


async def test_ended_ones_are_archived_and_brought_back() -> None:
    link = link_for(merged(), working())
    async with running(link) as deck:
        await deck.go_to_row("dark-mode")
        await deck.press("underscore")
        await deck.until(lambda: link.calls_of("session.archive"))
        link.change(merged(), archived=True)
        await deck.until(lambda: deck.rows.order == ["id-bulk-discounts"])
        await deck.press("slash", *"is:archived", "enter")
        assert deck.rows.order == ["id-dark-mode"]
        await deck.press("underscore")
        await deck.until(lambda: len(link.calls_of("session.archive")) == 2)
        assert not link.calls_of("session.archive")[1]["archived"]


async def test_the_queue_is_reordered_and_other_groups_get_an_own_order() -> None:
    waits = [a_session(f"q{n}", phase=Phase.QUEUED, position=n) for n in range(3)]
    link = link_for(*waits, *ended(2))
    async with running(link) as deck:
        await deck.go_to_row("q2")
        await deck.press("ctrl+up")
        await deck.until(lambda: link.calls_of("session.arrange"))
        ids = link.calls_of("session.arrange")[0]["ids"]
        assert ids == ["id-q0", "id-q2", "id-q1"]
        assert deck.main.view.sort is Sort.ATTENTION
        await deck.go_to_row("e00")
        await deck.press("ctrl+up")
        assert len(link.calls_of("session.arrange")) == 1, "it is the first"
        await deck.press("ctrl+down")
        await deck.until(lambda: len(link.calls_of("session.arrange")) == 2)
        assert link.calls_of("session.arrange")[1]["ids"] == ["id-e01", "id-e00"]
        assert deck.main.view.sort is Sort.OWN
        assert any("own order" in said for said in deck.toasts())


async def test_saved_filters_are_recalled_by_number_and_name() -> None:
    link = few_link()
    link.filters = [
        {"name": "asks", "query": "s:needs-input", "digit": 2},
        {"name": "gem", "query": "agent:gemini", "digit": None},
    ]
    async with running(link) as deck:
        await deck.press("alt+2")
        assert deck.rows.order == ALL[:2]
        assert deck.main.query_one("#filter", Input).value == "@asks"
        await deck.press("alt+2")
        assert deck.rows.order == ALL
        await deck.press("alt+7")
        assert any("under 7" in said for said in deck.toasts())
        await deck.press("equals_sign")
        await deck.until(lambda: len(deck.app.screen_stack) == 2)
        await deck.press("j", "enter")
        await deck.until(lambda: deck.rows.order == ["id-search-folding"])
        link.emit(EventKind.FILTERS_CHANGED, None, filters=[])
        await deck.settle()
        assert deck.main.saved_queries == {}


async def test_the_filter_that_holds_is_saved_and_one_is_removed() -> None:
    link = few_link()
    saved: list[dict[str, Any]] = []

    def save(params: dict[str, Any]) -> dict[str, Any]:
        if params["name"] == "bad":
            raise UsageError("'bad' cannot name a filter.")
        saved.append(params)
        return {"filters": saved}

    link.answer("filters.save", save)
    link.answer("filters.remove", {"filters": []})
    async with running(link) as deck:
        await deck.press("slash", *"is:unread", "enter", "equals_sign")
        await deck.until(lambda: len(deck.app.screen_stack) == 2)
        await deck.press("s", *"bad", "enter")
        problem = deck.app.screen.query_one(".problem")
        await deck.until(lambda: problem.has_class("-shown"))
        deck.app.screen.query_one("#name", Input).value = "3 news"
        await deck.press("enter")
        await deck.until(lambda: saved)
        assert saved == [{"name": "news", "query": "is:unread", "digit": 3}]
        await deck.until(lambda: deck.app.screen.query_one("#filters").has_focus)
        await deck.press("x")
        await deck.until(lambda: link.calls_of("filters.remove"))
        await deck.press("escape")
        await deck.until(lambda: len(deck.app.screen_stack) == 1)


def counting(rows: SessionList, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    drawn: list[int] = []
    draw: Callable[[int], Strip] = rows.render_line

    def render_line(y: int) -> Strip:
        drawn.append(y)
        return draw(y)

    monkeypatch.setattr(rows, "render_line", render_line)
    return drawn


async def test_only_what_changed_is_drawn_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link = few_link()
    async with running(link) as deck:
        await deck.go_to("fix-login-redirect")
        now = NOW
        deck.app.deck.clock = lambda: now
        await deck.settle()
        drawn = counting(deck.rows, monkeypatch)
        deck.main.show_list()
        await deck.settle()
        assert drawn == [], "nothing changed"
        now = NOW + timedelta(seconds=10)
        deck.main.show_list()
        await deck.settle()
        tops = {row: deck.rows._tops[at] for row, at in deck.rows._index.items()}
        first = tops["id-bulk-discounts"]
        other = tops["id-search-folding"]
        assert set(drawn) == {first, other}, "their ages"
        drawn.clear()
        await deck.press("j")
        assert len(set(drawn)) == 4, "two rows of two lines"
        drawn.clear()
        link.change(queued(), title="Another")
        await deck.settle()
        assert len(set(drawn)) == 2
        deck.app.animation_level = "full"
        deck.main.show_list()
        await deck.settle()
        drawn.clear()
        deck.rows._turn_spinner()
        await deck.settle()
        assert set(drawn) == {first, other}, "the signs of the two that work"


async def test_the_footer_says_what_a_header_can_do() -> None:
    async with running(few_link()) as deck:
        await on_header(deck, "working")
        bar = deck.main.query_one(KeyBar)
        assert "mark group" in bar.render_line(0).text
        await deck.press("left")
        assert "expand" in bar.render_line(0).text
        await on_header(deck, "ended")


async def test_a_question_in_a_collapsed_group_is_counted_on_its_header() -> None:
    link = FakeLink(working(), permission())
    async with running(link) as deck:
        await choose(deck, "r")
        deck.rows.cursor = "header repository:/home/ada/orchard"
        await deck.settle()
        await deck.press("left")
        assert "▸ ORCHARD 2 ▲1" in screen_text(deck)


async def test_the_palette_runs_each_of_its_actions_with_what_it_needs() -> None:
    """A row whose action needs a digit cannot be run from there."""
    link = few_link()
    async with running(link) as deck:
        provider = ActionProvider(deck.app.screen)
        rows = provider._rows()
        assert {"view.arrange", "session.top", "app.notices"} <= {r.id for r in rows}
        assert not {row.id for row in rows} & BY_DIGIT


async def test_in_ascii_every_dialog_and_the_footer_are_ascii() -> None:
    async with running(few_link(ascii=True), size=(100, 40)) as deck:
        await on_header(deck, "working")
        line = deck.main.query_one(KeyBar).render_line(0).text
        assert "left collapse" in line
        assert line.isascii()
        for key in ("comma", "equals_sign", "exclamation_mark", "question_mark"):
            await deck.press(key)
            await deck.until(lambda: len(deck.app.screen_stack) == 2)
            dialog = deck.app.screen.query_one(".dialog")
            assert dialog.styles.border_top[0] == "ascii"
            if key != "question_mark":
                assert str(dialog.border_subtitle).isascii()
            for text in deck.app.screen.query(Static):
                shown = str(text.render())
                assert "↑" not in shown
                assert "⏎" not in shown
            await deck.press("escape")
            await deck.until(lambda: len(deck.app.screen_stack) == 1)
