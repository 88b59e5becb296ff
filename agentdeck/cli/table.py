"""Sessions as lines of text: words, glyphs, columns that fit the terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agentdeck.cli.report import is_unicode, paint, plain
from agentdeck.core.checks import CheckState, SetupState
from agentdeck.core.session import Activity, Phase, Session

_GAP = "  "
_MIN_DOING = 16
"""Columns that what a session does or asks needs to say anything."""
_DROPPED_FIRST = ("BRANCH", "AGENT", "LINES", "COMMITS", "CHECK", "AGE")
_LOOKS = {
    "queued": ("◌", ".", "dim"),
    "preparing": ("◍", "~", "cyan"),
    "running": ("●", "*", "cyan"),
    "working": ("●", "*", "cyan"),
    "resolving": ("●", "*", "yellow"),
    "stuck?": ("●", "?", "yellow"),
    "idle": ("○", "-", "green"),
    "needs-input": ("▲", "!", "yellow"),
    "stopping": ("◍", "~", "dim"),
    "ended": ("■", "=", "dim"),
    "merged": ("✓", "+", "green"),
    "failed": ("✗", "x", "red"),
    "lost": ("?", "?", "red"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its title and its cells, the same number in each."""

    title: str
    cells: Sequence[str]
    is_number: bool = False


def word_of(session: Session) -> str:
    """The one word that says how a session is."""
    if session.is_over and session.is_merged:
        return "merged"
    if session.stuck_since is not None:
        return "stuck?"
    if session.resolving and session.activity is Activity.WORKING:
        return "resolving"
    if session.phase is Phase.RUNNING and session.activity is not None:
        return session.activity.value
    return session.phase.value


def status_of(session: Session) -> str:
    """The glyph and the word, with the exit code of one that ended badly."""
    word = word_of(session)
    glyph = _LOOKS[word][0 if is_unicode() else 1]
    code = f" {session.exit_code}" if word == "ended" and session.exit_code else ""
    return f"{glyph} {word}{code}"


def age(since: datetime, now: datetime) -> str:
    """How long ago, in one unit."""
    seconds = max(0, int((now - since).total_seconds()))
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def doing(session: Session) -> str:
    """What a session asks or does, or why it is over."""
    if session.needs is not None and session.activity is Activity.NEEDS_INPUT:
        choices = f" [{' / '.join(session.needs.choices)}]"
        return session.needs.text + (choices if session.needs.choices else "")
    if session.is_review and session.is_over and session.review_note:
        return session.review_note
    if (session.is_over or session.phase is Phase.PREPARING) and session.reason:
        return session.reason
    return session.last_line or session.title


def told(state: CheckState | SetupState, note: str, commit: str = "") -> str:
    """How a setup or checks went, in a sentence; empty where there were none."""
    if state in (CheckState.NONE, SetupState.NONE):
        return ""
    detail = f": {note}" if note else ""
    return f"{state.value}{detail}" + (f" (on {commit[:10]})" if commit else "")


def cells_wide(text: str) -> int:
    """How many terminal columns a text takes."""
    if text.isascii():
        return len(text)
    return sum(_cell_width(character) for character in text)


def _cell_width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, columns: int) -> str:
    """The text, or as much of it as fits before an ellipsis."""
    if cells_wide(text) <= columns:
        return text
    ellipsis = "…" if is_unicode() else "..."
    room = columns - len(ellipsis)
    kept = ""
    for character in text:
        room -= _cell_width(character)
        if room < 0:
            break
        kept += character
    return f"{kept.rstrip()}{ellipsis}"[: max(columns, 0)]


def session_table(
    sessions: Sequence[Session], now: datetime, columns: int | None
) -> list[str]:
    """A head line and a line for each session.

    Args:
        sessions: The sessions, in the order to show them.
        now: For the ages.
        columns: What the terminal has; none cuts nothing.
    """
    up, down = ("↑", "↓") if is_unicode() else ("^", "v")
    table = [
        Column("STATUS", [status_of(s) for s in sessions]),
        Column("NAME", [plain(s.name) for s in sessions]),
        Column("AGENT", [plain(s.agent) for s in sessions]),
        Column("BRANCH", [plain(s.branch) for s in sessions]),
        Column("LINES", [_signed(s.added, "+", s.removed, "-") for s in sessions]),
        Column("COMMITS", [_signed(s.ahead, up, s.behind, down) for s in sessions]),
        Column("AGE", [age(s.created_at, now) for s in sessions], is_number=True),
        Column("DOING", [plain(doing(s)).strip() for s in sessions]),
    ]
    if any(session.check is not CheckState.NONE for session in sessions):
        table.insert(6, Column("CHECK", [_check(s) for s in sessions]))
    rows = fitted(table, columns)
    head = paint(rows[0], "dim")
    lines = [_painted(line, s) for line, s in zip(rows[1:], sessions, strict=True)]
    return [head, *lines]


def _check(session: Session) -> str:
    return "" if session.check is CheckState.NONE else session.check.value


def _signed(plus: int, plus_sign: str, minus: int, minus_sign: str) -> str:
    parts = [(plus, plus_sign), (minus, minus_sign)]
    return " ".join(f"{sign}{count}" for count, sign in parts if count)


def _painted(line: str, session: Session) -> str:
    status = status_of(session)
    if not line.startswith(status):
        return line
    colour = _LOOKS[word_of(session)][2]
    return paint(status, colour) + line[len(status) :]


def fitted(table: Sequence[Column], columns: int | None) -> list[str]:
    """The table's lines, no wider than the terminal.

    Columns that say least go first; then the last one is cut.
    """
    kept = list(table)
    if columns is not None:
        for title in _DROPPED_FIRST:
            if _fixed_width(kept) + _MIN_DOING <= columns:
                break
            kept = [column for column in kept if column.title != title]
    widths = [_width(column) for column in kept[:-1]]
    lines = []
    for number in range(-1, len(kept[-1].cells)):
        texts = [c.title if number < 0 else c.cells[number] for c in kept]
        cells = [
            _padded(text, width, right=column.is_number)
            for text, width, column in zip(texts, widths, kept, strict=False)
        ]
        line = _GAP.join([*cells, texts[-1]]).rstrip()
        lines.append(line if columns is None else cut(line, columns))
    return lines


def _fixed_width(table: Sequence[Column]) -> int:
    return sum(_width(column) + len(_GAP) for column in table[:-1])


def _width(column: Column) -> int:
    return max(cells_wide(text) for text in (column.title, *column.cells))


def _padded(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - cells_wide(text))
    return space + text if right else text + space
