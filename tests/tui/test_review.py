"""The review screen on a fake host: reading, moving, marking, commenting, sending."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import OptionList, Static, TextArea

from agentdeck.core.diff_rows import RowKind
from agentdeck.core.errors import RefusedError
from agentdeck.core.session import Activity
from agentdeck.tui import editor, review_model
from agentdeck.tui.screens.commenting import CommentScreen, SendScreen
from agentdeck.tui.screens.comparing import CompareScreen
from agentdeck.tui.screens.review import ReviewScreen
from agentdeck.tui.widgets.diff_view import DiffView
from tests.fakes.fake_client import FakeLink, a_session
from tests.fakes.fake_review import FakeReview
from tests.tui.driving import Deck, running


@asynccontextmanager
async def reviewing(
    *texts: str, size: tuple[int, int] = (120, 40), fake: FakeReview | None = None
) -> AsyncIterator[tuple[Deck, FakeReview, DiffView]]:
    if fake is None:
        fake = FakeReview(FakeLink(a_session("fix-login", ahead=2)), *texts)
    async with running(fake.link, size) as deck:
        await deck.press("d")
        screen = deck.app.screen
        assert isinstance(screen, ReviewScreen)
        await deck.until(lambda: screen.is_read)
        await deck.until(lambda: is_loaded(screen))
        await deck.settle()
        yield deck, fake, screen.view


def is_loaded(screen: ReviewScreen) -> bool:
    return not any(s.needs_patch or s.is_asked for s in screen.model.sections)


def review(deck: Deck) -> ReviewScreen:
    screen = deck.app.screen_stack[1]
    assert isinstance(screen, ReviewScreen)
    return screen


def rows(view: DiffView) -> list[str]:
    """All rows as text, seen or not."""
    top = view.scroll_offset.y
    return [
        view.render_line(y - top).text.rstrip() for y in range(view.model.row_count)
    ]


def row_with(view: DiffView, text: str) -> int:
    return next(y for y, row in enumerate(rows(view)) if text in row)


def title(deck: Deck) -> str:
    screen = review(deck)
    words = [
        screen.query_one(f"#{each}", Static).render() for each in ("title", "about")
    ]
    return "\n".join(str(each) for each in words)


async def test_files_are_under_each_other_with_numbers_and_counts() -> None:
    async with reviewing() as (deck, _, view):
        shown = rows(view)
        assert "M orchard/login.py  +6 −3" in shown[0]
        assert "0 of 4 reviewed" in title(deck)
        assert "+9 −6" in title(deck)
        numbered = next(row for row in shown if "hmac.compare_digest" in row)
        assert numbered.startswith("       9 + ")
        assert any("31 unchanged lines   class Session:" in row for row in shown)
        assert any(row.endswith("(no line end)") for row in shown)
        assert "▸ M uv.lock" in shown[-1], "what is generated is closed"
        tab = next(row for row in shown if "漢字" in row)
        assert "+     self.store.drop" in tab
        assert "\x1b" not in "".join(shown)
        assert "\ufffd[31m[red]" in tab


async def test_sides_stand_beside_each_other_where_there_is_room() -> None:
    async with reviewing(size=(200, 40)) as (deck, _, view):
        assert view.is_split
        both = rows(view)[row_with(view, "compare_digest")]
        assert "return given == stored" in both
        assert "return hmac" in both
        new = rows(view)[row_with(view, "first note")]
        assert "│" not in new, "a new file has one side"
        at = view.cursor = row_with(view, "compare_digest")
        await deck.press("u")
        assert not view.is_split
        assert view.cursor != at
        assert "compare_digest" in rows(view)[view.cursor], "the place is kept"
    async with reviewing(size=(139, 40)) as (deck, _, view):
        assert not view.is_split


async def test_going_by_line_hunk_and_file() -> None:
    async with reviewing() as (deck, _, view):
        await deck.press("n")
        assert "import hmac" in rows(view)[view.cursor]
        await deck.press("n")
        assert "- def check(given: str" in rows(view)[view.cursor]
        await deck.press("n", "p", "p", "p")
        assert "import hmac" in rows(view)[view.cursor]
        await deck.press("right_square_bracket")
        assert "orchard/notes.txt" in rows(view)[view.cursor]
        await deck.press("j", "left_square_bracket")
        assert "orchard/notes.txt" in rows(view)[view.cursor]
        await deck.press("left_square_bracket")
        assert view.cursor == 0
        await deck.press("G")
        assert view.cursor == view.model.row_count - 1
        await deck.press("g", "k")
        assert view.cursor == 0
        await deck.press("down", "down", "up")
        assert view.cursor == 1
        await deck.press("end")
        assert view.cursor == view.model.row_count - 1
        await deck.press("home", "right")
        assert (view.cursor, view.x) == (0, 8)


async def test_the_tree_leads_and_follows() -> None:
    async with reviewing() as (deck, _, view):
        tree = review(deck).files
        await deck.press("tab", "down")
        await deck.until(lambda: "orchard/notes.txt" in rows(view)[view.cursor])
        await deck.press("j", "j")
        await deck.until(lambda: "test_old.py" in rows(view)[view.cursor])
        await deck.press("g", "enter")
        assert tree.meant() == [0, 1], "a closed folder means what is in it"
        assert "▸ orchard/" in tree.render_line(0).text
        await deck.press("enter", "tab", "right_square_bracket")
        await deck.until(lambda: tree.meant() == [3])


async def test_files_open_and_close() -> None:
    async with reviewing() as (deck, fake, view):
        asked = len(fake.link.calls_of("review.patches"))
        await deck.press("G", "enter")
        await deck.until(lambda: "version = 2" in "".join(rows(view)))
        assert fake.link.calls_of("review.patches")[asked]["files"] == [3]
        await deck.press("z")
        assert len(rows(view)) == 4
        await deck.press("z")
        assert "compare_digest" in "".join(rows(view))
        await deck.press("g", "j", "j", "enter")
        assert view.cursor == 0
        assert "▸ M orchard/login.py" in rows(view)[0]


async def test_reviewed_files_are_marked_kept_and_counted() -> None:
    async with reviewing() as (deck, fake, view):
        await deck.press("space")
        await deck.until(lambda: fake.marks)
        assert fake.marks == [
            ["orchard/login.py", "oorchard/login.py", "norchard/login.py"]
        ]
        assert "✔ reviewed" in rows(view)[0]
        assert "orchard/notes.txt" in rows(view)[view.cursor], "on to the next"
        assert "1 of 4 reviewed" in title(deck)
        await deck.press("m", "m", "m")
        await deck.until(lambda: len(fake.marks) == 4)
        assert "4 of 4 reviewed" in title(deck)
        await deck.press("g", "space")
        await deck.until(lambda: len(fake.marks) == 3)
        assert "compare_digest" in "".join(rows(view)), "it is open again"
    fake.files[1] = fake.files[1].__class__(
        **{
            **{f: getattr(fake.files[1], f) for f in fake.files[1].__slots__},
            "new_blob": "x",
        }
    )
    async with reviewing(fake=fake) as (deck, _, view):
        assert "2 of 4 reviewed" in title(deck), "another content is not reviewed"


async def write(deck: Deck, text: str) -> None:
    await deck.until(lambda: isinstance(deck.app.screen, CommentScreen))
    deck.app.screen.query_one(TextArea).text = text
    await deck.press("ctrl+s")
    await deck.until(lambda: isinstance(deck.app.screen, ReviewScreen))


async def test_a_comment_on_a_range_is_shown_edited_resolved_and_deleted() -> None:
    async with reviewing() as (deck, fake, view):
        view.go_to(row_with(view, "def check(given: bytes"))
        await deck.press("v", "j", "c")
        await write(deck, "Say why.\n[b]Not markup[/b]")
        await deck.until(lambda: "Say why." in "".join(rows(view)))
        (params,) = fake.link.calls_of("review.comment")
        assert (params["path"], params["side"], params["line"]) == (
            "orchard/login.py",
            "new",
            8,
        )
        assert [t.strip() for t in params["texts"]] == [
            "def check(given: bytes, stored: bytes) -> bool:",
            "return hmac.compare_digest(given, stored)",
        ]
        assert params["after"] == ["# the end"]
        assert params["hunk"].startswith("@@ -1,8 +1,10 @@\n")
        at = row_with(view, "Say why.")
        assert "compare_digest" in rows(view)[at - 2], "under its last line"
        assert "not sent  lines 8-9 · 2m" in rows(view)[at - 1]
        assert "[b]Not markup[/b]" in rows(view)[at + 1]
        assert "1 comment to send" in title(deck)
        await deck.press("full_stop", "x")
        await deck.until(lambda: "resolved" in rows(view)[at - 1])
        assert "to send" not in title(deck)
        await deck.press("x", "e")
        await write(deck, "Say it now.")
        await deck.until(lambda: "Say it now." in "".join(rows(view)))
        await deck.press("d", "y")
        await deck.until(lambda: "Say it now." not in "".join(rows(view)))
        assert fake.comments == []


async def test_removed_lines_and_whole_files_are_commented_too() -> None:
    async with reviewing() as (deck, fake, view):
        view.go_to(row_with(view, "return given == stored"))
        await deck.press("c")
        await write(deck, "Keep it.")
        await deck.until(lambda: fake.comments)
        view.go_to(0)
        await deck.press("c")
        await write(deck, "Too long a file.")
        await deck.until(lambda: len(fake.comments) == 2)
        sides = [(c.anchor.side, c.anchor.line) for c in fake.comments]
        assert sides == [("old", 7), ("new", 0)]
        await deck.until(lambda: "the whole file" in rows(view)[1])


async def test_a_comment_on_a_file_that_is_not_compared_stays_in_sight() -> None:
    async with reviewing() as (deck, fake, view):
        params = {"id": "id-fix-login", "path": "gone.py", "side": "new", "line": 3}
        fake._add({**params, "texts": ["x"], "text": "And this?"})
        await deck.until(lambda: "And this?" in "".join(rows(view)))
        at = row_with(view, "gone.py")
        assert "not in what is compared" in rows(view)[at + 1]
        assert "0 of 4 reviewed" in title(deck)
        view.go_to(at)
        await deck.press("space", "E")
        assert fake.marks == []
        assert "is not there now" in str(deck.toasts())
        fake.comments.clear()
        fake._tell({"id": "id-fix-login"})
        await deck.until(lambda: "gone.py" not in "".join(rows(view)))


async def test_the_place_is_kept_when_the_terminal_is_resized() -> None:
    async with reviewing(size=(120, 20)) as (deck, _, view):
        view.go_to(row_with(view, "self.token = "))
        await deck.pilot.resize_terminal(200, 20)
        await deck.until(lambda: view.is_split)
        await deck.settle()
        assert "self.token = " in rows(view)[view.cursor]
        top = view.scroll_offset.y
        assert top <= view.cursor < top + view.size.height


async def test_comments_are_sent_after_a_look_at_the_message() -> None:
    link = FakeLink(a_session("fix-login", activity=Activity.WORKING))
    async with reviewing(fake=FakeReview(link)) as (deck, fake, view):
        await deck.press("s")
        await deck.until(lambda: "no comment" in str(deck.toasts()))
        view.go_to(row_with(view, "import hmac"))
        await deck.press("c")
        await write(deck, "Why?")
        await deck.until(lambda: fake.comments)
        await deck.press("s")
        await deck.until(lambda: isinstance(deck.app.screen, SendScreen))
        assert "orchard/login.py: Why?" in str(
            deck.app.screen.query_one(Static).render()
        )
        await deck.press("escape")
        assert fake.comments[0].is_unsent
        await deck.press("s")
        await deck.until(lambda: isinstance(deck.app.screen, SendScreen))
        await deck.press("y")
        await deck.until(lambda: not fake.comments[0].is_unsent)
        assert link.calls_of("review.send")[-1]["when"] == "queue"
        await deck.until(lambda: "wait for the end of its turn" in str(deck.toasts()))


async def test_a_change_meanwhile_is_said_and_read_on_demand() -> None:
    async with reviewing() as (deck, fake, view):
        view.go_to(row_with(view, "import hmac"))
        fake.listing = "listing-2"
        session = next(iter(fake.link.sessions.values()))
        fake.link.change(session, ahead=3)
        await deck.until(lambda: "changed since; r reloads" in title(deck))
        assert "import hmac" in rows(view)[view.cursor]
        await deck.press("r")
        await deck.until(lambda: "changed since" not in title(deck))
        assert "import hmac" in rows(view)[view.cursor], "the place is kept"


async def test_another_clients_comment_and_mark_appear() -> None:
    async with reviewing() as (deck, fake, view):
        fake._add(
            {
                "id": "id-fix-login",
                "path": "orchard/notes.txt",
                "side": "new",
                "line": 1,
                "texts": ["first note"],
                "text": "From elsewhere",
            }
        )
        file = fake.files[0]
        mark = [file.path, file.old_blob, file.new_blob]
        fake._mark({"id": "id-fix-login", "marks": [mark], "on": True})
        await deck.until(lambda: "From elsewhere" in "".join(rows(view)))
        await deck.until(lambda: "1 of 4 reviewed" in title(deck))


async def test_what_is_compared_is_chosen() -> None:
    async with reviewing() as (deck, fake, _):
        commit = {"sha": "c" * 40, "short": "ccc", "subject": "Do [b]it[/b]"}
        at = {"at": "2026-05-04T11:00:00+00:00", "turn": "3"}
        fake.commits = [{**commit, **at}]
        await deck.press("b")
        await deck.until(lambda: isinstance(deck.app.screen, CompareScreen))
        options = deck.app.screen.query_one(OptionList)
        shown = [str(option.prompt) for option in options.options]
        assert any("Turn 3: Do [b]it[/b]" in each for each in shown)
        await deck.press("j", "j", "j", "enter")
        await deck.until(
            lambda: fake.link.calls_of("review.files")[-1]["kind"] == "turn"
        )
        assert fake.link.calls_of("review.files")[-1]["revision"] == "c" * 40
        await deck.until(lambda: "turn 3" in title(deck))


async def test_white_space_and_context_are_asked_anew() -> None:
    async with reviewing() as (deck, fake, view):
        view.go_to(row_with(view, "import hmac"))
        await deck.press("w")
        await deck.until(lambda: "white space passed over" in title(deck))
        await deck.until(lambda: is_loaded(review(deck)))
        assert fake.link.calls_of("review.files")[-1]["ignore_space"]
        assert fake.link.calls_of("review.patches")[-1]["ignore_space"]
        await deck.press("plus")
        await deck.until(
            lambda: fake.link.calls_of("review.patches")[-1]["context"] == 10
        )
        assert "10 lines around" in title(deck)
        await deck.until(lambda: is_loaded(review(deck)))
        assert "import hmac" in rows(view)[view.cursor]


async def test_every_kind_of_file_is_said_plainly() -> None:
    fake = FakeReview(FakeLink(a_session("fix-login")))
    fake.add_file("image.png", "M", is_binary=True)
    fake.add_file("moved.py", "R", old_path="old.py")
    fake.add_file("run.sh", "M", old_mode="100644", new_mode="100755")
    fake.add_file("empty", "A", new_mode="100644")
    fake.add_file("space.py", "M")
    fake.add_file("huge.csv", "A", added=90_000)
    async with reviewing(fake=fake) as (deck, _, view):
        text = "\n".join(rows(view))
        for said in (
            "a binary file",
            "renamed from old.py",
            "mode 100644 became 100755",
            "an empty file",
            "only white space differs",
            "90,000 changed lines; enter shows them.",
        ):
            assert said in text
        view.go_to(row_with(view, "90,000"))
        await deck.press("enter")
        await deck.until(
            lambda: fake.link.calls_of("review.patches")[-1]["files"] == [9]
        )
        assert fake.link.calls_of("review.patches")[-1]["max_bytes"] == 10_000_000


async def test_a_page_that_is_too_large_is_read_file_by_file_and_cut() -> None:
    fake = FakeReview(FakeLink(a_session("fix-login")))
    fake.cut_from = 330
    async with reviewing(fake=fake) as (deck, _, view):
        text = "\n".join(rows(view))
        assert "import hmac" in text
        assert "The file goes on; enter shows more of it." in text
        assert "second note" in text
        fake.cut_from = 10**9
        view.go_to(row_with(view, "The file goes on"))
        await deck.press("enter")
        await deck.until(lambda: "self.token" in "\n".join(rows(view)))


async def test_what_is_far_ahead_is_read_when_it_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(review_model, "MAX_READ_AHEAD", 1)
    monkeypatch.setattr(review_model, "FIRST_PAGE_LINES", 1)
    monkeypatch.setattr(review_model, "PAGE_LINES", 1)
    fake = FakeReview(FakeLink(a_session("fix-login")))
    async with running(fake.link, (120, 12)) as deck:
        await deck.press("d")
        screen = deck.app.screen
        assert isinstance(screen, ReviewScreen)
        await deck.until(
            lambda: screen.model.sections and screen.model.sections[0].patch
        )
        await deck.settle()
        assert screen.model.sections[2].patch is None
        await deck.press("right_square_bracket", "right_square_bracket")
        await deck.until(lambda: "def test_old()" in "".join(rows(screen.view)))


async def test_nothing_changed_and_a_failure_are_said() -> None:
    fake = FakeReview(FakeLink(a_session("fix-login")))
    fake.files, fake.texts = [], []
    async with reviewing(fake=fake) as (deck, _, view):
        said = str(deck.app.screen.query_one("#empty", Static).render())
        assert "Nothing is changed: all since main." in said
        await deck.press(
            "j", "n", "space", "c", "enter", "G", "u", "E", "tab", "j", "z"
        )
        assert view.model.row_count == 0
        await deck.press("escape")
        await deck.until(lambda: len(deck.app.screen_stack) == 1)
        fake.link.answer("review.files", RefusedError("There is [b]nothing[/b]."))
        await deck.press("d")
        screen = deck.app.screen
        await deck.until(lambda: screen.query("#empty"))
        empty = screen.query_one("#empty", Static)
        await deck.until(lambda: "There is [b]nothing[/b]." in str(empty.render()))


async def test_long_lines_scroll_and_the_numbers_stay() -> None:
    line = "".join(f"{n:04}" for n in range(200))
    text = f"diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\n+{line}\n"
    async with reviewing(text) as (deck, _, view):
        at = row_with(view, "00000001")
        await deck.press("right")
        assert rows(view)[at].startswith("       1 + 00020003")
        await deck.press("left", "left")
        assert rows(view)[at].startswith("       1 + 00000001")


async def test_line_ends_are_shown_where_they_change() -> None:
    text = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x = 1\n+x = 1\r\n"
    async with reviewing(text) as (_, _, view):
        assert [row.strip() for row in rows(view)[1:3]] == [
            "1     - x = 1",
            "1 + x = 1␍",
        ]


async def test_the_wheel_moves_the_text_and_a_key_brings_the_cursor_back() -> None:
    async with reviewing(size=(120, 16)) as (deck, _, view):
        view.scroll_to(y=12, animate=False, force=True)
        await deck.settle()
        assert view.cursor == 0
        await deck.press("j")
        assert view.cursor == 13
        await deck.press("pagedown")
        assert view.scroll_offset.y <= view.cursor < view.scroll_offset.y + 13


async def test_the_file_is_opened_at_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    def run(_: Any, command: Sequence[str], *__: Path | Mapping[str, str]) -> None:
        ran.append(list(command))

    monkeypatch.setattr(editor, "run_outside", run)
    async with reviewing() as (deck, _, view):
        deck.app.deck.environ = {"EDITOR": "vim", "SHELL": "/bin/zsh"}
        view.go_to(row_with(view, "return given == stored"))
        await deck.press("E", "S")
        folder = "/home/ada/orchard.worktrees/fix-login"
        assert ran == [["vim", "+8", f"{folder}/orchard/login.py"], ["/bin/zsh"]]
        view.go_to(row_with(view, "test_old.py"))
        await deck.press("E")
        assert "is not there now" in str(deck.toasts())
        assert len(ran) == 2


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (80, 24), (300, 80)])
async def test_every_size_works(size: tuple[int, int]) -> None:
    async with reviewing(size=size) as (deck, _, view):
        await deck.press("n", "v", "j", "u", "t", "tab", "j", "tab", "z", "z", "escape")
        for y in range(view.size.height):
            assert view.render_line(y).cell_length == view.size.width
        await deck.press("escape")
        await deck.until(lambda: len(deck.app.screen_stack) == 1)


async def test_colours_come_after_the_first_paint() -> None:
    async with reviewing() as (deck, _, view):
        at = row_with(view, "import hmac")
        section, row = view.model.at(at)
        assert row.kind is RowKind.LINE
        assert row.right is not None
        assert section.colours is not None
        colours = section.colours
        await deck.until(lambda: colours.of("new", 3))
        assert colours.of("new", 3)[0] == (0, 6, "keyword")
