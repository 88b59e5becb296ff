"""The compare screen: the table, two diffs side by side, taking a file, picking one."""

from __future__ import annotations

from typing import Any

import pytest
from rich.cells import cell_len
from textual.widgets import Button, OptionList, Static

from agentdeck.core.checks import CheckState
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Activity, Session
from agentdeck.rpc.wire import session_to_wire
from agentdeck.tui.look import look_from
from agentdeck.tui.screens.compare import CompareScreen
from agentdeck.tui.screens.compare_table import Row, table_of
from agentdeck.tui.screens.confirm import ConfirmScreen
from agentdeck.tui.screens.hunk_choice import HunkChoiceScreen
from tests.fakes.fake_client import FakeLink, a_session
from tests.tui.driving import Deck, running

LOOK = look_from({}, dark=True, ascii_only=False)


def a_diff(path: str, line: str) -> str:
    head = f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n"
    return f"{head}-old\n+{line}\n"


def a_variant(number: int, **values: Any) -> Session:
    return a_session(
        f"api-{number}",
        title="Offer an API",
        group="api-3f2a",
        activity=values.pop("activity", Activity.IDLE),
        ahead=number,
        **values,
    )


VARIANTS = [
    a_variant(1, variant="GraphQL [b]x[/b]", check=CheckState.PASSED),
    a_variant(2, variant="REST", check=CheckState.FAILED),
    a_variant(3, variant="codex", activity=Activity.WORKING, dirty=True),
]
DIFFS = {
    "id-api-1": a_diff("a.py", "graphql") + a_diff("only one.py", "alone"),
    "id-api-2": a_diff("a.py", "rest"),
    "id-api-3": "",
}


def row(session: Session, **values: Any) -> dict[str, Any]:
    return {
        "session": session_to_wire(session),
        "files": [{"path": "a.py", "added": 2, "removed": 1}],
        "added": 212,
        "removed": 37,
        "commits": session.ahead,
        "minutes": 12.34,
        "tokens": 0,
        "cost_usd": None,
        "supervised_minutes": 0.0,
        "findings": {"error": 0, "warning": 0, "note": 0},
        "collides": [],
        "problem": "",
        **values,
    }


def comparing_link() -> FakeLink:
    """A host with three variants."""
    link = FakeLink(*VARIANTS, a_session("alone"))
    rows = [row(each) for each in VARIANTS]
    answer = {"group": "api-3f2a", "variants": rows}
    link.answer("variants.compare", answer)
    link.answer("session.diff", lambda params: {"text": DIFFS[params["id"]]})
    return link


async def comparing(deck: Deck) -> CompareScreen:
    """The screen on the second variant, once it is filled."""
    deck.rows.cursor = "id-api-2"
    await deck.press("ctrl+k")
    await deck.until(lambda: isinstance(deck.app.screen, CompareScreen))
    screen = deck.app.screen
    assert isinstance(screen, CompareScreen)
    await deck.until(lambda: "a.py" in shown(screen, "#file"))
    return screen


def shown(screen: CompareScreen, where: str) -> str:
    return str(screen.query_one(where, Static).render())


def side(screen: CompareScreen, which: str) -> str:
    view: Any = screen.query_one(f"#{which}-lines")
    return "\n".join(view.render_line(y).text.strip() for y in range(view.line_count))


async def test_two_stand_side_by_side_and_any_two_can() -> None:
    async with running(comparing_link()) as deck:
        screen = await comparing(deck)
        table = shown(screen, "#table")
        assert "GraphQL [b]x[/b]" in table
        assert "passed" in table
        assert "tokens" not in table
        assert "graphql" in side(screen, "left")
        assert "rest" in side(screen, "right")
        await deck.press("n")
        assert "only one.py  file 2 of 2" in shown(screen, "#file")
        assert "alone" in side(screen, "left")
        assert "has not changed" in side(screen, "right")
        await deck.press("j")
        assert "api-3" in shown(screen, "#right-head")
        await deck.press("k", "space", "k")
        assert "api-2" in shown(screen, "#left-head")
        assert "api-1" in shown(screen, "#right-head")
        await deck.press("x")
        assert "api-1" in shown(screen, "#left-head")
        await deck.press("escape")
        assert deck.app.screen is deck.main


async def test_a_pick_names_who_goes_and_asks_once() -> None:
    link = comparing_link()
    merged = {"id": "id-api-2", "name": "api-2", "ok": True, "into": "main"}
    others = [{"id": f"id-api-{n}", "name": f"api-{n}", "ok": True} for n in (1, 3)]
    link.answer("variants.pick", {"merged": merged, "results": others})
    async with running(link) as deck:
        await comparing(deck)
        await deck.press("p")
        await deck.until(lambda: isinstance(deck.app.screen, ConfirmScreen))
        text = "\n".join(str(s.render()) for s in deck.app.screen.query(Static))
        assert "api-2 is merged into main" in text
        assert "api-3, still runs, uncommitted changes" in text
        await deck.press("n")
        assert link.calls_of("variants.pick") == []
        await deck.press("p")
        await deck.until(lambda: isinstance(deck.app.screen, ConfirmScreen))
        await deck.press("y")
        await deck.until(lambda: deck.app.screen is deck.main)
        (call,) = link.calls_of("variants.pick")
        assert call == {"id": "id-api-2", "expected": ["id-api-1", "id-api-3"]}
        assert any("2 others are discarded" in toast for toast in deck.toasts())


