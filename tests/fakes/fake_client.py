"""A host for the app's tests: scripted answers, noted calls, news when told to.

It stands in for `agentdeck.tui.link.HostLink`. A call that no answer was given for
fails the test that made it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from inspect import isawaitable
from typing import Any

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.events import Event, EventKind
from agentdeck.core.session import Activity, Needs, NeedsKind, Phase, Session, SessionId
from agentdeck.rpc.client import FrameHandler
from agentdeck.rpc.wire import session_to_wire
from agentdeck.tui.link import Arrived, Connected, Lost, News, NewsHandler

NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
Answer = Callable[[dict[str, Any]], Any]

REPLAY_CHANNEL = 77


def a_session(name: str, **values: Any) -> Session:
    """A running session that works; `age_s` is how long ago it last changed."""
    at = NOW - timedelta(seconds=values.pop("age_s", 60))
    fields: dict[str, Any] = {
        "title": name.replace("-", " ").capitalize(),
        "repo": "/home/ada/orchard",
        "branch": f"agentdeck/{name}",
        "base": "main",
        "worktree": f"/home/ada/orchard.worktrees/{name}",
        "agent": "claude",
        "phase": Phase.RUNNING,
        "activity": Activity.WORKING,
        **values,
    }
    if fields["phase"] is not Phase.RUNNING:
        fields["activity"] = None
    return Session(
        id=SessionId(f"id-{name}"), name=name, created_at=at, updated_at=at, **fields
    )


def asking(name: str, text: str, *choices: str, **values: Any) -> Session:
    """A session that asks a question with choices."""
    kind = values.pop("kind", NeedsKind.QUESTION if choices else NeedsKind.INPUT)
    since = NOW - timedelta(seconds=values.get("age_s", 60))
    return a_session(
        name,
        activity=Activity.NEEDS_INPUT,
        needs=Needs(kind, text, choices),
        needs_since=since,
        **values,
    )


class FakeLink:
    """A link to no host."""

    def __init__(self, *sessions: Session, **app: Any) -> None:
        self.sessions = {session.id: session for session in sessions}
        self.app = app
        self.home = ""
        self.layouts: dict[str, Any] = {}
        self.view: dict[str, Any] = {}
        self.filters: list[dict[str, Any]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.replays: dict[int, FrameHandler] = {}
        self.unexpected: list[str] = []
        self.opened: dict[int, str] = {}
        self.closed: list[int] = []
        self.frame: Callable[[str], dict[str, Any] | None] = lambda _: None
        """The first frame of a session's screen."""
        self.greetings = 0
        self.pool = {"limit": 4, "paused": False, "running": 0, "queued": 0}
        self.agents = [
            {"name": "claude", "title": "Claude Code", "installed": True},
            {"name": "codex", "title": "Codex", "installed": False},
            {"name": "scripted", "title": "Scripted agent", "installed": True},
        ]
        self._seq = 10
        self._on_news: NewsHandler | None = None
        self._handlers: dict[int, FrameHandler] = {}
        self._answers: dict[str, Answer] = {
            "session.mark_read": self.each_done,
            "trust.show": lambda _: {"needs_trust": False, "hash": ""},
            "agents.list": {"agents": self.agents, "custom": []},
            "session.recap": {"recaps": [{"lines": []}]},
            "composer.open": self.offer,
            "composer.keep": {},
            "composer.brief": lambda params: {
                "text": f"---\nverify: []\n---\n## Goal\n\n{params['goal']}\n"
            },
            "pool.set": lambda params: {**self.pool, **params},
            "app.keep_layout": self._keep_layout,
            "merge.pending": {"merges": []},
            "app.keep_view": self._keep_view,
        }

    def answer(self, method: str, answer: Answer | dict[str, Any] | Exception) -> None:
        """Answer a method with a value, a function of its parameters, or an error."""

        def raising(_: dict[str, Any]) -> Any:
            assert isinstance(answer, Exception)
            raise answer

        if isinstance(answer, Exception):
            self._answers[method] = raising
        elif isinstance(answer, dict):
            self._answers[method] = lambda _: answer
        else:
            self._answers[method] = answer

    def each_done(self, params: dict[str, Any]) -> dict[str, Any]:
        """Results in which every session went well."""
        names = {session.id: session.name for session in self.sessions.values()}
        rows = [{"id": i, "name": names[i], "ok": True} for i in params["ids"]]
        return {"results": rows}

    def offer(self, params: dict[str, Any]) -> dict[str, Any]:
        """What the composer is told of a repository."""
        return {
            "repo": params["repo"],
            "problem": "",
            "branches": ["main", "release"],
            "checked_out": "main",
            "repositories": [params["repo"], "/home/ada/cellar"],
            "choice": {},
            "prompts": ["the newest prompt", "an older\nprompt"],
            "models": {"claude": ["opus"]},
            "default_agent": "claude",
            "agents": [{"modes": ["default", "plan"], **row} for row in self.agents],
            "custom": [],
        }

    def _keep_layout(self, params: dict[str, Any]) -> dict[str, Any]:
        self.layouts[params["size"]] = params["layout"]
        return {}

    def _keep_view(self, params: dict[str, Any]) -> dict[str, Any]:
        self.view = params["view"]
        return {}

    def calls_of(self, method: str) -> list[dict[str, Any]]:
        """The parameters of each call of a method."""
        return [params for name, params in self.calls if name == method]

    def told_of(self, method: str) -> list[dict[str, Any]]:
        """The parameters of each notification of a method."""
        return [params for name, params in self.told if name == method]

    def hello(self) -> dict[str, Any]:
        """The greeting with the snapshot."""
        self.greetings += 1
        queued = sum(s.phase is Phase.QUEUED for s in self.sessions.values())
        running = sum(s.is_live for s in self.sessions.values())
        self.pool = {**self.pool, "running": running, "queued": queued}
        return {
            "version": "0",
            "pid": 1,
            "server_seq": self._seq,
            "app": {
                "theme": "agentdeck-dark",
                "release_key": "ctrl+]",
                "ascii": False,
                **self.app,
            },
            "layouts": dict(self.layouts),
            "view": dict(self.view),
            "filters": list(self.filters),
            "default_agent": "claude",
            "agents": self.agents,
            "pool": self.pool,
            "home": self.home,
            "sessions": [session_to_wire(s) for s in self.sessions.values()],
            "events": None,
        }

    async def run(self, on_news: NewsHandler) -> None:
        """Connect at once and stay connected until cancelled."""
        self._on_news = on_news
        on_news(Connected(self.hello()))
        await asyncio.Event().wait()

    def send_news(self, news: News) -> None:
        """Pass news to the app."""
        assert self._on_news is not None
        self._on_news(news)

    def drop(self, reason: str = "The connection to the host was lost.") -> None:
        """Lose the connection."""
        self._handlers.clear()
        self.send_news(Lost(reason))

    def reconnect(self) -> None:
        """Connect again, with a snapshot."""
        self.send_news(Connected(self.hello()))

    def change(self, session: Session, **values: Any) -> Session:
        """Tell that a session changed."""
        session = replace(session, **values)
        is_new = session.id not in self.sessions
        self.sessions[session.id] = session
        kind = EventKind.SESSION_ADDED if is_new else EventKind.SESSION_CHANGED
        self.emit(kind, session.id, session=session_to_wire(session))
        return session

    def remove(self, session: Session) -> None:
        """Tell that a session is gone."""
        del self.sessions[session.id]
        self.emit(EventKind.SESSION_REMOVED, session.id)

    def emit(self, kind: EventKind, session_id: str | None, **data: Any) -> None:
        """Send an event."""
        self._seq += 1
        self.send_news(Arrived(Event(self._seq, NOW, kind, session_id, data)))

    async def call(self, method: str, **params: Any) -> Any:
        """Note the call and give the answer."""
        self.calls.append((method, params))
        await asyncio.sleep(0)
        if method not in self._answers:
            self.unexpected.append(method)
            raise AgentDeckError(f"The test did not expect {method}.")
        answer = self._answers[method](params)
        return await answer if isawaitable(answer) else answer

    async def tell(self, method: str, **params: Any) -> None:
        """Note the notification."""
        self.told.append((method, params))

    async def open_screen(self, session_id: str, on_frame: FrameHandler) -> int:
        """Give a channel, and the first frame if there is one."""
        channel = len(self.opened) + 1
        self.opened[channel] = session_id
        self._handlers[channel] = on_frame
        frame = self.frame(session_id)
        if frame is not None:
            on_frame(frame)
        return channel

    async def open_replay(self, session_id: str, on_message: FrameHandler) -> int:
        """Open the channel of a replay, through which the test speaks."""
        assert SessionId(session_id) in self.sessions
        self.replays[REPLAY_CHANNEL] = on_message
        return REPLAY_CHANNEL

    async def close_screen(self, channel: int) -> None:
        """Note that a channel was closed."""
        self._handlers.pop(channel, None)
        self.closed.append(channel)

    @property
    def open_sessions(self) -> set[str]:
        """The sessions whose screens are open now."""
        return {self.opened[channel] for channel in self._handlers}

    def send_frame(self, frame: dict[str, Any]) -> None:
        """Send a frame on the newest channel."""
        channel = max(self._handlers)
        self._handlers[channel](frame)

    def send_frame_to(self, session_id: str, frame: dict[str, Any]) -> None:
        """Send a frame of a session whose screen is open."""
        for channel, on_frame in self._handlers.items():
            if self.opened[channel] == session_id:
                on_frame(frame)


def a_frame(*lines: str, n: int = 1, **values: Any) -> dict[str, Any]:
    """A full frame of plain lines."""
    return {
        "t": "frame",
        "n": n,
        "full": True,
        "cols": 80,
        "rows": 24,
        "styles": [[None, None, 0]],
        "styles_from": 0,
        "rows_changed": {str(y): [[line, 0]] for y, line in enumerate(lines) if line},
        "cursor": [0, len(lines), True, 0],
        "title": "",
        "alternate": False,
        "mouse": 0,
        "paste": True,
        **values,
    }
