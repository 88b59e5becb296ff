"""Copy mode from key to clipboard: the app, the host, a runner and its recording."""

from __future__ import annotations

import base64
import contextlib
import re

import pytest

from tests.integration.app_terminal import AppTerminal
from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

_CLIPBOARD = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")


def copied(app: AppTerminal) -> list[str]:
    """What the app has put on its terminal's clipboard."""
    found = _CLIPBOARD.findall(bytes(app.output))
    return [base64.b64decode(each).decode() for each in found]


def test_a_search_goes_through_the_recording_and_its_line_is_copied(
    deck: Deck,
) -> None:
    script = "seq -f 'row-%05.0f. 日本' 30000; read x; seq -f 'new-%02.0f.' 50; read y"
    deck.run("run", "--name", "prints", "--", "bash", "-c", script)
    with contextlib.closing(AppTerminal(deck)) as app:
        app.until_shown("│row-30000.")
        app.type("c")
        app.until_shown("copy mode")
        app.type("?row-00007")
        app.until_shown("row-00007.", "1 of 1")
        app.type("\r")
        app.until_shown("v select  V lines")
        deck.run("send", "prints", "go")
        app.until_shown("row-00007.", "new output below")
        app.type("Vjjy")
        app.until(lambda: copied(app))
        assert copied(app) == ["row-00007. 日本\nrow-00008. 日本\nrow-00009. 日本"]
        app.until_shown("Copied 3 lines")
        app.until_shown("new-50.")
        app.type("q")
        assert app.wait() == 0
    assert b"Traceback" not in app.output


def test_the_wheel_goes_on_into_the_recording(deck: Deck) -> None:
    script = "seq -f 'row-%05.0f.' 30000; read x"
    deck.run("run", "--name", "prints", "--", "bash", "-c", script)
    with contextlib.closing(AppTerminal(deck)) as app:
        app.until_shown("│row-30000.")
        app.type("B")
        app.until_shown("row-00001.", "rows up")
        app.type("F")
        app.until_shown("row-30000.")
        app.type("q")
        assert app.wait() == 0


def test_what_an_agent_prints_while_one_selects_moves_nothing(deck: Deck) -> None:
    script = "seq -f 'row-%03.0f.' 200; read x; while :; do echo flood-$((n++)); done"
    deck.run("run", "--name", "floods", "--", "bash", "-c", script)
    with contextlib.closing(AppTerminal(deck)) as app:
        app.until_shown("│row-200.")
        app.type("ckkv")
        app.until_shown("selecting text")
        deck.run("send", "floods", "go")
        app.until_shown("new output below", "row-199.")
        app.type("$y")
        app.until(lambda: copied(app))
        assert copied(app) == ["row-199."]
        app.until_shown("flood-")
        app.type("q")
        assert app.wait() == 0


def test_the_mouse_selects_and_copies(deck: Deck) -> None:
    script = "echo 'see src/app.py:12 there'; read x; echo typed-$x; read y"
    deck.run("run", "--name", "prints", "--", "bash", "-c", script)
    with contextlib.closing(AppTerminal(deck)) as app:
        app.until_shown("│see src/app.py:12", "╯")
        line = next(n for n, row in enumerate(app.text.split("\n")) if "│see" in row)
        column = app.text.split("\n")[line].index("│see") + 1
        # This terminal tells pixels, as Textual asks: cells of 8 by 16.
        at = f"{(column + 6) * 8 + 4};{line * 16 + 8}"
        app.type(f"\x1b[<0;{at}M\x1b[<0;{at}m\x1b[<0;{at}M\x1b[<0;{at}m")
        app.until(lambda: copied(app))
        assert copied(app) == ["src/app.py:12"]
        app.type("word\r")
        app.until_shown("typed-word")
        app.type("\x1d")
        app.until_shown("⏎ type")
        app.type("q")
        assert app.wait() == 0
