"""Rules by which reviews start, and what keeps them from starting without end. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from agentdeck.core.briefs import Limits
from agentdeck.core.checks import CheckState
from agentdeck.core.errors import UsageError
from agentdeck.core.filters import parse_filter
from agentdeck.core.pulls import PullState
from agentdeck.core.session import Activity, Phase, Session

DEFAULT_MINUTES = 30.0
UNDER_WAY = "a review by it is under way"


class ReviewEvent(StrEnum):
    """What makes a rule look at a session."""

    IDLE_GREEN = "idle-green"
    """Its agent rests, and its checks passed on the files as they are."""
    IDLE = "idle"
    """Its agent rests."""
    BRANCH_MOVED = "branch-moved"
    """Its branch has a new commit, whatever its agent does."""
    PULL_REQUEST = "pull-request"
    """Its branch has an open pull request that is no draft."""
    MANUAL = "manual"
    """Only when a person starts it."""


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """When to start which reviewer. Empty stands for any, or for none."""

    name: str
    on: tuple[ReviewEvent, ...] = (ReviewEvent.IDLE_GREEN,)
    filter: str = ""
    agent: str = ""
    model: str = ""
    mode: str = ""
    custom: str = ""
    """The custom agent that the reviewer plays."""
    prompt: str = ""
    """What it is told beside how to review."""
    limits: Limits = field(default_factory=lambda: Limits(DEFAULT_MINUTES))
    rounds: int = 3
    """How often in a row it may find something before a person has to look."""
    repo: str = ""
    """The repository whose settings it is from; empty for the person's own."""

    @property
    def key(self) -> str:
        """What it is known by: a rule that was changed is another one."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


class ReviewState(StrEnum):
    """How far a review is."""

    ASKED = "asked"
    """Its session is about to be made."""
    UNDER_WAY = "under way"
    DONE = "done"
    FAILED = "failed"
    """Its agent ended without findings that can be read."""


@dataclass(frozen=True, slots=True)
class Review:
    """One review, as it is kept. Times are ISO 8601."""

    id: str
    session: str
    """The id of the session that is reviewed."""
    name: str
    """Its name then."""
    rule: str
    key: str
    """The rule's key; empty where a person named an agent instead."""
    commit: str
    tree: str
    at: str
    round: int = 1
    by_hand: bool = False
    state: ReviewState = ReviewState.ASKED
    reviewer: str = ""
    """The id of the reviewing session, once there is one."""
    reviewer_name: str = ""
    found: int = 0
    note: str = ""
    """Why it failed, or what of its findings was left out."""
    ended_at: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in (ReviewState.DONE, ReviewState.FAILED)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many reviews may start by themselves within an hour."""

    per_session: int = 6
    in_all: int = 30


def rests(session: Session) -> bool:
    """Whether its agent's turn is over, or the agent ended well."""
    if session.phase is Phase.ENDED:
        return session.exit_code == 0 and session.reason == "ended"
    return session.phase is Phase.RUNNING and session.activity is Activity.IDLE


def why_not_here(rule: ReviewRule, session: Session, now: datetime) -> str:
    """Why a rule is not about a session as it stands; empty if it is."""
    if session.is_review:
        return "it is a review itself"
    if session.archived:
        return "it is archived"
    if session.is_merged:
        return "it is merged"
    if session.phase in (Phase.QUEUED, Phase.PREPARING):
        return "it has not started"
    if rule.repo and rule.repo != session.repo:
        return "it is of another repository"
    if not parse_filter(rule.filter).meets_all(session, now):
        return f"the filter {rule.filter} leaves it out"
    return ""


def why_not_yet(rule: ReviewRule, session: Session, *, moved: bool) -> str:
    """Why none of a rule's events has happened; empty if one has.

    Args:
        rule: The rule.
        session: The session.
        moved: Whether its branch has moved.
    """
    events = rule.on
    if ReviewEvent.BRANCH_MOVED in events and moved:
        return ""
    if ReviewEvent.PULL_REQUEST in events and _is_pulled(session):
        return ""
    if rests(session):
        if ReviewEvent.IDLE in events:
            return ""
        if ReviewEvent.IDLE_GREEN in events:
            is_green = session.check is CheckState.PASSED
            return "" if is_green else f"its checks are {_told(session.check)}"
        return _WAITS[events[0]]
    if events[0] in (ReviewEvent.MANUAL, ReviewEvent.PULL_REQUEST):
        return _WAITS[events[0]]
    return "its agent is at work" if session.is_live else "its agent did not end well"


