"""The replay of one recording for one client, as a process of its own.

Speaks the runner's protocol: `subscribe` and `ack` as there, and `seek`, `play`
and `pause`. It says what the recording has (`replay`) and where it stands
(`at`). It ends when its client goes, or when none comes and subscribes.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agentdeck.runner.clients import Client, Clients
from agentdeck.runner.errors import RunnerError
from agentdeck.runner.frames import Subscription
from agentdeck.runner.player import Player
from agentdeck.runner.protocol import PROTOCOL
from agentdeck.runner.timeline import Timeline

SPEEDS = (1, 64)
SUBSCRIBED_WITHIN_S = 20.0
"""How long a client may take to come and subscribe."""
TELL_EVERY_S = 0.1
"""How often a client is told where a replay that plays stands."""
NICENESS = 5
"""Agents and their screens come first."""

Message = dict[str, Any]


class Replay:
    """Plays, seeks and pauses; the picture follows as fast as it can."""

    def __init__(self, directory: Path) -> None:
        self._timeline = Timeline(directory)
        self._player = Player(self._timeline)
        self._selector = selectors.DefaultSelector()
        self.clients = Clients(self._selector, self._answer, lambda _: None)
        self._client: Client | None = None
        self._subscription: Subscription | None = None
        self._latest_begin = time.monotonic() + SUBSCRIBED_WITHIN_S
        self._at = 0.0
        self._speed = 1.0
        self._is_playing = False
        self._ticked = 0.0
        """When the time of a replay that plays was last moved on."""
        self._told_at = 0.0
        self._is_news = False
        self._is_busy = False
        self._handlers: dict[str, Callable[[Message], None]] = {
            "subscribe": self._subscribe,
            "ack": self._acknowledge,
            "seek": self._seek,
            "play": self._play,
            "pause": self._pause,
        }

    def run(self) -> None:
        """Serve until the client goes."""
        try:
            while not self._is_over():
                for key, events in self._selector.select(self._wait_s()):
                    key.data(events)
                self._turn()
        finally:
            self.clients.close()
            self._timeline.close()
            self._selector.close()

    def _is_over(self) -> bool:
        if self._client is not None and self._client.is_gone:
            return True
        return self._subscription is None and time.monotonic() > self._latest_begin

    def _answer(self, client: Client, message: Message) -> None:
        kind = message.get("t")
        if kind == "hello":
            self._client = client
            self._send({"t": "hello", "v": PROTOCOL, "pid": os.getpid()})
            return
        handler = self._handlers.get(kind) if isinstance(kind, str) else None
        if handler is None or client is not self._client:
            return
        try:
            handler(message)
        except RunnerError as error:
            self._send({"t": "error", "message": str(error)})
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            text = f"The request {kind!r} is not well formed: {error!r}."
            self._send({"t": "error", "message": text})

    def _send(self, message: Message) -> None:
        if self._client is not None:
            self.clients.send(self._client, message)

    def _subscribe(self, message: Message) -> None:
        self._timeline.extend()
        if not len(self._timeline):
            raise RunnerError("Nothing was recorded of this session.")
        self._subscription = Subscription()
        self._describe()
        self._go_to(float(message.get("at", 0.0)))

    def _acknowledge(self, message: Message) -> None:
        if self._subscription is not None:
            self._subscription.acknowledge(int(message["n"]))

    def _seek(self, message: Message) -> None:
        at = float(message["at"])
        if at >= self._timeline.duration:
            self._take_in_news()
        self._go_to(at)

    def _play(self, message: Message) -> None:
        slowest, fastest = SPEEDS
        self._speed = min(max(float(message.get("speed", 1.0)), slowest), fastest)
        if self._at >= self._timeline.duration and not self._take_in_news():
            self._go_to(0.0)
        self._is_playing, self._is_news = True, True
        self._ticked = time.monotonic()

    def _pause(self, _message: Message) -> None:
        self._is_playing, self._is_news = False, True

    def _go_to(self, at: float) -> None:
        self._at = min(max(at, 0.0), self._timeline.duration)
        self._ticked = time.monotonic()
        self._is_busy, self._is_news = True, True
        self._player.aim(self._at)

    def _take_in_news(self) -> bool:
        """Take in what was recorded meanwhile; says if there was any."""
        has_more = self._timeline.extend()
        if has_more:
            self._describe()
        return has_more

    def _describe(self) -> None:
        timeline = self._timeline
        self._send(
            {
                "t": "replay",
                "duration": timeline.duration,
                "anchors": timeline.anchors,
                "prompts": timeline.prompts,
                "exits": timeline.exits,
                "over": timeline.is_over,
            }
        )

    def _turn(self) -> None:
        if self._subscription is None:
            return
        try:
            if self._is_playing:
                self._move_on()
            if self._is_busy:
                self._is_busy = not self._player.work()
        except RunnerError as error:
            self._is_playing = self._is_busy = False
            self._send({"t": "error", "message": str(error)})
        self._tell()
        if not self._is_busy or self._is_playing:
            self._send_frame(self._subscription)

    def _move_on(self) -> None:
        now = time.monotonic()
        passed, self._ticked = now - self._ticked, now
        if self._is_busy:
            # The picture has to catch up first, or it would never be seen.
            return
        self._at = min(self._at + passed * self._speed, self._timeline.duration)
        self._player.aim(self._at)
        self._is_busy = not self._player.is_there
        if self._at >= self._timeline.duration and not self._take_in_news():
            self._is_playing, self._is_news = False, True

    def _tell(self) -> None:
        if self._client is None or self._client.unsent:
            return
        now = time.monotonic()
        if self._is_playing and now >= self._told_at + TELL_EVERY_S:
            self._is_news = True
        if not self._is_news:
            return
        self._is_news, self._told_at = False, now
        self._send(
            {
                "t": "at",
                "at": self._at,
                "wall": self._timeline.wall_at(self._at),
                "playing": self._is_playing,
                "speed": self._speed,
            }
        )

    def _send_frame(self, subscription: Subscription) -> None:
        if subscription.is_waiting or subscription.earliest > time.monotonic():
            return
        screen = self._player.screen
        screen.refresh()
        frame = subscription.next_frame(screen)
        if frame is not None:
            self._send(frame)

    def _wait_s(self) -> float | None:
        """How long nothing has to be done unless a message comes."""
        now = time.monotonic()
        subscription = self._subscription
        if subscription is None:
            return max(0.0, self._latest_begin - now)
        if self._is_busy:
            return 0.0
        waits: list[float] = []
        if self._is_playing:
            next_at = self._timeline.time_of(self._player.step)
            waits.append((next_at - self._at) / self._speed)
            waits.append(self._told_at + TELL_EVERY_S - now)
        if not subscription.is_waiting and subscription.earliest > now:
            waits.append(subscription.earliest - now)
        return max(0.001, min(waits)) if waits else None


def run(directory: Path, socket_path: Path, ready: Callable[[], None]) -> int:
    """Replay a session's recording to the client that comes to the socket.

    `ready` is called once the socket answers.
    """
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    replay = Replay(directory)
    replay.clients.listen(socket_path)
    ready()
    replay.run()
    return 0
