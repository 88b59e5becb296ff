"""All that the app said in a corner, kept so that nothing said is lost. No Textual."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from agentdeck.core.errors import AgentDeckError

MAX_KEPT = 500
MAX_DETAILS = 20_000


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that was said."""

    at: datetime
    severity: str
    """information, warning or error."""
    text: str
    details: str = ""
    """What stands behind it, over several lines."""


class Notices:
    """The newest of them, newest first."""

    def __init__(self) -> None:
        self._kept: deque[Notice] = deque(maxlen=MAX_KEPT)

    def __iter__(self) -> Iterator[Notice]:
        return reversed(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, notice: Notice) -> None:
        """Keep what was said."""
        self._kept.append(notice)

    def detail(self, details: str) -> None:
        """Add to what was said last what stands behind it."""
        if self._kept:
            last = self._kept.pop()
            self._kept.append(replace(last, details=details[:MAX_DETAILS]))


def details_of(error: AgentDeckError, asked: str) -> str:
    """What an error knows beside its sentence: what was asked, and its data."""
    lines = [f"Asked: {asked}", f"Status: {int(error.status)}"]
    for name, value in error.data.items():
        told = value if isinstance(value, str) else json.dumps(value, default=str)
        lines.append(f"{name}: {told}")
    return "\n".join(lines)


def details_of_result(result: dict[str, object], asked: str) -> str:
    """What the result of one session of many knows beside its sentence."""
    error = result.get("error")
    data = error.get("data") if isinstance(error, dict) else None
    lines = [f"Asked: {asked}", f"Session: {result.get('name')} ({result.get('id')})"]
    for name, value in (data if isinstance(data, dict) else {}).items():
        told = value if isinstance(value, str) else json.dumps(value, default=str)
        lines.append(f"{name}: {told}")
    return "\n".join(lines)
