"""Replay's parts without a process: the timeline, and a screen at any time of it."""

from __future__ import annotations

import random
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentdeck.runner import player as player_module
from agentdeck.runner import recording as recording_module
from agentdeck.runner import replay as replay_module
from agentdeck.runner.player import Player
from agentdeck.runner.protocol import PROTOCOL, encode
from agentdeck.runner.recording import Recorder
from agentdeck.runner.timeline import IDLE_S, Timeline

WORDS = ("build", "日本", "é", "👩‍👧", "─┼─", "\t", "ok")


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


def busy_recording(folder: Path, clock: Clock, cap: int = 4 << 20) -> None:
    """Two runs with colours, scrolling, both screens, resizes and held pictures."""
    chance = random.Random(11)
    for _ in range(2):
        recorder = Recorder(folder, 60, 12, cap, "agent")
        for _ in range(250):
            clock.now += chance.choice((0.0, 0.01, 0.05, 0.4, 3.0))
            what = chance.randrange(12)
            if what == 0:
                recorder.resize(chance.randrange(20, 90), chance.randrange(5, 30))
            elif what == 1:
                recorder.output(
                    b"\x1b[?1049h" if chance.random() < 0.5 else b"\x1b[?1049l"
                )
            elif what == 2:
                recorder.output(b"\x1b[?2026h\x1b[H\x1b[2Jhalf")
            elif what == 3:
                recorder.output(b"done\x1b[?2026l")
            elif what == 4:
                recorder.output(f"\x1b[{chance.randrange(1, 12)};3H\x1b[K".encode())
            else:
                text = " ".join(chance.choice(WORDS) for _ in range(6))
                recorder.output(f"\x1b[3{what % 8}m{text}\x1b[m\r\n".encode())
            recorder.flush()
        recorder.exit(0)
        recorder.close()


def picture(player: Player) -> Any:
    screen = player.screen
    styled = [[(run[0], screen.styles[run[1]]) for run in row] for row in screen.rows]
    return screen.cols, screen.rows_count, styled, screen.cursor, screen.alternate


def brought_to(player: Player, at: float) -> Any:
    player.aim(at)
    while not player.work():
        pass
    return picture(player)


@pytest.fixture
def timeline(tmp_path: Path, clock: Clock) -> Timeline:
    busy_recording(tmp_path, clock)
    timeline = Timeline(tmp_path)
    timeline.extend()
    return timeline


def test_seeking_anywhere_gives_what_playing_from_the_start_gives(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(player_module, "SLICE_BYTES", 300)
    wandering = Player(timeline)

    @settings(max_examples=120, deadline=None)
    @given(share=st.floats(0, 1))
    def check(share: float) -> None:
        at = share * timeline.duration
        assert brought_to(wandering, at) == brought_to(Player(timeline), at)

    check()
    timeline.close()


def test_every_step_forward_equals_a_seek(timeline: Timeline) -> None:
    walking = Player(timeline)
    for number in range(60):
        at = number * timeline.duration / 60
        assert brought_to(walking, at) == brought_to(Player(timeline), at)
    timeline.close()


def test_a_picture_is_whole_though_the_time_is_within_its_drawing(
    tmp_path: Path, clock: Clock
) -> None:
    recorder = Recorder(tmp_path, 40, 5, 1 << 20, "agent")
    clock.now += 1
    recorder.output(b"before")
    clock.now += 1
    recorder.output(b"\x1b[?2026h\x1b[2J\x1b[Hfirst half")
    clock.now += 0.05
    recorder.output(b", second half\x1b[?2026l")
    clock.now += 0.05
    recorder.output(b" and more")
    recorder.close()
    timeline = Timeline(tmp_path)
    timeline.extend()
    player = Player(timeline)
    brought_to(player, 2.01)
    assert player.screen.text()[0] == "first half, second half"
    brought_to(player, 1.5)
    assert player.screen.text()[0] == "before"
    timeline.close()


def test_pauses_are_shortened_and_anchors_say_the_clock(
    tmp_path: Path, clock: Clock
) -> None:
    recorder = Recorder(tmp_path, 40, 5, 1 << 20, "agent")
    start = clock.time()
    for pause in (1, 3600, 1):
        clock.now += pause
        recorder.output(b"x")
    recorder.input(b"\x1b[I\r")
    clock.now += 1
    recorder.input(b"\x1b[A\x1b[200~do it\x1b[201~")
    recorder.input(b"\r")
    recorder.exit(3)
    recorder.close()
    timeline = Timeline(tmp_path)
    assert timeline.extend()
    assert timeline.duration == pytest.approx(1 + IDLE_S + 1 + 1)
    walls = [timeline.wall_at(at) - start for at in (0.5, 1, 1 + IDLE_S, 4.5)]
    assert walls == pytest.approx([0.5, 1, 3601, 3602.5], abs=0.002)
    assert timeline.prompts == pytest.approx([5.0])
    assert timeline.exits == [(pytest.approx(5.0), "3")]
    assert timeline.is_over
    assert not timeline.extend()
    timeline.close()


def test_a_running_session_s_recording_is_taken_in_as_it_grows_and_rotates(
    tmp_path: Path, clock: Clock
) -> None:
    recorder = Recorder(tmp_path, 40, 5, 64 * 1024, "agent")
    timeline = Timeline(tmp_path)
    assert not timeline.extend()
    player = Player(timeline)
    for number in range(300):
        clock.now += 0.1
        recorder.output(b"\x1b[H%04d\x1b]0;%s\x07" % (number, b"y" * 700))
        recorder.flush()
        if number % 7 == 0:
            assert timeline.extend()
            brought_to(player, timeline.duration)
            assert player.screen.text()[0] == f"{number:04}"
    recorder.close()
    assert timeline.duration == pytest.approx(29.5, abs=0.6)
    brought_to(player, 0.15)
    assert player.screen.text()[0] == "0000", "files that were rotated away stay open"
    timeline.close()


def test_the_second_run_begins_with_its_own_empty_terminal(
    tmp_path: Path, clock: Clock
) -> None:
    for size in ((40, 5), (50, 6)):
        recorder = Recorder(tmp_path, *size, 64 * 1024, "agent")
        clock.now += 1
        recorder.output(b"\x1b[?1049h\x1b[1mleft as it was")
        recorder.close()
        clock.now += 100
    timeline = Timeline(tmp_path)
    timeline.extend()
    player = Player(timeline)
    player.aim(1 + IDLE_S)
    assert timeline.begins_run(player.step), "the first run need not be played"
    assert player.step
    brought_to(player, 1 + IDLE_S)
    assert (player.screen.cols, player.screen.rows_count) == (50, 6)
    assert player.screen.text()[0] == ""
    assert not player.screen.alternate
    brought_to(player, timeline.duration)
    assert player.screen.text()[0] == "left as it was"
    timeline.close()


@pytest.mark.timeout(30)
def test_a_replay_that_nobody_subscribes_to_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_module, "SUBSCRIBED_WITHIN_S", 0.2)
    where = tmp_path / "s"
    replay = replay_module.Replay(tmp_path)
    replay.clients.listen(where)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(where))
        client.sendall(encode({"t": "hello", "v": PROTOCOL}))
        replay.run()
        assert b"hello" in client.recv(4096)
