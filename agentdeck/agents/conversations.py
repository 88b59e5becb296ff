"""What a line of an agent's own record says: prompts, answers, tools, results.

The formats are other programs' and change with them, so whatever is not as expected
says nothing. Records as of the versions named in each agent's file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from agentdeck.agents.hooks import tool_text
from agentdeck.core.conversation import Said, SaidKind

MAX_TEXT = 20_000
"""Longer texts are cut: a result may be a whole file."""


def claude_said(line: Mapping[str, Any]) -> Iterator[Said]:
    """What a line of Claude Code's transcript says."""
    message = line.get("message")
    if not isinstance(message, dict) or line.get("isMeta") or line.get("isSidechain"):
        return
    at = _time(line.get("timestamp"))
    is_person = message.get("role") == "user"
    content = message.get("content")
    if isinstance(content, str):
        yield from _said(SaidKind.PROMPT if is_person else SaidKind.ANSWER, content, at)
        return
    for part in _dicts(content):
        match part.get("type"):
            case "text":
                kind = SaidKind.PROMPT if is_person else SaidKind.ANSWER
                yield from _said(kind, part.get("text"), at)
            case "thinking":
                yield from _said(SaidKind.THOUGHT, part.get("thinking"), at)
            case "tool_use":
                call = tool_text(str(part.get("name") or "tool"), part.get("input"))
                yield from _said(SaidKind.TOOL, call, at)
            case "tool_result":
                yield from _said(SaidKind.RESULT, _plain(part.get("content")), at)
            case _:
                pass


def codex_said(line: Mapping[str, Any]) -> Iterator[Said]:
    """What a line of a Codex rollout says.

    Prompts and answers are taken from its events: its items also hold instructions
    and surroundings that nobody typed.
    """
    payload = line.get("payload")
    if not isinstance(payload, dict):
        return
    at = _time(line.get("timestamp"))
    if line.get("type") == "event_msg":
        yield from _codex_event(payload, at)
    elif line.get("type") == "response_item":
        yield from _codex_item(payload, at)


def _codex_event(payload: Mapping[str, Any], at: float | None) -> Iterator[Said]:
    match payload.get("type"):
        case "user_message":
            yield from _said(SaidKind.PROMPT, payload.get("message"), at)
        case "agent_message":
            yield from _said(SaidKind.ANSWER, payload.get("message"), at)
        case "agent_reasoning":
            yield from _said(SaidKind.THOUGHT, payload.get("text"), at)
        case "item_completed":
            # So tells 0.169 what older ones tell by the events above.
            item = payload.get("item")
            if isinstance(item, dict):
                kind = _CODEX_ITEMS.get(str(item.get("type")))
                text = _plain(item.get("content")) if kind else ""
                yield from _said(kind or SaidKind.ANSWER, text, at)
        case _:
            pass


_CODEX_ITEMS = {"UserMessage": SaidKind.PROMPT, "AgentMessage": SaidKind.ANSWER}


def _codex_item(payload: Mapping[str, Any], at: float | None) -> Iterator[Said]:
    match payload.get("type"):
        case "function_call" | "custom_tool_call":
            given = _parsed(payload.get("arguments") or payload.get("input"))
            call = tool_text(str(payload.get("name") or "tool"), given)
            yield from _said(SaidKind.TOOL, call, at)
        case "local_shell_call":
            call = tool_text("shell", payload.get("action"))
            yield from _said(SaidKind.TOOL, call, at)
        case "function_call_output" | "custom_tool_call_output":
            output = _parsed(payload.get("output"))
            if isinstance(output, dict):
                output = output.get("output") or output.get("content")
            yield from _said(SaidKind.RESULT, _plain(output), at)
        case _:
            pass


def gemini_said(line: Mapping[str, Any]) -> Iterator[Said]:
    """What a line of a Gemini CLI chat says."""
    at = _time(line.get("timestamp"))
    match line.get("type"):
        case "user":
            yield from _said(SaidKind.PROMPT, _plain(line.get("content")), at)
        case "gemini":
            for thought in _dicts(line.get("thoughts")):
                text = thought.get("description") or thought.get("subject")
                yield from _said(SaidKind.THOUGHT, text, at)
            yield from _said(SaidKind.ANSWER, _plain(line.get("content")), at)
            for call in _dicts(line.get("toolCalls")):
                name = str(call.get("displayName") or call.get("name") or "tool")
                yield from _said(SaidKind.TOOL, tool_text(name, call.get("args")), at)
                result = call.get("resultDisplay") or _plain(call.get("result"))
                yield from _said(SaidKind.RESULT, result, at)
        case _:
            pass


def copilot_said(line: Mapping[str, Any]) -> Iterator[Said]:
    """What a line of a Copilot CLI session's events says."""
    data = line.get("data")
    if not isinstance(data, dict):
        return
    at = _time(line.get("timestamp"))
    match line.get("type"):
        case "user.message":
            yield from _said(SaidKind.PROMPT, data.get("content"), at)
        case "assistant.message":
            yield from _said(SaidKind.ANSWER, data.get("content"), at)
        case "assistant.reasoning":
            yield from _said(SaidKind.THOUGHT, data.get("content"), at)
        case "tool.execution_start":
            name = str(data.get("toolName") or "tool")
            call = tool_text(name, _parsed(data.get("arguments")))
            yield from _said(SaidKind.TOOL, call, at)
        case "tool.execution_complete":
            result = data.get("result")
            given = result.get("content") if isinstance(result, dict) else result
            yield from _said(SaidKind.RESULT, _plain(given), at)
        case _:
            pass


def _said(kind: SaidKind, text: object, at: float | None) -> Iterator[Said]:
    if isinstance(text, str) and text.strip():
        yield Said(kind, text.strip("\n")[:MAX_TEXT], at)


def _plain(content: object) -> str:
    """The text of content that may be a text, a list of parts, or a part of a part."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(filter(None, (_plain(part) for part in content)))
    if isinstance(content, dict):
        for key in ("text", "output", "content", "functionResponse", "response"):
            if content.get(key):
                return _plain(content[key])
    return ""


def _parsed(value: object) -> object:
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _dicts(value: object) -> list[dict[str, Any]]:
    return [p for p in value if isinstance(p, dict)] if isinstance(value, list) else []


def _time(value: object) -> float | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value).timestamp()
    except ValueError:
        return None
