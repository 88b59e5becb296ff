"""The readable text of a recording as a file: always the same, private, bounded."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from agentdeck.runner import recording as recording_module
from agentdeck.runner import text_log as text_log_module
from agentdeck.runner.recording import Recorder
from agentdeck.runner.text_log import STATE, TEXT, TextLog

FOREVER = float("inf")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now + 1e9


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(recording_module.time, "monotonic", clock.monotonic)
    monkeypatch.setattr(recording_module.time, "time", clock.time)
    return clock


def entries(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_bytes().splitlines()[1:]]


def texts(file: Path) -> list[str]:
    return [each["text"] for each in entries(file) if "mark" not in each]


def test_it_says_what_was_printed_typed_and_how_it_ended(
    tmp_path: Path, clock: Clock
) -> None:
    recorder = Recorder(tmp_path, 60, 12, 1 << 20, "agent")
    recorder.output(b"hello\r\n> ")
    clock.now += 4
    recorder.input(b"hi\r")
    recorder.output(b"hi\r\nanswer\r\n")
    clock.now += 1
    recorder.exit(3)
    recorder.flush()
    log = TextLog(tmp_path)
    assert log.extend(FOREVER)
    log.close()
    said = [(each.get("mark"), each["text"]) for each in entries(tmp_path / TEXT)]
    assert said == [
        ("begin", ""),
        (None, "hello"),
        ("prompt", ""),
        (None, "> hi"),
        (None, "answer"),
        ("end", "3"),
    ]
    assert [each["at"] for each in entries(tmp_path / TEXT)][1] == 1e9 + 100
    for name in (TEXT, STATE):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    state = json.loads((tmp_path / STATE).read_text())
    assert state["still"]
    assert state["bytes"] == (tmp_path / TEXT).stat().st_size


@pytest.mark.parametrize("seed", range(8))
def test_followed_live_it_gives_the_same_bytes_as_made_at_once(
    tmp_path: Path, clock: Clock, seed: int
) -> None:
    chance = random.Random(seed)
    live, whole = tmp_path / "live", tmp_path / "whole"
    live.mkdir()
    followed: TextLog | None = None
    for _ in range(2):
        recorder = Recorder(live, 60, 12, 1 << 22, "agent")
        for number in range(200):
            clock.now += chance.choice((0.0, 0.05, 0.4, 0.9, 1.1, 3.0, 8.0))
            match chance.randrange(10):
                case 0:
                    recorder.resize(chance.randrange(20, 90), chance.randrange(5, 30))
                case 1:
                    recorder.output(chance.choice((b"\x1b[?1049h", b"\x1b[?1049l")))
                case 2:
                    recorder.input(b"yes\r")
                case 3:
                    recorder.output(b"\x1b[H\x1b[2J")
                case _:
                    recorder.output(f"{number} step\r\n{'spin' * 3}".encode())
            recorder.flush()
            if chance.random() < 0.4:
                # Somebody looks a while later, when nothing late can come any more.
                clock.now += chance.choice((0.0, 0.1, 1.4))
                followed = followed or TextLog(live)
                assert followed.extend(FOREVER)
        recorder.close()
    assert followed is not None
    clock.now += 100
    followed.extend(FOREVER)
    followed.close()
    whole.mkdir()
    for file in live.glob("recording*"):
        (whole / file.name).write_bytes(file.read_bytes())
    log = TextLog(whole)
    log.extend(FOREVER)
    log.close()
    assert (whole / TEXT).read_bytes() == (live / TEXT).read_bytes()
    assert len(texts(whole / TEXT)) > 50


def test_a_slice_ends_in_time_and_is_gone_on_with(tmp_path: Path, clock: Clock) -> None:
    recorder = Recorder(tmp_path, 60, 12, 1 << 22, "agent")
    for number in range(300):
        clock.now += 0.01
        recorder.output(f"line {number}\r\n".encode())
        recorder.flush()
    log = TextLog(tmp_path)
    assert not log.extend(0.0)
    assert not (tmp_path / TEXT).exists()
    draft = log.file
    assert draft.exists()
    slices = 1
    while not log.extend(0.0):
        slices += 1
    assert slices > 2
    clock.now += 20
    log.extend(FOREVER)
    assert texts(tmp_path / TEXT) == [f"line {number}" for number in range(300)]
    log.close()
    assert not draft.exists()


def test_a_text_that_is_not_whole_leaves_nothing_behind(
    tmp_path: Path, clock: Clock
) -> None:
    recorder = Recorder(tmp_path, 60, 12, 1 << 20, "agent")
    for _ in range(100):
        recorder.output(b"x\r\n")
        recorder.flush()
    (tmp_path / ".text.1").write_text("left by a process that was killed")
    log = TextLog(tmp_path)
    log.extend(0.0)
    log.close()
    assert not list(tmp_path.glob("*text*"))


def test_of_a_long_text_the_newest_part_stays(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_log_module, "MAX_BYTES", 20_000)
    recorder = Recorder(tmp_path, 60, 12, 1 << 22, "agent")
    for number in range(2000):
        clock.now += 0.01
        recorder.output(f"line {number}\r\n".encode())
    recorder.flush()
    clock.now += 10
    log = TextLog(tmp_path)
    log.extend(FOREVER)
    log.close()
    assert (tmp_path / TEXT).stat().st_size <= 20_000
    kept = texts(tmp_path / TEXT)
    assert kept[-1] == "line 1999"
    assert kept == [f"line {number}" for number in range(2000 - len(kept), 2000)]
    header = json.loads((tmp_path / TEXT).read_bytes().splitlines()[0])
    assert header["epoch"].startswith("1-")
    assert header["epoch"] != "1-0"
