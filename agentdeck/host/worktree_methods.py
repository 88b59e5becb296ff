"""The methods on repositories' settings, setups and checks."""

from __future__ import annotations

import asyncio
import shlex
from typing import TYPE_CHECKING, Any

from agentdeck.config.repository_settings import FILE_NAME
from agentdeck.config.review_settings import ReviewRuleEntry
from agentdeck.core.checks import Command
from agentdeck.core.session import Phase, Session
from agentdeck.host.each import each_session
from agentdeck.host.method import Method
from agentdeck.host.trust import Standing
from agentdeck.rpc import worktree_messages as m

if TYPE_CHECKING:
    from agentdeck.host.application import Host


class WorktreeMethods:
    """Their table by name."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.table: dict[str, Method] = {
            "trust.show": Method(m.OneRepository, self._show),
            "trust.grant": Method(m.GrantTrust, self._grant),
            "trust.revoke": Method(m.OneRepository, self._revoke),
            "session.check": Method(m.CheckSessions, self._check),
            "session.checked": Method(m.ReadChecks, self._checked),
            "session.setup": Method(m.SetUpSessions, self._set_up),
            "session.setup_state": Method(m.ReadSetup, self._setup_state),
            "session.output": Method(m.ReadOutput, self._output),
        }

    async def _show(self, params: m.OneRepository) -> dict[str, Any]:
        return standing_to_wire(await self._host.trust.of(params.repo))

    async def _grant(self, params: m.GrantTrust) -> dict[str, Any]:
        standing = await self._host.trust.grant(params.repo, params.hash)
        return standing_to_wire(standing)

    async def _revoke(self, params: m.OneRepository) -> dict[str, Any]:
        return {"revoked": await self._host.trust.revoke(params.repo)}

    async def _check(self, params: m.CheckSessions) -> dict[str, Any]:
        checks = self._host.checks

        async def act(session: Session) -> dict[str, Any]:
            if params.cancel:
                return {"cancelled": await checks.cancel(session.id)}
            await checks.start(session)
            return {}

        return await each_session(self._host.sessions, params.ids, act)

    async def _checked(self, params: m.ReadChecks) -> dict[str, Any]:
        waiting = [self._host.checks.wait(each) for each in params.ids]
        try:
            async with asyncio.timeout(params.wait_s):
                await asyncio.gather(*waiting)
        except TimeoutError:
            pass

        async def act(session: Session) -> dict[str, Any]:
            return {
                "check": session.check.value,
                "note": session.check_note,
                "commit": session.check_commit,
            }

        return await each_session(self._host.sessions, params.ids, act)

    async def _set_up(self, params: m.SetUpSessions) -> dict[str, Any]:
        preparer = self._host.preparer

        async def act(session: Session) -> dict[str, Any]:
            if not params.cancel:
                await preparer.rerun(session)
            elif session.phase is Phase.PREPARING:
                await self._host.stop_session(session, force=False)
            else:
                await preparer.stop(session.id)
                preparer.stop_is_over(session.id)
            return {}

        return await each_session(self._host.sessions, params.ids, act)

    async def _setup_state(self, params: m.ReadSetup) -> dict[str, Any]:
        running = await self._host.preparer.wait(params.id, params.wait_s)
        session = self._host.sessions.session(params.id)
        return {
            "state": session.setup.value,
            "note": session.setup_note,
            "running": running,
        }

    async def _output(self, params: m.ReadOutput) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)
        output = self._host.outputs.last(session.id, params.kind)
        return await output.read(params.position, params.wait_s)


def standing_to_wire(standing: Standing) -> dict[str, Any]:
    """A repository's settings and trust, as clients see them."""
    settings = standing.settings
    return {
        "repo": standing.repo,
        "file": FILE_NAME,
        "exists": bool(standing.hash),
        "problem": standing.problem,
        "hash": standing.hash,
        "trusted": standing.is_trusted,
        "needs_trust": standing.needs_trust,
        "changes": standing.changes,
        "setup": _named(settings.setup),
        "teardown": _named(settings.teardown),
        "checks": _named(settings.check_commands),
        "when": settings.checks.when,
        "reviews": [_reviewer(rule) for rule in settings.reviews.rules],
        "submodules": settings.worktree.submodules,
        "env": settings.env,
        "include": settings.worktree.include,
        "link": settings.worktree.link,
    }


def _reviewer(rule: ReviewRuleEntry) -> str:
    """A review rule in a line: who would start, and when."""
    who = rule.agent or "the usual agent"
    who += f" as {rule.custom}" if rule.custom else ""
    told = " ".join(rule.prompt.split())
    events = ", ".join(event.value for event in rule.on)
    return f"{rule.name}: {who} on {events}" + (f": {told}" if told else "")


def _named(commands: tuple[Command, ...]) -> list[dict[str, Any]]:
    return [
        {"name": each.name, "command": _line(each), "argv": list(each.argv)}
        for each in commands
    ]


def _line(command: Command) -> str:
    is_shell = command.argv[:2] == ("sh", "-c") and len(command.argv) == 3
    return command.argv[2] if is_shell else shlex.join(command.argv)