_WAITS = {
    ReviewEvent.MANUAL: "it starts by hand only",
    ReviewEvent.PULL_REQUEST: "it has no open pull request",
    ReviewEvent.BRANCH_MOVED: "its branch has not moved since",
}


def _is_pulled(session: Session) -> bool:
    return session.pull is not None and session.pull.state is PullState.OPEN


def _told(check: CheckState) -> str:
    return "not run" if check is CheckState.NONE else check.value


def is_under_way(rule: ReviewRule, session: Session, reviews: Iterable[Review]) -> bool:
    """Whether a rule reviews a session now."""
    mine = (r for r in reviews if r.session == session.id and r.rule == rule.name)
    return any(not review.is_over for review in mine)


def why_not_again(
    rule: ReviewRule,
    session: Session,
    commit: str,
    tree: str,
    reviews: Sequence[Review],
) -> str:
    """Why the files of a commit are not to be reviewed by a rule; empty if they are."""
    if is_under_way(rule, session, reviews):
        return UNDER_WAY
    mine = [r for r in reviews if r.session == session.id]
    for review in mine:
        if review.key == rule.key and (review.commit == commit or review.tree == tree):
            return f"it reviewed {commit[:8]} already"
    return ""


def why_too_many(
    rule: ReviewRule,
    session: Session,
    reviews: Sequence[Review],
    bounds: Bounds,
    now: datetime,
) -> str:
    """Why no further review may start by itself; empty if one may."""
    if next_round(rule.name, session.id, reviews) > rule.rounds:
        noun = "round" if rule.rounds == 1 else "rounds in a row"
        return f"{rule.rounds} {noun} found something; start the next by hand"
    lately = (now - timedelta(hours=1)).isoformat()
    started = [r for r in reviews if not r.by_hand and r.at > lately]
    if sum(r.session == session.id for r in started) >= bounds.per_session:
        return f"{bounds.per_session} reviews of it started within an hour"
    if len(started) >= bounds.in_all:
        return f"{bounds.in_all} reviews started within an hour"
    return ""


def next_round(rule: str, session: str, reviews: Iterable[Review]) -> int:
    """The number of a session's next review by a rule, since it was last clean.

    One that a person started begins anew.
    """
    mine = [r for r in reviews if r.session == session and r.rule == rule]
    count = 1
    for review in sorted(mine, key=lambda r: r.at, reverse=True):
        if review.state is ReviewState.DONE and not review.found:
            break
        count += 1
        if review.by_hand:
            break
    return count


def rule_named(name: str, rules: Iterable[ReviewRule]) -> ReviewRule:
    """The rule of a name; the person's own comes before a repository's.

    Raises:
        UsageError: If there is none.
    """
    rules = list(rules)
    found = [rule for rule in rules if rule.name == name]
    if not found:
        there = ", ".join(dict.fromkeys(rule.name for rule in rules)) or "none"
        raise UsageError(f"There is no review rule {name!r}. There are: {there}.")
    return found[0]


def ended(review: Review, state: ReviewState, now: datetime, **values: Any) -> Review:
    """A review that is over."""
    at = now.isoformat(timespec="milliseconds")
    return replace(review, state=state, ended_at=at, **values)


def rule_to_wire(rule: ReviewRule) -> dict[str, Any]:
    """A rule as `agentdeck reviews --json` shows it."""
    values = asdict(rule)
    values["on"] = [event.value for event in rule.on]
    return {**values, "key": rule.key}


def review_to_wire(review: Review) -> dict[str, Any]:
    """A review as it is kept and shown."""
    return {**asdict(review), "state": review.state.value}


def review_from_wire(values: Mapping[str, Any]) -> Review:
    """A review from its JSON object; what a newer host adds is left out."""
    known = {n: v for n, v in values.items() if n in Review.__dataclass_fields__}
    return Review(**{**known, "state": ReviewState(known["state"])})


def is_of_commits(rule: ReviewRule) -> bool:
    """Whether a rule is about what is committed, and not about files as they are."""
    return set(rule.on) <= {ReviewEvent.BRANCH_MOVED, ReviewEvent.PULL_REQUEST}


def needs_green(rule: ReviewRule) -> bool:
    """Whether only checks that passed on the very files let a rule start."""
    return set(rule.on) <= {ReviewEvent.IDLE_GREEN, ReviewEvent.MANUAL}
