"""What happens next in a pipeline that runs: a pure function of what is seen of it.

The states of steps follow from their sessions and from what people decided, each time
anew. So nothing depends on the order of events, nor on a host that lived through them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from agentdeck.core.checks import CheckState
from agentdeck.core.pipelines import Edge, Join, Pipeline, Start, Step, When
from agentdeck.core.session import Activity, Phase, Session, ended_well


class Doing(StrEnum):
    """What a step's session does."""

    QUEUED = "queued"
    WORKING = "working"
    ASKING = "asking"
    RESTING = "resting"
    ENDED = "ended"
    """Its agent ended by itself, or was stopped while it rested."""
    STOPPED = "stopped"
    """Its agent was stopped in the middle of its work."""
    FAILED = "failed"
    GONE = "gone"
    """It was discarded."""


_AT_REST = frozenset({Doing.RESTING, Doing.ENDED})
_LIVE = frozenset({Doing.QUEUED, Doing.WORKING, Doing.ASKING, Doing.RESTING})


class Light(StrEnum):
    """What a session's checks say."""

    NONE = "none"
    """It has none, so nothing is wrong."""
    UNKNOWN = "unknown"
    """They have to run."""
    RUNNING = "running"
    GREEN = "green"
    RED = "red"
    BARRED = "barred"
    """A person has to do something before they can run."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A step's session as it is now."""

    doing: Doing
    light: Light = Light.NONE
    merged: bool = False
    tries: int = 0
    """How often it was tried again."""
    reason: str = ""
    """Why it is where it is, in a few words."""
    check_note: str = ""
    owes: str = ""
    """What it had to merge and has not, in a sentence."""


@dataclass(frozen=True, slots=True)
class Word:
    """What people decided of a step, and what the host found when it began it."""

    approved: bool | None = None
    note: str = ""
    """What the person said to it."""
    skipped: bool = False
    again: int = 0
    """Up to which try a person ordered it."""
    problem: str = ""
    """Why it could not begin."""
    held: str = ""
    """What has to be out of the way before it can begin."""


class StepState(StrEnum):
    """Where a step is."""

    WAITING = "waiting"
    APPROVAL = "approval"
    """A person has to agree."""
    BLOCKED = "blocked"
    """A person has to put something right."""
    READY = "ready"
    QUEUED = "queued"
    WORKING = "working"
    ASKING = "asking"
    CHECKING = "checking"
    RETRYING = "retrying"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    """A person skipped it: those after it begin as if it were not there."""
    PASSED = "passed-over"
    """What it waits for can no longer come."""
    CANCELLED = "cancelled"


SETTLED = frozenset(
    {
        StepState.DONE,
        StepState.FAILED,
        StepState.SKIPPED,
        StepState.PASSED,
        StepState.CANCELLED,
    }
)
NEEDS_PERSON = frozenset({StepState.APPROVAL, StepState.BLOCKED, StepState.ASKING})


class Hold(StrEnum):
    """Whether the condition of an edge holds."""

    YES = "yes"
    OPEN = "open"
    NO = "no"
    """It cannot any more, unless a person does something."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a step is, and why."""

    state: StepState
    reason: str = ""
    is_red: bool = False
    """Whether it failed, or is tried again, for its checks."""


class ActionKind(StrEnum):
    """What the host can do in a run."""

    BEGIN = "begin"
    """Begin a session for a step."""
    CHECK = "check"
    """Run the checks of its session."""
    SEND_BACK = "send-back"
    """Tell its agent what the checks said."""
    STOP = "stop"
    """End its agent; the branch stays, the session can be resumed."""
    END = "end"
    """The run is over."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do now. `tries` is the number of the try that it begins."""

    kind: ActionKind
    step: str = ""
    tries: int = 0
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """All that is known of a run: sessions by step, words by step."""

    seen: Mapping[str, Seen] = field(default_factory=dict)
    words: Mapping[str, Word] = field(default_factory=dict)
    cancelled: bool = False
    stops: bool = False
    """Whether a cancelled run stops its agents."""


def seen_of(
    session: Session, light: Light, *, is_sending: bool, owes: str = ""
) -> Seen:
    """What a run sees of a session."""
    return Seen(
        doing=_doing(session, is_sending=is_sending),
        light=light,
        merged=session.is_merged,
        tries=session.tries,
        reason=session.reason,
        check_note=session.check_note,
        owes=owes,
    )


def _doing(session: Session, *, is_sending: bool) -> Doing:
    match session.phase:
        case Phase.QUEUED | Phase.PREPARING:
            return Doing.QUEUED
        case Phase.RUNNING:
            if session.activity is Activity.NEEDS_INPUT:
                return Doing.ASKING
            is_resting = session.activity is Activity.IDLE
            # A message that waits begins the next turn.
            is_resting = is_resting and not session.queued and not is_sending
            return Doing.RESTING if is_resting else Doing.WORKING
        case Phase.STOPPING:
            return Doing.WORKING
        case Phase.ENDED:
            return Doing.ENDED if ended_well(session) else Doing.STOPPED
        case Phase.FAILED | Phase.LOST:
            return Doing.FAILED


