"""A report lies in its inbox until what it changed is on disk."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from agentdeck.config.paths import Paths
from agentdeck.host.session_files import inbox_of
from agentdeck.host.watchers import Watchers


def is_there(file: Path) -> bool:
    return file.exists()


async def until_gone(file: Path) -> None:
    for _ in range(5000):
        if not is_there(file):
            return
        await asyncio.sleep(0.001)
    raise AssertionError(file)


async def test_a_report_is_taken_once_and_goes_when_it_is_written(
    tmp_path: Path,
) -> None:
    paths = Paths(tmp_path, tmp_path, tmp_path)
    taken: list[dict[str, Any]] = []
    on_disk = asyncio.Event()

    def take(_: str, report: dict[str, Any]) -> bool:
        taken.append(report)
        return True

    watchers = Watchers(paths, take, lambda *_: None)

    async def written() -> None:
        await on_disk.wait()

    watchers.written = written
    inbox = inbox_of(paths, "id")
    inbox.mkdir(parents=True)
    file = inbox / "1.json"
    file.write_text(json.dumps({"activity": "idle"}))
    watchers.read_inbox("id")
    watchers.read_inbox("id")
    await asyncio.sleep(0)
    assert taken == [{"activity": "idle"}]
    assert file.exists(), "a host that dies now would have forgotten it"
    on_disk.set()
    await until_gone(file)
    (inbox / "2.json").write_text(json.dumps({"activity": "working"}))
    watchers.read_inbox("id")
    assert len(taken) == 2
    await until_gone(inbox / "2.json")
