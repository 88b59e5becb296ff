"""Scrolling back from key to pixel: the app, the host and a runner, for real."""

from __future__ import annotations

import contextlib

import pytest

from tests.integration.app_terminal import AppTerminal
from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


def test_a_pane_is_scrolled_back_while_its_session_prints(deck: Deck) -> None:
    script = "seq -f 'row-%03.0f.' 200; read x; echo more; read y"
    deck.run("run", "--name", "prints", "--", "bash", "-c", script)
    with contextlib.closing(AppTerminal(deck)) as app:
        app.until_shown("row-180.")
        app.type("B")
        app.until_shown("row-001.", "rows up")
        deck.run("send", "prints", "go")
        app.until_shown("row-001.", "new output below")
        app.type("F")
        app.until_shown("more")
        app.until_gone("rows up")
        app.type("b")
        app.until_gone("more")
        app.type("q")
        assert app.wait() == 0
    assert b"Traceback" not in app.output


def test_the_wheel_is_arrow_keys_for_a_full_screen_program(deck: Deck) -> None:
    script = "printf '\\033[?1049hfull'; read x"
    deck.run("run", "--name", "full", "--", "bash", "-c", script)
    with contextlib.closing(AppTerminal(deck)) as app:
        app.until_shown("│full", "╯")
        # The wheel down over the pane; this terminal tells pixels, as Textual asks.
        app.type("\x1b[<65;640;160M")
        app.until_shown("^[[B^[[B^[[B")
        app.type("q")
        assert app.wait() == 0
