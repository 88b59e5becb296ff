"""Gathers the signs of what each running agent does, and sets its status by them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from agentdeck.agents.definition import Agent, detect
from agentdeck.core.session import Activity, Needs, NeedsKind, Session
from agentdeck.core.status import Evidence, Source, status_of, with_status
from agentdeck.host.sessions import Sessions
from agentdeck.rpc.wire import needs_from_wire


class Witness:
    """Keeps the newest sign of each source for one session."""

    def __init__(self, sessions: Sessions, session_id: str, agent: Agent) -> None:
        self._sessions = sessions
        self._session_id = session_id
        self._agent = agent
        self._signs: dict[Source, Evidence] = {}
        self._order = 0

    def remember(self, session: Session) -> None:
        """Take up what the last host believed of a session that goes on."""
        why = session.why
        if session.activity is None or why is None:
            self.add(Source.OUTPUT, Activity.WORKING, "its runner was found again")
            return
        source = Source[why.source.upper()]
        self._signs[source] = Evidence(
            source, session.activity, self._order, why.at, why.detail, session.needs
        )

    @property
    def believed(self) -> Evidence | None:
        """The sign that decides now."""
        return status_of(self._signs)

    @property
    def signs(self) -> list[Evidence]:
        """The newest sign of each source, newest first."""
        return sorted(self._signs.values(), key=lambda e: -e.order)

    def add(
        self,
        source: Source,
        activity: Activity,
        detail: str,
        needs: Needs | None = None,
    ) -> None:
        """Take a sign, and set the session's status by all of them."""
        self._order += 1
        now = datetime.now(UTC)
        self._signs[source] = Evidence(
            source, activity, self._order, now, detail[:500], needs
        )
        self.apply()

    def apply(self) -> None:
        """Set the session's status by the signs there are."""
        sign, session = self.believed, self._sessions.find(self._session_id)
        if sign is not None and session is not None:
            self._sessions.put(with_status(session, sign, datetime.now(UTC)))

    def hook(self, report: dict[str, Any]) -> None:
        """Take a report from the agent's own hook.

        Raises:
            ValueError: If it is not of the form that hooks write.
        """
        activity = Activity(str(report.get("activity")))
        asked = report.get("needs")
        needs = needs_from_wire(asked) if isinstance(asked, dict) else None
        if activity is Activity.NEEDS_INPUT and needs is None:
            needs = Needs(
                NeedsKind.INPUT, str(report.get("detail") or "Waits for you.")
            )
        self.add(Source.HOOK, activity, str(report.get("detail", "")), needs)

    def output_began(self, line: str) -> None:
        """Take note that the agent prints after a silence."""
        self.add(Source.OUTPUT, Activity.WORKING, f"it prints: {line}"[:200])

    def answered(self, what: str) -> None:
        """Take note that a person answered it."""
        self.add(Source.ANSWER, Activity.WORKING, what)

    def answered_if_asked(self, what: str) -> None:
        """Take note of an answer if the agent waits for one."""
        believed = self.believed
        if believed is not None and believed.activity is not Activity.WORKING:
            self.answered(what)

    def rang(self, text: str) -> None:
        """Take a bell or a notification: the agent calls for a person."""
        needs = Needs(NeedsKind.INPUT, text)
        self.add(Source.SIGNAL, Activity.NEEDS_INPUT, text, needs)

    def progressed(self, state: int, value: int | None) -> None:
        """Take a progress report (OSC 9;4)."""
        if state in (1, 3):
            detail = "progress" if value is None else f"progress {value} %"
            self.add(Source.SIGNAL, Activity.WORKING, detail)

    def settled(self, message: dict[str, Any]) -> None:
        """Read a screen on which nothing moved for a while."""
        lines = [str(line) for line in message.get("lines", [])]
        found = detect(self._agent.rules, lines)
        if found is not None:
            self.add(Source.SCREEN, found.activity, found.detail, found.needs)
            return
        foreground = message.get("foreground") or {}
        if message.get("reading") is True:
            self._waits_at_terminal(str(message.get("last_line", "")), foreground)

    def _waits_at_terminal(self, line: str, foreground: dict[str, Any]) -> None:
        detail = f"{foreground.get('name') or 'a process'} waits at its terminal"
        if self._agent.reads_terminal_when_idle:
            self.add(Source.PROCESS, Activity.IDLE, detail)
        else:
            needs = Needs(NeedsKind.INPUT, line or detail)
            self.add(Source.PROCESS, Activity.NEEDS_INPUT, detail, needs)
