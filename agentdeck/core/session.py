"""The session: what AgentDeck knows about one agent at work on one branch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

from agentdeck.core.checks import CheckState, SetupState
from agentdeck.core.pulls import PullRequest

SessionId = NewType("SessionId", str)


class Phase(StrEnum):
    """Where a session is in its life."""

    QUEUED = "queued"
    PREPARING = "preparing"
    RUNNING = "running"
    STOPPING = "stopping"
    ENDED = "ended"
    FAILED = "failed"
    LOST = "lost"


LIVE_PHASES = frozenset({Phase.PREPARING, Phase.RUNNING, Phase.STOPPING})
"""Phases in which a session holds one of the pool's places, if it is of the pool."""

RUN_PHASES = frozenset({Phase.RUNNING, Phase.STOPPING})
"""Phases in which its agent runs."""

ENDED = "ended"
"""The reason of an agent that ended by itself, without an error."""

OVER_PHASES = frozenset({Phase.ENDED, Phase.FAILED, Phase.LOST})
"""Phases in which no agent runs any more."""


class SessionType(StrEnum):
    """How a session is worked with."""

    BACKGROUND = "background"
    """By itself, in a worktree of its own, when the pool has a place."""
    LOCAL = "local"
    """With a person who types into it: it starts at once, beside the pool."""


class Activity(StrEnum):
    """What a running agent does."""

    WORKING = "working"
    IDLE = "idle"
    NEEDS_INPUT = "needs-input"


class NeedsKind(StrEnum):
    """What kind of thing an agent waits for."""

    PERMISSION = "permission"
    QUESTION = "question"
    PLAN = "plan"
    TRUST = "trust"
    LOGIN = "login"
    ERROR = "error"
    LIMIT = "limit"
    INPUT = "input"


@dataclass(frozen=True, slots=True)
class Needs:
    """What the agent asks of a person."""

    kind: NeedsKind
    text: str
    choices: tuple[str, ...] = ()
    until: datetime | None = None
    """When a usage limit is lifted, where the agent says so."""


