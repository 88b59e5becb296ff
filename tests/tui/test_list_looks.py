"""How the list looks: grouped, folded, marked, narrow and wide, without colour.

Each picture was looked at when it was taken.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from agentdeck.core.checks import CheckState
from agentdeck.core.session import Phase, Session
from tests.fakes.fake_client import FakeLink, a_session
from tests.tui.driving import Deck
from tests.tui.scenes import an_app, claude_screen, few, hostile

AGENTS = ("claude", "codex", "gemini", "opencode", "copilot")
REPOS = ("/home/ada/orchard", "/home/ada/api", "/srv/api")
TITLES = (
    "Upgrade the lint rules",
    "Remove the flaky retry",
    "Translate the receipts into French and German",
    "Cache the catalogue pages",
)


def many() -> list[Session]:
    """The usual ones, one of them pinned, with checks, and fourteen that ended."""
    sessions = [
        replace(session, check=check, folder=folder)
        for session, check, folder in zip(
            few(),
            (CheckState.FAILED, CheckState.NONE, CheckState.RUNNING) * 3,
            ("Login", "", "Shop") * 3,
            strict=False,
        )
    ]
    sessions[0] = replace(sessions[0], queued=("go on", "and then"))
    sessions[3] = replace(sessions[3], pinned=True, check=CheckState.PASSED)
    for n in range(14):
        merged = {"merged_into": "main", "merged_commit": "0a1b2c3"} if n % 3 else {}
        sessions.append(
            a_session(
                f"old-{n}",
                title=TITLES[n % 4],
                agent=AGENTS[n % 5],
                repo=REPOS[n % 3],
                phase=Phase.ENDED,
                exit_code=0,
                last_commit="Tidy the imports",
                age_s=5000 + 4000 * n,
                **merged,
            )
        )
    return sessions


def link_of(*sessions: Session, **app: Any) -> FakeLink:
    link = FakeLink(*sessions, **app)
    link.frame = lambda _: claude_screen()
    link.filters = [
        {"name": "asks", "query": "s:needs-input agent:claude", "digit": 1},
        {"name": "stale", "query": "age:>7d is:over -is:merged", "digit": 2},
        {"name": "gpu", "query": "host:gpu", "digit": None},
    ]
    message = "Its worktree is gone; bring it back from the trash."

    def refuse(params: dict[str, Any]) -> dict[str, Any]:
        data = {"status": 4, "path": "/home/ada/orchard.worktrees"}
        error = {"code": -32004, "message": message, "data": data}
        results = link.each_done(params)["results"]
        return {"results": [{**each, "ok": False, "error": error} for each in results]}

    link.answer("session.resume", refuse)
    return link


SCENES: dict[str, tuple[FakeLink, tuple[int, int], tuple[str, ...]]] = {
    "many-40x12": (link_of(*many()), (40, 12), ()),
    "many-80x24": (link_of(*many()), (80, 24), ()),
    "many-120x40": (link_of(*many()), (120, 40), ()),
    "many-200x60": (link_of(*many()), (200, 60), ()),
    "hostile-40x12": (link_of(*hostile()), (40, 12), ("Y",)),
    "hostile-80x24": (link_of(*hostile()), (80, 24), ()),
    "hostile-200x60": (link_of(*hostile()), (200, 60), ("L", "Y")),
    "marked": (link_of(*many()), (120, 40), ("k", "enter", "J", "J")),
    "marked-ascii": (link_of(*many(), ascii=True), (80, 24), ("k", "enter")),
    "marked-no-color": (link_of(*many()), (120, 40), ("k", "enter", "J", "J")),
    "marked-light": (
        link_of(*many(), theme="agentdeck-light"),
        (120, 40),
        ("k", "enter", "J", "J"),
    ),
    "collapsed": (link_of(*many()), (120, 40), ("comma", "r", "k", "j", "j", "left")),
    "by-folder": (link_of(*many()), (120, 40), ("comma", "f", "j")),
    "stacked": (link_of(*many()), (160, 45), ("L", "Y")),
    "alone": (link_of(*many()), (120, 40), ("ctrl+l", "comma", "x", "G")),
    "menu-40x12": (link_of(*many()), (40, 12), ("comma",)),
    "menu-ascii": (link_of(*many(), ascii=True), (80, 24), ("comma",)),
    "menu-80x24": (link_of(*many()), (80, 24), ("comma", "right")),
    "saved": (link_of(*many()), (80, 24), (*"/is:dirty", "enter", "equals_sign")),
    "results": (link_of(*few(), *hostile()), (80, 24), ("a", "r")),
    "notices": (
        link_of(*few(), *hostile()),
        (80, 24),
        ("a", "r", "escape", "exclamation_mark"),
    ),
}


@pytest.mark.parametrize("name", SCENES)
def test_list(snap_compare: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name.endswith("no-color"):
        monkeypatch.setenv("NO_COLOR", "1")
    link, size, keys = SCENES[name]
    app = an_app(link)
    app.animation_level = "none"

    async def settle(pilot: Pilot[None]) -> None:
        deck = Deck(app, link, pilot)
        await deck.until(lambda: app.deck.store.is_known)
        await deck.until(lambda: app.screen.query("SessionList") and deck.rows.order)
        await deck.until(lambda: deck.terminal.frame_size or not deck.terminal.size)
        for key in keys:
            await deck.press("slash" if key == "/" else key)
        await deck.settle()

    assert snap_compare(app, terminal_size=size, run_before=settle)
