"""What the tabs over a session's details hold, as items of a log view.

Each tab is a feed of the same widget that shows logs. What a tab shows is asked for
when it comes into view and again when the session's state that it depends on changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum
from typing import Any

from agentdeck.core.checks import CheckState
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.pull_text import pull_words
from agentdeck.core.session import Session
from agentdeck.tui.deck import Deck
from agentdeck.tui.log_feed import Feed, LogFeed
from agentdeck.tui.log_rows import Item, item_from
from agentdeck.tui.printable import one_line
from agentdeck.tui.timeline_feed import TimelineFeed
from agentdeck.tui.widgets.log_view import LogView

MAX_OUTPUT = 200_000


class Tab(StrEnum):
    """The tabs, in their order."""

    TERMINAL = "terminal"
    LOG = "log"
    DIFF = "diff"
    COMMITS = "commits"
    CHECKS = "checks"
    BRIEF = "brief"
    TIMELINE = "timeline"
    SETTINGS = "settings"


TABS = tuple(Tab)


def tab_after(tab: Tab, by: int) -> Tab:
    """The next tab, or the one before, around the end."""
    return TABS[(TABS.index(tab) + by) % len(TABS)]


def feed_for(tab: Tab, deck: Deck, view: LogView, on_state: Callable[[], None]) -> Feed:
    """What fills a tab."""
    match tab:
        case Tab.LOG:
            return LogFeed(deck, view, on_state)
        case Tab.TIMELINE:
            return TimelineFeed(deck, view, on_state)
        case _:
            return StateFeed(deck, view, on_state, _LOADERS[tab], _DEPENDS[tab])


Load = Callable[[Deck, Session], Awaitable[list[Item]]]


class StateFeed:
    """Fills a view by what a function gives of a session, again whenever that changes."""

    def __init__(
        self,
        deck: Deck,
        view: LogView,
        on_state: Callable[[], None],
        load: Load,
        depends: Callable[[Session], object],
    ) -> None:
        self._deck = deck
        self._view = view
        self._on_state = on_state
        self._load = load
        self._depends = depends
        self.sources: tuple[str, ...] = ()
        self.source = self.problem = ""
        self.is_whole = False
        self.news = asyncio.Event()
        """Set by whoever learns that the session may be another."""

    async def follow(self, session_id: str, source: str | None) -> None:
        """Show the session as it is, and anew when it changes, until cancelled."""
        shown: object = None
        while True:
            self.news.clear()
            session = self._deck.store.sessions.get(session_id)
            if session is None:
                return
            state = self._depends(session)
            if not self.is_whole or state != shown:
                shown = state
                await self._show(session)
            await self.news.wait()

    async def _show(self, session: Session) -> None:
        try:
            items = await self._load(self._deck, session)
            self.problem = ""
        except AgentDeckError as error:
            items, self.problem = [], error.message
        view = self._view
        at = view.cursor if self.is_whole else 0
        view.clear()
        view.is_following = False
        view.add(items)
        view.has_news = False
        view.go_to(at)
        self.is_whole = True
        self._on_state()


def _made(deck: Deck, kind: str, text: str) -> Item:
    return item_from(kind, text, None, ascii_only=deck.look.glyphs.is_ascii)


async def _load_diff(deck: Deck, session: Session) -> list[Item]:
    answer = await deck.link.call("session.diff", id=session.id, stat=True)
    files: list[dict[str, Any]] = answer["files"]
    minus = deck.look.glyphs.minus
    added = sum(int(file["added"] or 0) for file in files)
    removed = sum(int(file["removed"] or 0) for file in files)
    noun = "file" if len(files) == 1 else "files"
    against = one_line(str(answer.get("base") or session.base))
    head = f"{len(files)} {noun}  +{added} {minus}{removed}  against {against}"
    return [
        _made(deck, "head", head),
        *(
            _made(
                deck,
                "file",
                f"{'+' + str(file['added'] or 0):>6} "
                f"{minus + str(file['removed'] or 0):<6} {one_line(str(file['path']))}",
            )
            for file in files
        ),
    ]


async def _load_commits(deck: Deck, session: Session) -> list[Item]:
    answer = await deck.link.call("session.commits", id=session.id)
    zone = deck.clock().tzinfo
    items = []
    for commit in answer["commits"]:
        at = datetime.fromisoformat(str(commit["at"])).astimezone(zone)
        subject = one_line(str(commit["subject"]))
        said = f"{commit['short']}  {at:%d %b %H:%M}  {subject}"
        items.append(_made(deck, "commit", said))
    return items


async def _load_checks(deck: Deck, session: Session) -> list[Item]:
    if session.check is CheckState.NONE:
        return []
    note = f": {session.check_note}" if session.check_note else ""
    commit = f" on {session.check_commit[:8]}" if session.check_commit else ""
    head = _made(deck, "head", one_line(f"{session.check.value}{commit}{note}"))
    text, position = "", None
    while len(text) < MAX_OUTPUT:
        answer = await deck.link.call(
            "session.output", id=session.id, kind="check", position=position
        )
        position = answer["position"]
        if not answer["data"]:
            break
        text += str(answer["data"])
    lines = text.rstrip("\n").split("\n") if text.strip() else []
    return [head, *(_made(deck, "text", line.rstrip("\r")) for line in lines)]


async def _load_brief(deck: Deck, session: Session) -> list[Item]:
    items = [_made(deck, "prompt", session.prompt)] if session.prompt.strip() else []
    if session.command:
        items.append(_made(deck, "tool", " ".join(session.command)))
    items += [_made(deck, "text", f"image  {image}") for image in session.images]
    items += [_made(deck, "text", f"check  {check}") for check in session.checks]
    items += [
        _made(deck, "status", f"waits for the end of its turn: {one_line(each)}")
        for each in session.queued
    ]
    return items


def _commits(session: Session) -> str:
    match session.auto_commit:
        case None:
            return "as the settings say"
        case True:
            return "what is uncommitted is committed at a turn's end"
        case False:
            return "only what the agent commits itself"


def _limits(session: Session) -> str:
    said = []
    if session.limit_minutes is not None:
        said.append(f"{session.limit_minutes:g} minutes")
    if session.limit_tokens is not None:
        said.append(f"{session.limit_tokens:,} tokens")
    if session.limit_cost_usd is not None:
        said.append(f"{session.limit_cost_usd:.2f} USD")
    return ", ".join(said) or "none"


def _starts(deck: Deck, session: Session) -> list[tuple[str, str, str]]:
    """When a session that waits starts, and what changes that."""
    place = deck.store.queue_places().get(session.id)
    if place is None:
        return []
    key = deck.keymap.key("session.earlier")
    return [("starts", f"number {place} in the queue", f"{key} moves it up")]


def _links(deck: Deck, session: Session) -> list[tuple[str, str, str]]:
    """What a session continues and is continued by, if it was handed off."""
    known = deck.store.sessions

    def named(session_id: str) -> str:
        return known[session_id].name if session_id in known else session_id

    rows = []
    goes = f"{deck.keymap.key('session.linked')} goes"
    if session.origin:
        rows.append(("continues", f"{named(session.origin)} ({session.way})", goes))
    if session.continued:
        names = ", ".join(named(each) for each in session.continued)
        rows.append(("continued by", names, goes))
    return rows


async def _load_settings(deck: Deck, session: Session) -> list[Item]:
    as_set = bool(deck.store.app.get("auto_answers"))
    rules = as_set if session.auto_answers is None else session.auto_answers
    own = "" if session.auto_answers is not None else ", as the settings say"
    pull = pull_words(session.pull) if session.pull is not None else "none"
    cost = "" if session.cost_usd is None else f", {session.cost_usd:.2f} USD"
    key = deck.keymap.key
    checks = "; ".join(session.checks) or "only those of its repository"
    rows = (
        ("title", session.title, f"{key('session.rename')} renames"),
        ("name", session.name, ""),
        ("agent", session.agent, ""),
        ("model", session.model or "as the agent chooses", ""),
        ("mode", session.permission_mode or "as the agent is set", ""),
        ("role", session.custom or "none", ""),
        (
            "rules",
            f"{'answer' if rules else 'do not answer'}{own}",
            f"{key('session.rules')} switches",
        ),
        ("commits", _commits(session), f"{key('session.turns')}, then a, switches"),
        ("checks", checks, f"{key('session.check')} runs or shows them"),
        ("limits", _limits(session), ""),
        *_starts(deck, session),
        ("folder", session.folder or "none", f"{key('session.folder')} files it"),
        ("type", session.type.value, ""),
        *_links(deck, session),
        ("branch", f"{session.branch} from {session.base}", ""),
        (
            "checkout" if session.in_checkout else "worktree",
            session.worktree,
            "yours: AgentDeck changes nothing there" if session.in_checkout else "",
        ),
        ("pull request", pull, f"{key('session.pulls')} shows it"),
        ("repository", session.repo, ""),
        ("ports", f"from {session.port}" if session.port else "none", ""),
        ("tokens", f"{session.tokens_in} in, {session.tokens_out} out{cost}", ""),
        ("conversation", session.conversation or "unknown", ""),
        ("record", session.transcript or "none that can be read", ""),
    )
    dot = deck.look.glyphs.dot
    return [
        _made(
            deck,
            "setting",
            f"{name:<13} {one_line(value)}{f'  {dot} {how}' if how else ''}",
        )
        for name, value, how in rows
    ]


_LOADERS: dict[Tab, Load] = {
    Tab.DIFF: _load_diff,
    Tab.COMMITS: _load_commits,
    Tab.CHECKS: _load_checks,
    Tab.BRIEF: _load_brief,
    Tab.SETTINGS: _load_settings,
}
_DEPENDS: dict[Tab, Callable[[Session], object]] = {
    Tab.DIFF: lambda s: (s.added, s.removed, s.ahead, s.dirty, s.last_commit),
    Tab.COMMITS: lambda s: (s.ahead, s.last_commit, s.base_commit, s.merged_commit),
    Tab.CHECKS: lambda s: (s.check, s.check_note, s.check_commit),
    Tab.BRIEF: lambda s: (s.prompt, s.queued, s.checks),
    Tab.SETTINGS: lambda s: (
        s.title,
        s.auto_answers,
        s.auto_commit,
        s.checks,
        s.folder,
        s.position,
        s.port,
        s.tokens_in,
        s.phase,
        s.continued,
        s.pull,
    ),
}
"""What of a session a tab shows; it is asked for again when that is another."""

EMPTY = {
    Tab.LOG: "Nothing was printed yet.",
    Tab.DIFF: "Nothing is changed against the base.",
    Tab.COMMITS: "No commit of its own yet.",
    Tab.CHECKS: "No checks ran yet.",
    Tab.BRIEF: "It was started without a prompt.",
    Tab.TIMELINE: "Nothing happened yet.",
}
"""What is said where a tab has nothing to show."""