def light_of(session: Session, *, has_checks: bool, barred: str = "") -> Light:
    """What a session's checks say."""
    match session.check:
        case CheckState.PASSED:
            return Light.GREEN
        case CheckState.FAILED:
            return Light.RED
        case CheckState.RUNNING:
            return Light.RUNNING
        case CheckState.INTERRUPTED if session.check_note == "cancelled":
            return Light.BARRED
        case CheckState.NONE | CheckState.STALE | CheckState.INTERRUPTED:
            if has_checks:
                return Light.UNKNOWN
            return Light.BARRED if barred else Light.NONE


def standings(pipeline: Pipeline, state: State) -> dict[str, Standing]:
    """Where each step is; a step stands behind those that it is after."""
    found: dict[str, Standing] = {}
    for step in pipeline.steps:
        seen = state.seen.get(step.name)
        word = state.words.get(step.name, Word())
        if word.skipped:
            found[step.name] = Standing(StepState.SKIPPED, word.note)
        elif seen is not None:
            found[step.name] = _of_session(pipeline, step, seen, word)
        elif state.cancelled:
            found[step.name] = Standing(StepState.CANCELLED)
        else:
            holds = {
                e: hold(e, found[e.step], state.seen.get(e.step)) for e in step.after
            }
            found[step.name] = _before_it_begins(step, word, holds)
    return found


def hold(edge: Edge, standing: Standing, seen: Seen | None) -> Hold:
    """Whether the condition of an edge holds."""
    state, when, holds = standing.state, edge.when, False
    if state is StepState.SKIPPED:
        return Hold.NO if when in (When.FAILED, When.RED) else Hold.YES
    if state in (StepState.PASSED, StepState.CANCELLED):
        return Hold.NO
    match when:
        case When.FAILED | When.RED:
            is_it = state is StepState.FAILED and (
                when is When.FAILED or standing.is_red
            )
            if is_it:
                return Hold.YES
            return Hold.NO if state in SETTLED else Hold.OPEN
        case When.IDLE:
            holds = seen is not None and (seen.doing in _AT_REST or _landed(seen))
        case When.ENDED:
            over = (Doing.ENDED, Doing.STOPPED)
            holds = seen is not None and (seen.doing in over or _landed(seen))
        case When.MERGED:
            holds = seen is not None and seen.merged
        case When.IDLE_GREEN:
            holds = state is StepState.DONE
    if holds:
        return Hold.YES
    return Hold.NO if state is StepState.FAILED else Hold.OPEN


def _landed(seen: Seen) -> bool:
    return seen.doing is Doing.GONE and seen.merged


def joined(step: Step, holds: Mapping[Edge, Hold]) -> Hold:
    """Whether a step may begin."""
    values = set(holds.values())
    if not values:
        return Hold.YES
    if step.join is Join.ALL:
        if Hold.NO in values:
            return Hold.NO
        return Hold.OPEN if Hold.OPEN in values else Hold.YES
    if Hold.OPEN in values:
        return Hold.OPEN
    return Hold.YES if Hold.YES in values else Hold.NO


def _before_it_begins(step: Step, word: Word, holds: Mapping[Edge, Hold]) -> Standing:
    if word.problem:
        return Standing(StepState.FAILED, word.problem)
    match joined(step, holds):
        case Hold.OPEN:
            awaited = [e for e, each in holds.items() if each is Hold.OPEN]
            return Standing(StepState.WAITING, _named(awaited))
        case Hold.NO:
            missed = [e for e, each in holds.items() if each is Hold.NO]
            return Standing(StepState.PASSED, f"never came: {_named(missed)}")
        case Hold.YES:
            pass
    if step.approval and word.approved is None:
        return Standing(StepState.APPROVAL, "waits for your approval")
    if word.approved is False:
        return Standing(
            StepState.FAILED, f"denied: {word.note}" if word.note else "denied"
        )
    if word.held:
        return Standing(StepState.BLOCKED, word.held)
    return Standing(StepState.READY)


def _named(edges: list[Edge]) -> str:
    return ", ".join(f"{edge.step} {edge.when.value}" for edge in edges)


def needs_green(pipeline: Pipeline, name: str) -> bool:
    """Whether a step's checks count: the last steps', and where others ask for them."""
    edges = [edge for _, edge in pipeline.after(name)]
    return not edges or any(e.when in (When.IDLE_GREEN, When.RED) for e in edges)


def _of_session(pipeline: Pipeline, step: Step, seen: Seen, word: Word) -> Standing:
    match seen.doing:
        case Doing.QUEUED:
            return Standing(StepState.QUEUED, seen.reason)
        case Doing.WORKING:
            return Standing(StepState.WORKING)
        case Doing.ASKING:
            return Standing(StepState.ASKING, "its agent asks something")
        case Doing.GONE if seen.merged:
            return Standing(StepState.DONE, "merged")
        case Doing.GONE:
            reason = "its session was discarded"
            return _failed(step, seen, word, Standing(StepState.FAILED, reason))
        case Doing.FAILED | Doing.STOPPED:
            reason = seen.reason or "its agent failed"
            return _failed(step, seen, word, Standing(StepState.FAILED, reason))
        case Doing.RESTING | Doing.ENDED:
            return _at_rest(pipeline, step, seen, word)


