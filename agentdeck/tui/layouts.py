"""How the screen is divided, kept by the host for each size of terminal. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agentdeck.tui.panes import MAX_PANES, Panes
from agentdeck.tui.tiles import Borders


@dataclass(frozen=True, slots=True)
class Layout:
    """What a person has arranged."""

    list_width: int | None = None
    """Columns of the list beside the panes; None follows the screen's width."""
    list_height: int | None = None
    """Rows of the list above the panes; None follows the screen's height."""
    stacked: bool | None = None
    """Whether the list stands above the panes; None as the width allows."""
    panes: Panes = field(default_factory=Panes)
    borders: Borders = field(default_factory=Borders)

    def as_json(self) -> dict[str, Any]:
        """For keeping."""
        return {
            "list_width": self.list_width,
            "list_height": self.list_height,
            "stacked": self.stacked,
            "panes": list(self.panes.held),
            "pinned": sorted(self.panes.pinned),
            "borders": self.borders.as_json(),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Layout:
        """What was kept; a part that is not well formed is left out."""
        width, height = values.get("list_width"), values.get("list_height")
        stacked = values.get("stacked")
        held = _ids(values.get("panes"))[:MAX_PANES]
        pinned = frozenset(_ids(values.get("pinned"))) & set(held)
        is_one = len(held) < 2
        panes = Panes((held[0],) if is_one and pinned else (None,), pinned)
        return cls(
            width if isinstance(width, int) else None,
            height if isinstance(height, int) else None,
            stacked if isinstance(stacked, bool) else None,
            panes if is_one else Panes(held, pinned),
            Borders.from_json(values.get("borders")),
        )


def layout_key(width: int, height: int) -> str:
    """What a layout is kept under: the size of the terminal."""
    return f"{width}x{height}"


def _ids(values: object) -> tuple[str, ...]:
    found = values if isinstance(values, list) else []
    return tuple(dict.fromkeys(each for each in found if isinstance(each, str)))
