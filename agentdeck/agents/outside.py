"""Finds conversations that AgentDeck did not start, by the CLIs' own records.

Only reads. The places are as seen with Claude Code 2.1.197 and Codex 0.169.0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from agentdeck.agents.definition import Outside

LOOKED_AT = 300
"""So many of the newest records are looked at for one of a folder."""
LONGEST_LINE = 4 * 1024 * 1024
FIRST_LINES = 50
"""Within these a record names its folder."""
_ID = re.compile(r"[0-9A-Za-z-]{4,80}")


def claude_outside(
    env: Mapping[str, str], conversation: str, folder: Path
) -> Outside | None:
    """A conversation of Claude Code."""
    projects = _home(env, "CLAUDE_CONFIG_DIR", ".claude") / "projects"
    name = re.sub(r"[^0-9A-Za-z]", "-", str(folder))
    wanted = f"*/{conversation}.jsonl" if conversation else f"{name}/*.jsonl"
    for file in _newest(projects, conversation, wanted):
        where = _first(file, "cwd")
        if where and (conversation or Path(where) == folder):
            return Outside(file.stem, file, Path(where))
    return None


def codex_outside(
    env: Mapping[str, str], conversation: str, folder: Path
) -> Outside | None:
    """A conversation of Codex."""
    sessions = _home(env, "CODEX_HOME", ".codex") / "sessions"
    wanted = f"*/*/*/rollout-*{conversation}.jsonl"
    for file in _newest(sessions, conversation, wanted):
        where, known = _first(file, "cwd"), _first(file, "id")
        if where and known and (conversation or Path(where) == folder):
            return Outside(known, file, Path(where))
    return None


def codex_before(file: Path) -> tuple[Path, int] | None:
    """The record that a fork of Codex goes on from, and where in it; None for no fork.

    What was said before the fork stands in that one alone.
    """
    try:
        with file.open("rb") as stream:
            base = json.loads(stream.readline(LONGEST_LINE))["payload"]["history_base"]
        thread, end = str(base["thread_id"]), int(base["end_byte_offset"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not _ID.fullmatch(thread):
        return None
    found = next(file.parents[3].glob(f"*/*/*/rollout-*{thread}.jsonl"), None)
    return (found, end) if found is not None else None


def _home(env: Mapping[str, str], name: str, usual: str) -> Path:
    given = env.get(name)
    return Path(given) if given else Path(env.get("HOME") or Path.home()) / usual


def _newest(root: Path, conversation: str, pattern: str) -> Iterator[Path]:
    """The records that a pattern selects, the newest first."""
    if conversation and not _ID.fullmatch(conversation):
        return
    found = []
    for file in root.glob(pattern):
        try:
            found.append((file.stat().st_mtime, file))
        except OSError:
            continue
    yield from (file for _, file in islice(sorted(found, reverse=True), LOOKED_AT))


def _first(file: Path, key: str) -> str:
    """The first text of that name in a record, in a line or its payload."""
    try:
        with file.open("rb") as stream:
            lines = [stream.readline(LONGEST_LINE) for _ in range(FIRST_LINES)]
    except OSError:
        return ""
    for line in lines:
        try:
            value = json.loads(line)
        except ValueError:
            continue
        for values in (value, value.get("payload") if isinstance(value, dict) else 0):
            if isinstance(values, dict) and isinstance(values.get(key), str):
                return str(values[key])
    return ""
