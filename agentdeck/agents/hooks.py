"""Hooks: how an agent's own word gets into the session's inbox, and what it means.

A hook is a plain shell command that puts the JSON on its standard input into the
inbox as one whole file. It needs no Python, says nothing and never fails, so that a
session whose inbox is gone is not disturbed. Claude Code's format is spoken by Codex
too; what the others say is in their own files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agentdeck.agents.definition import Report
from agentdeck.core.session import Activity, Needs, NeedsKind

HOOK_COMMAND = (
    'f=$(date +%s%N)-$$; cat >"$AGENTDECK_INBOX/.$f" 2>/dev/null && '
    'mv "$AGENTDECK_INBOX/.$f" "$AGENTDECK_INBOX/$f.json" 2>/dev/null; :'
)

MAX_DETAIL = 300
MAX_SAID = 4000
"""How much is taken of a prompt and of an agent's last message."""

_WORKING = frozenset(
    {"UserPromptSubmit", "PreToolUse", "PostToolUse", "PostToolUseFailure"}
)


def claude_report(report: Mapping[str, Any]) -> Report | None:
    """What a hook of Claude Code's format says; None for one of no interest."""
    event = str(report.get("hook_event_name") or "")
    said = _said(event, report)
    if said is None:
        return None
    return replace(
        said,
        conversation=str(report.get("session_id") or ""),
        transcript=str(report.get("transcript_path") or ""),
    )


def _said(event: str, report: Mapping[str, Any]) -> Report | None:
    if event == "SessionStart":
        return Report(None, f"SessionStart: {report.get('source', '')}")
    if event == "UserPromptSubmit":
        prompt = str(report.get("prompt") or "")
        detail = f"UserPromptSubmit: {prompt}"[:MAX_DETAIL]
        return Report(Activity.WORKING, detail, prompt=prompt[:MAX_SAID])
    if event in _WORKING:
        return Report(Activity.WORKING, _what(event, report))
    if event == "Stop":
        last = str(report.get("last_assistant_message") or "")
        detail = f"Stop: {last}" if last else "Stop: its turn is over"
        return Report(Activity.IDLE, detail[:MAX_DETAIL], said=last[:MAX_SAID])
    if event == "PermissionRequest":
        needs = _asked(report)
        detail = f"PermissionRequest: {needs.text}"
        return Report(Activity.NEEDS_INPUT, detail[:MAX_DETAIL], needs)
    if event == "StopFailure":
        return _failed(report)
    return None


def tool_text(name: str, given: object) -> str:
    """A tool's call in a line, such as `Bash(npm test)`.

    What it asks for that is dangerous by its own name follows, so that a person and
    a rule see it: `Bash(npm test) dangerouslyDisableSandbox`.
    """
    values = given if isinstance(given, Mapping) else {}
    risks = [key for key in values if "dangerous" in str(key) and values[key]]
    for key in ("command", "cmd", "file_path", "path", "url", "pattern", "query"):
        value = values.get(key)
        if isinstance(value, list):
            value = " ".join(str(part) for part in value)
        if value:
            return " ".join([f"{name}({str(value)[:MAX_DETAIL]})", *risks])
    return " ".join([name, *risks])


def _what(event: str, report: Mapping[str, Any]) -> str:
    tool = tool_text(str(report.get("tool_name")), report.get("tool_input"))
    return f"{event}: {tool}"


def _asked(report: Mapping[str, Any]) -> Needs:
    name, given = str(report.get("tool_name")), report.get("tool_input") or {}
    if name == "AskUserQuestion":
        return _question(given)
    if name == "ExitPlanMode":
        return Needs(NeedsKind.PLAN, "Its plan is ready. Shall it go on?")
    return Needs(NeedsKind.PERMISSION, tool_text(name, given))


def _question(given: Mapping[str, Any]) -> Needs:
    questions = given.get("questions") or [{}]
    first = questions[0] if isinstance(questions[0], dict) else {}
    options = first.get("options") or []
    labels = tuple(str(o.get("label")) for o in options if isinstance(o, dict))
    more = f" (the first of {len(questions)})" if len(questions) > 1 else ""
    return Needs(
        NeedsKind.QUESTION, f"{first.get('question') or 'A question'}{more}", labels
    )


_LIMITS = frozenset({"rate_limit", "usage_limit", "billing_error"})


def _failed(report: Mapping[str, Any]) -> Report:
    error = str(report.get("error") or "error")
    said = str(report.get("last_assistant_message") or error)
    kind = NeedsKind.ERROR
    if error in _LIMITS:
        kind = NeedsKind.LIMIT
    elif "authentication" in error or "login" in said.lower():
        kind = NeedsKind.LOGIN
    detail = f"StopFailure: {error}: {said}"[:MAX_DETAIL]
    return Report(Activity.NEEDS_INPUT, detail, Needs(kind, said[:MAX_DETAIL]))
