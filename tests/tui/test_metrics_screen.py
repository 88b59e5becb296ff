"""The screen of the measured gain: its keys, its rows, its pictures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.gain import By, Totals, summed, totals_to_wire
from agentdeck.tui.gain_view import RANGES
from agentdeck.tui.look import ASCII
from agentdeck.tui.screens.metrics import MetricsScreen
from agentdeck.tui.screens.sessions import SessionsScreen
from agentdeck.tui.widgets.gain_chart import Chart, GainChart, Series, heights
from tests.fakes.fake_client import NOW, FakeLink
from tests.tui.driving import Deck, running
from tests.tui.scenes import an_app, few_link

MINUTE = 60_000
DAYS = (
    (6, 20, 180, 31, 4, 3, 1, 2, 5, 3),
    (5, 35, 322, 12, 6, 4, 1, 4, 9, 7),
    (4, 8, 95, 3, 2, 2, 0, 0, 2, 2),
    (1, 51, 410, 44, 9, 6, 2, 6, 14, 6),
    (0, 17, 123, 9, 5, 2, 0, 1, 4, 4),
)
"""Days ago; minutes supervised, alone, waiting; sessions, merges, discards, rework,
questions, and those answered in time."""


def totals_of(day: tuple[int, ...]) -> Totals:
    _, supervised, alone, waiting, sessions, merges, discards, rework, needs, ok = day
    return Totals(
        supervised_ms=supervised * MINUTE,
        working_ms=(alone + supervised // 2) * MINUTE,
        autonomous_ms=alone * MINUTE,
        waiting_ms=waiting * MINUTE,
        queued_ms=2 * MINUTE,
        wall_ms=(alone + supervised) * MINUTE // 2,
        sessions=sessions,
        merges=merges,
        discards=discards,
        rework=rework,
        needs=needs,
        in_time=ok,
    )


def rows_of(*named: tuple[str, Totals]) -> list[dict[str, Any]]:
    return [{"key": key, **totals_to_wire(totals)} for key, totals in named]


def measured(params: dict[str, Any]) -> dict[str, Any]:
    """What a host answers that measured some days."""
    days = [totals_of(day) for day in DAYS]
    by_day = [
        (f"{NOW - timedelta(days=day[0]):%Y-%m-%d}", totals)
        for day, totals in zip(DAYS, days, strict=True)
    ]
    half = summed(days[:3])
    half.wall_ms = half.working_ms
    briefs = ("Give [b]bulk[/b] discounts\x1b[2J in the cart", "Offer " * 30)
    return {
        "since": params["since"],
        "until": NOW.isoformat(),
        "filter": params["filter"],
        "total": totals_to_wire(summed(days)),
        "by": {
            By.DAY: rows_of(*by_day),
            By.REPOSITORY: rows_of(("/home/ada/orchard", half), ("/srv/a/shop", half)),
            By.AGENT: rows_of(("claude", half), ("codex", half)),
            By.BRIEF: rows_of(*((brief, half) for brief in briefs)),
        },
        "sessions": [],
    }


def gain_link(**app: Any) -> FakeLink:
    link = few_link(**app)
    link.answer("gain.measure", measured)
    return link


def shown(deck: Deck, query: str) -> str:
    content = deck.app.screen.query_one(query, Static).content
    return content if isinstance(content, str) else content.plain  # type: ignore[union-attr]


async def opened(deck: Deck) -> MetricsScreen:
    await deck.press("dollar_sign")
    await deck.until(lambda: isinstance(deck.app.screen, MetricsScreen))
    screen = deck.app.screen
    assert isinstance(screen, MetricsScreen)
    await deck.until(lambda: not screen.has_class("-none"))
    return screen


async def test_it_opens_with_the_last_seven_days_by_day() -> None:
    async with running(gain_link()) as deck:
        await opened(deck)
        (asked,) = deck.link.calls_of("gain.measure")
        assert asked == {"since": "2026-04-28T00:00:00+00:00", "filter": ""}
        figures = shown(deck, "#figures")
        assert "1 : 8.6" in figures
        assert "2h11" in figures
        rows = shown(deck, "#table").splitlines()
        assert rows[0].startswith("2026-05-04")
        assert len(rows) == 5
        await deck.press("escape")
        assert isinstance(deck.app.screen, SessionsScreen)


async def test_groups_and_ranges_go_round() -> None:
    async with running(gain_link()) as deck:
        await opened(deck)
        heads = []
        for _ in By:
            heads.append(shown(deck, "#head").split()[0])
            await deck.press("g")
        assert heads == [by.value for by in By]
        await deck.press("G")
        assert shown(deck, "#head").startswith("brief")
        assert "\x1b" not in shown(deck, "#table")
        assert "[b]bulk[/b]" in shown(deck, "#table")
        for count in range(2, 2 + len(RANGES)):
            await deck.press("r")
            await deck.until(
                lambda n=count: len(deck.link.calls_of("gain.measure")) == n
            )
        since = [each["since"][:10] for each in deck.link.calls_of("gain.measure")]
        assert since == [
            "2026-04-28",
            "2026-04-05",
            "2026-02-03",
            "2026-05-04",
            "2026-04-28",
        ]


async def test_the_filter_of_the_list_holds_and_is_said() -> None:
    async with running(gain_link(), filter_query="agent:claude") as deck:
        await opened(deck)
        assert deck.link.calls_of("gain.measure")[0]["filter"] == "agent:claude"
        assert "agent:claude" in shown(deck, "#title")


async def test_definitions_come_and_go() -> None:
    async with running(gain_link(), size=(80, 24)) as deck:
        screen = await opened(deck)
        await deck.press("d")
        assert screen.query_one("#define").display
        assert not screen.query_one("#charts").display
        assert "nobody supervises" in shown(deck, "#definitions").replace("\n", " ")
        await deck.press("j", "escape")
        assert screen.query_one("#charts").display


async def test_nothing_measured_and_a_host_that_refuses() -> None:
    link = few_link()
    nothing = {**measured({"since": NOW.isoformat(), "filter": ""})}
    nothing |= {"total": totals_to_wire(Totals()), "by": {by: [] for by in By}}
    link.answer("gain.measure", nothing)
    async with running(link) as deck:
        await deck.press("dollar_sign")
        await deck.until(lambda: "Nothing was measured" in shown(deck, "#none"))
        link.answer("gain.measure", AgentDeckError("It is\x1b[2J broken."))
        await deck.press("r")
        await deck.until(lambda: "broken." in shown(deck, "#none"))
        assert "\x1b" not in shown(deck, "#none")


async def test_who_reads_figures_supervises_nobody() -> None:
    async with running(gain_link()) as deck:
        screen = await opened(deck)
        assert screen.attended is None


HEIGHTS = (
    ((10.0, 0.0), 10.0, 4, [32, 32]),
    ((5.0, 5.0), 10.0, 4, [16, 32]),
    ((1.0, 2.0), 3.0, 1, [3, 8]),
    ((0.0, 0.0), 0.0, 4, [0, 0]),
)


@pytest.mark.parametrize(("values", "top", "rows", "expected"), HEIGHTS)
def test_bars_reach_as_high_as_they_should(
    values: tuple[float, ...], top: float, rows: int, expected: list[int]
) -> None:
    assert heights(values, top, rows) == expected


async def test_plain_glyphs_draw_in_ascii() -> None:
    async with running(gain_link(ascii=True)) as deck:
        await opened(deck)
        assert deck.app.deck.look.glyphs is ASCII
        chart = deck.app.screen.query_one("#time", GainChart)
        lines = ["".join(s.text for s in chart.render_line(y)) for y in range(11)]
        assert all(line.isascii() for line in lines)
        assert any("#" in line for line in lines)
        chart.show(Chart("None", ("a",), (Series("x", "primary", "#", (0.0,)),)))
        assert chart.render_line(1).text.strip() in ("|", "")


SCENES = {
    "120x40": ((120, 40), {}, ()),
    "80x24": ((80, 24), {}, ()),
    "80x24-brief": ((80, 24), {}, ("G",)),
    "ascii": ((120, 40), {"ascii": True}, ()),
    "light": ((120, 40), {"theme": "agentdeck-light"}, ("r",)),
    "definitions": ((80, 24), {}, ("d",)),
}


@pytest.mark.parametrize("name", SCENES)
def test_scene(snap_compare: Any, name: str) -> None:
    size, settings, keys = SCENES[name]
    link = gain_link(**settings)
    app = an_app(link)
    app.animation_level = "none"

    async def settle(pilot: Pilot[None]) -> None:
        deck = Deck(app, link, pilot)
        await deck.until(lambda: app.deck.store.is_known)
        await opened(deck)
        for key in keys:
            await deck.press(key)
        await deck.settle()

    assert snap_compare(app, terminal_size=size, run_before=settle)
