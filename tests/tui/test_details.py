"""The tabs over a session's details: lazy, one pane's own, and views of what there is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from agentdeck.core.checks import CheckState
from agentdeck.core.errors import AgentDeckError
from agentdeck.tui.details import TABS, Tab
from agentdeck.tui.screens.log import LogScreen
from agentdeck.tui.screens.output import OutputScreen
from agentdeck.tui.screens.review import ReviewScreen
from agentdeck.tui.widgets.details_panel import DetailsPanel
from agentdeck.tui.widgets.tab_bar import TabBar
from tests.fakes.fake_client import FakeLink, a_session
from tests.tui.driving import Deck, running
from tests.tui.scenes import an_app, claude_screen
from tests.tui.test_log_screen import a_link, shown

FILES = [
    {"path": "orchard/login.py", "added": 40, "removed": 3},
    {"path": "tests/[b]test[/b]_login.py", "added": 8, "removed": 0},
]
COMMITS = [
    {
        "sha": "0" * 40,
        "short": "00a8b60b",
        "subject": "Compare in constant time",
        "author": "Ada",
        "at": "2026-05-04T11:51:00+00:00",
    }
]


def a_deck(*more: Any, **values: Any) -> FakeLink:
    """A host with a session that has something in every tab."""
    link = a_link()
    link.sessions.clear()
    sessions = [
        a_session(
            "fix-login",
            title="Fix the login",
            prompt="Fix the timing leak\nand test it",
            check=CheckState.FAILED,
            check_note="1 of 12 failed",
            check_commit="00a8b60b11",
            port=41000,
            age_s=10,
            **values,
        ),
        *more,
    ]
    for session in sessions:
        link.sessions[session.id] = session
    link.frame = lambda _: claude_screen()
    link.answer(
        "session.diff", {"text": "", "files": FILES, "base": "main", "stat": ""}
    )
    link.answer("session.commits", {"commits": COMMITS})
    output = {"data": "test_login FAILED\nassert 1 == 2\n", "position": "r:9"}
    nothing = {"data": "", "position": "r:9"}
    link.answer(
        "session.output", lambda params: nothing if params["position"] else output
    )
    return link


def panel_of(deck: Deck) -> DetailsPanel | None:
    found = list(deck.main.query(DetailsPanel))
    return found[0] if found else None


async def open_tab(deck: Deck, tab: Tab) -> DetailsPanel:
    """Go to a tab by its key, and wait until it is filled."""
    for _ in range(TABS.index(tab)):
        await deck.press("backslash")
    panel = panel_of(deck)
    assert panel is not None
    await deck.until(lambda: panel.bar.is_mounted and panel.bar.current == tab)
    await deck.until(lambda: panel.view.log_rows.rows)
    return panel


@pytest.mark.parametrize(
    ("tab", "expected"),
    [
        (Tab.LOG, "All tests pass, so the leak is gone."),
        (Tab.DIFF, "tests/[b]test[/b]_login.py"),
        (Tab.COMMITS, "Compare in constant time"),
        (Tab.CHECKS, "assert 1 == 2"),
        (Tab.BRIEF, "and test it"),
        (Tab.TIMELINE, "you answered: approved"),
        (Tab.SETTINGS, "41000"),
    ],
)
async def test_each_tab_shows_what_it_is_of(tab: Tab, expected: str) -> None:
    async with running(a_deck(), (120, 40)) as deck:
        panel = await open_tab(deck, tab)
        await deck.until(lambda: expected in shown(panel.view))
        assert deck.rows.has_focus


async def test_the_settings_name_what_was_handed_off() -> None:
    plan = a_session("plan", continued=("id-fix-login",), age_s=500)
    link = a_deck(plan)
    fix = link.sessions["id-fix-login"]
    link.sessions[fix.id] = replace(
        fix, origin="id-plan", way="fork", continued=("id-gone",)
    )
    async with running(link, (120, 40)) as deck:
        await deck.go_to("fix-login")
        panel = await open_tab(deck, Tab.SETTINGS)
        await deck.until(lambda: "plan (fork)" in shown(panel.view))
        assert "id-gone" in shown(panel.view)


async def test_the_terminal_has_no_bar_and_a_hidden_tab_asks_nothing() -> None:
    link = a_deck()
    async with running(link, (120, 40)) as deck:
        await deck.go_to("fix-login")
        assert not deck.main.query(TabBar)
        asked = {name for name, _ in link.calls}
        assert not asked & {"session.text", "session.diff", "session.timeline"}
        panel = await open_tab(deck, Tab.COMMITS)
        await deck.until(lambda: not link.open_sessions)
        asked = {name for name, _ in link.calls}
        assert "session.commits" in asked
        assert "session.output" not in asked
        for _ in TABS[TABS.index(Tab.COMMITS) :]:
            await deck.press("backslash")
        await deck.until(lambda: not panel.is_attached)
        await deck.until(lambda: link.open_sessions == {"id-fix-login"})
        await deck.press("vertical_line")
        await deck.until(lambda: panel_of(deck) is not None)
        back = panel_of(deck)
        assert back is not None
        assert back.bar.current is Tab.SETTINGS


async def test_a_cursor_that_runs_through_the_list_asks_for_the_last_only() -> None:
    others = [a_session(f"other-{n}", age_s=100 + n) for n in range(6)]
    link = a_deck(*others)
    async with running(link, (120, 40)) as deck:
        deck.rows.cursor = "id-fix-login"
        await open_tab(deck, Tab.COMMITS)
        before = len(link.calls_of("session.commits"))
        for number in range(6):
            deck.rows.cursor = f"id-other-{number}"
        await deck.until(lambda: len(link.calls_of("session.commits")) > before)
        asked = [call["id"] for call in link.calls_of("session.commits")[before:]]
        assert asked == ["id-other-5"]


async def test_what_is_shown_follows_the_session() -> None:
    link = a_deck()
    session = next(iter(link.sessions.values()))
    async with running(link, (120, 40)) as deck:
        panel = await open_tab(deck, Tab.CHECKS)
        assert "failed on 00a8b60b: 1 of 12 failed" in shown(panel.view)
        session = link.change(session, last_line="prints on")
        calls = len(link.calls_of("session.output"))
        link.change(session, check=CheckState.PASSED, check_note="12 passed")
        await deck.until(lambda: "12 passed" in shown(panel.view))
        assert len(link.calls_of("session.output")) == calls + 2


async def test_the_tabs_are_of_the_current_pane_only() -> None:
    link = a_deck(a_session("other", age_s=100))
    async with running(link, (160, 40)) as deck:
        await deck.press("w")
        await deck.until(lambda: len(deck.main.grid.panes) == 2)
        deck.rows.cursor = "id-fix-login"
        await open_tab(deck, Tab.BRIEF)
        first, second = deck.main.grid.panes
        assert first.query(DetailsPanel)
        assert not second.query(DetailsPanel)
        await deck.until(lambda: link.open_sessions == {"id-other"})
        deck.rows.cursor = "id-other"
        await deck.until(lambda: second.query(DetailsPanel))
        await deck.until(lambda: not first.query(DetailsPanel))
        await deck.until(lambda: first.terminal.display)
        await deck.until(lambda: link.open_sessions == {"id-fix-login"})


async def test_enter_opens_the_whole_screen_and_a_click_chooses() -> None:
    link = a_deck()
    for method in ("review.comments", "review.files", "review.patches", "review.state"):
        link.answer(method, AgentDeckError("There is nothing to review."))
    async with running(link, (120, 40)) as deck:
        panel = await open_tab(deck, Tab.LOG)
        await deck.press("enter")
        await deck.until(lambda: isinstance(deck.app.screen, LogScreen))
        await deck.press("escape")
        await deck.until(lambda: deck.app.screen is deck.main)
        x = next(start for start, _, tab in panel.bar._places if tab == Tab.DIFF)
        await deck.pilot.click(panel.bar, offset=(x, 0))
        await deck.until(lambda: "orchard/login.py" in shown(panel.view))
        await deck.press("enter")
        await deck.until(lambda: isinstance(deck.app.screen, ReviewScreen))


async def test_the_settings_say_what_a_session_has_and_the_keys_that_change_it() -> (
    None
):
    link = a_deck()
    link.app["keys"] = {"session.rename": "f6"}
    session = link.sessions["id-fix-login"]
    link.sessions[session.id] = replace(
        session, auto_commit=True, checks=("pytest -q", "ruff ."), limit_minutes=30
    )
    async with running(link, (120, 40)) as deck:
        await deck.go_to("fix-login")
        panel = await open_tab(deck, Tab.SETTINGS)
        await deck.until(lambda: "30 minutes" in shown(panel.view))
        said = shown(panel.view)
        assert "pytest -q; ruff ." in said
        assert "is committed at a turn's end" in said
        assert "T, then a, switches" in said
        assert "f6 renames" in said


async def test_enter_on_the_checks_opens_what_they_print() -> None:
    link = a_deck()
    link.answer("output.open", AgentDeckError("Nothing is kept."))
    async with running(link, (120, 40)) as deck:
        await open_tab(deck, Tab.CHECKS)
        await deck.press("enter")
        await deck.until(lambda: isinstance(deck.app.screen, OutputScreen))


async def test_enter_where_there_is_no_screen_types_into_the_terminal() -> None:
    async with running(a_deck(), (120, 40)) as deck:
        panel = await open_tab(deck, Tab.BRIEF)
        await deck.press("enter")
        await deck.until(lambda: not panel.is_attached)
        await deck.until(lambda: deck.terminal.has_focus)


async def test_the_panes_keys_scroll_the_tab() -> None:
    async with running(a_deck(), (100, 20)) as deck:
        panel = await open_tab(deck, Tab.LOG)
        end = panel.view.cursor
        await deck.press("b")
        assert panel.view.cursor < end
        await deck.press("F")
        assert panel.view.cursor == end


async def test_what_cannot_be_read_and_what_is_not_there_is_said() -> None:
    link = a_deck()
    link.answer("session.diff", AgentDeckError("The branch [gone] is no more."))
    link.answer("session.commits", {"commits": []})
    async with running(link, (120, 40)) as deck:
        await deck.press("backslash", "backslash")
        panel = panel_of(deck)
        assert panel is not None
        note = panel.query_one(".note")
        await deck.until(lambda: "[gone]" in str(note.render()))
        await deck.press("backslash")
        await deck.until(lambda: "No commit of its own yet" in str(note.render()))


async def test_what_is_new_of_an_unread_session_stands_above() -> None:
    link = a_deck(unread=True)
    link.answer(
        "session.recap",
        {"recaps": [{"lines": ["1 commit: Compare [b]x[/b]", "All is done."]}]},
    )
    async with running(link, (120, 40)) as deck:
        panel = await open_tab(deck, Tab.COMMITS)
        recap = panel.query_one(".recap")
        await deck.until(lambda: recap.display)
        assert "1 commit: Compare [b]x[/b]" in str(recap.render())


@pytest.mark.parametrize("tab", [Tab.LOG, Tab.DIFF, Tab.SETTINGS])
@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_how_it_looks(snap_compare: Any, tab: Tab, size: tuple[int, int]) -> None:
    """The tabs in the frame of the pane, the current one coloured."""
    link = a_deck()

    async def show(pilot: Pilot[None]) -> None:
        deck = Deck(pilot.app, link, pilot)  # type: ignore[arg-type]
        await pilot.pause()
        await deck.until(lambda: deck.rows.order)
        deck.rows.cursor = "id-fix-login"
        await open_tab(deck, tab)
        await deck.settle()

    assert snap_compare(an_app(link), terminal_size=size, run_before=show)
