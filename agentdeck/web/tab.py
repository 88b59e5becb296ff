"""The app as one browser tab shows it: a process that speaks to the server by pipes.

It ends with its tab: when the server says so, and when the server is gone.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

ENDS_WITHIN_S = 5.0
"""An app that cannot end by itself, as with a full pipe, is ended after this."""
DRIVER_VARIABLE = "TEXTUAL_DRIVER"

# Textual reads which driver to use when it is first imported.
os.environ[DRIVER_VARIABLE] = "agentdeck.web.tab:TabDriver"

from textual import messages  # noqa: E402 - see above
from textual.drivers.web_driver import WebDriver  # noqa: E402

SET_FOR_TEXTUAL = (
    DRIVER_VARIABLE,
    "TEXTUAL_FPS",
    "TEXTUAL_COLOR_SYSTEM",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "COLUMNS",
    "ROWS",
)
"""What textual-serve sets for the app is nothing that an agent should see."""


class TabDriver(WebDriver):
    """Textual's driver for browsers, which ends with its server."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in SET_FOR_TEXTUAL:
            os.environ.pop(name, None)

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """Do what the server says, which may be to end."""
        if packet_type == "quit":
            _end_in_time()
        super().on_meta(packet_type, payload)

    def run_input_thread(self) -> None:
        """Read what the tab sends; the end of the pipe is the end of the app."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            _end_in_time()
            self._app.post_message(messages.ExitApp())


def _end_in_time() -> None:
    timer = threading.Timer(ENDS_WITHIN_S, os._exit, (1,))
    timer.daemon = True
    timer.start()


def _say_it_in(log_file: Path) -> None:
    """Have what is written to stderr in a file: nobody reads it in a browser."""
    log = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, sys.stderr.fileno())
    os.close(log)


def main() -> int:
    """Show the app until its tab is closed; gives the exit status."""
    from agentdeck.config.paths import paths_from_environment
    from agentdeck.tui.app import run_app

    paths = paths_from_environment()
    paths.prepare()
    _say_it_in(paths.state / "app.log")
    return run_app(paths)


if __name__ == "__main__":
    sys.exit(main())
