"""The half of the review screen that notes: reviewed files, comments, their sending."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from textual import work

from agentdeck.core.comments import CONTEXT, lines_named
from agentdeck.core.diff_text import DiffLine, FilePatch, excerpt
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.review import mark_of
from agentdeck.core.session import Activity
from agentdeck.tui.printable import one_line
from agentdeck.tui.review_model import FileSection, Said
from agentdeck.tui.screens.review_loading import ReviewLoading


class ReviewNotes(ReviewLoading):
    """What a person notes in a review."""

    def say(self, text: str, severity: str = "information") -> None:
        """Say a sentence in a corner, never as markup."""
        level: Any = severity
        self.notify(one_line(text), severity=level, markup=False)

    def meant_files(self) -> list[int]:
        """The files that a key is about: in the tree, or under the cursor."""
        if not self.model.row_count:
            return []
        if self.files.has_focus:
            return self.files.meant()
        return [self.model.number_at(self.view.cursor)]

    async def _call(self, method: str, **params: Any) -> dict[str, Any] | None:
        try:
            answer: dict[str, Any] = await self.deck.link.call(method, **params)
        except AgentDeckError as error:
            self.say(error.message, "error")
            return None
        return answer

    def action_mark_reviewed(self) -> None:
        numbers = self.meant_files()
        if not numbers:
            return
        sections = [self.model.sections[n] for n in numbers]
        sections = [section for section in sections if not section.is_elsewhere]
        if not sections:
            return
        is_on = not all(section.file.is_reviewed for section in sections)
        last = max(numbers)
        self.view.keep_place(lambda: self.model.mark(numbers, is_reviewed=is_on))
        if is_on:
            self._go_to_unread(last)
        self.files.refresh()
        self.show_state()
        marks = [list(mark_of(section.file)) for section in sections]
        self._keep_marks(marks, is_on)
        self.load_more()

    def _go_to_unread(self, after: int) -> None:
        count = len(self.model.compared)
        order = [*range(after + 1, count), *range(min(after + 1, count))]
        unread = (n for n in order if not self.model.sections[n].file.is_reviewed)
        number = next(unread, after)
        self.view.go_to(self.model.start_of(number), to_top=True)
        self.files.follow(number)

    @work(group="marks", exit_on_error=False)
    async def _keep_marks(self, marks: list[list[str]], is_on: bool) -> None:
        await self._call("review.mark", id=self.session.id, marks=marks, on=is_on)

    def _comment_at_cursor(self) -> Said | None:
        if not self.model.row_count:
            return None
        _, row = self.model.at(self.view.cursor)
        return self.model.comment(row.comment) if row.comment else None

    def _comment_meant(self) -> Said | None:
        said = self._comment_at_cursor()
        if said is None:
            self.say("No comment is under the cursor; `.` goes to the next.")
        return said

    @work(group="dialog", exit_on_error=False)
    async def action_comment(self) -> None:
        from agentdeck.tui.screens.commenting import CommentScreen

        if self._comment_at_cursor() is not None:
            self.action_edit_comment()
            return
        selected = self.view.selected_lines()
        if selected is None:
            return
        params = _anchor_of(*selected)
        section = selected[0]
        where = f"{one_line(section.file.path)}, {_lines_of(params)}"
        text = await self.app.push_screen_wait(CommentScreen(where))
        if text is None:
            return
        params |= {**self._asked(), "text": text}
        if await self._call("review.comment", **params) is not None:
            self.view.mark = None
            self.load_comments()

    @work(group="dialog", exit_on_error=False)
    async def action_edit_comment(self) -> None:
        from agentdeck.tui.screens.commenting import CommentScreen

        said = self._comment_meant()
        if said is None:
            return
        if said.finding is not None:
            self.say("That is a finding: `y` sends it, `D` dismisses it.")
            return
        comment = said.comment
        where = f"{one_line(comment.anchor.path)}, {said.where}"
        text = await self.app.push_screen_wait(CommentScreen(where, comment.text))
        if text is not None and text != comment.text:
            await self._edit(said, text=text)

    @work(group="dialog", exit_on_error=False)
    async def action_delete_comment(self) -> None:
        from agentdeck.tui.screens.confirm import ConfirmScreen

        said = self._comment_meant()
        if said is None:
            return
        if said.finding is not None:
            self.say("A finding stays; `D` dismisses it.")
            return
        screen = ConfirmScreen("Delete this comment?", [said.comment.text], "Delete")
        if await self.app.push_screen_wait(screen):
            await self._edit(said, delete=True)

    async def _edit(self, said: Said, **values: Any) -> None:
        params = {"id": self.session.id, "comment": said.comment.id, **values}
        if await self._call("review.edit", **params) is not None:
            self.load_comments()

    @work(group="dialog", exit_on_error=False)
    async def action_send(self) -> None:
        await self.send("review.send", "comments", None)

    async def send(self, method: str, what: str, ids: list[str] | None) -> None:
        """Send comments or findings as one message, once a person has seen it."""
        from agentdeck.tui.screens.commenting import SendScreen

        preview = await self._call(method, **{**self._asked(), what: ids}, preview=True)
        if preview is None:
            return
        chosen = list(preview["ids"])
        count = f"{len(chosen)} {what.removesuffix('s') if len(chosen) == 1 else what}"
        title = f"Send {count} to {self.session.name}"
        is_working = self.session.activity is Activity.WORKING
        screen = SendScreen(title, str(preview["message"]), is_working=is_working)
        how = await self.app.push_screen_wait(screen)
        if how is None:
            return
        asked = {**self._asked(), what: chosen, "when": how}
        if await self._call(method, **asked) is not None:
            when = "; they wait for the end of its turn" if is_working else ""
            self.say(f"{count} sent{when if how == 'queue' else ''}")
            self.load_comments()

    def action_to_comment(self, by: int) -> None:
        found = self.view.next_said(by, are_findings=False)
        if found is None:
            self.say("No further comment in what is open.")
        else:
            self.view.go_to(found)

    def action_select(self) -> None:
        with contextlib.suppress(IndexError):
            view = self.view
            view.mark = view.cursor if view.mark is None else None
            view.redraw()
            self.show_state()


def _anchor_of(
    section: FileSection, side: str, lines: Sequence[DiffLine]
) -> dict[str, Any]:
    """What the host is told of the lines that a comment is on."""
    path = section.file.path
    if side == "old" and section.file.old_path:
        path = section.file.old_path
    if not lines or section.patch is None:
        return {"path": path, "side": "new", "line": 0, "texts": []}
    numbers = [_number(line, side) for line in lines]
    first, last = min(numbers), max(numbers)
    of_side = {
        _number(line, side): line.text.removesuffix("\r")
        for hunk in section.patch.hunks
        for line in hunk.lines
        if _number(line, side)
    }
    return {
        "path": path,
        "side": side,
        "line": first,
        "texts": [of_side.get(n, "") for n in range(first, last + 1)],
        "before": _run(of_side, range(first - 1, first - 1 - CONTEXT, -1))[::-1],
        "after": _run(of_side, range(last + 1, last + 1 + CONTEXT)),
        "hunk": _excerpt(section.patch, side, first, last),
    }


def _number(line: DiffLine, side: str) -> int:
    return (line.old if side == "old" else line.new) or 0


def _run(texts: dict[int, str], numbers: range) -> list[str]:
    """The texts of numbers as far as they follow each other."""
    found: list[str] = []
    for number in numbers:
        if number not in texts:
            break
        found.append(texts[number])
    return found


def _excerpt(patch: FilePatch, side: str, first: int, last: int) -> str:
    return excerpt(patch, side, first, last).replace("\r", "")


def _lines_of(params: dict[str, Any]) -> str:
    from agentdeck.core.comments import Anchor

    texts = tuple(params["texts"])
    return lines_named(Anchor("", params["side"], params["line"], texts))
