"""Finds agents that say they work and do nothing: no byte, no CPU time, no child.

One timer runs for a session only while it works in silence; output ends it. What is
found is a doubt, so the row says *stuck?* and its status stays what it is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psutil

from agentdeck.core.session import Activity, Phase, Session
from agentdeck.host.sessions import Sessions

logger = logging.getLogger(__name__)

BUSY_SHARE = 0.005
"""Of one core; a spinner that is drawn nowhere costs less."""
CLOCK_S = 1.0
"""Process start times are only so exact."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What a session's processes have done so far."""

    cpu_s: float
    newest_child: float
    """When the newest of the processes below the agent began."""


@dataclass
class Silence:
    """A session's silence while it works."""

    timer: asyncio.TimerHandle
    began_at: datetime
    effort: Effort | None


def effort_of(runner_pid: int) -> Effort | None:
    """The effort of all processes below a runner; None where it cannot be read."""
    cpu_s, newest = 0.0, 0.0
    try:
        agents = psutil.Process(runner_pid).children()
        for agent in agents:
            for process in [agent, *agent.children(recursive=True)]:
                times = process.cpu_times()
                cpu_s += times.user + times.system
                if process.pid != agent.pid:
                    newest = max(newest, process.create_time())
    except psutil.Error:
        return None
    return Effort(cpu_s, newest)


def is_stuck(before: Effort, now: Effort, silent_s: float, turn_began: float) -> bool:
    """Whether nothing was done in a silence, and no child of this turn runs.

    Args:
        before: The effort when the silence began.
        now: The effort now.
        silent_s: How long it was silent.
        turn_began: When the turn began, as a time stamp.
    """
    is_busy = now.cpu_s - before.cpu_s > silent_s * BUSY_SHARE
    has_child = now.newest_child > turn_began + CLOCK_S
    return not is_busy and not has_child


class StuckWatch:
    """The silences of all working sessions."""

    def __init__(self, sessions: Sessions, after_s: float) -> None:
        self._sessions = sessions
        self._after_s = after_s
        self._silences: dict[str, Silence] = {}
        self._turns: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def activity_changed(self, session: Session) -> None:
        """Note when a turn began; a silence of another activity is none."""
        self.output(session.id)
        if session.phase is Phase.RUNNING and session.activity is Activity.WORKING:
            self._turns[session.id] = datetime.now(UTC).timestamp()

    def output(self, session_id: str) -> None:
        """The agent prints, so it is not stuck."""
        silence = self._silences.pop(session_id, None)
        if silence is not None:
            silence.timer.cancel()
        session = self._sessions.find(session_id)
        if session is not None and session.stuck_since is not None:
            self._sessions.change(session_id, stuck_since=None)

    def settled(self, session_id: str, runner_pid: int) -> None:
        """The agent is silent; if it works, see later what it did meanwhile."""
        session = self._sessions.find(session_id)
        if not self._after_s or session is None:
            return
        if session.activity is not Activity.WORKING or session_id in self._silences:
            return
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._after_s, self._due, session_id, runner_pid)
        self._silences[session_id] = Silence(timer, datetime.now(UTC), None)
        self._start(self._note_effort(session_id, runner_pid))

    def forget(self, session_id: str) -> None:
        """A session is over."""
        silence = self._silences.pop(session_id, None)
        if silence is not None:
            silence.timer.cancel()
        self._turns.pop(session_id, None)

    async def close(self) -> None:
        """Watch no more."""
        for session_id in tuple(self._silences):
            self.forget(session_id)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="stuck")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _note_effort(self, session_id: str, runner_pid: int) -> None:
        effort = await asyncio.to_thread(effort_of, runner_pid)
        silence = self._silences.get(session_id)
        if silence is not None:
            silence.effort = effort

    def _due(self, session_id: str, runner_pid: int) -> None:
        self._start(self._judge(session_id, runner_pid))

    async def _judge(self, session_id: str, runner_pid: int) -> None:
        effort = await asyncio.to_thread(effort_of, runner_pid)
        silence = self._silences.get(session_id)
        if silence is None or effort is None:
            return
        now = datetime.now(UTC)
        silent_s = (now - silence.began_at).total_seconds()
        turn = self._turns.get(session_id, 0.0)
        if silence.effort is not None and is_stuck(
            silence.effort, effort, silent_s, turn
        ):
            logger.info("maybe_stuck", extra={"session_id": session_id})
            self._sessions.change(session_id, stuck_since=silence.began_at)
            return
        loop = asyncio.get_running_loop()
        silence.began_at, silence.effort = now, effort
        silence.timer = loop.call_later(
            self._after_s, self._due, session_id, runner_pid
        )
