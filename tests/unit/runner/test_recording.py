from __future__ import annotations

import json
import os
import random
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentdeck.runner import recording as recording_module
from agentdeck.runner.errors import RecordingUnreadableError
from agentdeck.runner.recording import Recorder, incomplete_tail
from agentdeck.runner.recording_reader import (
    START,
    events,
    read_bytes,
    read_from,
    read_text,
    segments,
)
from tests.integration.test_runner_harness import wait_until

CAP = 64 * 1024


def recorder_in(folder: Path, cap: int = CAP) -> Recorder:
    return Recorder(folder, 80, 24, cap, "agent")


def record(folder: Path, pieces: Any) -> None:
    recorder = recorder_in(folder)
    for piece in pieces:
        recorder.output(piece)
        recorder.flush()
    recorder.close()


@settings(max_examples=60)
@given(pieces=st.lists(st.binary(max_size=60), max_size=10))
def test_any_bytes_come_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, pieces: Any
) -> None:
    folder = tmp_path_factory.mktemp("recording")
    record(folder, pieces)
    assert read_bytes(folder) == b"".join(pieces)


@settings(max_examples=60)
@given(text=st.text(max_size=40), data=st.data())
def test_a_split_character_is_recorded_whole(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: Any
) -> None:
    folder = tmp_path_factory.mktemp("recording")
    stream = text.encode()
    cut = data.draw(st.integers(0, len(stream)))
    record(folder, [stream[:cut], stream[cut:]])
    recorded = [event.data for event in events(folder) if event.code == "o"]
    assert "".join(recorded) == text
    assert not any("\udc80" <= c <= "\udcff" for part in recorded for c in part)


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b"", 0),
        (b"a", 0),
        (b"a\xe2", 1),
        (b"a\xe2\x82", 2),
        (b"a\xe2\x82\xac", 0),
        (b"\xf0\x9f\x98", 3),
        (b"\x80\x80\x80", 0),
        (b"\xff", 0),
        (b"\xc1", 0),
    ],
)
def test_incomplete_tail(data: Any, size: int) -> None:
    assert incomplete_tail(data) == size


def test_a_character_that_never_completes_is_let_go_at_a_settle(tmp_path: Path) -> None:
    recorder = recorder_in(tmp_path)
    recorder.output(b"a\xe2")
    recorder.flush()
    assert read_bytes(tmp_path) == b"a"
    recorder.settle()
    recorder.flush()
    assert read_bytes(tmp_path) == b"a\xe2"
    recorder.close()


def test_it_is_asciicast_v3_readable_by_its_owner_only(tmp_path: Path) -> None:
    recorder = recorder_in(tmp_path)
    recorder.output(b"hi\x1b[m\xff")
    recorder.input(b"y")
    recorder.resize(100, 30)
    recorder.exit(3)
    recorder.close()
    lines = (tmp_path / "recording.cast").read_text("ascii").splitlines()
    header = json.loads(lines[0])
    assert header["version"] == 3
    assert header["term"] == {"cols": 80, "rows": 24, "type": "xterm-256color"}
    assert [json.loads(line)[1:] for line in lines[1:]] == [
        ["o", "hi\x1b[m\udcff"],
        ["i", "y"],
        ["r", "100x30"],
        ["x", "3"],
    ]
    assert all(json.loads(line)[0] >= 0 for line in lines[1:])
    assert (tmp_path / "recording.cast").stat().st_mode & 0o777 == 0o600


def test_rotation_keeps_the_newest_under_the_cap_in_valid_segments(
    tmp_path: Path,
) -> None:
    chance = random.Random(7)
    recorder = recorder_in(tmp_path)
    stream = b""
    for _ in range(200):
        piece = chance.randbytes(chance.randrange(1, 4000))
        stream += piece
        recorder.output(piece)
        recorder.flush()
        total = sum(path.stat().st_size for path in segments(tmp_path))
        assert total <= CAP
    recorder.close()
    paths = segments(tmp_path)
    assert len(paths) == 4
    for path in paths:
        lines = path.read_text("ascii").splitlines()
        assert json.loads(lines[0])["version"] == 3
        assert all(len(json.loads(line)) == 3 for line in lines[1:])
    kept = read_bytes(tmp_path)
    assert len(kept) > CAP // 8
    assert stream.endswith(kept)


