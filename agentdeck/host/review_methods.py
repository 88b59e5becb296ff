"""The methods behind a review: what differs, what was read, what was said of it."""

from __future__ import annotations

import asyncio
import uuid
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentdeck.core import comments as c
from agentdeck.core.diff_text import excerpt, parse_diff
from agentdeck.core.errors import RefusedError, UsageError
from agentdeck.core.events import EventKind
from agentdeck.core.review import (
    Compare,
    CompareKind,
    file_to_wire,
    mark_of,
    with_marks,
)
from agentdeck.core.session import Session
from agentdeck.git.commits import commits_between
from agentdeck.git.repository import open_repository
from agentdeck.git.review import Listing, content_of, listing, patch_text, whole_text
from agentdeck.git.review_sides import Sides, fork_point, sides_of, turns_between
from agentdeck.host.method import Method
from agentdeck.host.review_book import MAX_COMMENTS, Notes, ReviewBook
from agentdeck.rpc import review_messages as m
from agentdeck.rpc.messages import OneSession

if TYPE_CHECKING:
    from agentdeck.host.application import Host

LISTINGS_KEPT = 16
MAX_COMMITS = 200
MAX_TEXT_BYTES = 40_000_000
"""A message to a client may be a little longer."""
CHANGED = "The files have changed since; read the list again."


