"""A host for the app's tests: a fixed snapshot, and a record of what was asked."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.events import Event, EventKind
from agentdeck.core.session import (
    Activity,
    Needs,
    NeedsKind,
    Phase,
    Session,
    SessionId,
)
from agentdeck.rpc.client import FrameHandler
from agentdeck.rpc.wire import session_to_wire
from agentdeck.tui.link import Arrived, Connected, NewsHandler

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

REPLAY_CHANNEL = 77


def a_session(name: str, **values: Any) -> Session:
    """A session of a fixed time and id."""
    given: dict[str, Any] = {
        "id": SessionId(f"id-{name}"),
        "name": name,
        "title": name.replace("-", " ").capitalize(),
        "repo": "/home/me/shop",
        "branch": f"agentdeck/{name}",
        "base": "main",
        "worktree": f"/home/me/shop.worktrees/{name}",
        "agent": "scripted",
        "created_at": NOW - timedelta(minutes=5),
        "updated_at": NOW - timedelta(minutes=1),
        "phase": Phase.RUNNING,
        "activity": Activity.WORKING,
    }
    return Session(**(given | values))


def few_sessions() -> list[Session]:
    """One session of each kind."""
    asks = Needs(NeedsKind.PERMISSION, "Allow `npm test`?", ("Yes", "Always", "No"))
    return [
        a_session(
            "fix-login",
            activity=Activity.NEEDS_INPUT,
            needs=asks,
            needs_since=NOW - timedelta(minutes=2),
            unread=True,
        ),
        a_session("add-search", last_line="Editing search.py", ahead=2, added=12),
        a_session("write-docs", activity=Activity.IDLE, ahead=1, added=40, removed=3),
        a_session("tidy-up", phase=Phase.QUEUED, activity=None, prompt="Tidy up"),
        a_session(
            "upgrade",
            phase=Phase.FAILED,
            activity=None,
            exit_code=3,
            reason="ended with status 3",
            ended_at=NOW - timedelta(minutes=1),
        ),
    ]


def hostile_sessions() -> list[Session]:
    """Titles and lines that want to be markup, controls, wide, or endless."""
    return [
        a_session("markup", title="[bold red]not markup[/] [@click=app.quit]x[/]"),
        a_session("wide", title="日本語のタイトル 👩‍👧 é́ " * 4, last_line="漢字" * 80),
        a_session(
            "controls", title="a\x1b]52;c;x\x07b\x00\r\nc\u202egnp", last_line="\x9b"
        ),
        a_session("long", title="x" * 300, last_line="y" * 300, branch="b" * 255),
    ]


ANSWERS: dict[str, dict[str, Any]] = {
    "review.files": {"listing": "1", "files": []},
    "review.comments": {"comments": [], "marks": []},
    "session.explain": {"phase": "running", "activity": "working", "evidence": []},
    "session.logs": {"data": "a line\n", "position": "1:1", "end": True},
    "trust.show": {"needs_trust": False, "hash": ""},
    "agents.list": {"agents": [], "custom": []},
    "pool.set": {},
    "app.keep_layout": {},
    "app.keep_view": {},
}
"""What the host says however it is asked."""


class FakeLink:
    """Answers what the screens ask; fails on what nobody taught it."""

    def __init__(self, sessions: list[Session]) -> None:
        self.sessions = {session.id: session for session in sessions}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.replays: dict[int, FrameHandler] = {}
        self.frames: dict[int, FrameHandler] = {}
        self._seq = 1
        self._on_news: NewsHandler | None = None

    async def run(self, on_news: NewsHandler) -> None:
        """Greet once and stay."""
        self._on_news = on_news
        on_news(
            Connected(
                {
                    "server_seq": self._seq,
                    "app": {},
                    "default_agent": "scripted",
                    "agents": [
                        {"name": "scripted", "title": "Scripted", "installed": True},
                        {"name": "command", "title": "Command", "installed": True},
                    ],
                    "pool": {"limit": 4, "running": 3, "queued": 1},
                    "home": "/home/me",
                    "sessions": [session_to_wire(s) for s in self.sessions.values()],
                    "events": None,
                }
            )
        )
        await asyncio.Event().wait()

    def change(self, session: Session) -> None:
        """Tell the app that a session changed."""
        self.sessions[session.id] = session
        self._seq += 1
        data: dict[str, object] = {"session": session_to_wire(session)}
        event = Event(self._seq, NOW, EventKind.SESSION_CHANGED, session.id, data)
        assert self._on_news is not None
        self._on_news(Arrived(event))

    async def call(self, method: str, **params: Any) -> Any:
        """Note the call and answer it."""
        self.calls.append((method, params))
        if method == "session.create":
            if params["repo"] == "/nowhere":
                raise AgentDeckError("/nowhere is not a git repository.")
            return {"session": {"id": "id-new"}}
        if method in ANSWERS:
            return ANSWERS[method]
        if "ids" not in params:
            raise AssertionError(f"nobody expects {method}")
        return {"results": [self._result(each) for each in params["ids"]]}

    def _result(self, session_id: str) -> dict[str, Any]:
        session = self.sessions[SessionId(session_id)]
        return {"id": session_id, "name": session.name, "ok": True}

    async def tell(self, method: str, **params: Any) -> None:
        """Note the message."""
        self.told.append((method, params))

    async def open_screen(self, session_id: str, on_frame: FrameHandler) -> int:
        """Open a channel and send one frame."""
        channel = len(self.frames) + 1
        self.frames[channel] = on_frame
        name = self.sessions[SessionId(session_id)].name
        on_frame(
            {
                "t": "frame",
                "n": 1,
                "full": True,
                "cols": 60,
                "rows": 10,
                "styles": [[None, None, 0], [2, None, 1]],
                "styles_from": 0,
                "rows_changed": {"0": [[f"screen of {name}", 1]], "1": [["ready", 0]]},
                "cursor": [0, 2, True, "block"],
                "title": "",
                "alternate": False,
                "mouse": 0,
                "paste": False,
            }
        )
        return channel

    async def open_replay(self, session_id: str, on_message: FrameHandler) -> int:
        """Open the channel of a replay, through which the test speaks."""
        assert SessionId(session_id) in self.sessions
        self.replays[REPLAY_CHANNEL] = on_message
        return REPLAY_CHANNEL

    async def close_screen(self, channel: int) -> None:
        """Close a channel."""
        self.frames.pop(channel, None)
