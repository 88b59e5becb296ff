"""A review of 10,000 changed lines: opened, coloured, scrolled, side by side.

The host and the repository are real; the app draws without a terminal. The processor
time is that of app, host and git together: on a loaded machine it says more.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
from textual.pilot import Pilot

from agentdeck.config.paths import paths_from_environment
from agentdeck.core.diff_rows import RowKind
from agentdeck.tui.app import AgentDeckApp
from agentdeck.tui.link import HostLink
from agentdeck.tui.screens.review import ReviewScreen
from agentdeck.tui.screens.sessions import SessionsScreen
from agentdeck.tui.widgets.diff_view import DiffView
from agentdeck.tui.widgets.session_list import SessionList
from tests.bench.measure import Row
from tests.integration.deck import Deck

FILES, LINES = 100, 50
"""Each file has `LINES` lines changed: as many removed as added."""
SIZES = ((120, 40), (200, 60))
PAGES = 150
RUNS = 5
DEADLINE_S = 60.0


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians of some openings, in seconds."""

    first_s: float
    first_cpu_s: float
    whole_s: float
    page_ms: float


def rows(deck: Deck) -> list[Row]:
    """Seconds to the first lines and to the last; milliseconds a page."""
    worktree = _prepared(deck)
    bare = _git_s(worktree)
    os.environ["AGENTDECK_HOME"] = str(deck.home)
    found: list[Row] = []
    for size in SIZES:
        got = asyncio.run(_measured(size, psutil.Process(deck.host_pid())))
        kind = f"{size[0]}x{size[1]}"
        for what, value, budget in (
            ("first lines", got.first_s, 1.0),
            ("first lines, processor time", got.first_cpu_s, 1.0),
            ("all lines", got.whole_s, 3.0),
        ):
            label = f"review of 10,000 lines, {kind}: {what}"
            found.append(Row(label, _s(value), _s(bare), value, budget))
        page = got.page_ms
        label = f"review of 10,000 lines, {kind}: a page, ms"
        found.append(Row(label, f"{page:.1f} ms", "-", page, 33.0))
    return found


def _prepared(deck: Deck) -> Path:
    lines = [f"def name_{n}(value: int) -> str:  # line {n}\n" for n in range(400)]
    for number in range(FILES):
        file = deck.repo / f"part{number % 10}" / f"module_{number}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join(lines))
    deck.git("add", "-A")
    deck.git("commit", "-qm", "many lines")
    deck.shell("changes", "sleep 600")
    deck.until(lambda all_: all_["changes"]["phase"] == "running")
    worktree = Path(deck.sessions()["changes"]["worktree"])
    for number in range(FILES):
        file = worktree / f"part{number % 10}" / f"module_{number}.py"
        changed = list(lines)
        for at in range(LINES):
            place = at * 400 // LINES
            changed[place] = changed[place].replace("value", f"other_{at}")
        file.write_text("".join(changed))
    return worktree


def _git_s(worktree: Path) -> float:
    began = time.perf_counter()
    subprocess.run(
        ["git", "diff", "HEAD"], cwd=worktree, check=True, capture_output=True
    )
    return time.perf_counter() - began


async def _measured(size: tuple[int, int], host: psutil.Process) -> Measured:
    firsts: list[float] = []
    used: list[float] = []
    wholes: list[float] = []
    pages: list[float] = []
    app = AgentDeckApp(HostLink(paths_from_environment()))
    async with app.run_test(size=size) as pilot:
        main = app.screen
        assert isinstance(main, SessionsScreen)
        await _until(pilot, lambda: _has_rows(main))
        for _ in range(RUNS):
            began, cpu = time.perf_counter(), _cpu_s(host)
            main.action_show_diff()
            await _until(pilot, lambda: isinstance(app.screen, ReviewScreen))
            screen = app.screen
            assert isinstance(screen, ReviewScreen)
            await _until(pilot, partial(_has_lines, screen))
            firsts.append(time.perf_counter() - began)
            used.append(_cpu_s(host) - cpu)
            await _until(pilot, partial(_has_all, screen))
            wholes.append(time.perf_counter() - began)
            pages += [_page_ms(screen) for _ in range(PAGES // RUNS)]
            screen.action_close()
            await _until(pilot, lambda: app.screen is main)
    middle = statistics.median
    return Measured(middle(firsts), middle(used), middle(wholes), middle(pages))


def _page_ms(screen: ReviewScreen) -> float:
    """The time to go a page on and draw all of it."""
    began = time.perf_counter()
    screen.action_page(1)
    for y in range(screen.view.size.height):
        screen.view.render_line(y)
    return 1000 * (time.perf_counter() - began)


def _cpu_s(host: psutil.Process) -> float:
    times = host.cpu_times()
    used = times.user + times.system + times.children_user + times.children_system
    return used + time.process_time()


def _has_rows(main: SessionsScreen) -> bool:
    return bool(main.query(SessionList) and main.query_one(SessionList).order)


def _has_lines(screen: ReviewScreen) -> bool:
    if not screen.query(DiffView):
        return False
    model = screen.model
    seen = range(min(screen.view.size.height, model.row_count))
    return any(model.at(y)[1].kind is RowKind.LINE for y in seen)


def _has_all(screen: ReviewScreen) -> bool:
    return not any(s.needs_patch or s.is_asked for s in screen.model.sections)


async def _until(pilot: Pilot[None], holds: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not holds():
            await pilot.pause(0.001)


def _s(seconds: float) -> str:
    return f"{seconds:.2f} s"
