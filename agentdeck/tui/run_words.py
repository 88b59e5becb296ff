"""A pipeline's run in words and colours: states, conditions, what a box says. No Textual."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from agentdeck.core.pipeline_wire import ShownRun, ShownStep
from agentdeck.core.session import Session
from agentdeck.tui.look import Glyphs
from agentdeck.tui.printable import age

WORDS = {
    "waiting": "waits",
    "approval": "asks you",
    "blocked": "held up",
    "ready": "starts",
    "queued": "queued",
    "working": "works",
    "asking": "asks you",
    "checking": "checks",
    "retrying": "tries again",
    "done": "done",
    "failed": "failed",
    "skipped": "skipped",
    "passed-over": "not needed",
    "cancelled": "cancelled",
}
_COLOURS = {
    "approval": "warning",
    "blocked": "warning",
    "asking": "warning",
    "ready": "primary",
    "working": "primary",
    "checking": "primary",
    "retrying": "primary",
    "queued": "muted",
    "done": "success",
    "failed": "error",
}
_CONDITIONS = {
    "idle-green": "idle, checks green",
    "idle": "idle",
    "ended": "ended",
    "merged": "merged",
    "failed": "failed",
    "red": "checks red",
}
_NOT_BEGUN = frozenset({"waiting", "approval", "blocked", "ready", "passed-over"})
_BEHIND = frozenset({"done", "failed", "skipped", "passed-over", "cancelled"})
_LIVE = frozenset({"working", "checking", "asking"})


def colour_of(state: str) -> str:
    """The colour of a step's state, by its role in the look."""
    return _COLOURS.get(state, "faint")


def glyph_of(state: str, glyphs: Glyphs) -> str:
    """The shape of a step's state."""
    match state:
        case "approval" | "blocked" | "asking":
            return glyphs.needs
        case "working" | "checking" | "retrying" | "ready":
            return glyphs.working
        case "done":
            return glyphs.done
        case "failed":
            return glyphs.failed
        case "queued":
            return glyphs.queued
        case _:
            return glyphs.dot


def is_begun(state: str) -> bool:
    """Whether the edges that lead to a step were gone along."""
    return state not in _NOT_BEGUN and state != "cancelled"


def condition(when: str) -> str:
    """Where a step before has to be, in words."""
    return _CONDITIONS.get(when, when)


def state_line(
    step: ShownStep, session: Session | None, now: datetime, glyphs: Glyphs
) -> tuple[str, str]:
    """The second line of a step's box: where it is and since when; what it changed."""
    words = [WORDS.get(step.state, step.state)]
    if step.state in _LIVE and session is not None and session.started_at is not None:
        words.append(age(session.started_at, now))
    if session is not None and session.is_merged and step.state == "done":
        words = ["merged"]
    more = f"try {step.tries + 1}" if step.tries else ""
    if session is not None and (session.added or session.removed):
        more = f"+{session.added} {glyphs.minus}{session.removed}"
    return " ".join(words), more


def summary(run: ShownRun) -> tuple[str, str]:
    """Where a run is, in a few words, and their colour."""
    behind = sum(step.state in _BEHIND for step in run.steps)
    if run.outcome:
        colour = {"done": "success", "failed": "error"}.get(run.outcome, "faint")
        return run.outcome, colour
    if run.needs:
        more = f" and {len(run.needs) - 1} more" if len(run.needs) > 1 else ""
        verb = "need" if more else "needs"
        return f"{run.needs[0]}{more} {verb} you", "warning"
    return f"{behind} of {len(run.steps)} steps", "primary"


def default_step(run: ShownRun, sessions: Mapping[str, Session]) -> str:
    """The step that a person most likely wants to see first."""
    if run.needs:
        return run.needs[0]
    for wanted in ("failed", "asking", "working", "checking", "queued"):
        for step in run.steps:
            is_there = not step.session or step.session in sessions
            if step.state == wanted and is_there:
                return step.name
    return run.steps[0].name
