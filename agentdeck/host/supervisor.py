"""Keeps in touch with each running session's runner, from start to end.

A runner outlives the host. At start the host adopts those that still run; those
that ended meanwhile left their exit status on disk.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psutil

from agentdeck.agents.registry import Registry
from agentdeck.config.paths import Paths
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import ENDED, Activity, Phase, Session
from agentdeck.core.status import Source
from agentdeck.host.evidence import Witness
from agentdeck.host.last_lines import LastLines
from agentdeck.host.runner_link import RunnerGoneError, RunnerLink
from agentdeck.host.session_files import read_json, write_json
from agentdeck.host.sessions import Sessions
from agentdeck.rpc.wire import session_to_wire
from agentdeck.runner.launch_file import TAKEN

logger = logging.getLogger(__name__)

RUNNER_START_S = 10.0
KILL_AFTER_S = 5.0
"""How long after its grace a stop may take before the host kills for it."""
ASKED = "asked to stop"
"""Why a session stops when a person wanted it."""


@dataclass
class LiveSession:
    """A running session: its link, the signs it gave, and the task that listens."""

    witness: Witness
    link: RunnerLink | None = None
    task: asyncio.Task[None] | None = None
    runner_pid: int | None = None
    viewers: int = 0
    """How many clients show its screen now."""
    look: asyncio.TimerHandle | None = None
    """The one look at its screen that is due, if any."""
    has_output: asyncio.Event = field(default_factory=asyncio.Event)


class Supervisor:
    """All live sessions."""

    def __init__(
        self, paths: Paths, sessions: Sessions, registry: Registry, stop_grace_s: float
    ) -> None:
        self._paths = paths
        self._sessions = sessions
        self._registry = registry
        self._stop_grace_s = stop_grace_s
        self._live: dict[str, LiveSession] = {}
        self._killers: set[asyncio.Task[None]] = set()
        self.on_linked: Callable[[str], None] = lambda _: None
        """Called once a session's runner answers."""
        self.on_live: Callable[[str], None] = lambda _: None
        """Called when a session begins to be listened to."""
        self.on_settled: Callable[[str], None] = lambda _: None
        """Called when a session's output settled: its files may have changed."""
        self.on_output: Callable[[str], None] = lambda _: None
        """Called when a session's agent prints, often."""
        self.on_over: Callable[[str], None] = lambda _: None
        """Called when a session's agent has ended."""
        self.lines = LastLines(sessions)

    def live(self, session_id: str) -> LiveSession | None:
        """A running session's dealings, or None."""
        return self._live.get(session_id)

    def link(self, session: Session) -> RunnerLink:
        """The link to a running session's runner.

        Raises:
            AgentDeckError: If the session does not run.
        """
        live = self._live.get(session.id)
        if live is None or live.link is None:
            raise AgentDeckError(
                f"{session.name} does not run (it is {session.phase.value}). "
                f"`agentdeck resume {session.name}` starts it again."
            )
        return live.link

    def watch(self, session_id: str, *, started: bool) -> None:
        """Listen to a session's runner from now on."""
        session = self._sessions.session(session_id)
        agent = self._registry.known_or_command(session.agent)
        live = LiveSession(Witness(self._sessions, session_id, agent))
        self._live[session_id] = live
        live.witness.on_doubt = lambda after_s: self._look_later(live, after_s)
        if started:
            live.witness.add(Source.PROCESS, Activity.WORKING, "it was started")
        else:
            live.witness.remember(session)
        self.on_live(session_id)
        live.task = asyncio.create_task(
            self._listen(session_id, live, started=started),
            name=f"watch-{session.name}",
        )

    def _look_later(self, live: LiveSession, after_s: float) -> None:
        """Have the runner say once more how things stand."""
        if live.look is not None:
            live.look.cancel()
        loop = asyncio.get_running_loop()
        live.look = loop.call_later(after_s, self._look, live)

    @staticmethod
    def _look(live: LiveSession) -> None:
        live.look = None
        if live.link is not None:
            live.link.send({"t": "watch"})

    async def adopt(self) -> None:
        """Find the runners of all sessions that ran when the last host ended."""
        for session in self._sessions:
            if session.phase in (Phase.RUNNING, Phase.STOPPING):
                is_new = session.phase is Phase.RUNNING and session.activity is None
                self.watch(session.id, started=is_new)

    async def close(self) -> None:
        """Stop listening. The agents go on."""
        self.lines.close()
        tasks = [live.task for live in self._live.values() if live.task]
        tasks += self._killers
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self, session: Session, *, force: bool, reason: str = ASKED) -> None:
        """Ask a running session's agent to stop; politely unless forced.

        Raises:
            AgentDeckError: If it does not run, or is not linked yet.
        """
        agent = self._registry.known_or_command(session.agent)
        grace_s = 0.0 if force else self._stop_grace_s
        self.link(session).send(
            {
                "t": "stop",
                "grace_s": grace_s,
                "force": force,
                "interrupt": agent.interrupt,
            }
        )
        self._sessions.move(session.id, Phase.STOPPING, reason)
        killer = asyncio.create_task(self._kill_later(session.id, grace_s))
        self._killers.add(killer)
        killer.add_done_callback(self._killers.discard)

    async def _kill_later(self, session_id: str, grace_s: float) -> None:
        live = self._live.get(session_id)
        if live is None or live.task is None:
            return
        done, _ = await asyncio.wait({live.task}, timeout=grace_s + KILL_AFTER_S)
        if not done:
            logger.warning("runner_killed", extra={"session_id": session_id})
            await asyncio.to_thread(self._kill_runner, session_id)

    def _kill_runner(self, session_id: str) -> None:
        runner = self._runner_process(session_id)
        if runner is None:
            return
        for process in [*runner.children(recursive=True), runner]:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue

    def _runner_process(self, session_id: str) -> psutil.Process | None:
        known = read_json(self._paths.session_dir(session_id) / "runner.json")
        if known is None:
            return None
        try:
            process = psutil.Process(int(known["pid"]))
            started = datetime.fromisoformat(known["started_at"]).timestamp()
            same = abs(process.create_time() - started) < 5
        except (psutil.Error, KeyError, ValueError):
            return None
        return process if same else None

    async def _listen(
        self, session_id: str, live: LiveSession, *, started: bool
    ) -> None:
        socket = self._paths.runner_socket(session_id)
        wait_s = RUNNER_START_S if started else 0.0
        try:
            live.link = await RunnerLink.connect(socket, wait_s)
            live.link.send({"t": "watch"})
            async for payload in live.link.payloads():
                self._deal_with(session_id, live, json.loads(payload))
        except RunnerGoneError:
            pass
        except Exception:
            logger.exception("watch_failed", extra={"session_id": session_id})
        finally:
            if live.look is not None:
                live.look.cancel()
            if live.link is not None:
                await live.link.close()
            self._live.pop(session_id, None)
            live.has_output.set()
        await self._conclude(session_id)

    def _deal_with(
        self, session_id: str, live: LiveSession, message: dict[str, Any]
    ) -> None:
        if live.link is not None and live.link.settle(message):
            return
        if message.get("t") == "hello":
            live.runner_pid = message.get("pid")
            self.on_linked(session_id)
        if message.get("t") == "signal":
            self._take_signal(session_id, live, message)

    def _take_signal(
        self, session_id: str, live: LiveSession, message: dict[str, Any]
    ) -> None:
        witness, line = live.witness, str(message.get("last_line", ""))
        match message.get("kind"):
            case "output":
                self.on_output(session_id)
                self._note_output(session_id, live, line)
            case "settled":
                self.lines.forget(session_id)
                self._sessions.change(session_id, last_line=line)
                live.witness.settled(message)
                live.has_output.set()
                self.on_settled(session_id)
            case "bell":
                witness.rang("It rang the bell.")
            case "notify":
                parts = (str(message.get(part) or "") for part in ("title", "body"))
                text = ": ".join(part for part in parts if part)
                witness.rang(text or "It sent a notification.")
            case "progress":
                witness.progressed(str(message.get("state")), message.get("value"))
            case "title":
                witness.titled(str(message.get("title") or ""))
            case "recording" if not message.get("ok", True):
                logger.error("recording_paused", extra={"session_id": session_id})
            case _:
                pass

    def _note_output(self, session_id: str, live: LiveSession, line: str) -> None:
        live.has_output.set()
        live.witness.printed(line)
        self.lines.note(session_id, line)

    async def _conclude(self, session_id: str) -> None:
        self.lines.forget(session_id)
        session = self._sessions.find(session_id)
        if session is None:
            return
        folder = self._paths.session_dir(session_id)
        left = await asyncio.to_thread(read_json, folder / "exit.json")
        if left is None:
            (folder / TAKEN).unlink(missing_ok=True)
            phase, reason = await asyncio.to_thread(self._without_exit, session)
            self._sessions.move(session_id, phase, reason)
        else:
            self._end(session, left)
        over = self._sessions.session(session_id)
        self._runner_socket_gone(session_id)
        try:
            await asyncio.to_thread(
                write_json, folder / "session.json", session_to_wire(over)
            )
        except OSError as error:
            logger.warning("session_file_not_written: %s", error)
        self.on_over(session_id)

    def _runner_socket_gone(self, session_id: str) -> None:
        self._paths.runner_socket(session_id).unlink(missing_ok=True)

    def _end(self, session: Session, left: dict[str, Any]) -> None:
        status, signal = left.get("exit_code"), left.get("signal")
        reason = str(left.get("reason") or "ended")
        lines = [str(line) for line in left.get("last_lines") or []]
        last_line = lines[-1] if lines else session.last_line
        self._sessions.change(session.id, exit_code=status, last_line=last_line)
        if session.phase is Phase.STOPPING or reason == "stopped":
            is_own = session.phase is Phase.STOPPING and session.reason != ASKED
            why = session.reason if is_own else "stopped"
            self._sessions.move(session.id, Phase.ENDED, why)
        elif status == 0:
            self._sessions.move(session.id, Phase.ENDED, ENDED)
        elif signal:
            hint = " (out of memory?)" if signal == 9 else ""
            self._sessions.move(
                session.id, Phase.FAILED, f"killed by signal {signal}{hint}"
            )
        else:
            failed = reason if "could not" in reason else f"ended with status {status}"
            self._sessions.move(session.id, Phase.FAILED, failed)

    def _without_exit(self, session: Session) -> tuple[Phase, str]:
        started = session.started_at
        if started is not None and psutil.boot_time() > started.timestamp():
            return Phase.ENDED, "ended by reboot"
        if self._runner_process(session.id) is not None:
            return Phase.LOST, "its runner lives but does not answer"
        return (
            Phase.LOST,
            "its runner was killed; worktree, branch and recording are kept",
        )
