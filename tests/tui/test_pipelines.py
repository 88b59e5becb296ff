"""Pipelines in the app: follow-ups from the list, the run's graph, what is decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static, TextArea

from agentdeck.core.errors import RefusedError
from agentdeck.core.events import EventKind
from agentdeck.core.pipeline_wire import ShownRun, ShownStep, run_to_wire
from agentdeck.core.session import Activity, Phase
from agentdeck.tui.screens.pipeline_dialogs import AskScreen, CancelScreen, NoteScreen
from agentdeck.tui.screens.pipeline_run import RunScreen
from agentdeck.tui.screens.pipelines import PipelinesScreen
from agentdeck.tui.widgets.graph import Graph
from agentdeck.tui.widgets.indicator import IndicatorBar
from tests.fakes.fake_client import NOW, FakeLink, a_session
from tests.tui.driving import Deck
from tests.tui.scenes import an_app, claude_screen, few_link
from tests.tui.test_acting import running
from tests.tui.test_more_looks import is_drawn


def a_step(name: str, state: str, *after: str, **values: Any) -> ShownStep:
    fields: dict[str, Any] = {
        "after": tuple((each, "idle-green") for each in after),
        "task": f"The task of {name}: as it was given, in as many words as it takes",
        **values,
    }
    if state not in ("waiting", "approval"):
        fields |= {
            "session": f"id-api-{name}",
            "session_name": f"api-3f2a-{name}",
            "branch": f"agentdeck/api-3f2a-{name}",
        }
    return ShownStep(name, state, **fields)


def a_run(**values: Any) -> ShownRun:
    """A feature that is done, three steps after it, and what waits for them."""
    steps = (
        a_step("feature", "done", tries=1, retries=2),
        a_step("refactor", "working", "feature"),
        a_step("tests", "failed", "feature", reason="checks: pytest -q: exit 1"),
        a_step(
            "docs",
            "approval",
            "feature",
            approval=True,
            reason="waits for your approval",
        ),
        a_step("integrate", "waiting", "refactor", "tests", "docs"),
        ShownStep("announce", "waiting", after=(("integrate", "merged"),)),
    )
    fields: dict[str, Any] = {
        "name": "api-3f2a",
        "pipeline": "api",
        "title": "Offer the catalogue as an [b]API[/b]",
        "repo": "/home/ada/orchard",
        "base": "main",
        "created_at": NOW.isoformat(),
        "needs": ("docs",),
        "steps": steps,
        **values,
    }
    return ShownRun(**fields)


KNOWN = [
    {
        "name": "feature-trio",
        "where": "shipped",
        "title": "Feature, then refactoring, tests and documents, then integration",
        "description": "",
        "steps": ["feature"],
        "wants": ["prompt"],
        "problem": "",
    },
    {
        "name": "release",
        "where": "repository",
        "title": "Release",
        "description": "",
        "steps": ["tag"],
        "wants": ["version"],
        "problem": "",
    },
    {
        "name": "broken",
        "where": "repository",
        "title": "broken",
        "description": "",
        "steps": [],
        "wants": [],
        "problem": "step 'a': is after itself",
    },
]


def run_link(run: ShownRun | None = None, **app: Any) -> FakeLink:
    """A host with a run, its sessions and three pipelines."""
    link = few_link(**app)
    run = run or a_run()
    for session in (
        a_session(
            "api-feature", title="feature", phase=Phase.ENDED, exit_code=0, added=120, removed=14,
        ),
        a_session(
            "api-refactor", title="refactor", started_at=NOW - timedelta(minutes=3), added=8, removed=31,
        ),
        a_session("api-tests", title="tests", activity=Activity.IDLE, added=64),
    ):  # fmt: skip
        link.sessions[session.id] = session
    link.frame = lambda _: claude_screen()
    link.answer("pipeline.list", {"runs": [run_to_wire(run)], "pipelines": KNOWN})
    link.answer("pipeline.show", {"run": run_to_wire(run)})
    link.answer("pipeline.decide", {"run": run_to_wire(run)})
    link.answer("pipeline.follow", {"run": run_to_wire(run)})
    link.answer("pipeline.run", {"run": run_to_wire(run)})
    return link


async def open_list(deck: Deck) -> OptionList:
    await deck.press("ampersand")
    await deck.until(lambda: isinstance(deck.app.screen, PipelinesScreen))
    listed = deck.app.screen.query_one(OptionList)
    await deck.until(lambda: "start release" in [o.id for o in listed.options])
    return listed


async def choose(deck: Deck, option: str) -> None:
    listed = await open_list(deck)
    listed.highlighted = listed.get_option_index(option)
    await deck.press("enter")


async def open_run(deck: Deck) -> Graph:
    await choose(deck, "run api-3f2a")
    await deck.until(lambda: isinstance(deck.app.screen, RunScreen))
    graph = deck.app.screen.query_one(Graph)
    await deck.until(lambda: graph.cursor == "docs")
    return graph


def told(deck: Deck) -> str:
    """What is told of the step under the cursor."""
    return str(deck.app.screen.query_one("#step", Static).render())


async def test_a_session_is_followed_from_the_list() -> None:
    link = run_link()
    async with running(link) as deck:
        await deck.go_to_row("bulk-discounts")
        listed = await open_list(deck)
        assert str(listed.options[0].prompt) == "WHEN bulk-discounts IS"
        await deck.press("j", "j", "enter")
        await deck.until(lambda: isinstance(deck.app.screen, AskScreen))
        await deck.press("ctrl+s")
        assert isinstance(deck.app.screen, AskScreen), "an empty prompt starts nothing"
        await deck.press(*"now the docs", "tab", *"scripted", "enter")
        await deck.until(lambda: isinstance(deck.app.screen, RunScreen))
        (call,) = link.calls_of("pipeline.follow")
        assert call["ids"] == ["id-bulk-discounts"]
        assert (call["when"], call["prompt"]) == ("merged", "now the docs")
        assert call["agent"] == "scripted"
        assert "AGENTDECK_AGENT" not in call["env"]


async def test_all_marked_sessions_are_followed_by_one() -> None:
    link = run_link()
    async with running(link) as deck:
        await deck.go_to_row("bulk-discounts")
        await deck.press("v")
        await deck.go_to_row("search-folding")
        await deck.press("v")
        listed = await open_list(deck)
        assert "ALL 2 MARKED" in str(listed.options[0].prompt)
        await deck.press("enter")
        await deck.until(lambda: isinstance(deck.app.screen, AskScreen))
        deck.app.screen.query_one(TextArea).text = "join them"
        await deck.press("ctrl+s")
        await deck.until(lambda: link.calls_of("pipeline.follow"))
        (call,) = link.calls_of("pipeline.follow")
        assert call["when"] == "idle-green"
        assert set(call["ids"]) == {"id-bulk-discounts", "id-search-folding"}
        assert call["agent"] is None


async def test_a_pipeline_starts_with_what_it_wants() -> None:
    link = run_link()
    async with running(link) as deck:
        listed = await open_list(deck)
        assert listed.get_option("start broken").disabled
        listed.highlighted = listed.get_option_index("start release")
        await deck.press("enter")
        await deck.until(lambda: isinstance(deck.app.screen, AskScreen))
        assert not deck.app.screen.query(TextArea)
        deck.app.screen.query_one("#variable-version", Input).value = "2.1"
        await deck.press("ctrl+s")
        await deck.until(lambda: isinstance(deck.app.screen, RunScreen))
        (call,) = link.calls_of("pipeline.run")
        assert (call["source"], call["variables"]) == ("release", {"version": "2.1"})


async def test_what_the_host_refuses_is_said() -> None:
    link = run_link()
    link.answer("pipeline.run", RefusedError("Not [b]now[/b]."))
    async with running(link) as deck:
        await choose(deck, "start feature-trio")
        await deck.until(lambda: isinstance(deck.app.screen, AskScreen))
        await deck.press(*"x", "ctrl+s")
        await deck.until(
            lambda: any("Not [b]now[/b]." in each for each in deck.toasts())
        )
        assert len(deck.app.screen_stack) == 1


async def test_the_cursor_goes_over_the_graph_and_to_a_session() -> None:
    async with running(run_link()) as deck:
        graph = await open_run(deck)
        assert "once you agree" in told(deck)
        await deck.press("k")
        assert graph.cursor == "tests"
        assert "checks: pytest -q: exit 1" in told(deck)
        await deck.press("left")
        assert graph.cursor == "feature"
        assert "try 2 of 3" in told(deck)
        await deck.press("right", "right", "l", "l")
        assert graph.cursor == "announce"
        assert "integrate merged" in told(deck)
        await deck.press("enter")
        assert isinstance(deck.app.screen, RunScreen), "it has no session yet"
        await deck.press("n")
        assert graph.cursor == "docs"
        await deck.press("k", "k", "enter")
        await deck.until(lambda: len(deck.app.screen_stack) == 1)
        assert deck.rows.cursor == "id-api-refactor"


async def test_a_person_approves_denies_retries_skips_and_cancels() -> None:
    link = run_link()

    def calls() -> list[dict[str, Any]]:
        keys = ("what", "step", "note", "stop")
        return [
            {k: c[k] for k in keys if k in c} for c in link.calls_of("pipeline.decide")
        ]

    async with running(link) as deck:
        await open_run(deck)
        await deck.press("y")
        await deck.until(lambda: isinstance(deck.app.screen, NoteScreen))
        await deck.press(*"mind it", "enter")
        await deck.until(lambda: len(calls()) == 1)
        await deck.until(lambda: isinstance(deck.app.screen, RunScreen))
        await deck.press("D")
        await deck.until(lambda: isinstance(deck.app.screen, NoteScreen))
        await deck.press("enter")
        await deck.until(lambda: len(calls()) == 2)
        await deck.until(lambda: isinstance(deck.app.screen, RunScreen))
        await deck.press("r")
        assert len(calls()) == 2, "what did not fail is not tried again"
        await deck.press("k", "r")
        await deck.until(lambda: len(calls()) == 3)
        await deck.press("y")
        assert isinstance(deck.app.screen, RunScreen)
        await deck.press("s")
        await deck.until(lambda: not isinstance(deck.app.screen, RunScreen))
        await deck.press("y")
        await deck.until(lambda: len(calls()) == 4)
        await deck.until(lambda: isinstance(deck.app.screen, RunScreen))
        await deck.press("x")
        await deck.until(lambda: isinstance(deck.app.screen, CancelScreen))
        await deck.press("j", "enter")
        await deck.until(lambda: len(calls()) == 5)
    assert calls() == [
        {"what": "approve", "step": "docs", "note": "mind it"},
        {"what": "deny", "step": "docs", "note": ""},
        {"what": "retry", "step": "tests"},
        {"what": "skip", "step": "tests"},
        {"what": "cancel", "step": None, "stop": True},
    ]


async def test_news_are_drawn_and_a_run_in_need_is_at_the_top() -> None:
    link = run_link()
    async with running(link) as deck:
        bar = deck.main.query_one(IndicatorBar)
        assert "run" not in bar.render_line(0).text.split("running")[0]
        link.emit(EventKind.PIPELINE_CHANGED, None, run=run_to_wire(a_run()))
        await deck.until(lambda: "& 1 run " in bar.render_line(0).text)
        graph = await open_run(deck)
        drawn = "\n".join(graph.render_line(y).text for y in range(graph.size.height))
        assert "▲ docs" in drawn
        assert "works 3m" in drawn
        over = replace(a_run(), outcome="cancelled", needs=())
        link.emit(EventKind.PIPELINE_CHANGED, None, run=run_to_wire(over))
        title = deck.app.screen.query_one("#title", Static)
        await deck.until(lambda: "cancelled" in str(title.render()))
        assert "[b]API[/b]" in str(title.render())
        await deck.press("x")
        assert isinstance(deck.app.screen, RunScreen)
        await deck.press("escape")
        await deck.until(lambda: "& 1 run " not in bar.render_line(0).text)


async def test_a_run_that_is_gone_says_so() -> None:
    link = run_link()
    link.answer("pipeline.show", RefusedError("No run is called that."))
    async with running(link) as deck:
        await choose(deck, "run api-3f2a")
        await deck.until(lambda: deck.app.screen.has_class("-none"))
        await deck.press("y", "r", "s", "x", "enter", "n", "h", "j", "escape")
        await deck.until(lambda: len(deck.app.screen_stack) == 1)


async def test_a_click_chooses_a_step_and_a_second_opens_it() -> None:
    async with running(run_link()) as deck:
        graph = await open_run(deck)
        at = next(
            (x, y)
            for y in range(graph.size.height)
            for x in [graph.render_line(y).text.find("refactor")]
            if x >= 0
        )
        await deck.pilot.click(Graph, offset=at)
        await deck.until(lambda: graph.cursor == "refactor")
        await deck.pilot.click(Graph, offset=at)
        await deck.until(lambda: len(deck.app.screen_stack) == 1)
        assert deck.rows.cursor == "id-api-refactor"


@pytest.mark.parametrize(
    ("size", "ascii_only", "what"),
    [
        ((120, 40), False, "run"),
        ((80, 24), False, "run"),
        ((80, 24), True, "run"),
        ((120, 40), False, "list"),
        ((80, 24), False, "list"),
    ],
    ids=["run-120x40", "run-80x24", "run-ascii", "list-120x40", "list-80x24"],
)
def test_how_it_looks(
    snap_compare: Any, size: tuple[int, int], ascii_only: bool, what: str
) -> None:
    """Boxes in columns with their states; below, the step under the cursor. Or the list."""
    link = run_link(ascii=ascii_only)
    app = an_app(link)
    app.animation_level = "none"

    async def settle(pilot: Pilot[None]) -> None:
        deck = Deck(app, link, pilot)
        await deck.until(lambda: app.deck.store.is_known)
        await deck.until(lambda: is_drawn(app, link))
        await (open_run(deck) if what == "run" else open_list(deck))
        await deck.settle()

    assert snap_compare(app, terminal_size=size, run_before=settle)
