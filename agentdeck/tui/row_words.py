"""What a session's row says: words, shapes and roles of colours. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len

from agentdeck.core.checks import CheckState
from agentdeck.core.session import Activity, Phase, Session
from agentdeck.tui.look import Glyphs
from agentdeck.tui.pull_words import pull_mark


@dataclass(frozen=True, slots=True)
class Status:
    """How a status is shown: shape, colour role and word."""

    glyph: str
    colour: str
    word: str


def status_of(session: Session, glyphs: Glyphs, queue_place: int = 0) -> Status:
    """Shape, colour and word of a session's status."""
    if session.needs_attention and session.needs is not None:
        return Status(glyphs.needs, "warning", session.needs.kind.value)
    match session.phase:
        case Phase.QUEUED:
            word = f"queued #{queue_place}" if queue_place else "queued"
            return Status(glyphs.queued, "muted", word)
        case Phase.PREPARING:
            return Status(glyphs.preparing, "primary", "preparing")
        case Phase.STOPPING:
            return Status(glyphs.stopping, "warning", "stopping")
        case Phase.RUNNING:
            return _running(session, glyphs)
        case Phase.LOST:
            return Status(glyphs.lost, "error", "lost")
        case Phase.FAILED:
            return Status(glyphs.failed, "error", "failed")
        case Phase.ENDED:
            return _ended(session, glyphs)


def _running(session: Session, glyphs: Glyphs) -> Status:
    if session.resolving and session.activity is not Activity.IDLE:
        return Status(glyphs.working, "warning", "resolving")
    if session.activity is Activity.IDLE:
        return Status(glyphs.ready, "accent", "ready")
    if session.stuck_since is not None:
        return Status(glyphs.working, "warning", "stuck?")
    return Status(glyphs.working, "primary", "working")


def _ended(session: Session, glyphs: Glyphs) -> Status:
    if session.is_merged:
        return Status(glyphs.done, "muted", "merged")
    if session.exit_code and not session.stopped_at_rest:
        return Status(glyphs.failed, "error", f"exit {session.exit_code}")
    return Status(glyphs.done, "success", "done")


def detail_of(session: Session) -> str:
    """What the session asks, does, or ended with."""
    if session.needs is not None and session.needs_attention:
        return session.needs.text
    if session.phase in (Phase.FAILED, Phase.LOST) and session.reason:
        return session.reason
    if session.phase is Phase.PREPARING and session.reason:
        return session.reason
    if session.is_merged:
        return f"into {session.merged_into}"
    rests = session.is_over or session.activity is Activity.IDLE
    if session.is_review and rests and session.review_note:
        return session.review_note
    if rests and session.check is CheckState.FAILED:
        return f"checks failed: {session.check_note}"
    if session.is_over or session.activity is Activity.IDLE:
        if session.turn_note:
            return session.turn_note
        return session.last_commit or session.last_line or session.reason
    if session.phase is Phase.QUEUED:
        return session.reason or session.prompt
    return session.last_line or session.last_commit or session.prompt


Cells = list[tuple[str, str]]
"""Text with the role of its colour."""


def lines_of(session: Session, glyphs: Glyphs) -> Cells:
    """`+12 −3 *`, each only where it is not nothing."""
    cells = _signed(
        (session.added, "+", "success"), (session.removed, glyphs.minus, "error")
    )
    if session.dirty:
        cells += [(" *" if cells else "*", "warning")]
    return cells


def commits_of(session: Session, glyphs: Glyphs) -> Cells:
    """`↑2 ↓1`: commits ahead of the base and behind it; red where these conflict."""
    behind = "error" if session.collides_with_base else "faint"
    return _signed(
        (session.ahead, glyphs.up, "muted"), (session.behind, glyphs.down, behind)
    )


def marks_of(session: Session, glyphs: Glyphs) -> Cells:
    """Small signs beside the title; each session has its own, most have none."""
    cells: Cells = []
    if session.queued:
        cells.append((f"{glyphs.waiting}{len(session.queued)}", "accent"))
    marks = (
        _rules_mark(session, glyphs),
        _check_mark(session.check, glyphs),
        _overlap_mark(session, glyphs),
    )
    for mark in marks:
        if mark is not None:
            cells += [(" ", "muted"), mark] if cells else [mark]
    if session.pull is not None:
        cells += [(" ", "muted")] if cells else []
        cells += pull_mark(session.pull, glyphs)
    found = finding_marks(session, glyphs)
    return [*cells, (" ", "muted"), *found] if cells and found else cells + found


def finding_marks(session: Session, glyphs: Glyphs) -> Cells:
    """What reviewers found that still stands: `⚑2·1·4`, the gravest first."""
    counts = (
        (session.finding_errors, "error"),
        (session.finding_warnings, "warning"),
        (session.finding_notes, "faint"),
    )
    cells: Cells = []
    for count, colour in counts:
        if count:
            sign = glyphs.dot if cells else glyphs.finding
            cells.append((f"{sign}{_short(count)}", colour))
    return cells


def _rules_mark(session: Session, glyphs: Glyphs) -> tuple[str, str] | None:
    """That rules answer for it, where it was switched on for this one."""
    return (
        (glyphs.rules, "accent") if session.auto_answers and session.is_live else None
    )


def _overlap_mark(session: Session, glyphs: Glyphs) -> tuple[str, str] | None:
    """How many sessions it collides with, or else only shares files with."""
    if session.collides:
        return f"{glyphs.collides}{len(session.collides)}", "error"
    if session.same_files:
        return f"{glyphs.near}{len(session.same_files)}", "faint"
    return None


def _check_mark(check: CheckState, glyphs: Glyphs) -> tuple[str, str] | None:
    """Whether its checks passed, by a shape and a colour."""
    match check:
        case CheckState.NONE:
            return None
        case CheckState.RUNNING:
            return glyphs.preparing, "primary"
        case CheckState.PASSED:
            return glyphs.done, "success"
        case CheckState.FAILED:
            return glyphs.failed, "error"
        case CheckState.STALE | CheckState.INTERRUPTED:
            return glyphs.unsure, "muted"


def _signed(*counts: tuple[int, str, str]) -> Cells:
    cells: Cells = []
    for count, sign, colour in counts:
        if count:
            cells += [(" ", "muted")] if cells else []
            cells.append((f"{sign}{_short(count)}", colour))
    return cells


def _short(count: int) -> str:
    return str(count) if count < 10_000 else f"{count // 1000}k"


def width_of(cells: Cells) -> int:
    """The cells that these take."""
    return sum(cell_len(text) for text, _ in cells)
