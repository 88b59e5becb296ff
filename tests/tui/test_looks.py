"""How the app looks. Each picture was looked at when it was taken."""

from __future__ import annotations

from typing import Any

import pytest

from agentdeck.core.session import Session
from agentdeck.tui.widgets.terminal import Terminal
from tests.fakes.fake_link import few_sessions, hostile_sessions
from tests.tui.conftest import AppMaker

pytest.importorskip("pytest_textual_snapshot")


@pytest.mark.parametrize(
    ("name", "sessions", "size", "options"),
    [
        ("few", few_sessions(), (120, 40), {}),
        ("narrow", few_sessions(), (80, 24), {}),
        ("tiny", few_sessions(), (40, 12), {}),
        ("wide", few_sessions(), (200, 60), {}),
        ("hostile", hostile_sessions(), (100, 30), {}),
        ("empty", [], (80, 24), {}),
        ("light", few_sessions(), (100, 30), {"theme": "agentdeck-light"}),
        ("ascii", few_sessions(), (100, 30), {"ascii_only": True}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_sessions_screen(
    snap_compare: Any,
    make_app: AppMaker,
    name: str,
    sessions: list[Session],
    size: tuple[int, int],
    options: dict[str, Any],
) -> None:
    app = make_app(sessions, **options)

    async def settle(pilot: Any) -> None:
        for _ in range(200):
            await pilot.pause(0.02)
            is_drawn = not sessions or app.screen.query_one(Terminal).frame_size
            if app.deck.store.is_known and is_drawn:
                break
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=settle)
