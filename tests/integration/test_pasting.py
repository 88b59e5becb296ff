"""A long paste from the operator's terminal to the agent, whole."""

from __future__ import annotations

import contextlib
import hashlib
import threading

import pytest

from tests.integration.app_terminal import AppTerminal
from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

READER = r"""
import hashlib, os, sys, tty
tty.setraw(0)
os.write(1, b"\x1b[?2004hready")
got = b""
while not got.endswith(b"\x1b[201~"):
    got += os.read(0, 65536)
head, _, rest = got.partition(b"\x1b[200~")
text = rest.removesuffix(b"\x1b[201~")
os.write(1, b"\r\ngot-%d-%s" % (len(text), hashlib.sha256(text).hexdigest()[:12].encode()))
os.read(0, 1)
"""


def test_a_paste_of_a_megabyte_arrives_whole_and_in_its_brackets(deck: Deck) -> None:
    text = ("a line of a long paste, with 日本 in it\n" * 30_000)[:1_000_000]
    data = text.encode()
    digest = hashlib.sha256(data.replace(b"\n", b"\r")).hexdigest()[:12]
    other = hashlib.sha256(data).hexdigest()[:12]
    deck.run("run", "--name", "reads", "--", "python3", "-c", READER)
    with contextlib.closing(AppTerminal(deck)) as app:
        app.until_shown("│ready")
        app.type("\r")
        app.until_shown("typing")
        pasting = threading.Thread(
            target=app.type, args=(f"\x1b[200~{text}\x1b[201~",), daemon=True
        )
        pasting.start()
        app.until(lambda: "got-" in app.text)
        pasting.join(30)
        app.until_shown(f"got-{len(data)}-")
        assert digest in app.text or other in app.text
        app.type("\x1d")
        app.until_shown("⏎ type")
        app.type("q")
        assert app.wait() == 0
    assert b"Traceback" not in app.output
