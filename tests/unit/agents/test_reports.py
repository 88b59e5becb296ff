"""What the agents' hooks say, as they were recorded, in AgentDeck's words."""

from __future__ import annotations

from typing import Any

import pytest

from agentdeck.agents.claude import CLAUDE
from agentdeck.agents.codex import CODEX
from agentdeck.agents.copilot import COPILOT
from agentdeck.agents.definition import Agent
from agentdeck.agents.gemini import GEMINI
from agentdeck.agents.opencode import OPENCODE
from agentdeck.core.session import Activity, Needs, NeedsKind

WORKING, IDLE, ASKS = Activity.WORKING, Activity.IDLE, Activity.NEEDS_INPUT
PERMISSION, QUESTION = NeedsKind.PERMISSION, NeedsKind.QUESTION


def claude(event: str, **values: Any) -> dict[str, Any]:
    return {
        "session_id": "s-1",
        "transcript_path": "/t.jsonl",
        "hook_event_name": event,
        **values,
    }


def copilot(event: str, **values: Any) -> dict[str, Any]:
    return {"event": event, "payload": {"sessionId": "s-1", **values}}


def opencode(event: str, **values: Any) -> dict[str, Any]:
    return {"event": event, "properties": {"sessionID": "s-1", **values}}


BASH = {"tool_name": "Bash", "tool_input": {"command": "npm test"}}
OPTIONS = [{"label": "Postgres"}, {"label": "SQLite"}]
ASKED = {"questions": [{"question": "Which?", "options": OPTIONS}]}
CHOICES = ("Postgres", "SQLite")

ROWS: list[tuple[Agent, dict[str, Any], Activity | None, Needs | None]] = [
    (CLAUDE, claude("SessionStart", source="startup"), None, None),
    (CLAUDE, claude("UserPromptSubmit", prompt="go"), WORKING, None),
    (CLAUDE, claude("PreToolUse", **BASH), WORKING, None),
    (
        CLAUDE,
        claude("PermissionRequest", **BASH),
        ASKS,
        Needs(PERMISSION, "Bash(npm test)"),
    ),
    (
        CLAUDE,
        claude(
            "PermissionRequest",
            tool_name="Bash",
            tool_input={"command": "ls", "dangerouslyDisableSandbox": True},
        ),
        ASKS,
        Needs(PERMISSION, "Bash(ls) dangerouslyDisableSandbox"),
    ),
    (
        CLAUDE,
        claude("PermissionRequest", tool_name="AskUserQuestion", tool_input=ASKED),
        ASKS,
        Needs(QUESTION, "Which?", CHOICES),
    ),
    (
        CLAUDE,
        claude("PermissionRequest", tool_name="ExitPlanMode", tool_input={}),
        ASKS,
        Needs(NeedsKind.PLAN, "Its plan is ready. Shall it go on?"),
    ),
    (CLAUDE, claude("Stop", last_assistant_message="Done."), IDLE, None),
    (
        CLAUDE,
        claude("StopFailure", error="rate_limit", last_assistant_message="429"),
        ASKS,
        Needs(NeedsKind.LIMIT, "429"),
    ),
    (
        CLAUDE,
        claude("StopFailure", error="server_error", last_assistant_message="529"),
        ASKS,
        Needs(NeedsKind.ERROR, "529"),
    ),
    (
        CODEX,
        claude("PermissionRequest", tool_name="Bash", tool_input={"command": "ls"}),
        ASKS,
        Needs(PERMISSION, "Bash(ls)"),
    ),
    (GEMINI, claude("BeforeAgent", prompt="go"), WORKING, None),
    (
        GEMINI,
        claude(
            "Notification",
            notification_type="ToolPermission",
            details={"type": "exec", "command": "touch x"},
        ),
        ASKS,
        Needs(PERMISSION, "Shell(touch x)"),
    ),
    (GEMINI, claude("AfterAgent", prompt_response="ok"), IDLE, None),
    (COPILOT, copilot("userPromptSubmitted", prompt="go"), WORKING, None),
    (
        COPILOT,
        copilot("permissionRequest", toolName="bash", toolInput={"command": "ls"}),
        ASKS,
        Needs(PERMISSION, "bash(ls)"),
    ),
    (COPILOT, copilot("agentStop", stopReason="end_turn"), IDLE, None),
    (OPENCODE, opencode("session.status", status={"type": "busy"}), WORKING, None),
    (OPENCODE, opencode("session.status", status={"type": "idle"}), IDLE, None),
    (
        OPENCODE,
        opencode("permission.asked", permission="bash", metadata={"command": "ls"}),
        ASKS,
        Needs(PERMISSION, "bash(ls)"),
    ),
    (
        OPENCODE,
        opencode("question.asked", questions=ASKED["questions"]),
        ASKS,
        Needs(QUESTION, "Which?", CHOICES),
    ),
    (
        OPENCODE,
        opencode("session.error", error={"name": "MessageAbortedError"}),
        IDLE,
        None,
    ),
]


@pytest.mark.parametrize(("agent", "report", "activity", "needs"), ROWS)
def test_a_report_in_agentdecks_words(
    agent: Agent,
    report: dict[str, Any],
    activity: Activity | None,
    needs: Needs | None,
) -> None:
    assert agent.read_report is not None
    said = agent.read_report(report)
    assert said is not None
    assert (said.activity, said.needs) == (activity, needs)


def test_the_conversation_and_its_record_are_learnt() -> None:
    assert CLAUDE.read_report is not None
    said = CLAUDE.read_report(claude("Stop"))
    assert said is not None
    assert (said.conversation, said.transcript) == ("s-1", "/t.jsonl")


def test_a_helpers_session_is_not_the_sessions_own() -> None:
    assert OPENCODE.read_report is not None
    created = opencode("session.created", info={"id": "s-2", "parentID": "s-1"})
    assert OPENCODE.read_report(created) is None


@pytest.mark.parametrize("agent", [CLAUDE, CODEX, GEMINI, COPILOT, OPENCODE])
@pytest.mark.parametrize("report", [{}, {"event": 3}, {"hook_event_name": "New"}])
def test_what_nobody_knows_changes_nothing(
    agent: Agent, report: dict[str, Any]
) -> None:
    assert agent.read_report is not None
    said = agent.read_report(report)
    assert said is None or said.activity is None
