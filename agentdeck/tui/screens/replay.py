"""The replay of a session's recording, with a bar of time."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.replay_times import Anchor, pauses, replay_time, shown_time
from agentdeck.core.session import Session
from agentdeck.tui.actions import Scope, actions_of, bindings_for
from agentdeck.tui.attention import Attended
from agentdeck.tui.deck import Change, Deck
from agentdeck.tui.printable import cut, one_line
from agentdeck.tui.widgets.footer import Hint, KeyBar
from agentdeck.tui.widgets.terminal import Terminal
from agentdeck.tui.widgets.time_bar import Mark, TimeBar

SPEEDS = (1, 2, 4, 8, 16, 32, 64)
MAX_WAITING = 1000
NEAR_S = 0.05
"""A mark this close to where the replay stands is where it stands."""


class ReplayScreen(Screen[None]):
    """Title, the terminal as it was, the bar of time, the keys."""

    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.REPLAY)
    DEFAULT_CSS = """
    ReplayScreen { background: $background; }
    ReplayScreen #title { height: 1; padding: 0 1; background: $panel; text-style: bold; }
    ReplayScreen #status { height: 1; padding: 0 1; }
    """

    def __init__(
        self, deck: Deck, session: Session, *, wall: float | None = None
    ) -> None:
        """Replay a session.

        Args:
            deck: What the app shares.
            session: Whose recording it is.
            wall: The time of the clock to begin at, paused; None plays from the begin.
        """
        super().__init__()
        self._goal = wall
        self.deck = deck
        self._session = session
        self._channel: int | None = None
        self._waiting: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue(
            MAX_WAITING
        )
        self._anchors: list[Anchor] = []
        self._of_recording: list[Mark] = []
        self._commits: list[dict[str, Any]] = []
        self._marks: list[Mark] = []
        self._duration = self._at = self._wall = 0.0
        self._speed = 1
        self._is_playing = wall is None

    @property
    def attended(self) -> Attended:
        return Attended(self._session.id, "reading")

    def compose(self) -> ComposeResult:
        look = self.deck.look
        yield Static(id="title", markup=False)
        terminal = Terminal(look, "", id="replayed")
        terminal.can_focus = False
        yield terminal
        yield TimeBar(look, id="time")
        yield Static(id="status", markup=False)
        yield KeyBar(look, id="keys")

    def on_mount(self) -> None:
        title = one_line(self._session.title, ascii_only=self._is_ascii)
        self.query_one("#title", Static).update(
            Content.assemble(("replay  ", "$primary"), title)
        )
        rows = (row for row in actions_of(Scope.REPLAY) if row.rank)
        self.query_one(KeyBar).show_hints(
            tuple(
                Hint(self.deck.keymap.shown(row), row.title, row.action)
                for row in sorted(rows, key=lambda row: row.rank)
            )
        )
        self.deck.changed.subscribe(self, self._take_change)
        self._send_waiting()
        self._load_commits()
        self._open()

    async def on_unmount(self) -> None:
        channel, self._channel = self._channel, None
        if channel is not None:
            with contextlib.suppress(AgentDeckError):
                await self.deck.link.close_screen(channel)

    @property
    def _is_ascii(self) -> bool:
        return self.deck.look.glyphs.is_ascii

    def _take_change(self, change: Change) -> None:
        if self.deck.lost is not None:
            self._channel = None
        elif change.is_reconnected:
            self._open()

    @work(exclusive=True, group="open", exit_on_error=False)
    async def _open(self) -> None:
        try:
            channel = await self.deck.link.open_replay(self._session.id, self._take)
        except AgentDeckError as error:
            self._is_playing = False
            self._say(error.message)
            return
        self._channel = channel
        self.query_one(Terminal).begin()
        self._control("subscribe", at=self._at)
        if self._is_playing:
            self._control("play", speed=self._speed)

    @work(group="send", exit_on_error=False)
    async def _send_waiting(self) -> None:
        """Send what is asked, one after the other, until the screen goes."""
        while True:
            method, params = await self._waiting.get()
            with contextlib.suppress(AgentDeckError):
                await self.deck.link.tell(method, **params)

    @work(exclusive=True, group="commits", exit_on_error=False)
    async def _load_commits(self) -> None:
        with contextlib.suppress(AgentDeckError):
            answer = await self.deck.link.call("session.commits", id=self._session.id)
            self._commits = list(answer["commits"])
            self._show_marks()

    def _tell(self, method: str, **params: Any) -> None:
        if self._channel is not None:
            with contextlib.suppress(asyncio.QueueFull):
                self._waiting.put_nowait((method, {"channel": self._channel, **params}))

    def _control(self, do: str, **params: Any) -> None:
        self._tell("replay.control", do=do, **params)

    def _take(self, message: dict[str, Any]) -> None:
        if not self.is_mounted or self._channel is None:
            return
        match message.get("t"):
            case "frame":
                self.query_one(Terminal).draw(self._channel, message)
            case "replay":
                self._learn(message)
            case "at":
                self._at, self._wall = float(message["at"]), float(message["wall"])
                self._is_playing = bool(message["playing"])
                self._show_time()
            case "error":
                self._say(str(message.get("message")))
            case "ended":
                self._channel, self._is_playing = None, False
                self._say("The replay has stopped by itself; space starts it again.")
            case _:
                pass

    def _learn(self, message: dict[str, Any]) -> None:
        self._duration = float(message["duration"])
        self._anchors = [(at, wall) for at, wall in message["anchors"]]
        self._of_recording = [
            *(Mark(at, "pause", "a pause") for at in pauses(self._anchors)),
            *(Mark(at, "prompt", "prompt") for at in message["prompts"]),
            *(Mark(at, "exit", f"ended: {code}") for at, code in message["exits"]),
        ]
        self._show_marks()
        if self._goal is not None:
            goal, self._goal = self._goal, None
            self._go_to(replay_time(self._anchors, goal))
        self._show_time()

    def _show_marks(self) -> None:
        commits: list[Mark] = []
        for commit in self._commits if self._anchors else ():
            wall = datetime.fromisoformat(str(commit["at"])).timestamp()
            at = replay_time(self._anchors, wall)
            if at <= self._duration:
                commits.append(Mark(at, "commit", f"commit {commit['subject']}"))
        marks = [*self._of_recording, *commits]
        self._marks = sorted(marks, key=lambda mark: mark.at)
        self.query_one(TimeBar).show_marks(self._marks)

    def _show_time(self) -> None:
        self.query_one(TimeBar).show_time(self._at, self._duration)
        glyphs = self.deck.look.glyphs
        state = "playing" if self._is_playing else "paused"
        clock = ""
        if self._wall:
            zone = self.deck.clock().tzinfo
            clock = f"{datetime.fromtimestamp(self._wall, zone):%d %b %H:%M:%S}"
        line = (
            f"{shown_time(self._at)} / {shown_time(self._duration)}  "
            f"{glyphs.times}{self._speed}  {state}  {clock}"
        )
        near = [m for m in self._marks if abs(m.at - self._at) <= NEAR_S and m.label]
        label = one_line(near[-1].label, ascii_only=self._is_ascii) if near else ""
        room = max(0, self.size.width - len(line) - 4)
        self.query_one("#status", Static).update(
            Content.assemble(
                line, ("  " + cut(label, room, more=glyphs.more), "$accent")
            )
        )

    def _say(self, sentence: str) -> None:
        text = one_line(sentence, ascii_only=self._is_ascii)
        self.query_one("#status", Static).update(Content.styled(text, "$error"))

    def _go_to(self, at: float) -> None:
        self._at = min(max(0.0, at), self._duration)
        self._control("seek", at=self._at)
        self._show_time()

    @on(Terminal.Painted)
    def _acknowledge(self, event: Terminal.Painted) -> None:
        event.stop()
        if event.channel == self._channel:
            self._tell("screen.ack", n=event.n)

    @on(TimeBar.Sought)
    def _seek(self, event: TimeBar.Sought) -> None:
        event.stop()
        self._go_to(event.at)

    @on(KeyBar.HintClicked)
    async def _run_hint(self, event: KeyBar.HintClicked) -> None:
        event.stop()
        await self.run_action(event.action)

    def action_close(self) -> None:
        self.dismiss(None)

    def action_toggle_play(self) -> None:
        self._is_playing = not self._is_playing
        if self._channel is None:
            if self._is_playing and self.deck.lost is None:
                self._open()
        elif self._is_playing:
            self._control("play", speed=self._speed)
        else:
            self._control("pause")
        self._show_time()

    def action_seek_by(self, seconds: float) -> None:
        self._go_to(self._at + seconds)

    def action_seek_start(self) -> None:
        self._go_to(0.0)

    def action_seek_end(self) -> None:
        self._go_to(self._duration)

    def action_change_speed(self, by: int) -> None:
        place = SPEEDS.index(self._speed) + by
        self._speed = SPEEDS[min(max(0, place), len(SPEEDS) - 1)]
        if self._is_playing:
            self._control("play", speed=self._speed)
        self._show_time()

    def action_next_mark(self) -> None:
        after = [mark.at for mark in self._marks if mark.at > self._at + NEAR_S]
        if after:
            self._go_to(after[0])

    def action_mark_before(self) -> None:
        before = [mark.at for mark in self._marks if mark.at < self._at - NEAR_S]
        if before:
            self._go_to(before[-1])
