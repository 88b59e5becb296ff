"""One session: the loop that ties pty, screen, recording and clients together."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agentdeck.runner.agent import set_window_size
from agentdeck.runner.atomic import write_json
from agentdeck.runner.clients import Client, Clients
from agentdeck.runner.errors import InputRefusedError, RunnerError
from agentdeck.runner.frames import Subscription
from agentdeck.runner.keys import InputEncoder
from agentdeck.runner.launch_file import Launch
from agentdeck.runner.older import Recorded
from agentdeck.runner.output import Output
from agentdeck.runner.processes import describe_status, reap
from agentdeck.runner.recording import Recorder
from agentdeck.runner.requests import answer
from agentdeck.runner.screen import Screen
from agentdeck.runner.signals import Signals
from agentdeck.runner.sizes import chosen_size
from agentdeck.runner.stopping import DEFAULT_GRACE_S, Stopper
from agentdeck.runner.terminal_io import TerminalIO
from agentdeck.runner.timers import Timers

EXIT_VERSION = 1
LAST_LINES = 20
# What an ended agent's pty still holds: read until silent for this long, and at
# most for so long in all, as something it left running may go on writing.
DRAIN_QUIET_S = 0.05
DRAIN_LONGEST_S = 1.0
# A text to type waits for the agent's first output; an agent that shows nothing
# gets it after this long.
FIRST_TEXT_S = 3.0
# Agents take a text and an Enter that arrive together for one paste.
ENTER_AFTER_S = 0.15
RESIZE_EVERY_S = 0.1


def now_iso() -> str:
    """Return the time as files on disk write it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Session:
    """A running agent and everything the runner owns for it."""

    def __init__(
        self, directory: Path, launch: Launch, agent_pid: int, master: int
    ) -> None:
        self._directory = directory
        self._launch = launch
        self._agent_pid = agent_pid
        self._started_at = now_iso()
        self._started = time.monotonic()
        self._status: int | None = None
        self._ended_at = 0.0
        self._is_over = False
        self._resized_at = 0.0
        self._has_output = False
        self._first_text = launch.stdin_text
        self._terminal = TerminalIO(master)
        self._selector = selectors.DefaultSelector()
        self._timers = Timers()
        self._recorder = Recorder(
            directory,
            launch.cols,
            launch.rows,
            launch.recording_cap_bytes,
            launch.argv[0],
        )
        self.screen = Screen(launch.cols, launch.rows)
        self._output = Output(self.screen, self._recorder)
        self.encoder = InputEncoder(self.screen)
        self.clients = Clients(self._selector, self._answer, lambda _: self.fit())
        self._signals = Signals(self.screen, self._timers, master, self._broadcast)
        self._stopper = Stopper(self._timers, self._interrupt)
        self._actions: dict[str, Callable[[], None]] = {
            "settle": self._settle,
            "output": self._signals.output_due,
            "report": self._signals.report,
            "frame": self.send_frames,
            "stop": self._stopper.step,
            "enter": self._press_enter,
            "first-text": self._type_first_text,
            "resize": self._resize,
            "drain": lambda: None,
            "older": self.read_older,
        }
        if self._first_text is not None:
            self._timers.set("first-text", self._started + FIRST_TEXT_S)

    def description(self) -> dict[str, Any]:
        """Return what a client is greeted with."""
        return {
            "pid": os.getpid(),
            "agent_pid": self._agent_pid,
            "cols": self.screen.cols,
            "rows": self.screen.rows_count,
            "started_at": self._started_at,
            "title": self.screen.title,
            "alternate": self.screen.alternate,
        }

    def run(self) -> None:
        """Serve until the agent has ended, nothing of it is left, and all is told."""
        wakeup = self._watch_signals()
        self._selector.register(
            self._terminal.master, selectors.EVENT_READ, self._terminal_ready
        )
        try:
            while not self._is_over:
                for key, events in self._selector.select(self._timers.wait_s()):
                    key.data(events)
                for name in self._timers.take_due():
                    self._actions[name]()
                self._finish_turn()
            self._finish()
        finally:
            signal.set_wakeup_fd(-1)
            for end in wakeup:
                end.close()
            self._selector.close()

    def type(self, data: bytes) -> None:
        """Send input to the agent.

        Raises:
            InputRefusedError: If the agent lets too much wait.
        """
        if data:
            self._terminal.write(data)
            self._recorder.input(data)

    def fit(self) -> None:
        """Have the size that the viewers ask for.

        The agent hears of the first change at once and of those that follow at most
        every `RESIZE_EVERY_S`, so that a border that is dragged is no storm for it.
        """
        due_at = self._resized_at + RESIZE_EVERY_S
        if due_at <= time.monotonic():
            self._resize()
        else:
            self._timers.set_once("resize", due_at)

    def _resize(self) -> None:
        claims = (client.claim for client in self.clients)
        size = chosen_size(claim for claim in claims if claim is not None)
        if size is None or size == (self.screen.cols, self.screen.rows_count):
            return
        self._resized_at = time.monotonic()
        if self._terminal.is_open:
            set_window_size(self._terminal.master, *size)
        self.screen.resize(*size)
        self._recorder.resize(*size)
        self.send_frames()

    def stop(self, grace_s: float, *, force: bool, interrupt: str | None) -> None:
        """Begin to end the agent and all below it."""
        self._stopper.request(grace_s, force=force, interrupt=interrupt)

    def send_state(self, client: Client) -> None:
        """Tell a new watcher how things stand."""
        self._signals.has_watchers = True
        for message in self._signals.state():
            self.clients.send(client, message)

    def send_frames(self) -> None:
        """Send frames to the subscribers that are due one."""
        due: list[tuple[Client, Subscription]] = []
        for client in self.clients:
            subscription = client.subscription
            if subscription is None or subscription.is_waiting:
                continue
            if subscription.earliest > time.monotonic():
                self._timers.set_once("frame", subscription.earliest)
                continue
            due.append((client, subscription))
        if not due:
            return
        self.screen.refresh()
        if self.screen.hold_left_s > 0:
            self._timers.set_once("frame", time.monotonic() + self.screen.hold_left_s)
        for client, subscription in due:
            frame = subscription.next_frame(self.screen)
            if frame is not None:
                self.clients.send(client, frame)

    def recorded(self) -> Recorded | None:
        """What of this run is on the disk now; None if some of it is not."""
        written = self._output.written()
        return Recorded(self._directory, *written) if written else None

    def read_older(self) -> None:
        """Read a slice of what some subscriber waits for."""
        views = [
            client.subscription.view
            for client in self.clients
            if client.subscription is not None and client.subscription.view is not None
        ]
        for view in views:
            view.work()
        if any(view.is_reading for view in views):
            self._timers.set_once("older", time.monotonic())
        self.send_frames()

    def _watch_signals(self) -> tuple[socket.socket, socket.socket]:
        receiver, sender = socket.socketpair()
        receiver.setblocking(False)
        sender.setblocking(False)
        signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: None)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

        def woken(_events: int) -> None:
            with contextlib.suppress(BlockingIOError):
                if signal.SIGTERM in receiver.recv(4096):
                    self.stop(DEFAULT_GRACE_S, force=False, interrupt="ctrl+c")
            self._reap()

        self._selector.register(receiver, selectors.EVENT_READ, woken)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        # The agent may have ended before the handler was there.
        self._reap()
        return receiver, sender

    def _terminal_ready(self, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            self._terminal.write_waiting()
        if events & selectors.EVENT_READ:
            self._read_terminal()

    def _read_terminal(self) -> None:
        size = self._terminal.read(self._output)
        if size:
            self._has_output = True
            notes = self.screen.take_notes()
            for reply in notes.replies:
                with contextlib.suppress(InputRefusedError):
                    self._terminal.write(reply)
            self._signals.has_watchers = any(c.is_watching for c in self.clients)
            self._signals.output(notes)
            if self._status is not None:
                self._timers.set("drain", time.monotonic() + DRAIN_QUIET_S)
            self.send_frames()
        if not self._terminal.is_open:
            self._selector.unregister(self._terminal.master)

    def _finish_turn(self) -> None:
        if self._output.take_recording_change():
            self._signals.recording(self._recorder.error)
        if self._terminal.is_open:
            wanted = selectors.EVENT_READ
            if self._terminal.has_waiting:
                wanted |= selectors.EVENT_WRITE
            key = self._selector.get_key(self._terminal.master)
            if key.events != wanted:
                self._selector.modify(self._terminal.master, wanted, key.data)
        if self._status is not None:
            self._is_over = self._is_drained() and self._is_cleared()

    def _is_drained(self) -> bool:
        if not self._terminal.is_open:
            return True
        now = time.monotonic()
        if not self._timers.is_set("drain") and now >= self._ended_at + DRAIN_QUIET_S:
            return True
        return now >= self._ended_at + DRAIN_LONGEST_S

    def _is_cleared(self) -> bool:
        if self._stopper.has_given_up or not self._stopper.remaining():
            return True
        self._timers.set_once("stop", time.monotonic() + 0.02)
        return False

    def _reap(self) -> None:
        status = reap().get(self._agent_pid)
        if status is None:
            return
        self._status = status
        self._ended_at = time.monotonic()
        self._timers.set("drain", self._ended_at + DRAIN_QUIET_S)
        self._stopper.clear_leftovers()

    def _settle(self) -> None:
        self._recorder.settle()
        self._signals.settle()
        self.screen.settle()
        if self._has_output:
            self._type_first_text()

    def _type_first_text(self) -> None:
        text, self._first_text = self._first_text, None
        self._timers.clear("first-text")
        if text is not None:
            with contextlib.suppress(InputRefusedError):
                self.type(self.encoder.paste(text))
                self._timers.set("enter", time.monotonic() + ENTER_AFTER_S)

    def _press_enter(self) -> None:
        with contextlib.suppress(InputRefusedError):
            self.type(self.encoder.key("enter"))

    def _interrupt(self, key: str) -> None:
        with contextlib.suppress(RunnerError):
            self.type(self.encoder.key(key))

    def _answer(self, client: Client, message: dict[str, Any]) -> None:
        answer(self, client, message)

    def _broadcast(self, message: dict[str, Any]) -> None:
        for client in self.clients:
            if client.is_watching:
                self.clients.send(client, message)

    def _finish(self) -> None:
        code, number, reason = describe_status(self._status or 0)
        if self._stopper.is_requested:
            reason = "stopped"
        self._recorder.exit(code if code is not None else 128 + (number or 0))
        self._recorder.close()
        self._signals.report()
        ending = {"exit_code": code, "signal": number, "reason": reason}
        self._keep_screen()
        write_exit(self._directory, ending, self.screen.last_lines(LAST_LINES))
        self._broadcast({"t": "signal", "kind": "exit", **ending})
        for client in self.clients:
            if client.subscription is not None:
                client.subscription = None
        self._terminal.close()
        self.clients.close()

    def _keep_screen(self) -> None:
        """Leave the last screen on disk as one full frame, for later viewers."""
        self.screen.refresh(in_batch=True)
        frame = Subscription().next_frame(self.screen)
        if frame is not None:
            with contextlib.suppress(OSError):
                write_json(self._directory / "screen.json", frame)


def write_exit(directory: Path, ending: dict[str, Any], last_lines: list[str]) -> None:
    """Write `exit.json`; a disk that refuses is retried for a few seconds."""
    content = {
        "version": EXIT_VERSION,
        **ending,
        "ended_at": now_iso(),
        "last_lines": last_lines,
    }
    for _ in range(10):
        try:
            write_json(directory / "exit.json", content)
        except OSError:
            time.sleep(0.5)
        else:
            return
