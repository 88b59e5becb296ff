"""What the host tells its clients, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """The kinds of news.

    The first four carry whole state, so that a client that applies them in order
    is right whatever it missed before.
    """

    SESSION_ADDED = "session_added"
    SESSION_CHANGED = "session_changed"
    SESSION_REMOVED = "session_removed"
    LINES_PRINTED = "lines_printed"
    POOL_CHANGED = "pool_changed"
    COMMIT_LANDED = "commit_landed"
    SESSION_MERGED = "session_merged"
    MERGE_PROGRESS = "merge_progress"
    TURN_COMMITTED = "turn_committed"
    SESSION_REWOUND = "session_rewound"
    RULE_ANSWERED = "rule_answered"
    FILTERS_CHANGED = "filters_changed"
    CHECK_ENDED = "check_ended"
    PIPELINE_CHANGED = "pipeline_changed"
    REVIEW_CHANGED = "review_changed"
    SESSION_HANDED_OFF = "session_handed_off"
    ATTENDED = "attended"
    """A person works with a session, or with none any more; see `core.gain_events`."""
    PULSE = "pulse"
    """A host runs, and so does a session: told every `PULSE_S` seconds."""
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Event:
    """One piece of news. `server_seq` grows by one each time and never goes back."""

    server_seq: int
    at: datetime
    kind: EventKind
    session_id: str | None = None
    data: dict[str, object] = field(default_factory=dict)