def test_one_write_larger_than_the_cap_is_cut_into_segments(tmp_path: Path) -> None:
    stream = bytes(range(256)) * 2000
    record(tmp_path, [stream])
    assert stream.endswith(read_bytes(tmp_path))
    assert sum(path.stat().st_size for path in segments(tmp_path)) <= CAP


def test_following_across_rotations_misses_and_repeats_nothing(tmp_path: Path) -> None:
    chance = random.Random(3)
    recorder = recorder_in(tmp_path)
    stream, followed, position = b"", b"", START
    for _ in range(300):
        piece = chance.randbytes(chance.randrange(1, 900))
        stream += piece
        recorder.output(piece)
        recorder.flush()
        new, position = read_from(tmp_path, position)
        followed += new
    recorder.close()
    followed += read_from(tmp_path, position)[0]
    assert followed == stream
    assert position.segment > 4


def test_a_line_that_is_being_written_is_read_later(tmp_path: Path) -> None:
    record(tmp_path, [b"one"])
    path = tmp_path / "recording.cast"
    whole = path.read_bytes() + b'[0.1, "o", "two"]\n'
    path.write_bytes(whole[:-5])
    first, position = read_from(tmp_path, START)
    path.write_bytes(whole)
    assert (first, read_from(tmp_path, position)[0]) == (b"one", b"two")


def test_a_session_that_is_started_again_keeps_what_it_recorded(
    tmp_path: Path,
) -> None:
    for word in (b"first", b"second", b"third", b"fourth", b"fifth", b"sixth"):
        record(tmp_path, [word])
    assert read_bytes(tmp_path) == b"firstsecondthirdfourthfifthsixth"
    headers = [json.loads(p.read_text().splitlines()[0]) for p in segments(tmp_path)]
    assert [h["segment"] for h in headers] == [1, 2, 3, 4, 5, 6]
    assert [h["run"] for h in headers] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("newest", [None, b"", b'{"version": 3, "te', b"[1, 2]\n"])
def test_a_run_goes_on_after_one_that_was_cut_off_at_a_new_segment(
    tmp_path: Path, newest: bytes | None
) -> None:
    record(tmp_path, [b"first"])
    record(tmp_path, [b"second"])
    (tmp_path / "recording.cast").rename(tmp_path / "recording.2.cast")
    if newest is not None:
        (tmp_path / "recording.cast").write_bytes(newest)
    record(tmp_path, [b"third"])
    record(tmp_path, [b"fourth"])
    assert read_bytes(tmp_path) == b"firstsecondthirdfourth"
    headers = [json.loads(p.read_text().splitlines()[0]) for p in segments(tmp_path)]
    assert [h["segment"] for h in headers] == [1, 2, 3, 4]
    assert [h["run"] for h in headers] == [1, 2, 3, 4]


def test_all_runs_together_stay_under_the_cap(tmp_path: Path) -> None:
    chance = random.Random(5)
    stream = b""
    for _ in range(8):
        pieces = [chance.randbytes(900) for _ in range(chance.randrange(1, 30))]
        stream += b"".join(pieces)
        record(tmp_path, pieces)
        assert sum(path.stat().st_size for path in segments(tmp_path)) <= CAP
    assert stream.endswith(read_bytes(tmp_path))


