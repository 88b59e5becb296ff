"""Textual's private parts that the app cannot do without, each with its reason.

Everything here is checked again when Textual is bumped.
"""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from rich.segment import Segments
from rich.text import Text
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.keys import _character_to_key

if TYPE_CHECKING:
    from textual.app import App
    from textual.events import Key
    from textual.widget import Widget

# What Alt does on a terminal without the kitty protocol: ESC, then the key's own
# byte. Option with b, f and backspace stay Textual's, which edits with them.
_AFTER_ESCAPE = {
    " ": "alt+space",
    **{chr(byte): f"alt+ctrl+{chr(byte + 96)}" for byte in range(1, 27)},
    "\r": "alt+enter",
    **{digit: f"alt+{digit}" for digit in "0123456789"},
    **{sign: f"alt+{_character_to_key(sign)}" for sign in "!\"#$%&'()*+,-./:;<=>?@"},
    **{sign: f"alt+{_character_to_key(sign)}" for sign in "\\`{|}~"},
}

logger = logging.getLogger(__name__)


def know_alt_keys() -> None:
    """Have Textual tell Alt with Enter, digits and signs from the keys alone.

    Its table has none of them, or what Option types on a Mac, which a terminal
    sends as that character and never as ESC and the digit. There is no public way
    to add to it: Textualize/textual has `ANSI_SEQUENCES_KEYS` as a constant.
    """
    table: Any = ANSI_SEQUENCES_KEYS
    for character, name in _AFTER_ESCAPE.items():
        # ESC and a tab is Shift+Tab on the Linux console.
        if character != "\t":
            table[f"\x1b{character}"] = (SimpleNamespace(value=name),)


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


def give_key(widget: Widget, event: Key) -> None:
    """Give a widget a key as the app does with one from the terminal.

    Posted without this mark, a key that the widget does not take would come back to
    the app as a new one. Textual has no public way to set it.
    """
    widget._forward_event(event)  # noqa: SLF001 - see above


def write_title(app: App[Any], title: str) -> None:
    """Set the terminal's title. Textual has no public way to do it.

    Args:
        app: The running app.
        title: Our own words only, never an agent's.
    """
    driver = app._driver  # noqa: SLF001 - see above
    if driver is not None and not app.is_headless:
        driver.write(f"\x1b]2;{title}\x07")


def write_notification(app: App[Any], text: str) -> None:
    """Have the terminal notify (OSC 9). Textual has no public way to do it.

    Args:
        app: The running app.
        text: Our own words only, never an agent's.
    """
    driver = app._driver  # noqa: SLF001 - see `write_title`
    if driver is not None and not app.is_headless:
        driver.write(f"\x1b]9;{text}\x07")


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
