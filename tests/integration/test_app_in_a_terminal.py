"""The app where a person meets it: in a real terminal, of any size and locale."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.app_terminal import AppTerminal
from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


@contextmanager
def app_in_terminal(deck: Deck, *words: str, **how: Any) -> Iterator[AppTerminal]:
    """The app, ended at the latest when the test is over."""
    terminal = AppTerminal(deck, *words, **how)
    with contextlib.closing(terminal):
        yield terminal


def idle_session(deck: Deck, name: str) -> None:
    """A session that greets and waits for its next prompt."""
    deck.run(
        "run",
        "/say Ready when you are\n/idle",
        "--agent",
        "scripted",
        "--name",
        name,
        "--title",
        name,
    )
    deck.until(lambda all_: all_[name]["activity"] == "idle")


def test_sessions_and_host_survive_a_dropped_connection(deck: Deck) -> None:
    with app_in_terminal(deck) as app:
        # The app starts the host, which so is a child of what hangs up.
        app.until_shown("No sessions yet")
        deck.shell("counts", "while sleep 0.05; do echo line $((i += 1)); done")
        app.until_shown("counts", "line 2")
        host = deck.host_pid()
        app.hang_up()
        assert app.wait() in {0, 1, 129, -signal.SIGHUP}
    assert deck.host_pid() == host
    before = deck.run("screen", "counts").stdout
    deck.until(lambda _: deck.run("screen", "counts").stdout != before)
    with app_in_terminal(deck) as again:
        again.until_shown("counts")


def test_a_demo_goes_for_good_while_an_app_shows_it(deck: Deck) -> None:
    del deck.env["AGENTDECK_HOME"]
    deck.env["TMPDIR"] = "/tmp"
    try:
        with app_in_terminal(deck, "demo") as app:
            app.until_shown("AgentDeck", "need you", "Fix the timing leak")
            made = deck.run("demo", "--no-app", "--json").stdout
            folder = Path(json.loads(made)["folder"])
            stopping = deck.start("demo", "--stop")
            app.until(lambda: stopping.poll() is not None)
            said = stopping.communicate()
            assert stopping.returncode == 0, said
            app.until_shown("Connection to the host lost")
            assert not folder.exists()
            app.until(lambda: not _hosts_below(folder))
    finally:
        deck.run("demo", "--stop", status=None)
        deck.env["AGENTDECK_HOME"] = str(deck.home)


def _hosts_below(folder: Path) -> list[int]:
    """Processes whose AgentDeck lives there."""
    own = f"AGENTDECK_HOME={folder}".encode()
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            words = (environ.parent / "cmdline").read_bytes()
            if own in environ.read_bytes() and b"agentdeck.host" in words:
                found.append(int(environ.parent.name))
    return found


def test_what_is_typed_right_behind_the_composers_key_goes_to_it(deck: Deck) -> None:
    idle_session(deck, "waits")
    with app_in_terminal(deck) as app:
        app.until_shown("waits", "Ready when you are")
        app.type("nxquit yes")
        app.until_shown("New session", "xquit yes")
        assert deck.sessions()["waits"]["phase"] == "running"


def test_attach_types_into_the_session_and_gives_the_keyboard_back(deck: Deck) -> None:
    deck.shell("echoes", "while read -r word; do echo heard-$word; done")
    with app_in_terminal(deck, "attach", "echoes") as app:
        app.until_shown("echoes", "typing")
        app.type("hello\r")
        app.until_shown("heard-hello")
        app.type("\x1d")
        app.until_shown("new")
        app.type("q")
        assert app.wait() == 0
    assert deck.sessions()["echoes"]["phase"] == "running"


@pytest.mark.parametrize(("cols", "rows"), [(80, 24), (40, 10), (20, 5), (2, 1)])
def test_a_terminal_of_any_size_is_survived(deck: Deck, cols: int, rows: int) -> None:
    idle_session(deck, "greeter")
    with app_in_terminal(deck, cols=cols, rows=rows) as app:
        app.until_shown("greeter" if cols >= 20 else "")
        if cols >= 40:
            app.type("?")
            app.until_shown("Keys")
            app.type("\x1b")
            app.until_gone("Keys")
        app.type("q")
        assert app.wait() == 0
    assert b"Traceback" not in app.output


@pytest.mark.parametrize("locale", ["C", "POSIX"])
def test_without_utf_8_only_ascii_is_drawn(deck: Deck, locale: str) -> None:
    idle_session(deck, "greeter")
    environ = {"LC_ALL": locale, "LANG": locale, "PYTHONUTF8": "0"}
    with app_in_terminal(deck, cols=80, rows=24, environ=environ) as app:
        app.until_shown("greeter", "Ready when you are")
        app.type("q")
        assert app.wait() == 0
    assert all(byte < 0x80 for byte in app.output)


@pytest.mark.parametrize("off", [{}, {"NO_COLOR": "1"}])
def test_no_color_draws_no_colour(deck: Deck, off: dict[str, str]) -> None:
    idle_session(deck, "greeter")
    with app_in_terminal(deck, environ={"COLORTERM": "truecolor", **off}) as app:
        app.until_shown("greeter", "Ready when you are")
        app.type("q")
        assert app.wait() == 0
    colours = coloured(bytes(app.output))
    assert bool(colours) is not bool(off), colours[:5]


def test_a_layout_outlives_app_and_host(deck: Deck) -> None:
    for name in ("one", "two", "three"):
        deck.shell(name, f"echo this is {name}; sleep 300")
    with app_in_terminal(deck, cols=160, rows=45) as app:
        app.until_shown("this is one")
        app.type("ww")
        app.until_shown("this is two", "this is three", "╭─ three")
        app.until(lambda: is_kept(deck, "160x45"))
        app.type("q")
        assert app.wait() == 0
    deck.run("host", "restart")
    with app_in_terminal(deck, cols=160, rows=45) as again:
        again.until_shown("╭─ one", "╭─ two", "╭─ three", "this is two")


def is_kept(deck: Deck, size: str) -> bool:
    """Whether the host has a layout for a size of terminal."""
    file = next(deck.home.rglob("agentdeck.db"))
    with contextlib.closing(sqlite3.connect(file)) as database:
        rows = database.execute("SELECT size FROM layouts").fetchall()
    return (size,) in rows


def coloured(output: bytes) -> list[bytes]:
    """The sequences that set a colour which is not a grey."""
    found = []
    for match in re.finditer(rb"\x1b\[([0-9;]*)m", output):
        for red, green, blue in re.findall(
            rb"[34]8;2;(\d+);(\d+);(\d+)", match.group(1)
        ):
            if not red == green == blue:
                found.append(match.group(1))
    return found