@dataclass(frozen=True, slots=True)
class Why:
    """The evidence behind a status, for `agentdeck explain`."""

    source: str
    """Who said so: hook, answer, signal, title, screen, process, output."""
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """One agent's work. `title` is for people, `name` is the slug for commands."""

    id: SessionId
    name: str
    title: str
    repo: str
    branch: str
    base: str
    worktree: str
    agent: str
    created_at: datetime
    updated_at: datetime
    phase: Phase = Phase.QUEUED
    activity: Activity | None = None
    needs: Needs | None = None
    unread: bool = False
    ahead: int = 0
    behind: int = 0
    dirty: bool = False
    added: int = 0
    removed: int = 0
    exit_code: int | None = None
    host: str = "local"
    prompt: str = ""
    command: tuple[str, ...] = ()
    model: str | None = None
    permission_mode: str | None = None
    """What it may do without asking, in the agent's own words; None as it is set."""
    custom: str | None = None
    """The file of the custom agent that it plays."""
    images: tuple[str, ...] = ()
    conversation: str = ""
    """The agent's own id of its conversation, to resume it."""
    transcript: str = ""
    """The agent's own record of the conversation, where it keeps one as a file."""
    queued: tuple[str, ...] = ()
    """Messages that wait for the end of its turn, in order."""
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = None
    base_commit: str = ""
    position: int = 0
    """Order in the queue and in the list; lower starts first."""
    pinned: bool = False
    """Whether it stands on top of every list."""
    folder: str = ""
    """The folder of the list that a person put it in."""
    archived: bool = False
    """Whether lists leave it out unless they are asked for it; only one that is over."""
    last_line: str = ""
    last_commit: str = ""
    reason: str = ""
    """Why a session failed, was lost or ended, in a sentence."""
    merged_into: str | None = None
    merged_commit: str | None = None
    merged_head: str | None = None
    """Where the branch was when it was merged; a later commit undoes `is_merged`."""
    needs_since: datetime | None = None
    """When it began to ask; tells one question from the next."""
    ruled_by: str = ""
    """The rule that answers what it asks now, so that nobody is called for it."""
    auto_answers: bool | None = None
    """Whether rules may answer what it asks; None as the settings say."""
    collides: tuple[str, ...] = ()
    """The sessions that changed the same lines, by name; uncommitted work counts."""
    same_files: tuple[str, ...] = ()
    """Those that changed the same files and would merge cleanly."""
    collides_with_base: bool = False
    """Whether a merge into its base would conflict."""
    resolving: str = ""
    """The base whose conflicts its agent was asked to settle, until they are gone."""
    auto_commit: bool | None = None
    """Whether the end of a turn commits what is uncommitted; None as the settings say."""
    turns: int = 0
    """How many of its turns ended with a commit made for it."""
    turn_note: str = ""
    """What a person should know of the end of its last turn, in a sentence."""
    pull: PullRequest | None = None
    """Its pull request, as GitHub last told it."""
    stuck_since: datetime | None = None
    """Since when it is said to work without a byte, CPU time or child."""
    why: Why | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    read_at: datetime | None = None
    """When a person last came to see it while it was unread."""
    read_before: datetime | None = None
    """When that was the time before, so that it can be told what was new."""
    checks: tuple[str, ...] = ()
    """Its own verification commands, for the shell, beside the repository's."""
    check: CheckState = CheckState.NONE
    check_note: str = ""
    """How the checks ended, in a few words."""
    check_commit: str = ""
    """The commit that they ran on."""
    check_tree: str = ""
    """The tree of the files that they ran on, uncommitted ones included."""
    setup: SetupState = SetupState.NONE
    setup_note: str = ""
    """How the setup went, in a few words."""
    port: int = 0
    """The first of its block of ports; 0 as long as it has none."""
    limit_minutes: float | None = None
    """How long its agent may run; then it is stopped."""
    limit_tokens: int | None = None
    limit_cost_usd: float | None = None
    limit_note: str = ""
    """Said once most of a limit is used."""
    group: str = ""
    """The name of the group of variants that it is one of."""
    variant: str = ""
    """What is different about it among its variants, in a few words."""
    ran_s: float = 0.0
    """How long its agent ran, but for the time that it runs now."""
    stopped_at_rest: bool = False
    """Whether its agent was stopped while its turn was over, not in its work."""
    run: str = ""
    """The run of a pipeline that it belongs to."""
    step: str = ""
    """The step of that run that it is."""
    tries: int = 0
    """How often that step was tried again."""
    review: str = ""
    """The id of the review that its agent does; empty for a session that works."""
    reviews: str = ""
    """The id of the session that it reviews."""
    review_note: str = ""
    """What a person should know of its findings, in a sentence."""
    finding_errors: int = 0
    """How many errors reviewers found in it that still stand."""
    finding_warnings: int = 0
    finding_notes: int = 0
    type: SessionType = SessionType.BACKGROUND
    parent: str = ""
    """The session whose agent started it by MCP, by id."""
    depth: int = 0
    """How deep it is below a person: 0 if one started it, 1 if an agent of theirs did."""
    in_checkout: bool = False
    """Whether it works in the person's own checkout. AgentDeck then only looks: the
    folder and its branch are the person's to commit, merge and throw away."""
    handoff: str = ""
    """The ref of the commits and files that it was handed to begin with."""
    origin: str = ""
    """The session that it continues, by id; or `claude:ID`, a conversation that
    AgentDeck did not start."""
    way: str = ""
    """How the conversation of the origin came along: fork, resume, markdown, none."""
    continues: str = ""
    """The conversation that its CLI forks or resumes at the first start."""
    continued: tuple[str, ...] = ()
    """The sessions that continue it, by id."""

    @property
    def is_live(self) -> bool:
        """Whether its agent runs, is about to or is being stopped."""
        return self.phase in LIVE_PHASES

    @property
    def is_pooled(self) -> bool:
        """Whether it waits for a place in the pool and holds one while it is live."""
        return self.type is SessionType.BACKGROUND

    @property
    def is_over(self) -> bool:
        """Whether no agent runs any more."""
        return self.phase in OVER_PHASES

    @property
    def needs_attention(self) -> bool:
        """Whether a person has to do something before it goes on."""
        return self.needs is not None and not self.is_over and not self.ruled_by

    @property
    def is_overlapping(self) -> bool:
        """Whether it collides with another session or with its base."""
        return bool(self.collides) or self.collides_with_base

    @property
    def is_review(self) -> bool:
        """Whether its agent reviews another session's work."""
        return bool(self.review)

    @property
    def findings(self) -> int:
        """How many findings of reviewers still stand."""
        return self.finding_errors + self.finding_warnings + self.finding_notes

    @property
    def is_merged(self) -> bool:
        """Whether its branch has landed and no commit came after."""
        return self.merged_into is not None


def running_s(session: Session, now: datetime) -> float:
    """How long its agent has run, over all its starts."""
    if session.phase not in RUN_PHASES or session.started_at is None:
        return session.ran_s
    # A clock that was set back takes no time away.
    return session.ran_s + max(0.0, (now - session.started_at).total_seconds())


def ended_well(session: Session) -> bool:
    """Whether its agent ended by itself without an error, or was stopped at rest."""
    is_well = session.reason == ENDED and session.exit_code == 0
    return session.phase is Phase.ENDED and (is_well or session.stopped_at_rest)


def _stopped_at_rest(session: Session, phase: Phase) -> bool:
    if phase is Phase.STOPPING and session.phase is not Phase.STOPPING:
        return session.activity is Activity.IDLE
    return phase in (Phase.STOPPING, Phase.ENDED) and session.stopped_at_rest


def moved(session: Session, phase: Phase, now: datetime, reason: str = "") -> Session:
    """The session in another phase, with what no longer holds cleared.

    Asking for the phase that it is in returns the same object.
    """
    if session.phase is phase and session.reason == reason:
        return session
    gone = phase is not Phase.RUNNING
    is_over = phase in OVER_PHASES
    return replace(
        session,
        phase=phase,
        reason=reason,
        updated_at=now,
        activity=None if gone else session.activity,
        needs=None if gone else session.needs,
        needs_since=None if gone else session.needs_since,
        stuck_since=None if gone else session.stuck_since,
        started_at=now if phase is Phase.PREPARING else session.started_at,
        ended_at=now if is_over else None,
        ran_s=running_s(session, now) if is_over else session.ran_s,
        stopped_at_rest=_stopped_at_rest(session, phase),
        unread=session.unread or is_over,
        archived=session.archived and is_over,
        why=Why("process", reason or phase.value, now) if is_over else session.why,
    )
