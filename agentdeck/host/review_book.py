"""What people noted in reviews: comments and reviewed files, in the session's folder.

A discarded session keeps its folder, so what comes back from the trash has its notes.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from agentdeck.config.paths import Paths
from agentdeck.core.comments import Comment, comment_from_wire, comment_to_wire
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.review import Mark
from agentdeck.host.session_files import read_json, write_json

VERSION = 1
MAX_COMMENTS = 2000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Notes:
    """What is kept of one session's reviews."""

    comments: tuple[Comment, ...] = ()
    marks: tuple[Mark, ...] = ()


class ReviewBook:
    """Reads and writes the notes, one change of a session at a time."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def notes(self, session_id: str) -> Notes:
        """What is kept of a session.

        Raises:
            AgentDeckError: If it was written by a newer AgentDeck.
        """
        return await asyncio.to_thread(self._read, session_id)

    async def change(
        self, session_id: str, make: Callable[[Notes], tuple[Notes, T]]
    ) -> T:
        """Replace the notes by what a function makes of them; gives its answer.

        Raises:
            AgentDeckError: If they cannot be written, or the function raises it.
        """
        async with self._locks[session_id]:
            before = await self.notes(session_id)
            after, answer = make(before)
            if after != before:
                await asyncio.to_thread(self._write, session_id, after)
        return answer

    def _read(self, session_id: str) -> Notes:
        file = self._paths.session_dir(session_id) / "review.json"
        values = read_json(file)
        if values is None:
            return Notes()
        if int(values.get("version", VERSION)) > VERSION:
            raise AgentDeckError(
                f"{file} was written by a newer AgentDeck; it is left as it is."
            )
        comments = [comment_from_wire(each) for each in values.get("comments") or ()]
        marks = [_mark(each) for each in values.get("marks") or ()]
        return Notes(tuple(comments), tuple(marks))

    def _write(self, session_id: str, notes: Notes) -> None:
        folder = self._paths.session_dir(session_id)
        values: dict[str, Any] = {
            "version": VERSION,
            "comments": [comment_to_wire(comment) for comment in notes.comments],
            "marks": [list(mark) for mark in notes.marks],
        }
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_json(folder / "review.json", values)
        except OSError as error:
            raise AgentDeckError(
                f"The notes could not be written to {folder}: {error.strerror}. Check"
                " the room on that disk."
            ) from error


def _mark(values: list[Any]) -> Mark:
    path, old, new = values
    return str(path), str(old), str(new)
