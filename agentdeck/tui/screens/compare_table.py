"""The table of the compare screen: a row of counts for each variant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.cells import cell_len
from textual.content import Content

from agentdeck.core.checks import CheckState
from agentdeck.core.session import Phase, Session
from agentdeck.rpc.wire import session_from_wire
from agentdeck.tui.look import Look
from agentdeck.tui.printable import cut, one_line

MOST_NAME = 28
LEAST_NAME = 10
GAP = 2


@dataclass(frozen=True, slots=True)
class Row:
    """One variant with its counts."""

    session: Session
    files: int = 0
    added: int = 0
    removed: int = 0
    commits: int = 0
    minutes: float = 0.0
    tokens: int = 0
    cost_usd: float | None = None
    supervised: float = 0.0
    """Minutes that a person was at it."""
    collides: int = 0
    """With how many sessions beside the variants it collides."""

    @property
    def id(self) -> str:
        """The session's id."""
        return str(self.session.id)

    def with_session(self, session: Session) -> Row:
        """The same counts with the session as it is now."""
        return self if session == self.session else replace(self, session=session)


def row_from(values: Mapping[str, Any]) -> Row:
    """A row from what `variants.compare` gives of one variant."""
    return Row(
        session_from_wire(values["session"]),
        len(values["files"]),
        int(values["added"]),
        int(values["removed"]),
        int(values["commits"]),
        float(values["minutes"]),
        int(values["tokens"]),
        values["cost_usd"],
        float(values["supervised_minutes"]),
        len(values["collides"]),
    )


def table_of(
    rows: Sequence[Row], cursor: str, left: str, look: Look, width: int
) -> Content:
    """The rows below their heads, in as many columns as there is room for."""
    heads = ["variant", "what", "state", "checks", "files", "lines", "commits", "min"]
    cells = [_cells(row, look) for row in rows]
    heads += ["tokens", "cost", "with you", "findings", "overlap"]
    numbers = frozenset(range(4, len(heads)))
    shown = [n for n in range(len(heads)) if any(row[n] for row in cells)]
    # What gives way first where there is no room.
    for n in (8, 7, 9, 6, 10, 12, 4, 1, 5, 11, 3):
        if _width(heads, cells, shown) + 4 <= width:
            break
        if n in shown:
            shown.remove(n)
    most = MOST_NAME
    while _width(heads, cells, shown, most) + 4 > width and most > LEAST_NAME:
        most -= 1
    widths = {n: _column(heads, cells, n, most) for n in shown}
    lines = [_line("", "", heads, shown, widths, numbers, "$foreground 60%")]
    for row, own in zip(rows, cells, strict=True):
        side = look.glyphs.bar if row.id == cursor else " "
        mark = f"{side}{'<' if row.id == left else ' '}"
        style = "bold" if row.id == cursor else ""
        lines.append(_line(mark, "$primary", own, shown, widths, numbers, style))
    return Content("\n").join(lines)


def _cells(row: Row, look: Look) -> list[str]:
    session = row.session
    check = "" if session.check is CheckState.NONE else session.check.value
    ascii_only = look.glyphs.is_ascii
    return [
        one_line(session.name, ascii_only=ascii_only),
        one_line(session.variant or session.agent, ascii_only=ascii_only),
        _state(session),
        check,
        str(row.files),
        f"+{row.added} {look.glyphs.minus}{row.removed}",
        str(row.commits),
        f"{row.minutes:.1f}",
        f"{row.tokens:,}" if row.tokens else "",
        "" if row.cost_usd is None else f"${row.cost_usd:.2f}",
        f"{row.supervised:.1f}" if row.supervised else "",
        str(session.findings) if session.findings else "",
        str(row.collides) if row.collides else "",
    ]


def _state(session: Session) -> str:
    if session.is_merged:
        return "merged"
    if session.phase is Phase.RUNNING and session.activity is not None:
        return session.activity.value
    return session.phase.value


def _column(
    heads: Sequence[str], cells: Sequence[Sequence[str]], n: int, most: int
) -> int:
    widest = max(cell_len(row[n]) for row in (heads, *cells))
    return min(widest, most) if n < 2 else widest


def _width(
    heads: Sequence[str],
    cells: Sequence[Sequence[str]],
    shown: Sequence[int],
    most: int = MOST_NAME,
) -> int:
    return sum(_column(heads, cells, n, most) + GAP for n in shown)


def _line(
    mark: str,
    mark_style: str,
    cells: Sequence[str],
    shown: Sequence[int],
    widths: Mapping[int, int],
    numbers: frozenset[int],
    style: str,
) -> Content:
    parts = []
    for n in shown:
        text = cut(cells[n], widths[n])
        pad = " " * (widths[n] - cell_len(text))
        parts.append(pad + text if n in numbers else text + pad)
    return Content.assemble(
        (f"{mark:<3}", mark_style or style), ((" " * GAP).join(parts), style)
    )
