"""Frames: what changed on the screen since a subscriber's last one.

One frame is in flight at a time, and a subscriber that is slow to acknowledge
skips to the newest state.
"""

from __future__ import annotations

import time
from typing import Any

from agentdeck.runner.cells import Row
from agentdeck.runner.screen import Cursor, Screen
from agentdeck.runner.view import RecordedNow, View, nothing_recorded

FRAME_INTERVAL_S = 1 / 60
# Rows beyond this estimate wait for the next frame, so that a frame always fits
# the protocol's limit.
_FRAME_BYTES = 3 * 1024 * 1024
_NEVER_SENT: Row = (("", -1),)

Scrolled = tuple[int, bool, str]
"""Rows above the newest, whether more came below, and what is to know at the top."""


class Subscription:
    """What one subscriber has been sent."""

    def __init__(self) -> None:
        self._number = 0
        self._awaited_ack: int | None = None
        self._sent_at = 0.0
        self._size = (0, 0)
        self._rows: list[Row] = []
        self._styles_sent = 0
        self._styles_epoch = -1
        self._cursor: Cursor | None = None
        self._state: tuple[Any, ...] = ()
        self.view: View | None = None
        """Older rows that are shown; None follows the agent."""

    def scroll(
        self,
        screen: Screen,
        by: int = 0,
        to: str = "",
        recorded_now: RecordedNow = nothing_recorded,
    ) -> None:
        """Show older rows, or follow the agent again at the bottom.

        What is printed from now on does not move the rows that are shown.

        Args:
            screen: The screen.
            by: Rows to go down, or up where it is negative.
            to: `top` or `bottom` in place of it.
            recorded_now: Says what is on disk, for rows older than are kept.
        """
        if self.view is None:
            if by >= 0 and to != "top":
                return
            self.view = View(screen, recorded_now)
        if to == "bottom" and self.view.copy is None:
            self.follow()
        else:
            self.view.scroll(by, to)

    @property
    def is_copying(self) -> bool:
        """Whether it is in copy mode."""
        return self.view is not None and self.view.copy is not None

    def follow(self) -> None:
        """Show the newest again."""
        view, self.view = self.view, None
        if view is not None:
            view.close()

    def acknowledge(self, number: int) -> None:
        """Note that the subscriber has drawn a frame."""
        if self._awaited_ack == number:
            self._awaited_ack = None

    @property
    def is_waiting(self) -> bool:
        """Whether a frame is in flight, so that no other may follow."""
        return self._awaited_ack is not None

    @property
    def earliest(self) -> float:
        """The monotonic time before which no next frame should go out."""
        return self._sent_at + FRAME_INTERVAL_S

    def next_frame(self, screen: Screen) -> dict[str, Any] | None:
        """Return the frame that brings the subscriber up to date.

        None when nothing changed. The screen must have been refreshed.
        """
        size = (screen.cols, screen.rows_count)
        if self.view is not None and size != self._size:
            self.view.resize(*size)
        full = size != self._size or screen.styles_epoch != self._styles_epoch
        if full:
            self._rows = [_NEVER_SENT] * len(screen.rows)
            self._styles_sent = 0
            self._size, self._styles_epoch = size, screen.styles_epoch
        rows, cursor, scrolled, copy = self._looked_at(screen)
        state = (
            screen.title,
            screen.alternate,
            screen.mouse,
            screen.bracketed_paste,
            scrolled,
            copy,
        )
        changed = self._changed_rows(rows)
        if not (changed or full) and (state, cursor) == (self._state, self._cursor):
            return None
        self._state, self._cursor = state, cursor
        frame = self._frame(screen, changed, full=full)
        self._number += 1
        self._awaited_ack = self._number
        self._sent_at = time.monotonic()
        return frame

    def _looked_at(
        self, screen: Screen
    ) -> tuple[list[Row], Cursor, Scrolled | None, dict[str, Any] | None]:
        """The rows and the cursor to show, how far up they are, and copy mode."""
        view = self.view
        if view is not None and view.is_left:
            self.follow()
        if view is None or self.view is None:
            return screen.rows, screen.cursor, None, None
        scrolled = view.up, view.has_news, view.limit
        pairs = zip(view.still.page(view.top), self._rows, strict=True)
        rows = [sent if row == sent else row for row, sent in pairs]
        if view.copy is None:
            return rows, Cursor(visible=False), scrolled, None
        x, y = view.copy.cursor
        return rows, Cursor(x, y - view.top), scrolled, view.copy.shown(view)

    def _frame(
        self, screen: Screen, changed: dict[str, Row], *, full: bool
    ) -> dict[str, Any]:
        title, alternate, mouse, paste, scrolled, copy = self._state
        frame: dict[str, Any] = {
            "t": "frame",
            "n": self._number + 1,
            "full": full,
            "cols": screen.cols,
            "rows": screen.rows_count,
            "styles": screen.styles[self._styles_sent :],
            "styles_from": self._styles_sent,
            "rows_changed": changed,
            "cursor": self._cursor.as_list() if self._cursor else None,
            "title": title,
            "alternate": alternate,
            "mouse": int(mouse),
            "paste": paste,
            "scrolled": scrolled,
            "copy": copy,
        }
        self._styles_sent = len(screen.styles)
        return frame

    def _changed_rows(self, rows: list[Row]) -> dict[str, Row]:
        changed: dict[str, Row] = {}
        size = 0
        for y, row in enumerate(rows):
            if row is self._rows[y]:
                continue
            changed[str(y)] = self._rows[y] = row
            size += sum(24 + 4 * len(run[0]) for run in row)
            if size > _FRAME_BYTES:
                break
        return changed
