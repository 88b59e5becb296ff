"""Status from evidence: what a running agent does, and why we say so.

The host gathers evidence (hooks, terminal signals, settled screens, the process
itself) and keeps the newest of each source. `weigh` decides; nothing else does.

How it decides, in short. The agent's own hook is believed before anything else, and
a person's answer after what the hook asked. A weaker sign that says otherwise must
be newer by `DOUBT_S`, so that a screen read a moment too early never flips a row; it
is then looked at once more instead of being waited for. Only a question on the screen
counts at once, unless it is the one that was answered a moment ago. Mere output ends
an idle state or a question only if it lasts, as a redraw or an echo does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum

from agentdeck.core.session import (
    Activity,
    Needs,
    NeedsKind,
    Phase,
    Session,
    Why,
)

DOUBT_S = 1.0
"""By how much a weaker sign must be newer than the stronger one it contradicts."""
ANSWERED_DOUBT_S = 2.5
"""For so long after an answer the same question on the screen is the old one; a busy
agent takes a while to draw. A hook that asks the same again counts at once."""
LASTS_S = 1.0
"""How long output must go on before it alone means work."""
ECHO_S = 0.5
"""Output this soon after a key is the key's echo."""


class Source(IntEnum):
    """Where evidence comes from, weakest first."""

    OUTPUT = 0
    """The agent prints; `since` says from when on without a pause."""
    PROCESS = 1
    """Its foreground process waits for the terminal, or does not."""
    SCREEN = 2
    """A rule matched its settled screen."""
    TITLE = 3
    """A rule matched the title that it gave its terminal."""
    SIGNAL = 4
    """A terminal signal: bell, notification, progress."""
    ANSWER = 5
    """A person typed or sent something to it; `needs` is what was answered."""
    HOOK = 6
    """The agent's own word."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sign of what an agent does. `order` grows with each sign of a session."""

    source: Source
    activity: Activity
    order: int
    at: datetime
    detail: str
    needs: Needs | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sign to believe, and in how many seconds the screen is worth a look."""

    sign: Evidence | None
    look_again_s: float | None = None


def weigh(
    evidence: Mapping[Source, Evidence], typed_at: datetime | None = None
) -> Verdict:
    """Decide by the newest sign of each source.

    Args:
        evidence: The newest sign of each source.
        typed_at: When a person last typed into it, so that echo is known as such.
    """
    said = _said(evidence)
    rival = _newest_rival(evidence, said)
    if said is None or rival is None:
        return Verdict(_unless_it_prints(rival or said, evidence, typed_at))
    if rival.activity is said.activity:
        return Verdict(_merged(said, rival))
    doubted, doubt_s = said, DOUBT_S
    if rival.activity is Activity.NEEDS_INPUT:
        answer = _answer_to(evidence, said, rival)
        if answer is None:
            return Verdict(rival)
        doubted, doubt_s = answer, ANSWERED_DOUBT_S
    newer_s = (rival.at - doubted.at).total_seconds()
    if newer_s >= doubt_s:
        return Verdict(rival)
    newest = max(sign.order for sign in evidence.values())
    if rival.order < newest:
        return Verdict(said)
    return Verdict(said, doubt_s - max(newer_s, 0.0))


def _said(evidence: Mapping[Source, Evidence]) -> Evidence | None:
    """What was said rather than seen: the hook's word, or an answer after it."""
    hook, answer = evidence.get(Source.HOOK), evidence.get(Source.ANSWER)
    if hook is None or answer is None:
        return hook or answer
    is_answered = answer.order > hook.order and hook.activity is not Activity.WORKING
    return answer if is_answered else hook


_SEEN = (Source.PROCESS, Source.SCREEN, Source.TITLE, Source.SIGNAL)
_SEEN_WITH_HOOKS = (Source.SCREEN, Source.TITLE)
"""An agent with hooks needs no bell, and its process always waits for its terminal."""


