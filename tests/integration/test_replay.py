"""Replays of what real runners recorded: the same picture, quick seeks, no leftovers."""

from __future__ import annotations

import json
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentdeck.runner.recording import Recorder
from tests.integration.test_runner_harness import (
    Connection,
    Harness,
    harness,
    is_alive,
    wait_until,
)

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

REDRAWS = r"""
import sys, time
out = sys.stdout
out.write("\x1b[?1049h\x1b[?25l")
for n in range(40):
    out.write("\x1b[?2026h\x1b[H")
    for y in range(20):
        out.write(f"\x1b[38;5;{(n + y) % 255}mrow {y} of picture {n}\x1b[m\x1b[K\r\n")
    out.write("\x1b[?2026l")
    out.flush()
    time.sleep(0.01)
"""
PRINTS = (
    "for n in range(3000): print(f'line {n} \x1b[3{n % 8}m\u65e5\u672c\x1b[m e\u0301')"
)


@pytest.fixture(scope="module")
def runners() -> Iterator[Harness]:
    with harness() as running:
        yield running


class Player:
    """A client of one replay."""

    def __init__(self, runners: Harness, directory: Path) -> None:
        self.socket_path = runners.folder / f"p{random.randrange(10**9)}"
        asked = Connection(runners.zygote_socket)
        asked.send(t="replay", dir=str(directory), socket=str(self.socket_path), id=1)
        reply = asked.receive()
        asked.close()
        assert reply is not None
        assert reply["t"] == "spawned"
        self.pid = reply["pid"]
        self.link = Connection(self.socket_path)
        self.link.send(t="hello", v=1)
        self.rows: dict[int, Any] = {}
        self.styles: list[Any] = []
        self.frame: dict[str, Any] = {}
        self.at: dict[str, Any] = {}
        self.about: dict[str, Any] = {}
        self.error = ""

    def take(self) -> str:
        """Deal with the next message; gives its kind."""
        message = self.link.receive()
        assert message is not None, f"the replay says nothing: {self.at} {self.rows}"
        match message["t"]:
            case "frame":
                if message["full"]:
                    self.rows.clear()
                self.styles[message["styles_from"] :] = message["styles"]
                for y, row in message["rows_changed"].items():
                    self.rows[int(y)] = row
                self.frame = message
                self.link.send(t="ack", n=message["n"])
            case "at":
                self.at = message
            case "replay":
                self.about = message
            case "error":
                self.error = message["message"]
        return str(message["t"])

    def go_to(self, at: float) -> None:
        self.link.send(t="seek", at=at)
        while self.take() != "at" or self.at["at"] != pytest.approx(at):
            pass

    def begin(self, at: float = 0.0) -> None:
        self.link.send(t="subscribe", at=at)
        while not self.about or not self.frame:
            self.take()

    def picture(self) -> Any:
        """Rows with their styles in words, size and cursor."""
        rows = {
            y: [(run[0], self.styles[run[1]]) for run in row]
            for y, row in self.rows.items()
            if row
        }
        frame = self.frame
        return frame["cols"], frame["rows"], rows, frame["cursor"], frame["alternate"]


@pytest.fixture
def play(runners: Harness) -> Iterator[Any]:
    players: list[Player] = []

    def make(directory: Path) -> Player:
        players.append(Player(runners, directory))
        return players[-1]

    yield make
    for player in players:
        player.link.close()
        wait_until(lambda: not is_alive(player.pid), "the end of the replay")  # noqa: B023
        assert not player.socket_path.exists()


def last_picture(directory: Path) -> Any:
    frame = json.loads((directory / "screen.json").read_text())
    rows = {
        int(y): [(run[0], frame["styles"][run[1]]) for run in row]
        for y, row in frame["rows_changed"].items()
        if row
    }
    return frame["cols"], frame["rows"], rows, frame["cursor"], frame["alternate"]


def programs() -> list[Any]:
    def program(name: str, argv: list[str], keys: list[str], needs: str = "") -> Any:
        missing = bool(needs) and shutil.which(needs) is None
        mark = pytest.mark.skipif(missing, reason=f"{needs} is not installed")
        return pytest.param(argv, keys, id=name, marks=mark)

    vim = ["vim", "-u", "NONE", "-N", "/etc/services"]
    return [
        program("redraws", [sys.executable, "-c", REDRAWS], []),
        program("prints", [sys.executable, "-c", PRINTS], []),
        program("vim", vim, ["5", "j", "d", "d", "G"], "vim"),
        program("less", ["less", "/etc/services"], ["space", "space", "b"], "less"),
    ]


