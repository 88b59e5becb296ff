"""How a review looks: unified, side by side, commented, in ASCII, on small screens."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from agentdeck.core.comments import Anchor, Comment
from agentdeck.tui.screens.review import ReviewScreen
from agentdeck.tui.widgets.session_list import SessionList
from tests.fakes.fake_client import FakeLink, a_session
from tests.fakes.fake_review import FakeReview, a_finding
from tests.tui.driving import Deck
from tests.tui.scenes import an_app
from tests.tui.test_review import is_loaded

SCENES: dict[str, tuple[tuple[int, int], dict[str, Any], tuple[str, ...]]] = {
    "unified-120x40": ((120, 40), {}, ("n", "n")),
    "split-200x60": ((200, 60), {}, ("n", "n")),
    "unified-80x24": ((80, 24), {}, ("n",)),
    "comment-120x40": ((120, 40), {}, ("n", "full_stop", "v", "k", "k")),
    "ascii-120x40": ((120, 40), {"ascii": True}, ("space", "n")),
    "light-160x45": ((160, 45), {"theme": "agentdeck-light"}, ("n", "n")),
    "compare-120x40": ((120, 40), {}, ("b",)),
    "writing-80x24": ((80, 24), {}, ("n", "c")),
    "findings-120x40": ((120, 40), {}, ("f", "f")),
    "findings-80x24": ((80, 24), {}, ("f",)),
    "hostile-80x24": ((80, 24), {}, ("t", "G")),
}
HOSTILE = "a[red]\x1b[31m\u202eb \u200b漢字 👩\u200d👧\t\x00\x9b|"


def a_review(name: str, **app: Any) -> FakeReview:
    title = "Fix the login redirect loop on expired sessions"
    fake = FakeReview(FakeLink(a_session("fix-login", title=title, ahead=2), **app))
    if name.startswith("comment"):
        at = "2026-05-04T11:58:00+00:00"
        new = Anchor("orchard/login.py", "new", 8, ("", ""))
        old = Anchor("orchard/login.py", "old", 41, ("",))
        text = "Both must be bytes here. Who encodes them, and where is that tested?"
        fake.comments = [
            Comment("c1", new, text, at),
            Comment("c2", old, "Say why.", at, sent_at=at),
            Comment("c3", old, "Done already.", at, is_resolved=True),
        ]
    if name.startswith("findings"):
        told = "The tokens are compared as bytes, and nobody encodes them before."
        fake.findings = [
            a_finding("f1", message=told, suggestion="Encode both as UTF-8."),
            a_finding("f2", 8, severity="warning", message="Say why.", sent_at="t"),
            a_finding("f3", 3, severity="note", rule="", message="Unused before."),
            a_finding("f4", 4, dismissed_at="t", reason="as meant, see the tests"),
            a_finding("f5", 0, path="", severity="note", message="No test came."),
        ]
    commit = {"author": "Ada", "at": "2026-05-04T11:00:00+00:00", "added": 7}
    fake.commits = [
        {**commit, "sha": "1" * 40, "short": "1111111", "subject": "Compare in time"},
        {
            **commit,
            "sha": "2" * 40,
            "short": "2222222",
            "subject": "Ask for the bytes of both " * 4,
            "turn": "1",
        },
    ]
    if name.startswith("hostile"):
        fake.texts[0] = fake.texts[0].replace("import hmac", HOSTILE)
        fake.add_file(f"odd/{HOSTILE}" * 3, "A", added=123_456)
    return fake


@pytest.mark.parametrize("name", SCENES)
def test_scene(snap_compare: Any, name: str) -> None:
    size, settings, keys = SCENES[name]
    fake = a_review(name, **settings)
    app = an_app(fake.link)
    app.animation_level = "none"

    async def settle(pilot: Pilot[None]) -> None:
        deck = Deck(app, fake.link, pilot)
        await deck.until(lambda: deck.main.query(SessionList) and deck.rows.order)
        await deck.press("d")
        screen = app.screen
        assert isinstance(screen, ReviewScreen)
        await deck.until(lambda: screen.is_read and is_loaded(screen))
        notes = len(fake.comments) + len(fake.findings)
        await deck.until(lambda: notes == sum(map(len, screen.model.said.values())))
        for key in keys:
            await deck.press(key)
        if name.startswith("compare"):
            await deck.until(lambda: app.screen is not screen)
        await deck.settle()
        await deck.until(lambda: not screen.view.is_colouring)
        await deck.settle()

    assert snap_compare(app, terminal_size=size, run_before=settle)
