"""An app that ends once it has painted: AgentDeck's with 100 sessions, or a plain one."""

from __future__ import annotations

import gc
import sys

from textual.app import App, ComposeResult
from textual.widgets import Static


class PlainApp(App[None]):
    """One Static."""

    def compose(self) -> ComposeResult:
        yield Static("x")

    def on_mount(self) -> None:
        self.call_after_refresh(self.exit)


def main() -> None:
    """Paint and end."""
    if sys.argv[1] == "plain":
        PlainApp().run(headless=True)
        return
    gc.disable()  # as `open_app` does
    from agentdeck.tui.app import AgentDeckApp
    from tests.fakes.fake_link import FakeLink, a_session

    app = AgentDeckApp(FakeLink([a_session(f"s{n}") for n in range(100)]))
    publish = app._publish

    def publish_and_end() -> None:
        publish()
        app.call_after_refresh(app.exit)

    app._publish = publish_and_end  # type: ignore[method-assign]
    app.run(headless=True)


if __name__ == "__main__":
    main()
