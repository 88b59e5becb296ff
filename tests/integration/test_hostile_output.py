"""Nothing of what an agent prints reaches a person's terminal but as text."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.integration.deck import DEADLINE_S, Deck
from tests.integration.spoken import UNSEEN, Spoken, spoken

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

ATTACKS = {
    "clipboard": "\x1b]52;c;RVZJTA==\x07",
    "clipboard with ST": "\x1b]52;c;RVZJTA==\x1b\\",
    "clipboard read": "\x1b]52;c;?\x07",
    "titles": "\x1b]0;EVIL\x07\x1b]2;EVIL\x1b\\\x1b]l;EVIL\x07",
    "title in colours": "\x1b]2;EVIL\x1b[31m\x07",
    "palette": "\x1b]4;1;EVIL\x07\x1b]10;EVIL\x07\x1b]104\x07",
    "folder": "\x1b]7;file://EVIL/\x07",
    "notifications": "\x1b]9;EVIL\x07\x1b]777;notify;EVIL;EVIL\x07\x1b]99;;EVIL\x1b\\",
    "links": "\x1b]8;;javascript:EVIL\x07here\x1b]8;;\x07\x1b]8;;file:///EVIL\x07x",
    "link that never ends": "\x1b]8;;ssh://EVIL -oProxyCommand=EVIL\x07y",
    "answer-back": "\x05\x1b[c\x1b[>c\x1b[=c\x1b[6n\x1b[?996n\x1b[>q\x1b[18t\x1b[21t",
    "status strings": "\x1bP$qEVIL\x1b\\\x1bP+q45564c\x1b\\",
    "terminfo": "\x1bP+p45564c=45564c\x1b\\",
    "sixel": "\x1bPq#0;2;0;0;0#0!99999~-" + "~" * 50_000 + "\x1b\\",
    "kitty graphics": "\x1b_Gf=24,s=10000,v=10000,m=1;EVIL"
    + "A" * 50_000
    + "\x1b\\\x1b_Ga=T,t=f;L2V0Yy9wYXNzd2Q=\x1b\\",
    "iterm files": "\x1b]1337;File=name=EVIL;inline=1:" + "A" * 50_000 + "\x07",
    "private message": "\x1b^EVIL\x1b\\\x1bXEVIL\x1b\\",
    "repeat": "E\x1b[999999999b",
    "big numbers": "\x1b[999999999;999999999H\x1b[999999999@\x1b[2147483648C",
    "many parameters": "\x1b[" + "1;" * 5000 + "m",
    "windows": "\x1b[8;1;1t\x1b[3;0;0t\x1b[2t\x1b[22;0t\x1b[23;0t",
    "modes": "\x1b[?1049h\x1b[?1000h\x1b[?1003h\x1b[?2004h\x1b[?1004h\x1b[>31u\x1b[?1049l",
    "media copy": "\x1b[5iEVIL\x1b[4i\x1b[?5i",
    "8-bit controls": "\x9b31mEVIL\x9d0;EVIL\x9c\x90qEVIL\x9c\x9fEVIL\x9c",
    "bidi": "user\u202eLIVE\u202c \u2066x\u2069 \u200fy\u200e \u061c\ufeff",
    "invisible": "a\U000e0045\U000e0056\U000e0049\U000e004cb\u200bc\u2060d",
    "markup": "[bold red]EVIL[/] [@click=app.quit]EVIL[/] [link=x]",
    "controls": "\x00\x01\x02\x0b\x0c\x0e\x0f\x7f",
    "not UTF-8": "\udcff\udcfe\udc80",
    "endless": "\x1b]52;c;" + "RVZJTA==" * 20_000 + "\x18",
    "endless device control": "\x1bP" + "EVIL" * 20_000 + "\x18",
}
AGENT = """
import sys, time, tty
tty.setraw(0)
sys.stdout.buffer.write(open(sys.argv[1], "rb").read())
sys.stdout.buffer.write(b"\\r\\n\\x1b[mthe last word\\r\\n")
sys.stdout.buffer.flush()
time.sleep(600)
"""
TITLE = "t\x1b]52;c;RVZJTA==\x07i\u202et\x9b31mle [bold]EVIL[/] \x07"
# What Textual's own driver and our two titles say.
MODES = {"1000", "1002", "1003", "1004", "1006", "1015", "1016", "1049", "25"}
MODES |= {"2004", "2026", "2048", "7", "12"}
OURS = re.compile(r"2;(?:\d+ need you · )?AgentDeck|22;.*")
_LOOKS = re.compile("\x1b\\[[0-9;:]*m")
VERBS = (
    "ls",
    "show hostile",
    "explain hostile",
    "screen hostile",
    "screen hostile --ansi",
    "logs hostile",
    "events",
    "ls --json",
    "screen hostile --json",
    "logs hostile --json",
    "logs hostile --cast",
)
CSI = re.compile(
    r"[0-9;:]*m|[0-9;]*H|[0-9;]*[ABCDGJK]|\?[0-9;]+[hl]|\?[0-9]+\$p|[<>=][0-9;]*u|\?u"
    r"|2[23];2t|[0-9]* q|6n|14t|>[0-9;]*m|c"
)


def in_terminal(
    words: list[str], deck: Deck, *, until: str = "", keys: Sequence[str] = ()
) -> bytes:
    """All that a command writes to a terminal of 120 by 40, until it ends.

    The keys are pressed one after the other once the text `until` is shown.
    """
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "agentdeck", *words],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=deck.repo,
        env={**deck.env, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        start_new_session=True,
    )
    os.close(slave)
    seen = bytearray()
    try:
        _read_until(master, seen, until)
        for key in keys:
            os.write(master, key.encode())
            _read_answer(master, seen)
        while _read(master, seen):
            pass
        process.wait(DEADLINE_S)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(master)
    return bytes(seen)


def _read(master: int, seen: bytearray) -> bool:
    try:
        data = os.read(master, 65536)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return False
    seen += data
    return bool(data)


def _read_until(master: int, seen: bytearray, text: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while text not in _LOOKS.sub("", seen.decode("utf-8", "replace")):
        assert time.monotonic() < deadline, bytes(seen)[-3000:]
        if select.select([master], [], [], 0.2)[0]:
            _read(master, seen)


def _read_answer(master: int, seen: bytearray) -> None:
    """Read until a moment's silence; some screens are never silent for long."""
    end = time.monotonic() + 1.0
    while time.monotonic() < end and select.select([master], [], [], 0.3)[0]:
        if not _read(master, seen):
            return


