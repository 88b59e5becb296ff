"""What to start: the `launch.json` that a launcher leaves for the runner."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentdeck.runner.errors import LaunchError

VERSION = 1
TAKEN = "taken"
"""A file beside it: made by the one runner that starts its agent."""
DEFAULT_RECORDING_CAP = 64 * 1024 * 1024
SMALLEST_SIDE = 2
LARGEST_SIDE = 1000


@dataclass(frozen=True, slots=True)
class Launch:
    """One agent's command and the terminal that it gets."""

    argv: tuple[str, ...]
    cwd: str
    env: dict[str, str]
    cols: int
    rows: int
    recording_cap_bytes: int
    stdin_text: str | None
    """Typed into the terminal, with Enter after it, once the agent is first quiet."""


def clamp_side(value: int) -> int:
    """Return a number of columns or rows that a terminal can have."""
    return max(SMALLEST_SIDE, min(LARGEST_SIDE, value))


def read_launch(directory: Path) -> Launch:
    """Read `launch.json` in a session's directory.

    Raises:
        LaunchError: If it is missing, not JSON or of another version.
    """
    path = directory / "launch.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LaunchError(f"Cannot read {path}: {error.strerror}.") from error
    except ValueError as error:
        raise LaunchError(f"{path} is not JSON: {error}.") from error
    try:
        return _launch_from(raw)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LaunchError(f"{path} is not a launch file: {error!r}.") from error


def _launch_from(raw: dict[str, Any]) -> Launch:
    if raw["version"] != VERSION:
        raise ValueError(f"version {raw['version']!r} is not {VERSION}")
    argv = tuple(str(part) for part in raw["argv"])
    if not argv or not argv[0]:
        raise ValueError("argv is empty")
    if any("\0" in part for part in (*argv, str(raw["cwd"]))):
        raise ValueError("a command or a path may not hold a NUL character")
    env = {str(name): str(value) for name, value in raw["env"].items()}
    text = raw.get("stdin_text")
    return Launch(
        argv=argv,
        cwd=str(raw["cwd"]),
        env={
            name: value
            for name, value in env.items()
            if name and "=" not in name and "\0" not in name + value
        },
        cols=clamp_side(int(raw.get("cols", 120))),
        rows=clamp_side(int(raw.get("rows", 36))),
        recording_cap_bytes=int(raw.get("recording_cap_bytes", DEFAULT_RECORDING_CAP)),
        stdin_text=None if text is None else str(text),
    )
