"""What happened in a session, moment by moment: the words of its timeline.

Made from the states that a session goes through, from what the host tells beside them,
and from what the agent's own hooks report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agentdeck.core.checks import CheckState
from agentdeck.core.events import EventKind
from agentdeck.core.session import Activity, Phase, Session

MAX_TEXT = 500
BY_AGENT = "an agent sent a text"
"""Why a session works to which another agent, not a person, has sent a text."""


class MomentKind(StrEnum):
    """What kind of thing happened."""

    CREATED = "created"
    STARTED = "started"
    PROMPT = "prompt"
    TOOL = "tool"
    QUESTION = "question"
    ANSWERED = "answered"
    TURN = "turn"
    """Its turn was over."""
    COMMIT = "commit"
    CHECK = "check"
    MERGED = "merged"
    ENDED = "ended"
    STATUS = "status"
    """Any other change: stopping, lost, queued again, unmerged."""


MARK_KINDS = frozenset(
    {"prompt", "question", "answered", "turn", "commit", "check", "merged"}
)
"""What a log shows among its lines; begin and end stand there already."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened. `n` counts all moments and never goes back."""

    session_id: str
    at: datetime
    kind: MomentKind
    text: str = ""
    by: str = ""
    """Who did it, where that is not the agent: a person, or the name of a rule."""
    n: int = 0


PROMPT_EVENTS = frozenset({"UserPromptSubmit", "BeforeAgent", "userPromptSubmitted"})
TOOL_EVENTS = frozenset({"PreToolUse", "BeforeTool", "preToolUse", "tool"})


_CHECKED = frozenset({CheckState.PASSED, CheckState.FAILED, CheckState.INTERRUPTED})
_PLAIN_ENDS = frozenset({"idle", "its turn is over"})
"""Words of an agent that tell nothing beside that its turn is over."""


def moment_of_hook(session_id: str, detail: str, at: datetime) -> Moment | None:
    """What a hook's report tells a timeline; None for what is told otherwise."""
    event, _, text = detail.partition(": ")
    if event in PROMPT_EVENTS:
        return Moment(session_id, at, MomentKind.PROMPT, _short(text))
    if event in TOOL_EVENTS and text:
        return Moment(session_id, at, MomentKind.TOOL, _short(text))
    return None


def moments_between(before: Session | None, after: Session) -> Iterator[Moment]:
    """What happened from one state of a session to the next."""
    at = after.updated_at
    if before is None:
        yield Moment(after.id, at, MomentKind.CREATED, _short(after.prompt))
        return
    if before.phase is not after.phase:
        yield _of_phase(before, after)
    if before.needs is not None and before.needs_since != after.needs_since:
        yield from _of_answer(before, after)
    is_new = before.needs_since != after.needs_since or before.needs is None
    if after.needs is not None and is_new:
        asked = f"{after.needs.kind.value}: {after.needs.text}"
        yield Moment(after.id, at, MomentKind.QUESTION, _short(asked))
    if after.activity is Activity.IDLE and before.activity is not Activity.IDLE:
        detail = after.why.detail if after.why is not None else ""
        _, _, said = detail.partition(": ")
        said = "" if said in _PLAIN_ENDS else said
        yield Moment(after.id, at, MomentKind.TURN, _short(said))
    if before.check is not after.check and after.check in _CHECKED:
        said = f"{after.check.value}: {after.check_note}".removesuffix(": ")
        yield Moment(after.id, at, MomentKind.CHECK, _short(said))
    if before.is_merged and not after.is_merged:
        yield Moment(after.id, at, MomentKind.STATUS, "no longer merged")


def _of_phase(before: Session, after: Session) -> Moment:
    at = after.updated_at
    match after.phase:
        case Phase.RUNNING if before.phase is not Phase.STOPPING:
            return Moment(after.id, at, MomentKind.STARTED, after.agent)
        case Phase.ENDED | Phase.FAILED | Phase.LOST:
            said = after.reason or after.phase.value
            if after.reason and after.phase is not Phase.ENDED:
                said = f"{after.phase.value}: {after.reason}"
            return Moment(after.id, at, MomentKind.ENDED, _short(said))
        case _:
            return Moment(after.id, at, MomentKind.STATUS, after.phase.value)


def _of_answer(before: Session, after: Session) -> Iterator[Moment]:
    why = after.why
    if after.phase is not Phase.RUNNING:
        return
    if why is None or why.source != "answer":
        return
    said = why.detail.removeprefix("answered")
    by = "you" if said != BY_AGENT else "an agent"
    if said.startswith(" by "):
        by, _, said = said.removeprefix(" by ").partition(": ")
    yield Moment(
        after.id, after.updated_at, MomentKind.ANSWERED, _short(said.strip(": ")), by
    )


def moment_of_event(
    kind: EventKind, session_id: str, data: Mapping[str, object], at: datetime
) -> Moment | None:
    """What an event tells that is not a session's state; None if nothing."""
    match kind:
        case EventKind.COMMIT_LANDED:
            text = f"{str(data.get('sha') or '')[:8]} {data.get('subject') or ''}"
            return Moment(session_id, at, MomentKind.COMMIT, _short(text))
        case EventKind.SESSION_MERGED:
            text = f"into {data.get('into')} as {str(data.get('commit') or '')[:8]}"
            return Moment(session_id, at, MomentKind.MERGED, _short(text))
        case EventKind.SESSION_HANDED_OFF:
            text = _short(str(data.get("text") or ""))
            return Moment(session_id, at, MomentKind.STATUS, text)
        case EventKind.RULE_ANSWERED if data.get("error"):
            text = f"a rule could not answer: {data['error']}"
            return Moment(session_id, at, MomentKind.STATUS, _short(text))
        case _:
            return None


def marks_for(moments: Iterable[Moment]) -> Iterator[tuple[Moment, str]]:
    """Each moment with the words that a log shows for it."""
    for moment in moments:
        yield moment, said_of(moment)


_WORDS = {
    MomentKind.QUESTION: "asks {}",
    MomentKind.COMMIT: "commit {}",
    MomentKind.TURN: "turn over: {}",
    MomentKind.CHECK: "check {}",
    MomentKind.MERGED: "merged {}",
    MomentKind.CREATED: "created: {}",
    MomentKind.STARTED: "started {}",
}


def said_of(moment: Moment) -> str:
    """A moment in words."""
    if moment.kind is MomentKind.ANSWERED:
        said = f"{moment.by or 'you'} answered: {moment.text}"
    elif moment.kind is MomentKind.PROMPT:
        said = moment.text or "a prompt"
    else:
        said = _WORDS.get(moment.kind, "{}").format(moment.text)
    return said.strip().removesuffix(":")


def _short(text: str) -> str:
    return text.strip()[:MAX_TEXT]
