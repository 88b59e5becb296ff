"""Textual's private parts that the app cannot do without, each with its reason.

Everything here is checked again when Textual is bumped.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from rich.segment import Segments
from rich.text import Text

if TYPE_CHECKING:
    from textual.app import App

logger = logging.getLogger(__name__)


def end_with_sentence(app: App[Any], sentence: str) -> None:
    """End an app after a fault of its own, with a sentence in place of a traceback.

    `App.panic` takes renderables but draws a traceback first where one is raised;
    there is no public hook, so `App._fatal_error` is overridden by the app and ends
    here.
    """
    text = Text(sentence)
    rendered = Segments(app.console.render(text, app.console.options))
    app._exit_renderables.append(rendered)  # noqa: SLF001 - no public way to end so
    app._close_messages_no_wait()  # noqa: SLF001 - as App._fatal_error does


def write_title(app: App[Any], title: str) -> None:
    """Set the terminal's title. Textual has no public way to do it.

    Args:
        app: The running app.
        title: Our own words only, never an agent's.
    """
    driver = app._driver  # noqa: SLF001 - see above
    if driver is not None and not app.is_headless:
        driver.write(f"\x1b]2;{title}\x07")


def keep_title(app: App[Any]) -> None:
    """Have the terminal remember the title that it has."""
    driver = app._driver  # noqa: SLF001 - see `write_title`
    if driver is not None and not app.is_headless:
        driver.write("\x1b[22;2t")


def restore_title(app: App[Any]) -> None:
    """Give the terminal its title back."""
    driver = app._driver  # noqa: SLF001 - see `write_title`
    if driver is not None and not app.is_headless:
        driver.write("\x1b[23;2t")
