from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentdeck.core.session import Session
from agentdeck.tui.app import AgentDeckApp
from tests.fakes.fake_link import NOW, FakeLink

AppMaker = Callable[..., AgentDeckApp]


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual.constants.TEXTUAL_ANIMATIONS", "none", raising=False)


@pytest.fixture
def make_app() -> AppMaker:
    """An app on a fake host, with a clock that stands still and nothing that moves."""

    def make(
        sessions: list[Session], *, ascii_only: bool = False, theme: str = ""
    ) -> AgentDeckApp:
        locale = "C" if ascii_only else "C.UTF-8"
        app = AgentDeckApp(
            FakeLink(sessions),
            environ={"LC_ALL": locale},
            cwd=Path("/home/me/shop"),
            clock=lambda: NOW,
        )
        app.animation_level = "none"
        if theme:
            app.theme = theme
        return app

    return make


def link_of(app: AgentDeckApp) -> FakeLink:
    """The fake host of an app."""
    link = app.deck.link
    assert isinstance(link, FakeLink)
    return link