def _at_rest(pipeline: Pipeline, step: Step, seen: Seen, word: Word) -> Standing:
    if seen.owes:
        return _failed(
            step, seen, word, Standing(StepState.FAILED, seen.owes, is_red=True)
        )
    if not needs_green(pipeline, step.name):
        return Standing(StepState.DONE)
    match seen.light:
        case Light.UNKNOWN | Light.RUNNING:
            return Standing(StepState.CHECKING)
        case Light.BARRED:
            return Standing(
                StepState.BLOCKED, seen.check_note or "its checks cannot run"
            )
        case Light.RED:
            reason = (
                f"checks: {seen.check_note}" if seen.check_note else "checks failed"
            )
            return _failed(
                step, seen, word, Standing(StepState.FAILED, reason, is_red=True)
            )
        case Light.GREEN | Light.NONE:
            return Standing(StepState.DONE)


def _failed(step: Step, seen: Seen, word: Word, standing: Standing) -> Standing:
    """A failure, or the try after it."""
    # What a person stopped or discarded is not begun again behind their back.
    is_own = seen.doing not in (Doing.STOPPED, Doing.GONE)
    is_again = seen.tries < word.again or (is_own and seen.tries < step.retries)
    if step.is_adopted or not is_again:
        return standing
    return Standing(StepState.RETRYING, standing.reason, standing.is_red)


def what_next(pipeline: Pipeline, state: State) -> tuple[Action, ...]:
    """What the host has to do now, in any order."""
    now = standings(pipeline, state)
    if state.cancelled:
        return _cancelled(pipeline, state)
    actions = [_action(step, now[step.name], state) for step in pipeline.steps]
    found = [action for action in actions if action is not None]
    found += _idle_ones(pipeline, state, now)
    if all(standing.state in SETTLED for standing in now.values()):
        found.append(Action(ActionKind.END, outcome=_outcome(pipeline, state, now)))
    return tuple(found)


def _action(step: Step, standing: Standing, state: State) -> Action | None:
    seen = state.seen.get(step.name)
    match standing.state:
        case StepState.READY:
            tries = state.words.get(step.name, Word()).again
            return Action(ActionKind.BEGIN, step.name, tries)
        case StepState.CHECKING if seen and seen.light is Light.UNKNOWN:
            return Action(ActionKind.CHECK, step.name)
        case StepState.RETRYING if seen:
            # A command and an agent that broke down are begun anew.
            talks = standing.is_red and not step.run
            kind = ActionKind.SEND_BACK if talks else ActionKind.BEGIN
            return Action(kind, step.name, seen.tries + 1)
        case _:
            return None


def _idle_ones(
    pipeline: Pipeline, state: State, now: Mapping[str, Standing]
) -> list[Action]:
    """Ends agents that rest with nothing to do: they would hold places in the pool."""
    actions = []
    for step in pipeline.steps:
        seen, after = state.seen.get(step.name), pipeline.after(step.name)
        is_idle = (
            seen is not None
            and seen.doing is Doing.RESTING
            and now[step.name].state is StepState.DONE
        )
        if not is_idle or step.is_adopted or step.keep or not after:
            continue
        begun = (s.name in state.seen or now[s.name].state in SETTLED for s, _ in after)
        awaited = any(
            e.when is When.ENDED and s.name not in state.seen for s, e in after
        )
        if all(begun) and not awaited:
            actions.append(Action(ActionKind.STOP, step.name))
    return actions


def _cancelled(pipeline: Pipeline, state: State) -> tuple[Action, ...]:
    live = [
        step.name
        for step in pipeline.steps
        if not step.is_adopted
        and step.name in state.seen
        and state.seen[step.name].doing in _LIVE
    ]
    if state.stops and live:
        return tuple(Action(ActionKind.STOP, name) for name in live)
    return (Action(ActionKind.END, outcome="cancelled"),)


def _outcome(pipeline: Pipeline, state: State, now: Mapping[str, Standing]) -> str:
    for name, standing in now.items():
        if standing.state is not StepState.FAILED:
            continue
        answered = any(
            edge.when in (When.FAILED, When.RED)
            and hold(edge, standing, state.seen.get(name)) is Hold.YES
            for _, edge in pipeline.after(name)
        )
        if not answered:
            return "failed"
    return "done"


def sources(pipeline: Pipeline, state: State, name: str) -> tuple[str, ...]:
    """The steps whose branches a step begins with, in the order of its edges.

    A step that was skipped stands for those that it would have begun with. None is
    the base of the run.
    """
    step = pipeline.step(name)
    if step.start is Start.BASE:
        return ()
    now = standings(pipeline, state)
    found: list[str] = []
    for edge in step.after:
        if hold(edge, now[edge.step], state.seen.get(edge.step)) is not Hold.YES:
            continue
        is_skipped = now[edge.step].state is StepState.SKIPPED
        if edge.step in state.seen and not is_skipped:
            found.append(edge.step)
        else:
            found += sources(pipeline, state, edge.step)
    return tuple(dict.fromkeys(found))
