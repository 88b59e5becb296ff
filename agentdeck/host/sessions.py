"""The sessions as they are now: the one place that holds them and says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from agentdeck.core.errors import NoSuchSessionError
from agentdeck.core.events import EventKind
from agentdeck.core.session import Phase, Session, moved
from agentdeck.host.journal import Journal
from agentdeck.rpc.wire import session_to_wire


class Sessions:
    """All sessions by id. Every change goes through `put` and becomes an event."""

    def __init__(self, journal: Journal, loaded: tuple[Session, ...]) -> None:
        self._journal = journal
        self._sessions = {session.id: session for session in loaded}
        self._next_position = 1 + max((s.position for s in loaded), default=0)
        self.judge: Callable[[Session], Session] = lambda session: session
        """Sees each state before it is held and told, and gives it back."""
        self.on_change: Callable[[Session | None, Session], None] = lambda *_: None
        """Called with each state before it is told, and the one before."""
        self.on_news: Callable[[str], None] = lambda _: None
        """Called with the id of each session that changed or went, at the end."""
        self.on_tell: Callable[[EventKind, str, dict[str, object]], None]
        self.on_tell = lambda *_: None
        """Called with what is told beside states."""
        self.on_activity: Callable[[Session], None] | None = None
        """Called after a session began to do something else."""
        self.on_phase: Callable[[Session], None] | None = None
        """Called after a session came into another phase."""

    def __iter__(self) -> Iterator[Session]:
        return iter(tuple(self._sessions.values()))

    def __len__(self) -> int:
        return len(self._sessions)

    def next_position(self) -> int:
        """The place behind all others."""
        self._next_position += 1
        return self._next_position - 1

    def find(self, session_id: str) -> Session | None:
        """The session with this id, if it is there."""
        return self._sessions.get(session_id)  # type: ignore[call-overload, no-any-return]

    def session(self, session_id: str) -> Session:
        """The session with this id.

        Raises:
            NoSuchSessionError: If there is none (any more).
        """
        found = self.find(session_id)
        if found is None:
            raise NoSuchSessionError(f"There is no session {session_id!r} any more.")
        return found

    def put(self, session: Session) -> Session:
        """Hold this state of a session; tells clients if it is another."""
        before = self._sessions.get(session.id)
        session = self.judge(session)
        if before == session:
            return session
        self._sessions[session.id] = session
        kind = EventKind.SESSION_CHANGED if before else EventKind.SESSION_ADDED
        data: dict[str, object] = {"session": session_to_wire(session)}
        self._journal.record(kind, data, session.id, saved=(session,))
        self.on_change(before, session)
        if (before is None or before.phase is not session.phase) and self.on_phase:
            self.on_phase(session)
        did = before.activity if before is not None else None
        if did is not session.activity and self.on_activity:
            self.on_activity(session)
        self.on_news(session.id)
        return session

    def change(self, session_id: str, **values: object) -> Session:
        """Hold a session with some values changed; the time is set."""
        session = self.session(session_id)
        if all(getattr(session, name) == value for name, value in values.items()):
            return session
        changed = replace(session, **values, updated_at=datetime.now(UTC))  # type: ignore[arg-type]
        return self.put(changed)

    def print_on(self, lines: Mapping[str, str]) -> None:
        """Hold what some sessions printed last; one event tells it of all."""
        at = datetime.now(UTC)
        changed = {
            session.id: replace(session, last_line=line, updated_at=at)
            for session_id, line in lines.items()
            if (session := self.find(session_id)) and session.last_line != line
        }
        if not changed:
            return
        self._sessions.update(changed)
        told = {session.id: session.last_line for session in changed.values()}
        data: dict[str, object] = {"lines": told, "at": at.isoformat()}
        self._journal.record(
            EventKind.LINES_PRINTED, data, saved=tuple(changed.values())
        )

    def move(self, session_id: str, phase: Phase, reason: str = "") -> Session:
        """Hold a session in another phase."""
        session = self.session(session_id)
        return self.put(moved(session, phase, datetime.now(UTC), reason))

    def remove(self, session_id: str) -> None:
        """Forget a session."""
        session = self._sessions.pop(self.session(session_id).id)
        self._journal.record(
            EventKind.SESSION_REMOVED, {"name": session.name}, session.id, removed=True
        )
        if self.on_phase:
            self.on_phase(session)
        self.on_news(session.id)

    def tell(self, kind: EventKind, session_id: str, data: dict[str, object]) -> None:
        """Tell clients something about a session that is not its state."""
        self._journal.record(kind, data, session_id)
        self.on_tell(kind, session_id, data)