def _newest_rival(
    evidence: Mapping[Source, Evidence], said: Evidence | None
) -> Evidence | None:
    sources = _SEEN_WITH_HOOKS if Source.HOOK in evidence else _SEEN
    seen = [evidence[source] for source in sources if source in evidence]
    if said is not None:
        seen = [sign for sign in seen if sign.order > said.order]
    return max(seen, key=lambda sign: (sign.order, sign.source), default=None)


def _answer_to(
    evidence: Mapping[Source, Evidence], said: Evidence, rival: Evidence
) -> Evidence | None:
    """The answer that what is asked on the screen may already have had.

    Also where a hook has told of work since: a busy agent says so before it has
    taken the dialog away.
    """
    answer = evidence.get(Source.ANSWER)
    if answer is None or not _asks_the_same(answer, rival):
        return None
    return answer if said is answer or answer.needs is not None else None


def _asks_the_same(said: Evidence, rival: Evidence) -> bool:
    told, shown = said.needs, rival.needs
    if told is None or shown is None or rival.source is Source.TITLE:
        # A title tells that something is asked, and not what.
        return True
    if told.choices and shown.choices:
        return told.choices == shown.choices
    if shown.choices:
        # A hook told of it, without the choices and in other words than the screen's.
        return told.kind is shown.kind
    return told.text == shown.text


def _merged(said: Evidence, rival: Evidence) -> Evidence:
    """A question that a hook tells and the screen shows: its words and its choices."""
    if said.needs is None or rival.needs is None:
        return said
    needs, shown = said.needs, rival.needs
    kind = shown.kind if needs.kind is NeedsKind.INPUT else needs.kind
    choices = shown.choices or needs.choices
    return replace(said, needs=replace(needs, kind=kind, choices=choices))


def _unless_it_prints(
    sign: Evidence | None,
    evidence: Mapping[Source, Evidence],
    typed_at: datetime | None,
) -> Evidence | None:
    output = evidence.get(Source.OUTPUT)
    if output is None or sign is None:
        return sign or output
    if output.order < sign.order or sign.source is Source.HOOK:
        return sign
    if sign.activity is Activity.WORKING:
        return sign
    since = output.since or output.at
    lasts = (output.at - since).total_seconds() >= LASTS_S
    echoes = typed_at and (output.at - typed_at).total_seconds() < ECHO_S
    return output if lasts and not echoes else sign


def with_status(session: Session, sign: Evidence, now: datetime) -> Session:
    """The session with the status that a sign gives.

    A turn that ends and a new question make it unread. The same question, told in
    more words or with its choices, stays the same one: `needs_since` tells questions
    apart. A sign that changes neither activity nor needs gives the same object.
    """
    if session.phase is not Phase.RUNNING:
        return session
    needs = sign.needs if sign.activity is Activity.NEEDS_INPUT else None
    if session.activity is sign.activity and session.needs == needs:
        return session
    is_same = _is_same_question(session, needs)
    has_news = sign.activity is not Activity.WORKING and not is_same
    return replace(
        session,
        activity=sign.activity,
        needs=needs,
        needs_since=_since(session, sign, is_same=is_same),
        stuck_since=None
        if sign.activity is not Activity.WORKING
        else session.stuck_since,
        why=Why(sign.source.name.lower(), sign.detail, sign.at),
        unread=session.unread or has_news,
        updated_at=now,
    )


def _since(session: Session, sign: Evidence, *, is_same: bool) -> datetime | None:
    if sign.activity is not Activity.NEEDS_INPUT or sign.needs is None:
        return None
    return session.needs_since if is_same and session.needs_since else sign.at


_PROVISIONAL = frozenset({"title", "signal"})
"""Sources that tell that something is asked, and not what."""


def _is_same_question(session: Session, needs: Needs | None) -> bool:
    before = session.needs
    if needs is None or before is None:
        return False
    if (before.kind, before.text) == (needs.kind, needs.text):
        return (
            not before.choices or not needs.choices or before.choices == needs.choices
        )
    return session.why is not None and session.why.source in _PROVISIONAL
