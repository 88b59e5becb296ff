"""What an agent can do with sessions by MCP: thin steps over the host's methods.

Nothing of MCP here; `mcp_server` makes tools of these functions. Each opens a connection
of its own, so that a host may end and start again between two calls.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agentdeck.cli.selection import list_sessions, session_called
from agentdeck.cli.table import word_of
from agentdeck.cli.waiting import settled
from agentdeck.config.paths import Paths
from agentdeck.core.errors import AgentDeckError, UsageError
from agentdeck.core.session import Session
from agentdeck.rpc.client import connected
from agentdeck.rpc.protocol import error_from_wire
from agentdeck.rpc.wire import needs_to_wire, session_from_wire

MAX_TEXT = 60_000
"""Characters of a diff; an agent has to read all that it is given."""
MAX_WAIT_S = 900.0


def summary(session: Session, names: dict[str, str] | None = None) -> dict[str, Any]:
    """What another agent needs to know of a session."""
    told: dict[str, Any] = {
        "name": session.name,
        "title": session.title,
        "status": word_of(session),
        "agent": session.agent,
        "repository": session.repo,
        "branch": session.branch,
        "worktree": session.worktree,
        "commits_ahead": session.ahead,
        "uncommitted": session.dirty,
        "lines_added": session.added,
        "lines_removed": session.removed,
        "checks": session.check.value,
        "last_line": session.last_line,
    }
    if session.needs is not None:
        told["asks"] = needs_to_wire(session.needs)
    if session.reason:
        told["reason"] = session.reason
    if session.depth:
        told["started_by"] = (names or {}).get(session.parent, session.parent) or "mcp"
    return told


class Fleet:
    """The sessions of one host."""

    def __init__(self, paths: Paths, folder: Path) -> None:
        self._paths = paths
        self._folder = folder

    async def settings(self) -> dict[str, Any]:
        """What the person allows by MCP."""
        async with connected(self._paths) as client:
            answer: dict[str, Any] = await client.call("mcp.settings")
        return answer

    async def start(self, prompt: str, **values: Any) -> dict[str, Any]:
        """Start a session, in the folder of this server unless another is named."""
        repo = str(values.pop("repository", None) or "")
        order = {key: value for key, value in values.items() if value}
        env = {k: v for k, v in os.environ.items() if not k.startswith("AGENTDECK_")}
        async with connected(self._paths) as client:
            answer = await client.call(
                "session.create",
                repo=self._place_of(repo),
                prompt=prompt,
                env=env,
                started_by="mcp",
                parent=os.environ.get("AGENTDECK_SESSION_ID", ""),
                **order,
            )
        return summary(session_from_wire(answer["session"]))

    def _place_of(self, repo: str) -> str:
        return str((self._folder / Path(repo).expanduser()).absolute())

    async def listed(self, query: str) -> list[dict[str, Any]]:
        """The sessions that a filter selects."""
        async with connected(self._paths) as client:
            sessions, _ = await list_sessions(client, query)
        names = {str(session.id): session.name for session in sessions}
        return [summary(session, names) for session in sessions]

    async def screen(self, name: str) -> str:
        """A session's terminal as text."""
        async with connected(self._paths) as client:
            session = await session_called(client, name)
            answer = await client.call("session.screen", id=session.id)
        return "\n".join(str(line).rstrip() for line in answer["lines"]).rstrip()

    async def diff(self, name: str, file: str | None, *, stat: bool) -> str:
        """What a session changed since its base, uncommitted work included."""
        async with connected(self._paths) as client:
            session = await session_called(client, name)
            answer = await client.call(
                "session.diff", id=session.id, kind="session", revision="", stat=stat
            )
        text = str(answer["text"])
        if file is not None and not stat:
            text = _of_file(text, file)
        text = text.encode("utf-8", "replace").decode()
        if len(text) <= MAX_TEXT:
            return text or "Nothing was changed."
        return (
            f"{text[:MAX_TEXT]}\n[cut: {len(text) - MAX_TEXT} more characters; "
            "ask with stat, then file by file]"
        )

    async def send(self, name: str, text: str, *, interrupt: bool) -> dict[str, Any]:
        """Type a text into a session and press Enter."""
        when = "interrupt" if interrupt else "now"
        await self._act("session.send", name, text=text, when=when, by="agent")
        return await self._summary(name)

    async def stop(self, name: str, *, force: bool) -> dict[str, Any]:
        """Stop a session's agent; its branch stays."""
        await self._act("session.stop", name, force=force)
        return await self._summary(name)

    async def wait(self, names: Sequence[str], timeout_s: float) -> dict[str, Any]:
        """Wait until each session rests, asks or is over."""
        if not names:
            raise UsageError("Name at least one session to wait for.")
        async with connected(self._paths) as client:
            ids = [str((await session_called(client, name)).id) for name in names]
        is_whole = True
        try:
            async with asyncio.timeout(min(max(timeout_s, 0.0), MAX_WAIT_S)):
                await settled(self._paths, ids)
        except TimeoutError:
            is_whole = False
        async with connected(self._paths) as client:
            sessions, _ = await list_sessions(client, archived=True)
        chosen = [summary(each) for each in sessions if each.id in ids]
        return {"all_settled": is_whole, "sessions": chosen}

    async def merge(
        self, name: str, strategy: str, message: str | None
    ) -> dict[str, Any]:
        """Merge a session into its base, where the person allows it."""
        async with connected(self._paths) as client:
            session = await session_called(client, name)
            answer = await client.call(
                "mcp.merge", id=session.id, strategy=strategy, message=message
            )
        (result,) = _checked(answer["results"])
        return {key: result.get(key) for key in ("name", "into", "commit")}

    async def _act(self, method: str, name: str, **params: Any) -> None:
        async with connected(self._paths) as client:
            session = await session_called(client, name)
            answer = await client.call(method, ids=[session.id], **params)
        _checked(answer["results"])

    async def _summary(self, name: str) -> dict[str, Any]:
        async with connected(self._paths) as client:
            return summary(await session_called(client, name))


def _checked(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The results, unless one of them is an error."""
    for result in results:
        if not result.get("ok"):
            raise error_from_wire(result["error"])
    return results


def _of_file(patch: str, file: str) -> str:
    """The parts of a patch that are about one file."""
    parts = re.split(r"(?m)^(?=diff --git )", patch)
    chosen = [
        part
        for part in parts
        if part.partition("\n")[0].endswith((f" b/{file}", f' "b/{file}"'))
    ]
    if not chosen:
        raise AgentDeckError(f"{file} was not changed. Ask with stat for the files.")
    return "".join(chosen)
