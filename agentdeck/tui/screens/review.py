"""The review of what a session changed: a tree of files and the diff beside it."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from agentdeck.core.diff_rows import RowKind
from agentdeck.tui.actions import Scope, actions_of, bindings_for, keys_of, shown_key
from agentdeck.tui.attention import Attended
from agentdeck.tui.editor import open_shell, open_worktree
from agentdeck.tui.printable import cut, one_line
from agentdeck.tui.review_model import CUT
from agentdeck.tui.screens.review_findings import ReviewFindings
from agentdeck.tui.screens.review_loading import CONTEXTS
from agentdeck.tui.widgets.diff_view import DiffView
from agentdeck.tui.widgets.file_tree import FileTree
from agentdeck.tui.widgets.footer import Hint, KeyBar

TREE_FROM = 100
"""Columns from which the tree is there unasked."""


class ReviewScreen(ReviewFindings):
    """Two lines of title, the tree, the diff, the keys."""

    AUTO_FOCUS = "DiffView"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.REVIEW)
    DEFAULT_CSS = """
    ReviewScreen { background: $background; }
    ReviewScreen #title { height: 1; padding: 0 1; background: $panel; text-style: bold; }
    ReviewScreen #about { height: 1; padding: 0 1; background: $panel; }
    ReviewScreen #files { height: 1fr; }
    ReviewScreen #tree-box { width: 36; max-width: 50%; border-right: solid $panel; }
    ReviewScreen #tree-box FileTree { width: 1fr; }
    ReviewScreen.-wide #tree-box { width: 44; }
    ReviewScreen.-no-tree #tree-box { display: none; }
    ReviewScreen #empty { display: none; width: 1fr; height: 1fr; content-align: center middle; color: $foreground 60%; }
    ReviewScreen.-empty #files { display: none; }
    ReviewScreen.-empty #empty { display: block; }
    ReviewScreen.-ascii #tree-box { border-right: ascii $panel; }
    """

    @property
    def attended(self) -> Attended:
        return Attended(self.session.id, "reviewing")

    def compose(self) -> ComposeResult:
        look = self.deck.look
        self.set_class(look.glyphs.is_ascii, "-ascii")
        yield Static(id="title", markup=False)
        yield Static(id="about", markup=False)
        with Horizontal(id="files"):
            with Vertical(id="tree-box"):
                yield FileTree(look, id="tree")
            yield DiffView(look, self.deck.clock, id="diff")
        yield Static(id="empty", markup=False)
        yield KeyBar(look, id="keys")

    def on_mount(self) -> None:
        self._is_tree_chosen = False
        rows = (row for row in actions_of(Scope.REVIEW, Scope.APP) if row.rank)
        rows = (row for row in rows if row.id != "app.quit")
        self.query_one(KeyBar).show_hints(
            tuple(
                Hint(shown_key(keys_of(row)[0]), row.title, row.action)
                for row in sorted(rows, key=lambda row: row.rank)
            )
        )
        self.deck.changed.subscribe(self, self.take_change)
        self.show_state()
        self.load()

    def on_resize(self, event: events.Resize) -> None:
        width = event.size.width
        if not self._is_tree_chosen:
            self.set_class(width < TREE_FROM, "-no-tree")
        self.set_class(width >= 180, "-wide")
        self.show_state()

    def show_state(self) -> None:
        """Show the title, what is compared, and whether there is anything."""
        self._show_title()
        self._show_about()
        self.show_wanted_finding()
        is_empty = not self.model.sections
        self.set_class(is_empty, "-empty")
        if is_empty:
            text = "Reading what the session changed…"
            if self.is_read:
                text = f"Nothing is changed: {self.compare_name}. b compares something else."
            if self.problem:
                text = self.problem
            ascii_only = self.deck.look.glyphs.is_ascii
            self.query_one("#empty", Static).update(
                Content(one_line(text, ascii_only=ascii_only))
            )

    def _show_title(self) -> None:
        sections = self.model.compared
        read = sum(section.file.is_reviewed for section in sections)
        progress = f"{read} of {len(sections)} reviewed" if sections else ""
        room = max(8, self.size.width - len(progress) - 14)
        look = self.deck.look
        ascii_only = look.glyphs.is_ascii
        title = cut(
            one_line(self.session.title, ascii_only=ascii_only),
            room,
            more=look.glyphs.more,
        )
        is_done = bool(sections) and read == len(sections)
        self.query_one("#title", Static).update(
            Content.assemble(
                ("review  ", "$primary"),
                title,
                (
                    f"   {progress}",
                    "not bold $success" if is_done else "not bold $foreground 60%",
                ),
            )
        )

    def _show_about(self) -> None:
        glyphs = self.deck.look.glyphs
        files = [section.file for section in self.model.sections]
        every = [each for said in self.model.said.values() for each in said]
        unsent = sum(e.comment.is_unsent for e in every if e.finding is None)
        found = sum(finding.stands for finding in self.findings)
        notes: list[tuple[str, str]] = []
        keymap = self.deck.keymap
        if self.is_stale:
            notes.append(
                (
                    f"changed since; {keymap.key('review.reload')} reloads",
                    "bold $warning",
                )
            )
        if self.view.mark is not None:
            notes.append(
                (f"selecting; {keymap.key('review.comment')} comments", "bold $primary")
            )
        if unsent:
            noun = "comment" if unsent == 1 else "comments"
            notes.append((f"{unsent} {noun} to send", "$warning"))
        if found:
            noun = "finding" if found == 1 else "findings"
            notes.append((f"{found} {noun}, f goes to the next", "$warning"))
        if self.ignore_space:
            notes.append(("white space passed over", "$accent"))
        if CONTEXTS[self.context_at] != 3:
            count = CONTEXTS[self.context_at]
            shown = "whole files" if count > 1000 else f"{count} lines around"
            notes.append((shown, "$accent"))
        parts: list[str | tuple[str, str]] = [
            (f"+{sum(f.added for f in files)} ", "$success"),
            (f"{glyphs.minus}{sum(f.removed for f in files)}  ", "$error"),
        ]
        for text, style in notes:
            parts.append((f"{text}  ", style))
        used = sum(len(part[0]) for part in parts)
        room = max(10, self.size.width - used - 4)
        name = one_line(self.compare_name, ascii_only=glyphs.is_ascii)
        shown = cut(name, room, more=glyphs.more)
        self.query_one("#about", Static).update(
            Content.assemble((f"{shown}  ", "$foreground 70%"), *parts)
        )

    @on(KeyBar.HintClicked)
    async def _run_hint(self, event: KeyBar.HintClicked) -> None:
        event.stop()
        await self.run_action(event.action)

    @on(DiffView.CursorMoved)
    def _follow_in_tree(self, event: DiffView.CursorMoved) -> None:
        event.stop()
        if self.model.row_count and not self.files.has_focus:
            self.files.follow(self.model.number_at(event.y))

    @on(DiffView.Needed)
    def _read_what_is_seen(self, event: DiffView.Needed) -> None:
        event.stop()
        if self.is_read and event.number < len(self.model.sections):
            self.load_from(event.number)

    @on(DiffView.Opened)
    def _open_by_click(self, event: DiffView.Opened) -> None:
        event.stop()
        self.action_toggle_open()

    @on(FileTree.FileChosen)
    def _go_to_chosen(self, event: FileTree.FileChosen) -> None:
        event.stop()
        if self.files.has_focus and event.number < len(self.model.sections):
            self.view.go_to(self.model.start_of(event.number), to_top=True)

    def action_close(self) -> None:
        if self.view.mark is not None:
            self.action_select()
        else:
            self.dismiss(None)

    def action_step(self, by: int) -> None:
        if self.files.has_focus:
            self.files.move(by)
        else:
            self.view.move(by)

    def action_page(self, by: int) -> None:
        if self.files.has_focus:
            self.files.move(by * max(1, self.files.size.height - 2))
        else:
            self.view.page(by)

    def action_go_to_end(self, by: int) -> None:
        if self.files.has_focus:
            self.files.move(by * 1_000_000)
        else:
            self.view.go_to(0 if by < 0 else self.model.row_count)

    def action_sideways(self, by: int) -> None:
        self.view.scroll_sideways(by)

    def action_to_hunk(self, by: int) -> None:
        found = self.view.next_change(by)
        if found is not None:
            self.view.show_around(found)

    def action_to_file(self, by: int) -> None:
        if not self.model.row_count:
            return
        number = self.model.number_at(self.view.cursor)
        if by > 0 or self.view.cursor == self.model.start_of(number):
            number += by
        if 0 <= number < len(self.model.sections):
            self.view.go_to(self.model.start_of(number), to_top=True)
            self.files.follow(number)

    def action_toggle_open(self) -> None:
        if self.files.has_focus and self.files.fold():
            return
        numbers = self.meant_files()
        if not numbers:
            return
        section = self.model.sections[numbers[0]]
        if self._comment_at_cursor() is not None and not self.files.has_focus:
            self.action_edit_comment()
            return
        _, row = self.model.at(self.view.cursor)
        number = section.file.number
        if (section.is_large and section.is_open) or row.text == CUT:
            self.view.keep_place(lambda: self.model.want(number))
        else:
            is_open = not section.is_open
            self.view.keep_place(lambda: self.model.set_open(number, is_open=is_open))
            if not is_open:
                self.view.go_to(self.model.start_of(number))
        self.load_more()

    def action_toggle_all(self) -> None:
        is_open = not any(section.is_open for section in self.model.sections)

        def change() -> None:
            for section in self.model.sections:
                self.model.set_open(section.file.number, is_open=is_open)

        self.view.keep_place(change)
        self.load_more()

    def action_toggle_split(self) -> None:
        view = self.view

        def change() -> None:
            view.choice = not view.is_split
            view.model.show(is_split=view.is_split, width=view.size.width)

        view.keep_place(change)

    def action_toggle_space(self) -> None:
        self.ignore_space = not self.ignore_space
        self.load(keeps_place=True)

    def action_context(self, by: int) -> None:
        at = max(0, min(self.context_at + by, len(CONTEXTS) - 1))
        if at != self.context_at:
            self.context_at = at
            self.load(keeps_place=True)

    def action_toggle_tree(self) -> None:
        self._is_tree_chosen = True
        self.toggle_class("-no-tree")
        if self.has_class("-no-tree"):
            self.view.focus()

    def action_switch(self) -> None:
        if self.files.has_focus:
            self.view.focus()
            return
        self.remove_class("-no-tree")
        self._is_tree_chosen = True
        self.files.focus()

    def action_reload(self) -> None:
        self.load(keeps_place=True)

    @work(group="dialog", exit_on_error=False)
    async def action_compare(self) -> None:
        from agentdeck.tui.screens.comparing import CompareScreen

        targets = await self._call("review.targets", id=self.session.id)
        if targets is None:
            return
        screen = CompareScreen(targets, self.compare, self.deck.clock())
        chosen = await self.app.push_screen_wait(screen)
        if chosen is not None and chosen[0] != self.compare:
            self.compare, self.compare_name = chosen
            self.is_read = False
            self.load()

    def action_open_editor(self) -> None:
        numbers = self.meant_files()
        if not numbers:
            return
        section = self.model.sections[numbers[0]]
        if section.file.status == "D" or section.is_elsewhere:
            self.say(f"{section.file.path} is not there now.")
            return
        problem = open_worktree(
            self.app, self.deck, self.session, section.file.path, self._line_here()
        )
        self._after_program(problem)

    def _line_here(self) -> int | None:
        """The line of the new side at the cursor, or the next one that has one."""
        y = self.view.cursor
        while y < self.model.row_count:
            _, row = self.model.at(y)
            if row.right is not None and row.right.new is not None:
                return row.right.new
            if row.kind is RowKind.FILE and y != self.view.cursor:
                return None
            y += 1
        return None

    def action_open_shell(self) -> None:
        self._after_program(open_shell(self.app, self.deck, self.session))

    def _after_program(self, problem: str | None) -> None:
        if problem:
            self.say(problem, "error")
        else:
            self.check_soon()
