from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentdeck.runner import cast
from agentdeck.runner import recording as recording_module
from agentdeck.runner.cast import CastForm, Place, cast_piece
from agentdeck.runner.recording import Recorder


class Clock:
    """A clock that the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(recording_module.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(recording_module.time, "time", lambda: self.now + 1e9)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def whole(folder: Path, form: CastForm | None = None) -> list[Any]:
    """The cast as asciinema would read it, through positions as clients keep them."""
    text, position = "", ""
    while True:
        piece, place = cast_piece(folder, form or CastForm(), Place.parse(position))
        if not piece:
            return [json.loads(line) for line in text.splitlines()]
        text, position = text + piece, str(place)


def test_segments_and_pieces_are_joined_with_the_right_times(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cast, "PIECE_BYTES", 700)
    recorder = Recorder(tmp_path, 80, 24, 64 * 1024, "agent")
    for number in range(90):
        clock.now += 0.25
        recorder.output(b"%04d" % number + b"x" * 600)
        recorder.flush()
    recorder.close()
    assert len(list(tmp_path.glob("recording*.cast"))) > 1
    for version in (2, 3):
        header, *events = whole(tmp_path, CastForm(version))
        assert header["version"] == version
        assert sum(isinstance(each, dict) for each in events) == 0
        numbers = [int(event[2][:4]) for event in events]
        assert numbers == list(range(numbers[0], 90))
        gaps = [event[0] for event in events]
        if version == 2:
            gaps = [b - a for a, b in zip([0.0, *gaps], gaps, strict=False)]
        assert gaps == pytest.approx([0.25] * len(gaps))


def test_what_was_typed_is_left_out_unless_asked_for(
    tmp_path: Path, clock: Clock
) -> None:
    recorder = Recorder(tmp_path, 80, 24, 64 * 1024, "agent")
    recorder.output(b"Password: ")
    clock.now += 3
    recorder.input(b"hunter2\r")
    clock.now += 1
    recorder.output(b"ok")
    recorder.exit(0)
    recorder.close()
    _, *events = whole(tmp_path)
    assert [event[1] for event in events] == ["o", "o", "x"]
    assert events[1][0] == pytest.approx(4)
    _, *events = whole(tmp_path, CastForm(with_input=True))
    assert events[1] == [pytest.approx(3), "i", "hunter2\r"]
    _, *events = whole(tmp_path, CastForm(2))
    assert [event[:2] for event in events] == [[0, "o"], [pytest.approx(4), "o"]]


def test_a_second_run_begins_with_a_new_terminal_after_the_pause(
    tmp_path: Path, clock: Clock
) -> None:
    recorder = Recorder(tmp_path, 80, 24, 64 * 1024, "agent")
    recorder.output(b"one")
    recorder.resize(100, 30)
    recorder.close()
    clock.now += 60
    recorder = Recorder(tmp_path, 80, 24, 64 * 1024, "agent")
    clock.now += 5
    recorder.output(b"two")
    recorder.close()
    _, *events = whole(tmp_path)
    assert [event[1:] for event in events] == [
        ["o", "one"],
        ["r", "100x30"],
        ["o", "\x1bc"],
        ["r", "80x24"],
        ["o", "two"],
    ]
    assert [event[0] for event in events] == pytest.approx([0, 0, 60, 0, 5])


def test_bytes_that_are_no_text_are_shown_as_players_can_read_them(
    tmp_path: Path, clock: Clock
) -> None:
    recorder = Recorder(tmp_path, 80, 24, 64 * 1024, "agent")
    recorder.output("é😀".encode() + b"\xff\x00\x1b[m")
    recorder.close()
    piece, _ = cast_piece(tmp_path, CastForm(), Place())
    assert json.loads(piece.splitlines()[1])[2] == "é😀\ufffd\x00\x1b[m"
    piece.encode("ascii")


def test_a_place_that_is_none_is_refused() -> None:
    for text in ("whole", "1:2", "1:2:3:4:5:6:7:x"):
        with pytest.raises(ValueError, match=r"\w"):
            Place.parse(text)