def test_a_header_says_from_when_its_intervals_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(recording_module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(recording_module.time, "time", lambda: now[0] + 5000)
    recorder = recorder_in(tmp_path)
    now[0] = 130.0
    recorder.output(b"a")
    now[0] = 131.5
    recorder.output(b"b")
    recorder.close()
    header = json.loads((tmp_path / "recording.cast").read_text().splitlines()[0])
    assert header["began"] == 5100.0


def test_no_recording_reads_as_nothing(tmp_path: Path) -> None:
    assert read_bytes(tmp_path) == b""
    assert read_from(tmp_path, START) == (b"", START)


def test_a_file_that_is_no_recording_is_said(tmp_path: Path) -> None:
    (tmp_path / "recording.cast").write_text("hello\n")
    with pytest.raises(RecordingUnreadableError):
        read_bytes(tmp_path)


def test_a_full_disk_pauses_and_then_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is faked: the real one is filled in the fault tests."""
    real_write = os.write
    is_full = [False]

    def write(fd: int, data: bytes) -> int:
        if is_full[0]:
            real_write(fd, bytes(data)[:3])
            raise OSError(28, "No space left on device")
        return real_write(fd, data)

    monkeypatch.setattr("agentdeck.runner.recording.os.write", write)
    monkeypatch.setattr(recording_module, "RETRY_AFTER_S", 0.0)
    recorder = recorder_in(tmp_path)
    recorder.output(b"one ")
    assert not recorder.flush()
    is_full[0] = True
    recorder.output(b"two ")
    assert recorder.flush()
    assert recorder.error == "No space left on device"
    is_full[0] = False
    recorder.output(b"three")
    assert recorder.flush()
    assert not recorder.error
    assert read_bytes(tmp_path) == b"one two three"
    recorder.close()


def test_a_disk_that_stays_full_costs_bounded_memory_and_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_module, "PENDING_LIMIT", 10_000)
    recorder = recorder_in(tmp_path, cap=1 << 20)
    for _ in range(100):
        recorder.output(b"x" * 1000)
    recorder.close()
    missing = [event.data for event in events(tmp_path) if event.code == "m"]
    kept = len(read_bytes(tmp_path))
    assert kept < 13_000
    assert missing == [f"{100_000 - kept} bytes were not recorded: the disk was full"]


def test_text_of_a_recording(tmp_path: Path) -> None:
    record(tmp_path, [b"\x1b[31mred\x1b[0m\r\n10%\r50%\r100%\r\n", "ü".encode()])
    assert read_text(tmp_path) == "red\n100%\nü"


@settings(max_examples=60)
@given(parts=st.lists(st.binary(max_size=60), max_size=10))
def test_parts_are_one_event_until_it_is_cut(
    tmp_path_factory: pytest.TempPathFactory, parts: Any
) -> None:
    folder = tmp_path_factory.mktemp("recording")
    recorder = recorder_in(folder)
    for part in parts:
        recorder.part(part)
        assert not recorder.flush()
    recorder.input(b"typed")
    recorder.close()
    assert read_bytes(folder) == b"".join(parts)
    codes = "".join(event.code for event in events(folder))
    # Half a character at the end is let go by itself.
    assert codes in {"i", "oi", "io", "oio"}


def test_parts_can_be_added_while_another_thread_writes(tmp_path: Path) -> None:
    chance = random.Random(11)
    recorder = recorder_in(tmp_path, cap=64 << 20)
    stream: list[bytes] = []
    is_over = threading.Event()

    def write() -> None:
        while not is_over.is_set():
            recorder.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3000):
            stream.append(chance.randbytes(chance.randrange(1, 2000)))
            recorder.part(stream[-1])
            if chance.random() < 0.3:
                recorder.cut()
            if number % 200 == 199:
                # Past its limit the recorder drops what a slow disk leaves behind.
                recorder.cut()
                wait_until(lambda: recorder.written is not None, "all is written")
    finally:
        is_over.set()
        writer.join()
    recorder.close()
    # Not compared in the assertion: to show where megabytes differ takes minutes.
    is_same = read_bytes(tmp_path) == b"".join(stream)
    assert is_same


def test_no_line_of_many_parts_is_longer_than_a_segment(tmp_path: Path) -> None:
    stream = bytes(range(256)) * 400
    recorder = recorder_in(tmp_path)
    for start in range(0, len(stream), 100):
        recorder.part(stream[start : start + 100])
    recorder.close()
    assert stream.endswith(read_bytes(tmp_path))
    assert all(path.stat().st_size <= CAP // 4 for path in segments(tmp_path))
