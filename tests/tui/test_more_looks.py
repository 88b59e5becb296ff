"""How the app looks with a screen, with the keyboard, with dialogs, with nothing.

Each picture was looked at when it was taken.
"""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from agentdeck.tui.app import AgentDeckApp
from agentdeck.tui.widgets.terminal import Terminal
from tests.fakes.fake_client import FakeLink
from tests.tui.driving import Deck
from tests.tui.scenes import an_app, few_link, hostile

SCENES: dict[str, tuple[FakeLink, tuple[int, int], tuple[str, ...]]] = {
    "sessions": (few_link(), (120, 40), ()),
    "sessions-200x60": (few_link(), (200, 60), ()),
    "sessions-80x24": (few_link(), (80, 24), ()),
    "sessions-40x12": (few_link(), (40, 12), ()),
    "light": (few_link(theme="agentdeck-light"), (120, 40), ("space", "space")),
    "ascii": (few_link(ascii=True), (120, 40), ()),
    "four-panes": (few_link(), (160, 45), ("w", "w", "w", "t")),
    "three-panes-80x24": (few_link(), (80, 24), ("w", "w", "Z")),
    "four-panes-ascii": (few_link(ascii=True), (120, 40), ("w", "w", "w")),
    "typing": (few_link(), (120, 40), ("enter",)),
    "hostile": (FakeLink(*hostile()), (120, 40), ()),
    "empty": (FakeLink(), (120, 40), ()),
    "no-match": (few_link(), (100, 24), ("slash", "z", "z", "enter")),
    "new-session": (few_link(), (120, 40), ("n", "shift+tab")),
    "new-session-40x12": (few_link(), (40, 12), ("n", "shift+tab")),
    "merge": (few_link(), (120, 40), ("a", "m")),
    "discard": (few_link(), (120, 40), ("a", "x")),
    "help": (few_link(), (120, 40), ("question_mark",)),
}


@pytest.mark.parametrize("name", SCENES)
def test_scene(snap_compare: Any, name: str) -> None:
    link, size, keys = SCENES[name]
    app = an_app(link)
    app.animation_level = "none"

    async def settle(pilot: Pilot[None]) -> None:
        deck = Deck(app, link, pilot)
        await deck.until(lambda: app.deck.store.is_known)
        if link.sessions:
            await deck.until(lambda: is_drawn(app, link))
        for key in keys:
            await deck.press(key)
        await deck.settle()

    assert snap_compare(app, terminal_size=size, run_before=settle)


def is_drawn(app: AgentDeckApp, link: FakeLink) -> bool:
    """Whether the selected session's screen is there, if it has one."""
    terminals = app.screen_stack[0].query(Terminal)
    has_frame = link.frame(next(iter(link.sessions))) is not None
    if not link.opened or not terminals:
        return False
    return not has_frame or terminals.first(Terminal).frame_size is not None
