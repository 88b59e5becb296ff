"""What happened in a session since a person last looked, in a line or two."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from agentdeck.core.moments import Moment, MomentKind
from agentdeck.core.session import Session

STILL_NEW = timedelta(minutes=10)
"""For so long after it was read a session still tells what was new then."""
MAX_NAMED = 3


@dataclass(frozen=True, slots=True)
class Recap:
    """What is new of one session."""

    since: datetime
    prompts: int = 0
    turns: int = 0
    tools: int = 0
    commits: tuple[str, ...] = ()
    """Their subjects, oldest first."""
    asked: tuple[str, ...] = ()
    """What it asked, oldest first."""
    answered: tuple[str, ...] = ()
    """What it was answered, each with who did."""
    check: str = ""
    """How the newest checks ended."""
    merged: str = ""
    ended: str = ""
    result: str = ""
    """What it said at the end of its newest turn."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened."""
        return self == Recap(self.since)


def since_of(session: Session, now: datetime) -> datetime | None:
    """Since when there is news of a session for a person; None if there is none.

    An unread one has news since it was last read. One that has just been read still
    tells what was new then, as it counts as read as soon as it is shown.
    """
    if session.unread:
        return session.read_at or session.created_at
    if session.read_at is not None and now - session.read_at < STILL_NEW:
        return session.read_before or session.created_at
    return None


def recap_of(moments: Iterable[Moment], since: datetime) -> Recap:
    """What the moments of a session after a time come to."""
    new = [moment for moment in moments if moment.at > since]

    def of(kind: MomentKind) -> list[Moment]:
        return [moment for moment in new if moment.kind is kind]

    def newest(kind: MomentKind) -> str:
        return next((m.text for m in reversed(new) if m.kind is kind and m.text), "")

    return Recap(
        since,
        prompts=len(of(MomentKind.PROMPT)),
        turns=len(of(MomentKind.TURN)),
        tools=len(of(MomentKind.TOOL)),
        commits=tuple(m.text.partition(" ")[2] for m in of(MomentKind.COMMIT)),
        asked=tuple(m.text for m in of(MomentKind.QUESTION)),
        answered=tuple(f"{m.by or 'you'}: {m.text}" for m in of(MomentKind.ANSWERED)),
        check=newest(MomentKind.CHECK),
        merged=newest(MomentKind.MERGED),
        ended=newest(MomentKind.ENDED),
        result=newest(MomentKind.TURN),
    )


def recap_lines(recap: Recap, dot: str = "·") -> list[str]:
    """A recap in at most two lines: what was done, and what came of it."""
    done: list[str] = []
    if recap.commits:
        named = "; ".join(recap.commits[-MAX_NAMED:])
        left_out = len(recap.commits) - MAX_NAMED
        more = f" and {left_out} before" if left_out > 0 else ""
        done.append(f"{_count(len(recap.commits), 'commit')}: {named}{more}")
    if recap.check:
        done.append(f"checks {recap.check}")
    # One that is still open is shown as such beside.
    if recap.answered or len(recap.asked) > 1:
        by_rule = sum(not each.startswith("you:") for each in recap.answered)
        rules = f", {by_rule} answered by rules" if by_rule else ""
        done.append(f"{_count(len(recap.asked), 'question')}{rules}")
    if recap.tools and not recap.commits:
        done.append(_count(recap.tools, "tool call"))
    if recap.merged:
        done.append(f"merged {recap.merged}")
    if recap.ended:
        done.append(recap.ended)
    lines = [f" {dot} ".join(done)] if done else []
    if recap.result:
        lines.append(recap.result.split("\n")[0])
    return lines


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
