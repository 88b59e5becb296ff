"""How the app looks with a screen, with the keyboard, with dialogs, with nothing.

Each picture was looked at when it was taken.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from agentdeck.tui.app import AgentDeckApp
from agentdeck.tui.screens.compare import CompareScreen
from agentdeck.tui.widgets.terminal import Terminal
from tests.fakes.fake_client import NOW, FakeLink
from tests.tui.driving import Deck
from tests.tui.scenes import an_app, claude_screen, few, few_link, hostile
from tests.tui.test_compare import comparing_link
from tests.tui.test_peek import peeking


def queue_link() -> FakeLink:
    """A host that says of the queued sessions how they would fare."""
    link = few_link()
    fates: list[dict[str, Any]] = [
        {"ok": True, "verdict": "clean"},
        {
            "ok": False,
            "verdict": "conflicts with base",
            "error": {"message": "", "data": {"files": ["orchard/cart.py"]}},
        },
        {
            "ok": False,
            "verdict": "conflicts with an earlier one",
            "earlier": ["fix-login-redirect"],
            "error": {"message": "", "data": {"files": ["orchard/login.py"]}},
        },
        {"ok": False, "verdict": "nothing to merge", "error": {"message": ""}},
    ]

    def rehearse(params: dict[str, Any]) -> dict[str, Any]:
        ids = enumerate(params["ids"])
        return {
            "results": [
                {"id": each, "name": each, **fates[number % len(fates)]}
                for number, each in ids
            ]
        }

    link.answer("session.merge", rehearse)
    return link


def trash_link() -> FakeLink:
    """A host with two sessions in the trash."""
    link = few_link()
    day, now = 86_400, NOW.timestamp()
    entry = {"at": now - day, "expires": now + 29 * day, "ahead": 2, "dirty": True}
    named = [("old-try", "Another way to fold the search"), ("spike", "Spike " * 20)]
    sessions = [{"id": n, "name": n, "title": t, **entry} for n, t in named]
    link.answer("trash.list", {"sessions": sessions})
    return link


def messages_link() -> FakeLink:
    """A host whose first session has messages waiting."""
    waiting = ("Run all tests", "Write the changelog\nas prose", "[b]Push[/b] " * 20)
    first, *others = few()
    link = FakeLink(replace(first, queued=waiting), *others)
    link.frame = lambda _: claude_screen()
    return link


def trust_link() -> FakeLink:
    """A host that asks about a repository's settings, which have changed."""
    link = few_link()
    setup = [{"name": "npm ci", "command": "npm ci", "argv": []}]
    checks = [{"name": "tests", "command": "pytest -q", "argv": []}]
    asked = {"repo": "/home/ada/orchard", "file": ".agentdeck.toml", "hash": "1"}
    changes = ["@@ -2 +2 @@", '-setup = ["npm install"]', '+setup = ["npm ci"]']
    more = {
        "teardown": [],
        "submodules": False,
        "reviews": [],
        "env": {"PORT_BASE": "4000"},
    }
    what = {"setup": setup, "checks": checks, "changes": changes, "needs_trust": True}
    link.answer("trust.show", {**asked, **what, **more})
    return link


SCENES: dict[str, tuple[FakeLink, tuple[int, int], tuple[str, ...]]] = {
    "sessions": (few_link(), (120, 40), ()),
    "sessions-200x60": (few_link(), (200, 60), ()),
    "sessions-80x24": (few_link(), (80, 24), ()),
    "sessions-40x12": (few_link(), (40, 12), ()),
    "light": (few_link(theme="agentdeck-light"), (120, 40), ("v", "v")),
    "ascii": (few_link(ascii=True), (120, 40), ()),
    "four-panes": (few_link(), (160, 45), ("w", "w", "w", "t")),
    "three-panes-80x24": (few_link(), (80, 24), ("w", "w", "Z")),
    "four-panes-ascii": (few_link(ascii=True), (120, 40), ("w", "w", "w")),
    "typing": (few_link(), (120, 40), ("enter",)),
    "hostile": (FakeLink(*hostile()), (120, 40), ()),
    "empty": (FakeLink(), (120, 40), ()),
    "no-match": (few_link(), (100, 24), ("slash", "z", "z", "enter")),
    "compare": (comparing_link(), (120, 40), ("j", "ctrl+k")),
    "compare-80x24": (comparing_link(), (80, 24), ("j", "ctrl+k")),
    "composer": (few_link(), (120, 40), ("n", "tab")),
    "composer-80x24": (few_link(), (80, 24), ("n", "alt+a", "c")),
    "composer-40x12": (few_link(), (40, 12), ("n", "tab")),
    "composer-ascii": (few_link(ascii=True), (80, 24), ("n", "tab")),
    "merge": (queue_link(), (120, 40), ("a", "m")),
    "merge-80x24": (queue_link(), (80, 24), ("a", "m")),
    "trash": (trash_link(), (80, 24), ("X",)),
    "messages": (messages_link(), (120, 40), ("H",)),
    "messages-editing": (messages_link(), (80, 24), ("H", "j", "enter")),
    "discard": (few_link(), (120, 40), ("a", "x")),
    "trust": (trust_link(), (120, 40), ("C",)),
    "trust-80x24": (trust_link(), (80, 24), ("C",)),
    "peek": (peeking(few_link()), (120, 40), ("space",)),
    "peek-80x24": (peeking(few_link()), (80, 24), ("space",)),
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
        if name.startswith("compare"):
            await deck.until(lambda: isinstance(app.screen, CompareScreen))
        if name.startswith("composer"):
            await deck.until(lambda: "repo orchard" in deck.main.composer.chips.text)  # type: ignore[union-attr]
        if name == "composer-80x24":
            await deck.until(lambda: deck.main.composer.chooser.typed == "c")  # type: ignore[union-attr]
        if name == "trash":
            await deck.until(lambda: app.screen.query_one(OptionList).option_count)
        await deck.settle()

    assert snap_compare(app, terminal_size=size, run_before=settle)


def is_drawn(app: AgentDeckApp, link: FakeLink) -> bool:
    """Whether the selected session's screen is there, if it has one."""
    terminals = app.screen_stack[0].query(Terminal)
    has_frame = link.frame(next(iter(link.sessions))) is not None
    if not link.opened or not terminals:
        return False
    return not has_frame or terminals.first(Terminal).frame_size is not None
