"""Which events the measured gain is made of, and how little of each is needed.

A session's state is told whole with each change of it, though few changes matter here.
`Reducer` lets through those that do, each as small as it can be. What is measured from
the reduced events is to the millisecond what is measured from all events, so the
reduced ones can be kept for much longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from agentdeck.core.events import Event, EventKind
from agentdeck.core.moments import BY_AGENT, PROMPT_EVENTS
from agentdeck.core.session import Activity, Phase
from agentdeck.core.slugs import title_from

PULSE_S = 60.0
"""How often the host says that it runs, while a session is live or queued."""
ATTEND_EVERY_S = 20.0
"""How often a client repeats that a person works with the same session."""
IDLE_CUT_S = 60.0
"""A person who did nothing for so long supervises no more."""

FIRST_PROMPT = "its first prompt was typed"
"""Why a session works whose agent takes its first prompt only at its terminal."""

_STATES = frozenset({EventKind.SESSION_ADDED, EventKind.SESSION_CHANGED})
GAIN_KINDS = _STATES | {
    EventKind.SESSION_REMOVED,
    EventKind.SESSION_MERGED,
    EventKind.ATTENDED,
    EventKind.PULSE,
}
_KEPT = {EventKind.ATTENDED: ("client", "how", "ago_s")}


@dataclass(frozen=True, slots=True)
class Work:
    """What matters here of a session's state."""

    name: str = ""
    title: str = ""
    repo: str = ""
    branch: str = ""
    agent: str = ""
    model: str = ""
    group: str = ""
    brief: str = ""
    """The first line of what it was asked to do; variants of a brief share it."""
    phase: str = ""
    activity: str = ""
    asks: str = ""
    """Since when it waits for a person, as the host wrote it; empty if it does not."""
    merged: bool = False
    asked: bool = field(default=False, compare=False)
    """Whether it works because a person sent it something; of interest only as it
    begins to, so that two states that differ in this alone are the same."""


_FIELDS = frozenset(each.name for each in fields(Work))


def work_of(data: Mapping[str, Any]) -> Work | None:
    """What an event's data tells of a session, whether reduced or whole."""
    reduced = data.get("work")
    if isinstance(reduced, dict):
        try:
            return Work(**reduced)
        except TypeError:
            # Another version of AgentDeck knew more.
            return Work(**{k: v for k, v in reduced.items() if k in _FIELDS})
    whole = data.get("session")
    return _work_of_session(whole) if isinstance(whole, dict) else None


def _work_of_session(session: Mapping[str, Any]) -> Work:
    is_running = session.get("phase") == Phase.RUNNING.value
    needs = session.get("needs") if is_running else None
    asks = ""
    if needs and not session.get("ruled_by"):
        asks = str(session.get("needs_since") or "since it began")
    # A prompt may be long, and this is looked at with each change of a session.
    text = str(session.get("prompt") or "")[:400]
    return Work(
        name=str(session.get("name") or ""),
        title=str(session.get("title") or "")[:80],
        repo=str(session.get("repo") or ""),
        branch=str(session.get("branch") or ""),
        agent=str(session.get("agent") or ""),
        model=str(session.get("model") or ""),
        group=str(session.get("group") or ""),
        brief=title_from(text or " ".join(session.get("command") or ())),
        phase=str(session.get("phase") or ""),
        activity=str(session.get("activity") or "") if is_running else "",
        asks=asks,
        merged=session.get("merged_into") is not None,
        asked=_is_asked(session),
    )


def _is_asked(session: Mapping[str, Any]) -> bool:
    why = session.get("why")
    if session.get("activity") != Activity.WORKING.value or not isinstance(why, dict):
        return False
    source, detail = why.get("source"), str(why.get("detail") or "")
    if source == "hook":
        return detail.partition(":")[0] in PROMPT_EVENTS
    return source == "answer" and detail not in (BY_AGENT, FIRST_PROMPT)


class Reducer:
    """Lets through the events that matter; knows what each session did last."""

    def __init__(self) -> None:
        self._last: dict[str, Work] = {}

    def fresh(self, events: Iterable[Event]) -> Iterator[tuple[Event, Work | None]]:
        """Each event that matters, and the state that it tells."""
        for event in events:
            if event.kind not in GAIN_KINDS:
                continue
            session_id = event.session_id or ""
            work = None
            if event.kind in _STATES:
                work = work_of(event.data)
                if work is None or self._knows(session_id, work, event.kind):
                    continue
                self._last[session_id] = work
            elif event.kind is EventKind.SESSION_REMOVED:
                self._last.pop(session_id, None)
            yield event, work

    def reduced(self, events: Iterable[Event]) -> list[Event]:
        """The events that matter, with only the data that does."""
        return [
            replace(event, data=_least(event, work))
            for event, work in self.fresh(events)
        ]

    def _knows(self, session_id: str, work: Work, kind: EventKind) -> bool:
        return kind is not EventKind.SESSION_ADDED and (
            self._last.get(session_id) == work
        )


def _least(event: Event, work: Work | None) -> dict[str, object]:
    if work is not None:
        return {"work": {k: v for k, v in asdict(work).items() if v}}
    return {k: event.data[k] for k in _KEPT.get(event.kind, ()) if k in event.data}
