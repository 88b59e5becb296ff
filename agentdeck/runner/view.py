"""What one subscriber reads in place of the newest screen: older rows, held still.

The rows are those of the moment at which it was scrolled, so nothing that is printed
meanwhile moves them. Whoever goes down past the last of them gets what came since,
and whoever goes up past the first what only the recording still has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from agentdeck.runner.copy_mode import CopyMode
from agentdeck.runner.errors import RunnerError
from agentdeck.runner.older import Older, Recorded

if TYPE_CHECKING:
    from agentdeck.runner.screen import Screen

ALL_THE_WAY = 1 << 40
"""More rows than there are."""

RecordedNow = Callable[[], Recorded | None]


def nothing_recorded() -> Recorded | None:
    """For a view without a recording."""
    return None


class View:
    """A window of the screen's size on a still copy of a terminal."""

    def __init__(
        self, screen: Screen, recorded_now: RecordedNow = nothing_recorded
    ) -> None:
        self._screen = screen
        self._recorded_now = recorded_now
        self.copy: CopyMode | None = None
        self._older: Older | None = None
        self._unread = 0
        """How many rows up it shall go once older ones are there."""
        self._take_still()
        self.top = self.still.above
        """The first row that is shown, counted from the oldest."""

    def _take_still(self) -> None:
        self.close()
        self.still = self._screen.still()
        self._recorded = self._recorded_now()
        # Where the screen of this moment is found again later.
        self._seam = self._screen.engine.mark(0, self.still.above)
        self._is_exhausted = False
        """Older rows were asked for, and there are none to be had here."""
        self._has_more = self._screen.has_dropped or self.still.alternate

    @property
    def up(self) -> int:
        """How many rows it shows above the newest that it has."""
        return self.still.above - self.top

    @property
    def limit(self) -> str:
        """What is to know at the top: `reading`, `log`, or nothing."""
        if self._older is not None:
            return "reading"
        return "log" if self._is_exhausted and self.top == 0 else ""

    @property
    def has_news(self) -> bool:
        """Whether more has come below."""
        screen = self._screen
        if screen.alternate != self.still.alternate:
            return True
        seam = self._seam.place
        return seam is None or screen.above > seam[1]

    @property
    def is_left(self) -> bool:
        """Whether one who only scrolls is back at the newest.

        A program that takes the whole screen ends scrolling too.
        """
        if self.copy is not None:
            return False
        if self._screen.alternate != self.still.alternate:
            return True
        return self.top >= self.still.above and self._older is None

    def scroll(self, by: int = 0, to: str = "") -> None:
        """Show older or newer rows.

        Args:
            by: Rows to go down, or up where it is negative.
            to: `top` or `bottom` in place of it.
        """
        wanted = {"top": 0, "bottom": self.still.above}.get(to, self.top + by)
        if wanted > self.still.above:
            wanted += self.catch_up()
        if wanted < 0:
            self.look_for_older(-wanted)
        elif to == "top":
            self.look_for_older(ALL_THE_WAY)
        self.top = min(max(0, wanted), self.still.above)
        if self.copy is not None:
            self.copy.stay_in_view(self)

    def show_row(self, y: int) -> None:
        """Have a row among those shown."""
        lowest = y - self.still.rows + 1
        self.top = min(max(self.top, lowest, 0), y, self.still.above)

    def catch_up(self) -> int:
        """Take in what has come since; says how much higher the rows' numbers are."""
        seam = self._seam.place
        before = self.still
        is_other = self._screen.alternate != before.alternate
        is_selecting = self.copy is not None and self.copy.anchor is not None
        if not self.has_news or is_other or is_selecting or seam is None:
            return 0
        self._take_still()
        by = seam[1] - before.above
        self._move(by)
        return by

    def _move(self, by: int) -> None:
        """All rows have other numbers than before."""
        self.top = min(max(0, self.top + by), self.still.above)
        if self.copy is not None:
            self.copy.move_rows(self, by)

    def resize(self, cols: int, rows: int) -> None:
        """Have the screen's size; what is read stays as far as it can."""
        at_bottom = self.top >= self.still.above
        places = self.copy.places if self.copy is not None else []
        marks = [self.still.mark(*place) for place in [(0, self.top), *places]]
        self.still.resize(cols, rows)
        top, *others = [mark.place or (0, 0) for mark in marks]
        above = self.still.above
        self.top = above if at_bottom else min(top[1], above)
        if self.copy is not None:
            self.copy.take_places(self, others)

    def look_for_older(self, rows: int = 0) -> None:
        """Begin to read from the recording what is above the first row.

        Args:
            rows: How far up it shall go then.
        """
        if self._older is not None:
            self._unread += rows
        elif self._has_more and self._recorded is not None and not self._is_exhausted:
            self._older = Older(self._recorded, self._screen.style_table)
            self._unread = rows
        else:
            self._is_exhausted = self._has_more

    @property
    def is_reading(self) -> bool:
        """Whether older rows are being read; call `work` until they are not."""
        return self._older is not None

    def work(self) -> None:
        """Read a slice of what is older."""
        older = self._older
        if older is None:
            return
        found = None
        try:
            if not older.work():
                return
            found = older.result(self.still)
        except RunnerError:
            found = None
        self._has_more = found is None or not older.has_all
        # What was rebuilt is all that can be had.
        self._recorded = None
        unread = self._unread
        self.close()
        if found is None:
            self._is_exhausted = True
            return
        more = found.total - self.still.total
        self.still = found
        self._move(more)
        self.top = max(0, self.top - unread)
        if self.copy is not None:
            self.copy.go_up(self, unread)

    def close(self) -> None:
        """Let go of what is open."""
        if self._older is not None:
            self._older.close()
        self._older, self._unread = None, 0
