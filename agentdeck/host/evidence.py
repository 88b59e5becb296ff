"""Gathers the signs of what each running agent does, and sets its status by them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from agentdeck.agents.definition import Agent, Report, detect
from agentdeck.core.limits import limit_ends_at
from agentdeck.core.session import Activity, Needs, NeedsKind, Session
from agentdeck.core.status import (
    ANSWERED_DOUBT_S,
    Evidence,
    Source,
    Verdict,
    weigh,
    with_status,
)
from agentdeck.host.sessions import Sessions
from agentdeck.rpc.wire import needs_from_wire


def _nothing(_: float) -> None:
    """What a witness does that nobody listens to."""


class Witness:
    """Keeps the newest sign of each source for one session."""

    def __init__(self, sessions: Sessions, session_id: str, agent: Agent) -> None:
        self._sessions = sessions
        self._session_id = session_id
        self._agent = agent
        self._signs: dict[Source, Evidence] = {}
        self._order = 0
        self._typed_at: datetime | None = None
        self._printing_since: datetime | None = None
        self._title = ""
        self.prompt = ""
        """What it was asked to do in this turn, as far as is known."""
        self.said = ""
        """What it said at the end of its last turn, where its hook tells."""
        self._open: set[str] = set()
        """Permissions that hooks told of and that nothing has settled since."""
        self.on_doubt: Callable[[float], None] = _nothing
        """Called with the seconds after which the screen is worth another look."""

    def remember(self, session: Session) -> None:
        """Take up what the last host believed of a session that goes on."""
        why = session.why
        if session.activity is None or why is None:
            self.add(Source.OUTPUT, Activity.WORKING, "its runner was found again")
            return
        source = Source.__members__.get(why.source.upper(), Source.SIGNAL)
        self._signs[source] = Evidence(
            source, session.activity, self._order, why.at, why.detail, session.needs
        )

    @property
    def agent(self) -> Agent:
        """The agent that it watches."""
        return self._agent

    @property
    def believed(self) -> Evidence | None:
        """The sign that decides now."""
        return self._verdict().sign

    @property
    def asks_several(self) -> bool:
        """Whether several permissions are open, so the screen may show another one."""
        return len(self._open) > 1

    @property
    def signs(self) -> list[Evidence]:
        """The newest sign of each source, newest first."""
        return sorted(self._signs.values(), key=lambda e: -e.order)

    def _verdict(self) -> Verdict:
        return weigh(self._signs, self._typed_at)

    def add(
        self,
        source: Source,
        activity: Activity,
        detail: str,
        needs: Needs | None = None,
        since: datetime | None = None,
    ) -> None:
        """Take a sign, and set the session's status by all of them."""
        self._order += 1
        now = datetime.now(UTC)
        self._signs[source] = Evidence(
            source, activity, self._order, now, detail[:500], needs, since
        )
        self.apply()

    def apply(self) -> None:
        """Set the session's status by the signs there are."""
        verdict, session = self._verdict(), self._sessions.find(self._session_id)
        if verdict.look_again_s is not None:
            self.on_doubt(verdict.look_again_s)
        if verdict.sign is None or session is None:
            return
        self._sessions.put(with_status(session, verdict.sign, datetime.now(UTC)))

    def hook(self, report: Mapping[str, Any]) -> Report | None:
        """Take a report from the agent's own hook; gives what it says, if anything.

        Raises:
            ValueError: If it is not of the form that hooks write.
        """
        read = self._agent.read_report
        said = (
            _own_report(report)
            if "activity" in report or read is None
            else read(report)
        )
        if said is not None:
            self._note_conversation(said)
            self.prompt = said.prompt or self.prompt
            self.said = said.said if said.activity is Activity.IDLE else ""
            self._take_report(said)
        return said

    def _take_report(self, said: Report) -> None:
        if said.activity is None:
            return
        needs = said.needs
        if said.activity is Activity.NEEDS_INPUT and needs is None:
            needs = Needs(NeedsKind.INPUT, said.detail or "Waits for you.")
        self._add_hook(said.activity, said.detail, _with_end(needs))

    def _add_hook(self, activity: Activity, detail: str, needs: Needs | None) -> None:
        before = self._signs.get(Source.HOOK)
        answer = self._signs.get(Source.ANSWER)
        is_open = answer is None or before is None or answer.order < before.order
        if (
            needs is not None
            and before is not None
            and before.needs == needs
            and is_open
        ):
            # Said once more of the same question, as reminders do.
            return
        self._note_open(activity, detail, needs)
        self.add(Source.HOOK, activity, detail, needs)

    def _note_open(self, activity: Activity, detail: str, needs: Needs | None) -> None:
        if activity is Activity.IDLE:
            self._open.clear()
        elif needs is not None and needs.kind is NeedsKind.PERMISSION:
            self._open.add(needs.text)
        elif activity is Activity.WORKING:
            # What was asked for is being done, or was.
            self._open = {each for each in self._open if not detail.endswith(each)}

    def _note_conversation(self, said: Report) -> None:
        session = self._sessions.find(self._session_id)
        if session is None or not (said.conversation or said.transcript):
            return
        self._sessions.change(
            self._session_id,
            conversation=said.conversation or session.conversation,
            transcript=said.transcript or session.transcript,
        )

    def printed(self, line: str) -> None:
        """Take note that the agent prints, or goes on printing."""
        now = datetime.now(UTC)
        self._printing_since = self._printing_since or now
        believed = self.believed
        if believed is None or believed.activity is not Activity.WORKING:
            detail = f"it prints: {line}"[:200]
            since = self._printing_since
            self.add(Source.OUTPUT, Activity.WORKING, detail, since=since)

    def typed(self) -> None:
        """Take note that a person types into it, so that it prints an echo."""
        self._typed_at = datetime.now(UTC)
        self._printing_since = None

    def answered(self, what: str) -> None:
        """Take note that a person answered it."""
        believed = self.believed
        needs = believed.needs if believed is not None else None
        if needs is not None:
            self._open.discard(needs.text)
        self.add(Source.ANSWER, Activity.WORKING, what, needs)
        self.on_doubt(ANSWER_LOOK_S)

    def answered_if_asked(self, what: str) -> None:
        """Take note of an answer if the agent waits for one."""
        believed = self.believed
        if believed is not None and believed.activity is not Activity.WORKING:
            self.answered(what)

    def rang(self, text: str) -> None:
        """Take a bell or a notification: the agent calls for a person."""
        needs = Needs(NeedsKind.INPUT, text)
        self.add(Source.SIGNAL, Activity.NEEDS_INPUT, text, needs)

    def progressed(self, state: str, value: int | None) -> None:
        """Take a progress report (OSC 9;4)."""
        if state in ("set", "indeterminate"):
            detail = "progress" if value is None else f"progress {value} %"
            self.add(Source.SIGNAL, Activity.WORKING, detail)

    def titled(self, title: str) -> None:
        """Take the title that the agent gave its terminal."""
        self._title = title
        found = detect(self._agent.title_rules, [title])
        if found is None:
            if self._signs.pop(Source.TITLE, None) is not None:
                self.apply()
            return
        if found.activity is Activity.NEEDS_INPUT and Source.HOOK in self._signs:
            # Its hook says in a moment what is asked; if it is lost, the screen does.
            self.on_doubt(TITLE_LOOK_S)
            return
        before = self._signs.get(Source.TITLE)
        is_doubted = before is not None and self.believed is not before
        if before is None or before.activity is not found.activity or is_doubted:
            self.add(Source.TITLE, found.activity, title, found.needs)

    def settled(self, message: Mapping[str, Any]) -> None:
        """Read a screen on which nothing moved for a while."""
        self._printing_since = None
        lines = [str(line) for line in message.get("lines", [])]
        found = self._agent.detect(lines, self._title)
        if found is not None:
            needs = _with_end(found.needs)
            self.add(Source.SCREEN, found.activity, found.detail, needs)
            return
        self._signs.pop(Source.SCREEN, None)
        foreground = message.get("foreground") or {}
        if message.get("reading") is True:
            self._waits_at_terminal(str(message.get("last_line", "")), foreground)
        else:
            self.apply()

    def _waits_at_terminal(self, line: str, foreground: Mapping[str, Any]) -> None:
        detail = f"{foreground.get('name') or 'a process'} waits at its terminal"
        if self._agent.reads_terminal_when_idle:
            self.add(Source.PROCESS, Activity.IDLE, detail)
        else:
            needs = Needs(NeedsKind.INPUT, line or detail)
            self.add(Source.PROCESS, Activity.NEEDS_INPUT, detail, needs)


TITLE_LOOK_S = 0.5
"""When a screen is read after a title that says something is asked."""
ANSWER_LOOK_S = ANSWERED_DOUBT_S + 0.1
"""When a screen is read again after an answer, in case it took none."""


def _own_report(report: Mapping[str, Any]) -> Report:
    """A report in AgentDeck's own form: `{activity, detail, needs, prompt, said}`."""
    asked = report.get("needs")
    return Report(
        Activity(str(report.get("activity"))),
        str(report.get("detail", "")),
        needs_from_wire(asked) if isinstance(asked, dict) else None,
        str(report.get("conversation") or ""),
        str(report.get("transcript") or ""),
        str(report.get("prompt") or ""),
        str(report.get("said") or ""),
    )


def _with_end(needs: Needs | None) -> Needs | None:
    """A usage limit with the time at which it ends, where its words tell."""
    if needs is None or needs.kind is not NeedsKind.LIMIT:
        return needs
    return replace(needs, until=limit_ends_at(needs.text, datetime.now().astimezone()))
