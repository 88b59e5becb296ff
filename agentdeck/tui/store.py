"""What the host told, applied in order: the app's only copy of the sessions.

No Textual here. The app feeds greetings and events in and tells its screens when
something changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from agentdeck.core.events import Event, EventKind
from agentdeck.core.indicator import Indicator, indicator_of
from agentdeck.core.pipeline_wire import ShownRun, run_from_wire
from agentdeck.core.saved_filters import SavedFilter, filter_from_wire
from agentdeck.core.schedule import queue_of
from agentdeck.core.session import Session
from agentdeck.rpc.wire import event_from_wire, session_from_wire

MAX_RUNS = 50
"""Of so many runs that are over it is known how they ended."""
MAX_MERGES = 8
"""Of so many merges it is known how far they are."""


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent that the host can start."""

    name: str
    title: str
    installed: bool


@dataclass(frozen=True, slots=True)
class Pool:
    """The worker pool's state."""

    limit: int = 0
    paused: bool = False
    running: int = 0
    queued: int = 0


@dataclass(slots=True)
class SessionStore:
    """Sessions, pool and the host's word on how the app should be."""

    sessions: dict[str, Session] = field(default_factory=dict)
    pool: Pool = Pool()
    server_seq: int = 0
    agents: tuple[Agent, ...] = ()
    default_agent: str = ""
    home: str = ""
    app: dict[str, Any] = field(default_factory=dict)
    layouts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """How the screen was divided, by the terminal's size."""
    filters: tuple[SavedFilter, ...] = ()
    """The saved filters."""
    view: dict[str, Any] = field(default_factory=dict)
    """How the list was grouped, sorted and folded when the app began."""
    merging: dict[str, dict[str, str]] = field(default_factory=dict)
    """How far merges are, by their name and session; the newest last."""
    runs: dict[str, ShownRun] = field(default_factory=dict)
    """The open runs of pipelines, and those that ended since, by name."""
    is_known: bool = False
    """Whether a snapshot has arrived at all."""

    def greet(self, hello: dict[str, Any]) -> list[Session]:
        """Take a greeting in: the snapshot, or the events that were missed.

        Returns:
            The sessions that came to need a person since the last that was known.
        """
        self.agents = tuple(
            Agent(
                agent["name"], agent.get("title") or agent["name"], agent["installed"]
            )
            for agent in hello.get("agents") or ()
        )
        self.default_agent = hello.get("default_agent") or ""
        self.home = hello.get("home") or ""
        self.app = dict(hello.get("app") or {})
        if not self.is_known:
            # Afterwards the app itself knows best; it tells the host.
            self.layouts = dict(hello.get("layouts") or {})
            self.view = dict(hello.get("view") or {})
        self._set_filters(hello.get("filters"))
        self._set_pool(hello.get("pool") or {})
        if hello.get("sessions") is not None:
            self.runs.clear()
        for values in hello.get("runs") or ():
            self._note_run(values)
        calling: list[Session] = []
        if hello.get("sessions") is not None:
            calling = self._replace_all(hello["sessions"])
        for values in hello.get("events") or ():
            calling += self.apply(event_from_wire(values))
        self.server_seq = max(hello["server_seq"], 0)
        self.is_known = True
        return [s for s in calling if self.needs_attention(s.id)]

    def apply(self, event: Event) -> list[Session]:
        """Take an event in; gives the session if it now needs a person."""
        self.server_seq = event.server_seq
        match event.kind:
            case EventKind.SESSION_ADDED | EventKind.SESSION_CHANGED:
                values = event.data["session"]
                assert isinstance(values, dict)
                return self._put(session_from_wire(values))
            case EventKind.LINES_PRINTED:
                self._print_on(event.data)
            case EventKind.SESSION_REMOVED:
                self.sessions.pop(event.session_id or "", None)
            case EventKind.POOL_CHANGED:
                pool = event.data.get("pool")
                self._set_pool(pool if isinstance(pool, dict) else {})
            case EventKind.FILTERS_CHANGED:
                self._set_filters(event.data.get("filters"))
            case EventKind.PIPELINE_CHANGED:
                self._note_run(event.data["run"])
            case EventKind.MERGE_PROGRESS:
                self._note_merge(event.data)
            case (
                EventKind.COMMIT_LANDED
                | EventKind.SESSION_MERGED
                | EventKind.TURN_COMMITTED
                | EventKind.SESSION_REWOUND
                | EventKind.RULE_ANSWERED
                | EventKind.CHECK_ENDED
                | EventKind.REVIEW_CHANGED
                | EventKind.SESSION_HANDED_OFF
                | EventKind.ATTENDED
                | EventKind.PULSE
                | EventKind.NOTICE
            ):
                pass
        return []

    def _print_on(self, data: dict[str, object]) -> None:
        lines, at = data["lines"], datetime.fromisoformat(str(data["at"]))
        assert isinstance(lines, dict)
        for session_id, line in lines.items():
            session = self.sessions.get(session_id)
            if session is not None:
                told = replace(session, last_line=line, updated_at=at)
                self.sessions[session_id] = told

    def _note_merge(self, data: dict[str, object]) -> None:
        batch = str(data["batch"])
        known = self.merging.pop(batch, {})
        self.merging[batch] = {**known, str(data["id"]): str(data["state"])}
        while len(self.merging) > MAX_MERGES:
            del self.merging[next(iter(self.merging))]

    def _note_run(self, values: object) -> None:
        assert isinstance(values, dict)
        run = run_from_wire(values)
        self.runs[run.name] = run
        over = [each.name for each in self.runs.values() if each.is_over]
        for name in over[:-MAX_RUNS]:
            del self.runs[name]

    def runs_in_need(self) -> list[ShownRun]:
        """The runs in which a person has to decide something, by name."""
        found = [r for r in self.runs.values() if r.needs and not r.is_over]
        return sorted(found, key=lambda run: run.name)

    def needs_attention(self, session_id: str) -> bool:
        """Whether a session is there and needs a person."""
        session = self.sessions.get(session_id)
        return session is not None and session.needs_attention

    def indicator(self) -> Indicator:
        """The three counts."""
        return indicator_of(self.sessions.values())

    def queue_places(self) -> dict[str, int]:
        """The place of each queued session, from 1."""
        queue = queue_of(self.sessions.values())
        return {session.id: place for place, session in enumerate(queue, 1)}

    def chosen(self, ids: Iterable[str]) -> list[Session]:
        """The sessions of some ids, those that are gone left out."""
        return [self.sessions[each] for each in ids if each in self.sessions]

    def _put(self, session: Session) -> list[Session]:
        before = self.sessions.get(session.id)
        self.sessions[session.id] = session
        was_calling = before is not None and before.needs == session.needs
        return [session] if session.needs_attention and not was_calling else []

    def _replace_all(self, snapshot: list[dict[str, Any]]) -> list[Session]:
        known, self.sessions = self.sessions, {}
        calling: list[Session] = []
        for values in snapshot:
            session = session_from_wire(values)
            before = known.get(session.id)
            # An equal session stays the same object, so what was drawn of it holds.
            self.sessions[session.id] = before if before == session else session
            if self.is_known and session.needs_attention:
                calls_already = before is not None and before.needs == session.needs
                calling += [] if calls_already else [session]
        return calling

    def _set_filters(self, values: object) -> None:
        listed = values if isinstance(values, list) else []
        self.filters = tuple(filter_from_wire(each) for each in listed)

    def _set_pool(self, values: dict[str, Any]) -> None:
        self.pool = Pool(
            limit=int(values.get("limit") or 0),
            paused=bool(values.get("paused")),
            running=int(values.get("running") or 0),
            queued=int(values.get("queued") or 0),
        )