async def test_a_winner_that_conflicts_leaves_all_as_it_is() -> None:
    link = comparing_link()
    failed = {"id": "id-api-2", "name": "api-2", "ok": False}
    error = {"message": "It conflicts in a.py."}
    link.answer("variants.pick", {"merged": {**failed, "error": error}, "results": []})
    async with running(link) as deck:
        screen = await comparing(deck)
        await deck.press("p")
        await deck.until(lambda: isinstance(deck.app.screen, ConfirmScreen))
        await deck.press("y")
        await deck.until(lambda: any("conflicts" in t for t in deck.toasts()))
        assert deck.app.screen is screen


async def test_the_lefts_file_is_taken_to_the_right() -> None:
    link = comparing_link()
    link.answer("variants.take", {"path": "a.py", "source": "", "target": ""})
    async with running(link) as deck:
        await comparing(deck)
        await deck.press("n", "t")
        await deck.until(lambda: isinstance(deck.app.screen, ConfirmScreen))
        await deck.press("y")
        await deck.until(lambda: link.calls_of("variants.take"))
        taken = {"path": "only one.py", "source": "id-api-1", "target": "id-api-2"}
        assert link.calls_of("variants.take") == [taken]
        link.answer("variants.take", AgentDeckError("a.py has changes there."))
        await deck.until(lambda: isinstance(deck.app.screen, CompareScreen))
        await deck.press("t")
        await deck.until(lambda: isinstance(deck.app.screen, ConfirmScreen))
        await deck.press("y")
        await deck.until(lambda: any("has changes" in t for t in deck.toasts()))


async def test_news_of_a_variant_are_shown_and_one_that_goes_is_gone() -> None:
    link = comparing_link()
    async with running(link) as deck:
        screen = await comparing(deck)
        link.change(VARIANTS[2], activity=Activity.NEEDS_INPUT)
        await deck.until(lambda: "needs-input" in shown(screen, "#table"))
        rows = [row(each) for each in VARIANTS[:2]]
        link.answer("variants.compare", {"group": "g", "variants": rows})
        link.remove(VARIANTS[2])
        await deck.until(lambda: "api-3" not in shown(screen, "#table"))


async def test_who_is_no_variant_is_told_how_to_make_some() -> None:
    async with running(comparing_link()) as deck:
        deck.rows.cursor = "id-alone"
        await deck.press("ctrl+k")
        await deck.until(lambda: any("no variant" in toast for toast in deck.toasts()))
        assert not deck.app.screen.query(Button)


@pytest.mark.parametrize("width", [36, 60, 78, 118])
def test_the_table_gives_way_and_never_wraps(width: int) -> None:
    rows = [
        Row(each, 12, 1234, 567, 9, 123.4, 1_234_567, 12.5)
        for each in [*VARIANTS, a_variant(4, variant="日本語" * 20)]
    ]
    lines = table_of(rows, "id-api-2", "id-api-1", LOOK, width).plain.split("\n")
    assert len(lines) == 5
    assert max(cell_len(line) for line in lines) <= width
    assert "api-2" in lines[2]
    assert ("tokens" in lines[0]) == (width > 100)


async def test_lines_of_one_are_taken_into_another() -> None:
    link = comparing_link()
    link.answer("variants.take", {})
    async with running(link) as deck:
        await comparing(deck)
        await deck.press("T")
        await deck.until(lambda: isinstance(deck.app.screen, HunkChoiceScreen))
        choices = deck.app.screen.query_one(OptionList)
        assert "+1 -1  old" in str(choices.get_option_at_index(0).prompt)
        await deck.press("enter")
        await deck.until(lambda: bool(link.calls_of("variants.take")))
    assert link.calls_of("variants.take") == [
        {
            "path": "a.py",
            "source": "id-api-1",
            "target": "id-api-2",
            "hunk": 1,
            "header": "@@ -1,1 +1,1 @@",
        }
    ]


def test_what_was_measured_of_each_is_in_its_row() -> None:
    found = a_variant(1, variant="REST", finding_errors=1, finding_notes=2)
    rows = [Row(found, supervised=3.14, collides=2), Row(VARIANTS[1])]
    lines = table_of(rows, "", "", LOOK, 160).plain.split("\n")
    assert lines[0].split()[-4:] == ["with", "you", "findings", "overlap"]
    assert lines[1].split()[-3:] == ["3.1", "3", "2"]
    assert "overlap" not in table_of(rows[1:], "", "", LOOK, 160).plain
