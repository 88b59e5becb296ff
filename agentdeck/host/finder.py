"""Finds words in what all sessions printed, said and were asked.

The index is brought up to date when somebody searches: a session's texts are read
from where they were read last, one session after the other, while results of what is
there already are given. A session that is discarded leaves the index at the next
search; one that is restored comes back into it, as its recording was kept.
"""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import sqlite3
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from agentdeck.config.paths import Paths
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.filters import parse_filter
from agentdeck.core.finding import match_for
from agentdeck.core.session import Session
from agentdeck.host.conversations import Conversations, piece_of
from agentdeck.host.find_index import FindIndex, Hit, Line
from agentdeck.host.sessions import Sessions
from agentdeck.host.text_logs import TextLogs, piece_of_text

logger = logging.getLogger(__name__)

T = TypeVar("T")

INDEX = "find.sqlite"
AGAIN_AFTER_S = 3.0
"""A search so soon after the last does not read all sessions anew."""
MAX_PER_SESSION = 50
ABOUT = "about"
"""The source that holds a session's own words: title, prompt, branch."""


class Finder:
    """The index, and the task that brings it up to date."""

    def __init__(
        self,
        paths: Paths,
        sessions: Sessions,
        text_logs: TextLogs,
        conversations: Conversations,
    ) -> None:
        self._sessions = sessions
        self._text_logs = text_logs
        self._conversations = conversations
        self._index = FindIndex(paths.state / INDEX)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="find")
        self._reading: asyncio.Task[None] | None = None
        self._read_at = 0.0
        self._pending = 0
        """How many sessions are still to be read."""

    async def search(
        self, text: str, query: str, limit: int, wait_s: float
    ) -> dict[str, Any]:
        """What is found by now, and how many sessions are still to be read.

        Args:
            text: The words and phrases; all must be in a line.
            query: A filter of the sessions.
            limit: How many lines of each session are given.
            wait_s: For how long to wait until all sessions are read.

        Raises:
            AgentDeckError: If the index cannot be kept.
        """
        match = match_for(text)
        if not match:
            return {"sessions": [], "hits": 0, "pending": 0}
        self._bring_up()
        if self._reading is not None and wait_s:
            await asyncio.wait({self._reading}, timeout=wait_s)
        hits = await self._run(lambda: self._index.search(match))
        return {**self._grouped(hits, query, limit), "pending": self._pending}

    async def close(self) -> None:
        """Stop reading and close the index."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        await asyncio.get_running_loop().run_in_executor(
            self._thread, self._index.close
        )
        self._thread.shutdown()

    def _grouped(self, hits: list[Hit], query: str, limit: int) -> dict[str, Any]:
        wanted, now = parse_filter(query), datetime.now(UTC)
        found: dict[str, dict[str, Any]] = {}
        total = 0
        for hit in hits:
            session = self._sessions.find(hit.session_id)
            if session is None or not wanted.matches(session, now):
                continue
            total += 1
            group = found.setdefault(
                session.id,
                {
                    "id": session.id,
                    "name": session.name,
                    "title": session.title,
                    "count": 0,
                    "hits": [],
                },
            )
            group["count"] += 1
            if len(group["hits"]) < min(limit, MAX_PER_SESSION):
                told = {"source": hit.source, "at": hit.at, "text": hit.text}
                group["hits"].append(told)
        for group in found.values():
            group["hits"].reverse()
        sessions = sorted(
            found.values(), key=lambda g: -max(h["at"] for h in g["hits"])
        )
        return {"sessions": sessions, "hits": total}

    def _bring_up(self) -> None:
        """Have what was printed and said since the last time read, beside all else."""
        if self._reading is not None:
            return
        loop = asyncio.get_running_loop()
        if self._read_at and loop.time() - self._read_at < AGAIN_AFTER_S:
            return
        sessions = sorted(self._sessions, key=lambda s: s.updated_at)
        self._pending = len(sessions)
        self._reading = asyncio.create_task(self._read_all(sessions), name="find")
        self._reading.add_done_callback(self._end_reading)

    def _end_reading(self, task: asyncio.Task[None]) -> None:
        self._reading, self._pending = None, 0
        self._read_at = asyncio.get_running_loop().time()
        if not task.cancelled() and task.exception() is not None:
            logger.error("find_not_read", exc_info=task.exception())

    async def _read_all(self, sessions: list[Session]) -> None:
        kept = [session.id for session in sessions]
        await self._run(lambda: self._index.keep_only(kept))
        for session in reversed(sessions):
            try:
                await self._read_about(session)
                await self._read_terminal(session)
                await self._read_conversation(session)
            except AgentDeckError as error:
                extra = {"session_id": session.id}
                logger.warning("find_skipped: %s", error.message, extra=extra)
            self._pending -= 1
        await self._run(self._index.bound)

    async def _read_about(self, session: Session) -> None:
        own = (session.title, session.branch, session.name, *session.prompt.split("\n"))
        position = f"{zlib.crc32(json.dumps(own).encode()):08x}"
        if await self._position(session, ABOUT) == position:
            return
        at = session.created_at.timestamp()
        lines = [Line(text, at) for text in dict.fromkeys(own) if text.strip()]
        await self._take(session, ABOUT, lines, position, anew=True)

    async def _read_terminal(self, session: Session) -> None:
        made = await self._text_logs.make(session)
        while not made.is_whole:
            made = await self._text_logs.make(session)
        position = await self._position(session, "terminal")
        while True:
            answer = await asyncio.to_thread(piece_of_text, made, position or None)
            position = await self._took(session, "terminal", answer, position)
            if not answer["entries"]:
                break
        if session.is_over:
            await self._text_logs.forget(session.id)

    async def _read_conversation(self, session: Session) -> None:
        read = self._conversations.reader(session)
        if read is None:
            return
        file = Path(session.transcript)
        position = await self._position(session, "conversation")
        while True:
            answer = await asyncio.to_thread(piece_of, file, read, position or None)
            if answer["position"] == position:
                return
            position = await self._took(session, "conversation", answer, position)

    async def _took(
        self, session: Session, source: str, answer: dict[str, Any], position: str
    ) -> str:
        lines = [
            Line(text, float(entry["at"] or 0.0))
            for entry in answer["entries"]
            if entry["kind"] not in ("begin", "end")
            for text in str(entry["text"]).split("\n")
            if text.strip()
        ]
        after = str(answer["position"] or "")
        if lines or answer["reset"] or after != position:
            anew = bool(answer["reset"]) or not position
            await self._take(session, source, lines, after, anew=anew)
        return after

    async def _position(self, session: Session, source: str) -> str:
        return await self._run(lambda: self._index.position(session.id, source))

    async def _take(
        self,
        session: Session,
        source: str,
        lines: list[Line],
        position: str,
        *,
        anew: bool,
    ) -> None:
        take = functools.partial(
            self._index.take, session.id, source, lines, position, anew=anew
        )
        await self._run(take)

    async def _run(self, job: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, job)
        except (sqlite3.Error, OSError) as error:
            raise AgentDeckError(
                f"The index of all logs cannot be kept: {error}. It can be removed; "
                "a search makes it anew."
            ) from error
