"""Runs the person's hooks: a command for what happened, told as JSON on its input.

Never in the way of anything: an event is only put into its hook's line, and each hook
has a task of its own. A hook runs once at a time; what waits for it meanwhile and says
the same of the same session is one. Few hooks run at once, each has a time limit, all
end with the host, and what a host that was killed left is killed by the next one.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agentdeck.config.paths import Paths
from agentdeck.config.settings import HookSettings
from agentdeck.core.checks import Command, Ended, how_it_ended
from agentdeck.core.errors import UsageError
from agentdeck.core.events import Event
from agentdeck.core.hook_events import SAMPLE, Happened, Namer, matches
from agentdeck.launch.commands import run_command

logger = logging.getLogger(__name__)

AT_ONCE = 4
"""Hooks that run at the same time."""
MAX_WAITING = 200
"""Of different things that wait for one hook; then the oldest is left out."""
KEPT_OUTPUT = 4000
"""Bytes of what a hook printed last."""
SAY_AGAIN_S = 20.0
"""The same failure of the same hook is said at most this often."""


@dataclass(slots=True)
class Result:
    """How a hook fared last, and all in all."""

    runs: int = 0
    failures: int = 0
    left_out: int = 0
    """Events that were too many to wait."""
    at: datetime | None = None
    event: str = ""
    ok: bool | None = None
    note: str = ""
    output: str = ""
    seconds: float = 0.0


@dataclass(slots=True)
class _Hook:
    name: str
    settings: HookSettings
    result: Result = field(default_factory=Result)
    waiting: dict[tuple[str, str | None], dict[str, Any]] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None
    said: str = ""
    said_at: float = float("-inf")


class Hooks:
    """All hooks of the settings."""

    def __init__(
        self,
        paths: Paths,
        settings: Mapping[str, HookSettings],
        notice: Callable[[str], None],
    ) -> None:
        self._markers = paths.state / "runs"
        self._notice = notice
        self._hooks = {name: _Hook(name, each) for name, each in settings.items()}
        self._room = asyncio.Semaphore(AT_ONCE)
        self._namer = Namer()
        self._is_closed = False

    def __bool__(self) -> bool:
        return bool(self._hooks)

    def know(self, sessions: Sequence[Mapping[str, Any]]) -> None:
        """Know how sessions are, so that only what changes from now on is told."""
        self._namer = Namer(sessions)

    def told(self, event: Event) -> None:
        """Put what happened into the lines of the hooks that want it; never waits."""
        if self._is_closed or not self._hooks:
            return
        try:
            self._hand_out(self._namer.happened(event))
        except Exception:
            # The journal goes on whatever an event is made of.
            logger.exception("hook_event_fault", extra={"kind": event.kind.value})

    def _hand_out(self, all_happened: Sequence[Happened]) -> None:
        for happened in all_happened:
            for hook in self._hooks.values():
                if any(matches(each, happened.name) for each in hook.settings.on):
                    self._line_up(hook, happened)

    def _line_up(self, hook: _Hook, happened: Happened) -> None:
        key = (happened.name, happened.session_id)
        # What is newer stands at the end of the line, with the newest state.
        before = hook.waiting.pop(key, None)
        count = before["coalesced"] + 1 if before else 1
        hook.waiting[key] = {**happened.payload, "coalesced": count}
        if len(hook.waiting) > MAX_WAITING:
            oldest = next(iter(hook.waiting))
            hook.result.left_out += hook.waiting.pop(oldest)["coalesced"]
        if hook.task is None:
            hook.task = asyncio.create_task(self._work_off(hook), name="hook")

    async def _work_off(self, hook: _Hook) -> None:
        try:
            while hook.waiting:
                payload = hook.waiting.pop(next(iter(hook.waiting)))
                await self._run(hook, payload)
        except Exception:
            logger.exception("hook_fault", extra={"hook": hook.name})
        finally:
            hook.task = None

    async def _run(self, hook: _Hook, payload: dict[str, Any]) -> Result:
        async with self._room:
            ended, output = await self._ended(hook, payload)
        result = hook.result
        result.runs += 1
        result.at, result.event = datetime.now(UTC), str(payload["event"])
        result.ok = isinstance(ended, Ended) and ended.is_ok
        result.note = how_it_ended(ended) if isinstance(ended, Ended) else ended
        result.seconds = ended.seconds if isinstance(ended, Ended) else 0.0
        result.output = output
        if result.ok:
            hook.said = ""
        else:
            result.failures += 1
            self._say_failure(hook)
        return result

    async def _ended(
        self, hook: _Hook, payload: dict[str, Any]
    ) -> tuple[Ended | str, str]:
        """Run it; gives how it ended, or why it could not begin, and what it printed."""
        kept = bytearray()

        async def keep(data: bytes) -> None:
            kept.extend(data)
            del kept[:-KEPT_OUTPUT]

        session = payload.get("session") or {}
        env = {
            **os.environ,
            "AGENTDECK_HOOK": hook.name,
            "AGENTDECK_EVENT": str(payload["event"]),
            "AGENTDECK_NAME": str(session.get("name") or ""),
        }
        mark = f"hook-{secrets.token_hex(6)}"
        marker = self._markers / mark
        try:
            await asyncio.to_thread(_put, marker)
            ended = await run_command(
                Command(hook.name, tuple(hook.settings.run)),
                Path.home(),
                env,
                keep,
                mark=mark,
                timeout_s=hook.settings.timeout_s,
                stdin=json.dumps(payload).encode() + b"\n",
            )
        except (OSError, ValueError) as error:
            return f"it could not be started: {error}", ""
        finally:
            await asyncio.to_thread(marker.unlink, missing_ok=True)
        return ended, kept.decode(errors="replace")

    def _say_failure(self, hook: _Hook) -> None:
        note, now = hook.result.note, time.monotonic()
        logger.warning(
            "hook_failed: %s: %s: %s",
            hook.name,
            note,
            hook.result.output[-500:].strip(),
            extra={"hook": hook.name, "event": hook.result.event},
        )
        if hook.said == note and now - hook.said_at < SAY_AGAIN_S:
            return
        hook.said, hook.said_at = note, now
        last = hook.result.output.strip().splitlines()[-1:] or [""]
        said = f"The hook {hook.name!r} failed on {hook.result.event}: {note}."
        self._notice(f"{said} {last[0][:200]}".strip())

    async def test(self, name: str) -> dict[str, Any]:
        """Run a hook once with a sample event; gives how it fared.

        Raises:
            UsageError: If there is no such hook.
        """
        hook = self._hooks.get(name)
        if hook is None:
            there = ", ".join(self._hooks) or "none"
            raise UsageError(
                f"There is no hook {name!r}. In the settings are: {there}."
            )
        # A hook of its own, so that a test neither waits in the line nor counts.
        probe = _Hook(name, hook.settings)
        probe.said_at = time.monotonic()
        async with self._room:
            ended, output = await self._ended(probe, dict(SAMPLE))
        is_ended = isinstance(ended, Ended)
        return {
            "name": name,
            "ok": isinstance(ended, Ended) and ended.is_ok,
            "note": how_it_ended(ended) if isinstance(ended, Ended) else ended,
            "seconds": round(ended.seconds, 3) if is_ended else 0.0,  # type: ignore[union-attr]
            "output": output,
        }

    def listed(self) -> list[dict[str, Any]]:
        """Each hook with its settings and how it fared."""
        return [
            {
                "name": hook.name,
                "on": list(hook.settings.on),
                "run": list(hook.settings.run),
                "timeout_s": hook.settings.timeout_s,
                "running": hook.task is not None,
                "waiting": len(hook.waiting),
                "runs": hook.result.runs,
                "failures": hook.result.failures,
                "left_out": hook.result.left_out,
                "at": hook.result.at.isoformat() if hook.result.at else None,
                "event": hook.result.event,
                "ok": hook.result.ok,
                "note": hook.result.note,
                "seconds": round(hook.result.seconds, 3),
                "output": hook.result.output,
            }
            for hook in self._hooks.values()
        ]

    async def close(self) -> None:
        """Run no more, and end what runs with all that it started."""
        self._is_closed = True
        tasks = [hook.task for hook in self._hooks.values() if hook.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _put(marker: Path) -> None:
    marker.parent.mkdir(mode=0o700, exist_ok=True)
    marker.touch(mode=0o600)
