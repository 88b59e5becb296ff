"""The half of the review screen that reads: files, patches page by page, comments.

What is on the screen stays while more is read, and stays in place when it is there.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from textual import work
from textual.screen import Screen
from textual.timer import Timer

from agentdeck.core.comments import comment_from_wire, place_from_wire
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.findings import FindingState
from agentdeck.core.review import Compare, file_from_wire, mark_of
from agentdeck.core.session import Session
from agentdeck.tui.deck import Change, Deck
from agentdeck.tui.findings import finding_from_wire, said_of
from agentdeck.tui.review_model import ReviewModel, Said
from agentdeck.tui.widgets.diff_view import DiffView
from agentdeck.tui.widgets.file_tree import FileTree

MAX_FILE_BYTES = 3_000_000
MAX_WANTED_BYTES = 10_000_000
CHECK_AFTER_S = 1.5
"""How soon after news of the session its files are looked at again."""
CONTEXTS = (0, 1, 3, 10, 25, 100, 100_000)
"""Lines around a change; the last is the whole file."""


class ReviewLoading(Screen[None]):
    """A review and what it is made of."""

    def __init__(self, deck: Deck, session: Session) -> None:
        super().__init__()
        self.deck = deck
        self.session = session
        self.compare = Compare()
        self.compare_name = f"all since {session.base}"
        self.ignore_space = False
        self.context_at = CONTEXTS.index(3)
        self.listing = ""
        self.is_stale = False
        """The files have changed since they were read."""
        self.is_read = False
        self.problem = ""
        self._check_timer: Timer | None = None
        self._state_seen: tuple[object, ...] = ()

    @property
    def view(self) -> DiffView:
        """The diff."""
        return self.query_one(DiffView)

    @property
    def files(self) -> FileTree:
        """The files."""
        return self.query_one(FileTree)

    @property
    def model(self) -> ReviewModel:
        """What is shown."""
        return self.view.model

    def show_state(self) -> None:
        """Show title, counts and keys as they are now."""
        raise NotImplementedError

    def _asked(self) -> dict[str, Any]:
        return {
            "id": self.session.id,
            "kind": self.compare.kind.value,
            "revision": self.compare.revision,
        }

    @work(exclusive=True, group="load", exit_on_error=False)
    async def load(self, *, keeps_place: bool = False) -> None:
        """Read the files and then their patches; the screen keeps its place if told."""
        try:
            answer = await self.deck.link.call(
                "review.files", **self._asked(), ignore_space=self.ignore_space
            )
        except AgentDeckError as error:
            self.problem = error.message
            self.show_state()
            return
        self.problem, self.is_stale = "", False
        self.listing = str(answer["listing"])
        view = self.view
        files = [file_from_wire(file) for file in answer["files"]]
        model = ReviewModel(files, is_split=view.is_split)
        await self._show_model(model, keeps_place=keeps_place)
        await self.load_patches(first=True)

    async def _show_model(self, model: ReviewModel, *, keeps_place: bool) -> None:
        view = self.view
        if not keeps_place or not self.is_read:
            view.show_model(model)
        else:
            _keep_open(self.model, model)
            spot = self.model.spot(view.cursor)
            offset = view.cursor - view.scroll_offset.y
            if spot is not None:
                numbers = [
                    s.file.number
                    for s in model.sections
                    if s.file.path == spot.path and s.needs_patch
                ]
                await self._read_page(model, numbers)
            view.model, view.mark = model, None
            view.fit()
            found = model.find(spot)
            view.go_to(view.cursor if found is None else found)
            top = max(0, view.cursor - offset)
            view.scroll_to(y=top, animate=False, force=True)
        self.is_read = True
        self.files.show_model(model)
        self.show_state()
        self.load_comments()

    async def load_patches(self, *, first: bool = False) -> None:
        """Read the patches of the open files that are not there yet."""
        model = self.model
        for page in model.pages(first=first):
            if self.model is not model:
                return
            await self._read_page(model, page)
            self.show_state()

    @work(group="patches", exit_on_error=False)
    async def load_more(self) -> None:
        """Read what was opened."""
        await self.load_patches()

    @work(group="patches", exit_on_error=False)
    async def load_from(self, number: int) -> None:
        """Read what is seen, before what is only ahead of it."""
        await self._read_page(self.model, self.model.page_from(number))

    async def _read_page(self, model: ReviewModel, numbers: Sequence[int]) -> None:
        asked = [n for n in numbers if model.sections[n].needs_patch]
        if not asked:
            return
        for number in asked:
            model.sections[number].is_asked = True
        is_wanted = len(asked) == 1 and model.sections[asked[0]].is_wanted
        try:
            answer = await self.deck.link.call(
                "review.patches",
                **self._asked(),
                ignore_space=self.ignore_space,
                listing=self.listing,
                files=asked,
                context=CONTEXTS[self.context_at],
                max_bytes=MAX_WANTED_BYTES if is_wanted else MAX_FILE_BYTES,
            )
        except AgentDeckError as error:
            self.is_stale = True
            problem = error.message
            self._change(model, lambda: model.refuse(asked, problem))
            return
        is_cut = bool(answer["is_cut"])
        if is_cut and len(asked) > 1:
            for number in asked:
                model.sections[number].is_asked = False
                await self._read_page(model, [number])
            return
        read = await asyncio.to_thread(model.read, asked, str(answer["text"]))
        self._change(model, lambda: model.take(read, is_cut=is_cut))

    def _change(self, model: ReviewModel, change: Any) -> None:
        if self.is_mounted and self.model is model:
            self.view.keep_place(change)
        else:
            change()

    @work(exclusive=True, group="comments", exit_on_error=False)
    async def load_comments(self) -> None:
        """Read the comments and the marks, which other clients may have changed."""
        with contextlib.suppress(AgentDeckError):
            answer = await self.deck.link.call("review.comments", **self._asked())
            said = [
                Said(comment_from_wire(each), place_from_wire(each))
                for each in answer["comments"]
            ]
            found = await self.deck.link.call("findings.list", **self._asked())
            for each in found["findings"]:
                kept, place = finding_from_wire(each)
                if kept.state is not FindingState.GONE:
                    said.append(said_of(kept, place))
            marks = {tuple(mark) for mark in answer.get("marks") or ()}
            self.view.keep_place(lambda: self._take_notes(said, marks))
            self.files.show_model(self.model)
            self.show_state()

    def _take_notes(self, said: list[Said], marks: set[tuple[str, ...]]) -> None:
        for section in self.model.compared:
            is_reviewed = mark_of(section.file) in marks
            if is_reviewed != section.file.is_reviewed:
                self.model.mark([section.file.number], is_reviewed=is_reviewed)
        self.model.take_comments(said)

    def take_change(self, change: Change) -> None:
        """News from the host: of the session's notes, of its work, of the link."""
        session = self.deck.store.sessions.get(self.session.id)
        if session is None:
            return
        self.session = session
        if change.is_reconnected:
            self.check_soon()
            self.load_comments()
        elif self.session.id in change.noted:
            self.load_comments()
        seen = (
            session.ahead,
            session.added,
            session.removed,
            session.dirty,
            session.last_commit,
            session.activity,
            session.last_line,
        )
        if seen != self._state_seen:
            self._state_seen = seen
            self.check_soon()

    def check_soon(self) -> None:
        """Look soon whether the files are still those that are shown."""
        if self._check_timer is None and self.listing and not self.is_stale:
            self._check_timer = self.set_timer(CHECK_AFTER_S, self._check)

    @work(exclusive=True, group="check", exit_on_error=False)
    async def _check(self) -> None:
        self._check_timer = None
        with contextlib.suppress(AgentDeckError):
            listing = self.listing
            answer = await self.deck.link.call("review.state", **self._asked())
            if self.listing == listing and answer["listing"] != listing:
                self.is_stale = True
                self.show_state()


def _keep_open(old: ReviewModel, new: ReviewModel) -> None:
    """Open in the new review what a person had opened in the old one."""
    was_open = {s.file.path: s.is_open for s in old.compared}
    for section in new.sections:
        is_open = was_open.get(section.file.path, section.is_open)
        if is_open != section.is_open and not section.file.is_reviewed:
            new.set_open(section.file.number, is_open=is_open)