class ReviewMethods:
    """Reads git for a review, and keeps what people note in it."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._book = ReviewBook(host.paths)
        self._listings: OrderedDict[str, Listing] = OrderedDict()
        self.table: dict[str, Method] = {
            "session.diff": Method(m.ReadDiff, self._diff),
            "review.files": Method(m.ReadReview, self._files),
            "review.state": Method(m.ReadReview, self._state),
            "review.patches": Method(m.ReadPatches, self._patches),
            "review.targets": Method(OneSession, self._targets),
            "review.mark": Method(m.MarkFiles, self._mark),
            "review.comments": Method(m.ReviewOf, self._comments),
            "review.comment": Method(m.AddComment, self._add),
            "review.edit": Method(m.EditComment, self._edit),
            "review.send": Method(m.SendComments, self._send),
        }

    async def _list(self, params: m.ReadReview) -> Listing:
        session = self._host.sessions.session(params.id)
        found = await asyncio.to_thread(
            _listed, session, _compare(params), ignore_space=params.ignore_space
        )
        self._listings[found.name] = found
        self._listings.move_to_end(found.name)
        while len(self._listings) > LISTINGS_KEPT:
            self._listings.popitem(last=False)
        return found

    async def _files(self, params: m.ReadReview) -> dict[str, Any]:
        found = await self._list(params)
        notes = await self._book.notes(params.id)
        marks = set(notes.marks)
        return {
            "listing": found.name,
            "base": found.sides.old,
            "head": found.sides.new,
            "files": [
                file_to_wire(replace(file, is_reviewed=mark_of(file) in marks))
                for file in found.files
            ],
        }

    async def _diff(self, params: m.ReadDiff) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)
        text, is_cut = await asyncio.to_thread(_text_of, session, params)
        if is_cut:
            raise RefusedError(
                f"The diff of {session.name} is larger than {MAX_TEXT_BYTES:,} bytes."
                " `--stat` counts it; `git diff` in its worktree prints it."
            )
        found = await self._list(params)
        files = [
            {"path": f.path, "added": f.added, "removed": f.removed}
            for f in found.files
        ]
        return {"text": text, "base": session.base, "files": files}

    async def _state(self, params: m.ReadReview) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)
        name = await asyncio.to_thread(_state_of, session, _compare(params))
        return {"listing": name}

    async def _patches(self, params: m.ReadPatches) -> dict[str, Any]:
        found = self._listings.get(params.listing)
        if found is None:
            found = await self._list(params)
        if found.name != params.listing:
            raise RefusedError(CHANGED)
        if any(number >= len(found.files) for number in params.files):
            raise UsageError(f"The list has {len(found.files)} files.")
        text, is_cut = await asyncio.to_thread(
            patch_text,
            found,
            params.files,
            context=params.context,
            ignore_space=params.ignore_space,
            limit=params.max_bytes,
        )
        return {"text": text, "is_cut": is_cut}

    async def _targets(self, params: OneSession) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)
        others = [
            {"name": each.name, "title": each.title, "branch": each.branch}
            for each in self._host.sessions
            if each.repo == session.repo and each.id != session.id
        ]
        return {**await asyncio.to_thread(_targets_of, session), "sessions": others}

    async def _mark(self, params: m.MarkFiles) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)

        def change(notes: Notes) -> tuple[Notes, None]:
            marks = with_marks(notes.marks, params.marks, on=params.on)
            return replace(notes, marks=tuple(marks)), None

        await self._book.change(session.id, change)
        await self._tell(session)
        return {}

    async def _comments(self, params: m.ReviewOf) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)
        notes = await self._book.notes(session.id)
        places = await asyncio.to_thread(
            places_of, session, _compare(params), notes.comments
        )
        return {
            "comments": [
                c.comment_to_wire(comment, places.get(comment.id))
                for comment in c.in_order(notes.comments)
            ],
            "marks": [list(mark) for mark in notes.marks],
        }

    async def _add(self, params: m.AddComment) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)
        anchor, hunk = await asyncio.to_thread(_anchored, session, params)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        comment = c.Comment(uuid.uuid4().hex[:8], anchor, params.text, now, hunk)

        def change(notes: Notes) -> tuple[Notes, None]:
            if len(notes.comments) >= MAX_COMMENTS:
                raise RefusedError(f"{session.name} has {MAX_COMMENTS} comments.")
            return replace(notes, comments=(*notes.comments, comment)), None

        await self._book.change(session.id, change)
        await self._tell(session)
        return {"comment": c.comment_to_wire(comment)}

    async def _edit(self, params: m.EditComment) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)

        def change(notes: Notes) -> tuple[Notes, c.Comment]:
            comment = _comment_called(notes, params.comment)
            values: dict[str, Any] = {}
            if params.text is not None:
                values["text"] = params.text
            if params.is_resolved is not None:
                values["is_resolved"] = params.is_resolved
            edited = c.edited(comment, **values)
            kept = [] if params.delete else [edited]
            comments = [
                new
                for each in notes.comments
                for new in (kept if each is comment else [each])
            ]
            return replace(notes, comments=tuple(comments)), edited

        edited = await self._book.change(session.id, change)
        await self._tell(session)
        return {"comment": c.comment_to_wire(edited)}

    async def _send(self, params: m.SendComments) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)
        notes = await self._book.notes(session.id)
        if params.comments is None:
            chosen = [each for each in notes.comments if each.is_unsent]
        else:
            chosen = [_comment_called(notes, each) for each in params.comments]
        if not chosen:
            raise RefusedError(f"{session.name} has no comment that is not sent yet.")
        chosen = c.in_order(dict.fromkeys(chosen))
        places = await asyncio.to_thread(places_of, session, _compare(params), chosen)
        message = c.message_of(chosen, places)
        answer = {"message": message, "ids": [each.id for each in chosen]}
        if params.preview:
            return {**answer, "queued": 0}
        if params.when == "interrupt":
            await self._host.outbox.interrupt_and_send(session, message)
            queued = 0
        else:
            queued = len(self._host.outbox.add(session, message).queued)
        await self._book.change(session.id, lambda now: (_sent(now, chosen), None))
        await self._tell(session)
        return {**answer, "queued": queued}

    async def _tell(self, session: Session) -> None:
        notes = await self._book.notes(session.id)
        unsent = sum(comment.is_unsent for comment in notes.comments)
        self._host.sessions.tell(
            EventKind.REVIEW_CHANGED,
            session.id,
            {"comments": len(notes.comments), "unsent": unsent},
        )


def _compare(params: m.ReviewOf) -> Compare:
    return Compare(params.kind, params.revision)


def _listed(session: Session, compare: Compare, *, ignore_space: bool) -> Listing:
    return listing(sides_of(session, compare), ignore_space=ignore_space)


def _text_of(session: Session, params: m.ReadDiff) -> tuple[str, bool]:
    return whole_text(
        sides_of(session, _compare(params)),
        stat=params.stat,
        color=params.color,
        ignore_space=params.ignore_space,
        limit=MAX_TEXT_BYTES,
    )


def _state_of(session: Session, compare: Compare) -> str:
    return listing(sides_of(session, compare), with_counts=False).name


def _targets_of(session: Session) -> dict[str, Any]:
    repo = open_repository(Path(session.repo))
    head = sides_of(session, Compare(CompareKind.COMMITS)).new or ""
    fork = fork_point(repo, session, head)
    turns = {t.commit.sha: t.number for t in turns_between(repo, fork, head)}
    return {
        "base": session.base,
        "commits": [
            {
                "sha": commit.sha,
                "short": commit.short,
                "subject": commit.subject,
                "author": commit.author,
                "at": commit.at.isoformat(),
                "added": commit.added,
                "removed": commit.removed,
                "turn": turns.get(commit.sha, ""),
            }
            for commit in commits_between(repo, fork, head, limit=MAX_COMMITS)
        ],
    }


def places_of(
    session: Session, compare: Compare, comments: Iterable[c.Comment]
) -> dict[str, c.Place]:
    """Where comments stand in what is compared; the file read once a side. Blocks."""
    comments = list(comments)
    if not comments:
        return {}
    sides = sides_of(session, compare)
    contents: dict[tuple[str, str], list[str]] = {}
    places: dict[str, c.Place] = {}
    for comment in comments:
        anchor = comment.anchor
        key = (anchor.path, anchor.side)
        if key not in contents:
            is_old = anchor.side == "old"
            contents[key] = content_of(sides, anchor.path, is_old=is_old) or []
        places[comment.id] = c.placed(anchor, contents[key])
    return places


def _anchored(session: Session, params: m.AddComment) -> tuple[c.Anchor, str]:
    """The anchor of a new comment, and the hunk that it is on."""
    if params.texts is not None:
        texts, before = tuple(params.texts), tuple(params.before)
        after = tuple(params.after)
        anchor = c.Anchor(params.path, params.side, params.line, texts, before, after)
        return anchor, params.hunk
    sides = sides_of(session, _compare(params))
    lines = content_of(sides, params.path, is_old=params.side == "old")
    if lines is None:
        raise UsageError(
            f"{session.name} has no text file {params.path!r} on that side. Give its"
            " path from the top of the worktree."
        )
    end = params.end if params.end is not None else params.line
    if params.line > len(lines) or end < params.line:
        raise UsageError(f"{params.path} has {len(lines)} lines.")
    anchor = c.anchored(params.path, params.side, lines, params.line, end)
    return anchor, _hunk_of(sides, anchor)


def _hunk_of(sides: Sides, anchor: c.Anchor) -> str:
    found = listing(sides, with_counts=False)
    numbers = [f.number for f in found.files if anchor.path in (f.path, f.old_path)]
    text, _ = patch_text(found, numbers, limit=4_000_000)
    for patch in parse_diff(text):
        if anchor.path in (patch.new_path, patch.old_path) and anchor.line:
            return excerpt(patch, anchor.side, anchor.line, anchor.end)
    return ""


def _comment_called(notes: Notes, name: str) -> c.Comment:
    """The comment with an id, or a beginning of it that no other has."""
    found = [comment for comment in notes.comments if comment.id.startswith(name)]
    if len(found) != 1 or not name:
        raise UsageError(
            f"There is no comment {name!r}; `agentdeck comments` lists them."
        )
    return found[0]


def _sent(notes: Notes, chosen: Iterable[c.Comment]) -> Notes:
    """The notes with comments sent, but for those that were changed meanwhile."""
    sent = set(chosen)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return replace(
        notes,
        comments=tuple(
            replace(comment, sent_at=now) if comment in sent else comment
            for comment in notes.comments
        ),
    )
