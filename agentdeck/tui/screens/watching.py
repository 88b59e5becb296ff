"""The panes of the main screen: which sessions they show, and their channels.

Opens and closes channels as the cursor moves and panes come and go, and passes keys,
sizes and acknowledgements on. A pane that nobody sees has no channel.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from textual import on
from textual.timer import Timer
from textual.worker import Worker

from agentdeck.core.session import Phase, Session
from agentdeck.tui.actions import key_name
from agentdeck.tui.deck import Deck
from agentdeck.tui.feed import ScreenFeed
from agentdeck.tui.keymap import Keymap
from agentdeck.tui.panes import MAX_PANES, Panes
from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.composing import ComposingScreen
from agentdeck.tui.widgets.pane import Pane
from agentdeck.tui.widgets.pane_grid import PaneGrid
from agentdeck.tui.widgets.terminal import Terminal

OPEN_PAUSE_S = 0.08
"""A cursor that runs through the list opens no screen on its way."""


EAGER_PANES = 4
LATE_ACK_S = 0.05
"""Of more panes than that, those nobody types into ask for their next frames together,
this long after the last: what changes in many is painted in one go."""

LONGEST_PASTE = 3 * 1024 * 1024
"""A runner takes not much more input at once."""

Job = Callable[[], Coroutine[None, None, None]]


@dataclass(slots=True)
class _Channel:
    """What belongs to one pane."""

    feed: ScreenFeed
    sender: Worker[None]
    is_live: bool = False
    """Whether its session was live when it was last looked at."""
    timer: Timer | None = None


@dataclass(slots=True)
class _State:
    panes: Panes = field(default_factory=Panes)
    channels: dict[Pane, _Channel] = field(default_factory=dict)
    late: list[tuple[ScreenFeed, int, int]] = field(default_factory=list)
    """Frames that are painted and whose acknowledgement waits."""


class WatchingScreen(ComposingScreen):
    """A screen with one to nine live terminals."""

    def __init__(self, deck: Deck) -> None:
        super().__init__(deck)
        self._watch = _State()

    @property
    def release_key(self) -> str:
        """The key that gives the keyboard back to the list."""
        return str(self.deck.store.app.get("release_key") or "ctrl+]")

    @property
    def grid(self) -> PaneGrid:
        """The panes."""
        return self.query_one(PaneGrid)

    @property
    def panes(self) -> Panes:
        """Which sessions have which panes."""
        return self._watch.panes

    @property
    def pane(self) -> Pane:
        """The pane of the session under the cursor, or the current one."""
        at = self.panes.place_of(self._cursor)
        return self.grid.panes[self.panes.current if at is None else at]

    @property
    def terminal(self) -> Terminal:
        """The terminal of the session under the cursor."""
        return self.pane.terminal

    @property
    def _cursor(self) -> str | None:
        session = self.session_shown()
        return session.id if session else None

    def session_shown(self) -> Session | None:
        """The session that the pane shows which follows the cursor."""
        return self.session_at_cursor()

    def sessions_in_order(self) -> list[Session]:
        """The sessions of the list, from the top."""
        raise NotImplementedError

    def layout_changed(self) -> None:
        """Panes, pins or borders are others than before."""
        raise NotImplementedError

    def make_grid(self) -> PaneGrid:
        """The panes, to be composed."""
        return PaneGrid(self.deck.look, key_name(self.release_key), id="grid")

    def set_panes(self, panes: Panes) -> None:
        """Have these panes."""
        if panes == self._watch.panes:
            return
        count = self._watch.panes.count
        self._watch.panes = panes
        if panes.count != count:
            self.grid.zoom(None)
            for pane in self.grid.set_count(panes.count):
                self._end_channel(pane)
        self.show_panes()
        self.layout_changed()

    def show_again(self) -> None:
        """Open all shown sessions' screens on a new connection."""
        self.grid.set_release_key(key_name(self.release_key))
        for pane in self.grid.panes:
            self._open(pane, again=True)

    def forget_channels(self) -> None:
        """The connection is gone, and with it the channels."""
        for channel in self._watch.channels.values():
            channel.feed.lost()

    def show_panes(self) -> None:
        """Have each pane show its session as it is now."""
        known = self.deck.store.sessions
        state = self._watch
        gone = [each for each in state.panes.held if each not in known]
        if gone and self.deck.store.is_known:
            self.set_panes(state.panes.without(gone))
            return
        state.panes = state.panes.followed(self._cursor)
        places = self.deck.store.queue_places()
        many = state.panes.count > 1
        shown = state.panes.shown(self._cursor)
        for at, (pane, session_id) in enumerate(
            zip(self.grid.panes, shown, strict=False)
        ):
            session = known.get(session_id or "")
            pane.is_pinned = session_id in state.panes.pinned
            pane.set_class(many and at == state.panes.current, "-current")
            self._show_in(pane, session, places.get(session_id or "", 0))

    def _show_in(self, pane: Pane, session: Session | None, place: int) -> None:
        is_other = pane.session_id != (session.id if session else None)
        pane.session_id = session.id if session else None
        pane.show_title(session, place, self.release_key)
        channel = self._channel(pane)
        if session is None:
            pane.terminal.show_note("")
            self._open(pane, again=False)
            return
        if not _has_screen(session):
            self._note_waiting(pane, session, place)
        # A session that was resumed has a new terminal, and so a new channel.
        is_resumed = not is_other and session.is_live and not channel.is_live
        channel.is_live = session.is_live
        if is_other or not _has_screen(session):
            self._open_soon(pane)
        elif is_resumed or channel.feed.session_id != session.id:
            self._open(pane, again=is_resumed)

    def _note_waiting(self, pane: Pane, session: Session, place: int) -> None:
        if session.phase is Phase.PREPARING:
            pane.terminal.show_note("Preparing", _progress(session, self.deck.keymap))
            return
        pool = self.deck.store.pool
        line = f"Number {place} in the queue; {pool.running} of {pool.limit} run now."
        if pool.paused:
            key = self.deck.keymap.key("pool.pause")
            line = (
                f"Number {place} in the queue. The pool is paused; {key} lets it go on."
            )
        pane.terminal.show_note("Queued", line, "", one_line(session.prompt))

    def _channel(self, pane: Pane) -> _Channel:
        channel = self._watch.channels.get(pane)
        if channel is None:
            feed = ScreenFeed(
                self.deck.link,
                partial(self._draw, pane),
                partial(self._say_no_screen, pane),
            )
            sender = self._run(feed.send_waiting, "feed")
            channel = self._watch.channels[pane] = _Channel(feed, sender)
        return channel

    def _end_channel(self, pane: Pane) -> None:
        channel = self._watch.channels.pop(pane, None)
        if channel is None:
            return
        if channel.timer is not None:
            channel.timer.stop()
        channel.sender.cancel()
        self._run(partial(channel.feed.show, None), "open")

    def _open_soon(self, pane: Pane) -> None:
        channel = self._channel(pane)
        if channel.timer is not None:
            channel.timer.stop()
        channel.timer = self.set_timer(
            OPEN_PAUSE_S, partial(self._open, pane, again=False)
        )

    def _open(self, pane: Pane, *, again: bool) -> None:
        if pane not in self.grid.panes:
            return
        job = partial(self._open_screen, pane, again=again)
        self._run(job, "open")

    def _run(self, job: Job, group: str) -> Worker[None]:
        return self.run_worker(job, group=group, exit_on_error=False)

    async def _open_screen(self, pane: Pane, *, again: bool) -> None:
        channel = self._channel(pane)
        channel.timer = None
        session = self.deck.store.sessions.get(pane.session_id or "")
        is_seen = pane.display and pane.terminal.display
        if session is None or not _has_screen(session) or not is_seen:
            await channel.feed.show(None)
            return
        if session.id == channel.feed.session_id and not again:
            return
        pane.terminal.begin()
        pane.terminal.fit()
        await channel.feed.show(session.id, again=again)
        if pane.terminal.has_focus:
            channel.feed.type("focus", {"gained": True})

    def _draw(self, pane: Pane, channel: int, frame: dict[str, Any]) -> None:
        terminal = pane.terminal
        if frame.get("t", "frame") != "frame":
            self.take_answer(pane, frame)
            return
        had = terminal.frame_size, terminal.scrolled, terminal.copy
        terminal.draw(channel, frame)
        if had != (terminal.frame_size, terminal.scrolled, terminal.copy):
            self.show_pane_title(pane)

    def take_answer(self, pane: Pane, message: dict[str, Any]) -> None:
        """Deal with what a session's runner says beside its frames."""
        raise NotImplementedError

    def show_pane_title(self, pane: Pane) -> None:
        """Have a pane say how its session stands, and what is done in it."""
        session = self.deck.store.sessions.get(pane.session_id or "")
        place = self.deck.store.queue_places().get(pane.session_id or "", 0)
        pane.show_title(session, place, self.release_key)

    def _say_no_screen(self, pane: Pane, reason: str) -> None:
        if self.deck.lost is None:
            pane.terminal.show_note("No screen", reason)

    def _pane_of(self, terminal: Terminal) -> Pane | None:
        panes = self.grid.panes
        return next((pane for pane in panes if pane.terminal is terminal), None)

    def _feed_of(self, terminal: Terminal) -> ScreenFeed | None:
        channel = self._watch.channels.get(self._pane_of(terminal) or self.pane)
        return channel.feed if channel else None

    @on(Terminal.Painted)
    def _acknowledge(self, event: Terminal.Painted) -> None:
        event.stop()
        feed = self._feed_of(event.widget)
        if feed is None:
            return
        if self.panes.count <= EAGER_PANES or event.widget.has_focus:
            feed.acknowledge(event.channel, event.n)
            return
        late = self._watch.late
        if not late:
            self.set_timer(LATE_ACK_S, self._acknowledge_late)
        late.append((feed, event.channel, event.n))

    def _acknowledge_late(self) -> None:
        late, self._watch.late = self._watch.late, []
        for feed, channel, n in late:
            feed.acknowledge(channel, n)

    @on(Terminal.Fitted)
    def _fit(self, event: Terminal.Fitted) -> None:
        event.stop()
        pane = self._pane_of(event.widget)
        session = self.deck.store.sessions.get(pane.session_id or "") if pane else None
        if pane is not None and session is not None and session.is_live:
            self._channel(pane).feed.fit(event.cols, event.rows)

    @on(Terminal.Typed)
    def _type(self, event: Terminal.Typed) -> None:
        event.stop()
        feed = self._feed_of(event.widget)
        if event.kind == "paste" and len(json.dumps(event.event)) > LONGEST_PASTE:
            self.say("That is too long to be pasted; give the agent a file.")
        elif feed is not None:
            feed.type(event.kind, event.event)

    @on(PaneGrid.BordersMoved)
    def _keep_borders(self, event: PaneGrid.BordersMoved) -> None:
        event.stop()
        self.layout_changed()

    @on(PaneGrid.PaneChosen)
    def _choose_pane(self, event: PaneGrid.PaneChosen) -> None:
        event.stop()
        if event.pane.session_id is not None:
            self.go_to(event.pane.session_id)

    def show_focus(self) -> None:
        """Show who has the keyboard; the cursor goes along to a focused pane."""
        for pane in self.grid.panes:
            self.show_pane_title(pane)
            if pane.terminal.has_focus and pane.session_id != self._cursor:
                self.go_to(pane.session_id or "")

    def take_pane(self) -> Pane:
        """The cursor's session gets a pane, if need be a pinned one's; gives it."""
        session = self.session_at_cursor()
        if session is not None and self.panes.place_of(session.id) is None:
            held = self.panes.own[self.panes.current]
            self.set_panes(self.panes.toggled_pin(held))
        return self.pane

    def action_watch(self) -> None:
        """The marked sessions side by side; with no marks, one step more panes."""
        meant = [session.id for session in self.meant_sessions()]
        if len(meant) > 1 and set(meant) != set(self.panes.held):
            if len(meant) > MAX_PANES:
                self.say(f"{len(meant)} are marked; the first {MAX_PANES} are shown.")
            self.set_panes(self.panes.filled(meant))
            # Marking leaves the cursor below the last; there it would take a pane.
            if self._cursor not in self.panes.own:
                self.go_to(self.panes.held[0])
            return
        order = self.sessions_in_order()
        order.sort(key=lambda session: not session.is_live)
        if len(order) < 2:
            self.say("There is only one session to show.")
            return
        count = self.panes.next_count(len(order))
        ids = [session.id for session in order]
        self.set_panes(self.panes.sized(count, self._cursor, ids))

    def action_watch_one(self) -> None:
        self.set_panes(Panes())

    def action_pin(self) -> None:
        panes = self.panes.toggled_pin(self._cursor)
        self.set_panes(panes)

    def action_next_pane(self, by: int) -> None:
        wanted = self.panes.neighbour(self._cursor, by)
        if wanted is not None:
            self.go_to(wanted)

    def action_scroll_pane(self, where: str) -> None:
        self.terminal.scroll_session(where)

    def action_enlarge(self, wide: int, tall: int) -> None:
        self.grid.enlarge(self.pane, wide, tall)

    def zoom_pane(self, pane: Pane | None) -> None:
        """Show one pane alone, or all again; hidden ones have no channel."""
        self.grid.zoom(pane)
        for each in self.grid.panes:
            self._open(each, again=False)


def _has_screen(session: Session) -> bool:
    return session.phase not in (Phase.QUEUED, Phase.PREPARING)


def _progress(session: Session, keymap: Keymap) -> str:
    """How far a session is that is being prepared."""
    if not session.reason:
        return "Its worktree is being made."
    key = keymap.key("session.setup")
    return f"{one_line(session.reason)}. {key} shows what it prints."