@pytest.mark.parametrize(("argv", "keys"), programs())
def test_its_end_is_the_last_screen_of_the_session(
    runners: Harness, play: Any, argv: list[str], keys: list[str]
) -> None:
    env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "xterm-256color"}
    started = runners.spawn(argv, env=env)
    if keys:
        link = started.connect()
        link.send(t="hello", v=1)
        link.send(t="watch")
        link.signal("output")
        for key in keys:
            link.send(t="key", key=key)
        link.send(t="resize", cols=70, rows=20, id=9)
        link.expect(lambda m: m.get("id") == 9, "the resize")
        link.send(t="stop", force=True)
    started.exit()
    player = play(started.directory)
    player.begin(at=1e9)
    player.go_to(player.about["duration"])
    wait_until(
        lambda: (
            player.picture() == last_picture(started.directory) or not player.take()
        ),
        "the same picture",
    )
    assert player.about["over"]


def test_it_plays_at_a_speed_and_pauses_at_the_end(runners: Harness, play: Any) -> None:
    code = "import time\nfor n in range(4): print(n, flush=True); time.sleep(0.5)"
    started = runners.python(code)
    started.exit()
    player = play(started.directory)
    player.begin()
    assert player.picture()[2] in ({}, {0: [("0", [None, None, 0])]})
    player.link.send(t="play", speed=64)
    while player.at.get("playing") is not True:
        player.take()
    seen = [player.at["at"]]
    while player.at["playing"]:
        player.take()
        seen.append(player.at["at"])
    assert seen == sorted(seen)
    assert player.at["at"] == player.about["duration"]
    assert player.at["speed"] == 64
    while [row[0][0] for row in player.picture()[2].values()] != list("0123"):
        player.take()


def test_a_running_session_is_replayed_up_to_now(runners: Harness, play: Any) -> None:
    code = "import sys\nprint('ready', flush=True)\nfor line in sys.stdin: print('got', line, flush=True)"
    started = runners.python(code)
    link = started.connect()
    link.send(t="hello", v=1)
    link.send(t="watch")
    recording = started.directory / "recording.cast"
    wait_until(recording.exists, "the recording's begin")
    player = play(started.directory)
    player.begin(at=1e9)
    assert not player.about["over"]
    before = player.about["duration"]
    link.send(t="text", text="more\r")
    wait_until(lambda: "got more" in recording.read_text(), "the answer")
    player.link.send(t="seek", at=1e9)
    while player.about["duration"] == before or "got more" not in str(player.rows):
        player.take()
    assert player.about["prompts"]


@pytest.mark.parametrize("content", ["", "hello\n", '{"version": 3}\n'])
def test_what_is_no_recording_is_said(
    runners: Harness, play: Any, tmp_path: Path, content: str
) -> None:
    (tmp_path / "recording.cast").write_text(content)
    player = play(tmp_path)
    player.link.send(t="subscribe")
    while not player.error:
        player.take()
    assert "record" in player.error
    assert is_alive(player.pid)


def test_hostile_requests_are_refused_and_it_goes_on(
    runners: Harness, play: Any
) -> None:
    started = runners.python("print('hello')")
    started.exit()
    player = play(started.directory)
    player.begin(at=1e9)
    for request in (
        {"t": "seek"},
        {"t": "seek", "at": "x"},
        {"t": "play", "speed": "fast"},
        {"t": "ack", "n": None},
        {"t": "key", "key": "a"},
        {"t": "seek", "at": float("nan")},
    ):
        player.link.send(**request)
    player.go_to(player.about["duration"])
    assert "hello" in str(player.rows)


def test_scrubbing_shows_the_newest_place_without_playing_the_others(
    runners: Harness, play: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred seeks at once over a long recording come down to the last."""
    now = [100.0]
    monkeypatch.setattr("agentdeck.runner.recording.time.monotonic", lambda: now[0])
    recorder = Recorder(tmp_path, 80, 24, 64 << 20, "agent")
    for number in range(3000):
        now[0] += 1
        recorder.output(b"\x1b[H%06d\x1b]0;%s\x07" % (number, b"z" * 4000))
        recorder.flush()
    recorder.close()
    player = play(tmp_path)
    player.begin()
    chance = random.Random(2)
    for _ in range(100):
        player.link.send(t="seek", at=chance.uniform(0, 3000))
    player.go_to(1500.5)
    told = 0
    while "001499" not in str(player.rows.get(0)):
        told += player.take() == "frame"
    assert told < 50