@pytest.fixture
def hostile(deck: Deck, tmp_path: Path) -> Deck:
    """A session whose agent has printed every attack, and a title of its own."""
    program, attacks = tmp_path / "agent.py", tmp_path / "attacks"
    program.write_text(AGENT)
    raw = "".join(
        f"{name} {attack}\x1b\\\x1b[m\r\n" for name, attack in ATTACKS.items()
    )
    attacks.write_bytes(raw.encode("utf-8", "surrogateescape"))
    words = ["run", "--name", "hostile", "--title", TITLE, "--"]
    deck.run(*words, sys.executable, str(program), str(attacks))
    deck.until(lambda all_: all_["hostile"]["last_line"] == "the last word")
    return deck


def harmless_text(said: Spoken) -> None:
    """Check that the text has nothing unseen, and the rest nothing of an agent's."""
    assert not said.string
    assert not [text for text in said.text if UNSEEN.search(text)]
    for word in (*said.csi, *said.osc, *said.escape):
        assert "EVIL" not in word
        assert "RVZJTA" not in word


def test_the_app_says_only_its_own_sequences(hostile: Deck) -> None:
    # Into the pane and out, the reasons, the log and its end, help, and away.
    keys = ["\r", "abc", "\x1d", "e", "\x1b", "l", "G", "\x1b", "?", "\x1b", "q"]
    data = in_terminal([], hostile, until="the last word", keys=keys)
    said = spoken(data)
    harmless_text(said)
    assert not [word for word in said.csi if not CSI.fullmatch(word)]
    modes = [word for word in said.csi if word[0] == "?" and word[-1] in "hl"]
    assert {mode for word in modes for mode in word[1:-1].split(";")} <= MODES
    assert not [word for word in said.osc if not OURS.fullmatch(word)]
    assert set(said.control) <= {"\r", "\n", "\x0e", "\x0f", "\t"}
    shown = "".join(said.text)
    for words in ("[bold red]EVIL[/]", "the last word", "[bold]EVIL"):
        assert words in shown


def test_the_command_line_says_only_colours(hostile: Deck) -> None:
    for words in VERBS:
        said = spoken(in_terminal(words.split(), hostile))
        harmless_text(said)
        assert not [w for w in said.csi if not re.fullmatch(r"[0-9;:]*m", w)], words
        assert not said.osc + said.escape, words
        assert set(said.control) <= {"\r", "\n", "\t"}, words
        assert "".join(said.text), words
    raw = spoken(in_terminal(["logs", "hostile", "--raw"], hostile))
    assert not raw.csi + raw.osc + raw.escape
    assert "--raw" in "".join(raw.text)
