"""An agent starts once, though a host that died cannot know what became of its start."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agentdeck.host.session_files import is_on_its_way, was_run, was_taken_since
from agentdeck.runner import process
from agentdeck.runner.atomic import write_json
from agentdeck.runner.launch_file import TAKEN
from agentdeck.runner.processes import start_ticks


def started(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many agents two runners of one launch start."""
    count = 0

    def start_agent(_: object) -> tuple[int, int]:
        nonlocal count
        count += 1
        raise OSError(28, "no room")

    monkeypatch.setattr(process, "start_agent", start_agent)
    monkeypatch.setattr(process, "become_subreaper", lambda: None)
    monkeypatch.setattr(process.signal, "signal", lambda *_: None)
    monkeypatch.setattr(process.signal, "pthread_sigmask", lambda *_: None)
    ready: list[bool] = []
    for _ in range(2):
        process.run(folder, folder / "s.sock", lambda: ready.append(True))
        (folder / "exit.json").unlink(missing_ok=True)
    assert len(ready) == 2
    return count


def a_folder(tmp_path: Path) -> Path:
    write_json(
        tmp_path / "launch.json",
        {"version": 1, "argv": ["true"], "cwd": str(tmp_path), "env": {}},
    )
    return tmp_path


def test_of_two_runners_of_a_launch_one_starts_the_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert started(a_folder(tmp_path), monkeypatch) == 1


def test_a_runner_that_was_killed_is_no_runner(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    (folder / TAKEN).touch()
    noted = {"pid": os.getpid(), "start_ticks": start_ticks(os.getpid())}
    write_json(folder / "runner.json", noted)
    assert process.is_served(folder)
    write_json(folder / "runner.json", {**noted, "start_ticks": -1})
    assert not process.is_served(folder)


@pytest.mark.parametrize(
    ("files", "ran", "on_its_way"),
    [
        ((), False, False),
        # The host died between writing what to start and asking for it.
        (("launch.json",), False, False),
        (("launch.json", TAKEN), True, True),
        (("launch.json", TAKEN, "runner.json", "s.sock"), True, True),
        (("launch.json", TAKEN, "runner.json"), True, False),
        (("launch.json", TAKEN, "exit.json"), True, False),
        # Started by a version that made no such file.
        (("launch.json", "recording.cast", "exit.json"), True, False),
    ],
)
def test_what_a_folder_tells(
    tmp_path: Path, files: tuple[str, ...], ran: bool, on_its_way: bool
) -> None:
    for name in files:
        (tmp_path / name).touch()
    assert was_run(tmp_path) is ran
    assert is_on_its_way(tmp_path, tmp_path / "s.sock") is on_its_way


def test_a_launch_of_an_earlier_run_is_not_that_of_this_one(tmp_path: Path) -> None:
    (tmp_path / TAKEN).touch()
    now = datetime.now(UTC)
    assert was_taken_since(tmp_path, now - timedelta(seconds=5))
    assert not was_taken_since(tmp_path, now + timedelta(seconds=5))
    assert not was_taken_since(tmp_path, None)
    assert not was_taken_since(tmp_path / "none", now)
