"""Rows that only the recording still has, read into a view without a seam."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentdeck.runner import engine
from agentdeck.runner.copy_mode import CopyMode
from agentdeck.runner.copy_moves import move
from agentdeck.runner.older import Recorded
from agentdeck.runner.recording import Recorder
from agentdeck.runner.screen import Screen
from agentdeck.runner.view import View

COLS, ROWS = 40, 5
CAP = 64 * 1024 * 1024


class Printed:
    """A terminal that keeps few rows, and its recording."""

    def __init__(self, directory: Path, cap: int = CAP) -> None:
        self.directory = directory
        self.recorder = Recorder(directory, COLS, ROWS, cap)
        self.screen = Screen(COLS, ROWS)

    def print(self, data: bytes) -> None:
        self.screen.feed(data)
        self.recorder.output(data)
        self.recorder.flush()

    def resize(self, cols: int, rows: int) -> None:
        self.screen.resize(cols, rows)
        self.recorder.resize(cols, rows)

    def now(self) -> Recorded | None:
        self.recorder.flush()
        written = self.recorder.written
        return Recorded(self.directory, *written) if written else None

    def view(self) -> View:
        return View(self.screen, self.now)


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Printed:
    monkeypatch.setattr(engine, "SCROLLBACK_BYTES", 1024 * 1024)
    return Printed(tmp_path)


def lines(first: int, last: int) -> bytes:
    return b"".join(
        b"\x1b[3%dmline %d \xe5\xae\xb6\x1b[m\r\n" % (n % 8, n)
        for n in range(first, last)
    )


def work(view: View) -> None:
    for _ in range(1000):
        if not view.is_reading:
            return
        view.work()
    pytest.fail("it never came to an end")


def shown(view: View) -> list[str]:
    return ["".join(r[0] for r in row).strip() for row in view.still.page(view.top)]


def test_the_way_up_goes_on_in_the_recording_without_a_seam(
    recorded: Printed,
) -> None:
    recorded.print(lines(0, 9000))
    assert recorded.screen.has_dropped
    view = recorded.view()
    view.scroll(to="top")
    oldest = int(shown(view)[0].split()[1])
    assert oldest > 0, "the terminal keeps them all: nothing is tested"
    assert view.limit == "reading"
    work(view)
    assert shown(view)[0] == "line 0 家"
    assert view.limit == ""
    view.scroll(oldest - 2)
    assert shown(view) == [f"line {n} 家" for n in range(oldest - 2, oldest + 3)]
    colours = {
        recorded.screen.styles[run[1]][0] for run in view.still.page(view.top)[0]
    }
    assert (oldest - 2) % 8 in colours


def test_a_scroll_that_met_the_oldest_row_goes_its_whole_way(
    recorded: Printed,
) -> None:
    recorded.print(lines(0, 9000))
    view = recorded.view()
    view.top = 3
    oldest = int(shown(view)[0].split()[1])
    view.scroll(-10)
    work(view)
    assert shown(view)[0] == f"line {oldest - 10} 家"


def test_what_is_printed_meanwhile_does_not_matter(recorded: Printed) -> None:
    recorded.print(lines(0, 9000))
    view = recorded.view()
    view.scroll(to="top")
    recorded.print(lines(9000, 12000))
    work(view)
    assert shown(view)[0] == "line 0 家"
    view.scroll(to="bottom")
    assert shown(view)[-2] == "line 8999 家"
    assert view.has_news


def test_copy_mode_and_its_search_go_into_the_recording(recorded: Printed) -> None:
    recorded.print(lines(0, 9000))
    view = recorded.view()
    copy = view.copy = CopyMode(view, (0, view.still.total - 2))
    view.look_for_older()
    copy.search.begin(copy)
    copy.search.find(copy, view, "line 7 ", backward=True)
    assert copy.search.shown()["match"] == [None, 0]
    work(view)
    copy.search.find(copy, view, "line 7 ", backward=True)
    assert copy.search.shown()["match"] == [1, 1]
    assert copy.cursor == (0, 7)
    move(copy, view, "bottom")
    assert "".join(view.still.cells(copy.cursor[1])) == "line 8999 家"
    move(copy, view, "top")
    assert copy.cursor == (0, 0)


def test_a_size_that_changed_on_the_way_is_changed_again(recorded: Printed) -> None:
    recorded.print(lines(0, 4000))
    recorded.resize(8, 7)
    recorded.print(lines(4000, 9000))
    recorded.resize(30, 7)
    view = recorded.view()
    view.scroll(to="top")
    view.resize(20, 9)
    recorded.screen.resize(20, 9)
    work(view)
    assert shown(view)[0] == "line 0 家"


def test_all_that_was_printed_is_there_then_there_is_no_limit(
    recorded: Printed,
) -> None:
    recorded.print(lines(0, 50))
    view = recorded.view()
    view.scroll(to="top")
    assert not view.is_reading
    assert view.limit == ""


def test_a_recording_that_does_not_end_alike_is_not_believed(
    recorded: Printed,
) -> None:
    recorded.print(lines(0, 9000))
    recorded.screen.feed(b"this was not recorded\r\n")
    view = recorded.view()
    view.scroll(to="top")
    before = shown(view)
    work(view)
    assert shown(view) == before
    assert view.limit == "log"
    view.scroll(3)
    assert view.limit == ""
    view.scroll(-9)
    assert not view.is_reading, "once is enough"


def test_a_recording_that_is_damaged_or_gone_is_no_harm(recorded: Printed) -> None:
    recorded.print(lines(0, 9000))
    view = recorded.view()
    file = recorded.directory / "recording.cast"
    head, _, rest = file.read_bytes().partition(b"\n")
    file.write_bytes(head + b"\n[nonsense\n" + rest)
    view.scroll(to="top")
    work(view)
    assert view.limit == "log"
    other = recorded.view()
    file.unlink()
    other.scroll(to="top")
    work(other)
    assert other.limit == "log"


def test_segments_that_were_rotated_away_shorten_what_is_found(tmp_path: Path) -> None:
    recorded = Printed(tmp_path, cap=400 * 1024)
    for start in range(0, 30000, 500):
        recorded.print(lines(start, start + 500))
    view = recorded.view()
    kept = view.still.total
    view.scroll(to="top")
    work(view)
    assert view.still.total > kept or view.limit == "log"
    numbers = [int(line.split()[1]) for line in shown(view)[1:]]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_an_earlier_run_is_another_terminal(recorded: Printed) -> None:
    recorded.print(b"of the first run\r\n" * 50)
    recorded.recorder.close()
    again = Printed(recorded.directory)
    again.print(lines(0, 9000))
    view = again.view()
    view.scroll(to="top")
    work(view)
    assert shown(view)[0] == "line 0 家"
