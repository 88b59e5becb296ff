"""What agents' own records say, line by line, and that other lines do no harm."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentdeck.agents.conversations import (
    MAX_TEXT,
    claude_said,
    codex_said,
    copilot_said,
    gemini_said,
)

READERS = {
    "claude": claude_said,
    "codex": codex_said,
    "gemini": gemini_said,
    "copilot": copilot_said,
}
AT = "2026-05-04T12:00:00.500Z"


def claude(role: str, content: Any, **more: Any) -> dict[str, Any]:
    message = {"role": role, "content": content}
    return {"type": role, "timestamp": AT, "message": message, **more}


def codex(line: str, **payload: Any) -> dict[str, Any]:
    return {"timestamp": AT, "type": line, "payload": payload}


def copilot(kind: str, **data: Any) -> dict[str, Any]:
    return {"type": kind, "timestamp": AT, "data": data}


@pytest.mark.parametrize(
    ("agent", "line", "expected"),
    [
        ("claude", claude("user", "Fix it"), [("prompt", "Fix it")]),
        ("claude", claude("user", "told by itself", isMeta=True), []),
        ("claude", claude("assistant", "of a helper", isSidechain=True), []),
        (
            "claude",
            claude(
                "assistant",
                [
                    {"type": "thinking", "thinking": "Hm."},
                    {"type": "text", "text": "I look.\n"},
                    {"type": "tool_use", "name": "Bash", "input": {"command": "ls"}},
                ],
            ),
            [("thought", "Hm."), ("answer", "I look."), ("tool", "Bash(ls)")],
        ),
        (
            "claude",
            claude("user", [{"type": "tool_result", "content": "a\nb"}]),
            [("result", "a\nb")],
        ),
        (
            "claude",
            claude(
                "user",
                [{"type": "tool_result", "content": [{"type": "text", "text": "a"}]}],
            ),
            [("result", "a")],
        ),
        ("claude", {"type": "summary", "summary": "x"}, []),
        (
            "codex",
            codex("event_msg", type="user_message", message="Fix it"),
            [("prompt", "Fix it")],
        ),
        (
            "codex",
            codex(
                "event_msg",
                type="item_completed",
                item={
                    "type": "UserMessage",
                    "content": [{"type": "text", "text": "Fix it"}],
                },
            ),
            [("prompt", "Fix it")],
        ),
        (
            "codex",
            codex(
                "event_msg",
                type="item_completed",
                item={
                    "type": "AgentMessage",
                    "content": [{"type": "Text", "text": "Done."}],
                },
            ),
            [("answer", "Done.")],
        ),
        (
            "codex",
            codex("event_msg", type="item_completed", item={"type": "Other"}),
            [],
        ),
        (
            "codex",
            codex("event_msg", type="agent_message", message="Done."),
            [("answer", "Done.")],
        ),
        (
            "codex",
            codex(
                "response_item",
                type="message",
                role="user",
                content=[{"type": "input_text", "text": "<environment_context>"}],
            ),
            [],
        ),
        (
            "codex",
            codex(
                "response_item",
                type="function_call",
                name="shell",
                arguments='{"command": ["ls", "-l"]}',
            ),
            [("tool", "shell(ls -l)")],
        ),
        (
            "codex",
            codex(
                "response_item",
                type="function_call_output",
                output='{"output": "total 0", "metadata": {"exit_code": 0}}',
            ),
            [("result", "total 0")],
        ),
        (
            "codex",
            codex("response_item", type="function_call_output", output="plain"),
            [("result", "plain")],
        ),
        (
            "gemini",
            {"type": "user", "timestamp": AT, "content": [{"text": "Fix it"}]},
            [("prompt", "Fix it")],
        ),
        (
            "gemini",
            {
                "type": "gemini",
                "timestamp": AT,
                "content": "Done.",
                "thoughts": [{"subject": "Plan", "description": "I plan."}],
                "toolCalls": [
                    {
                        "name": "run_shell_command",
                        "displayName": "Shell",
                        "args": {"command": "ls"},
                        "result": [
                            {"functionResponse": {"response": {"output": "a.py"}}}
                        ],
                    }
                ],
            },
            [
                ("thought", "I plan."),
                ("answer", "Done."),
                ("tool", "Shell(ls)"),
                ("result", "a.py"),
            ],
        ),
        ("copilot", copilot("user.message", content="Fix it"), [("prompt", "Fix it")]),
        ("copilot", copilot("assistant.message", content=""), []),
        (
            "copilot",
            copilot(
                "tool.execution_start", toolName="bash", arguments={"command": "ls"}
            ),
            [("tool", "bash(ls)")],
        ),
        (
            "copilot",
            copilot("tool.execution_complete", result={"content": "a.py"}),
            [("result", "a.py")],
        ),
    ],
)
def test_what_a_line_says(
    agent: str, line: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    said = list(READERS[agent](json.loads(json.dumps(line))))
    assert [(each.kind.value, each.text) for each in said] == expected
    assert all(each.at == 1777896000.5 for each in said)


def test_a_long_text_is_cut() -> None:
    (said,) = claude_said(claude("user", "x" * (2 * MAX_TEXT)))
    assert len(said.text) == MAX_TEXT


KEYS = st.sampled_from(
    [
        "type",
        "message",
        "role",
        "content",
        "timestamp",
        "payload",
        "data",
        "text",
        "name",
        "input",
        "result",
        "output",
        "toolCalls",
        "thoughts",
        "args",
        "arguments",
        "user",
        "assistant",
        "gemini",
        "event_msg",
        "response_item",
        "function_call",
        "user.message",
        "tool_use",
        "tool_result",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | KEYS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(READERS)), st.dictionaries(KEYS, VALUES, max_size=5))
def test_any_line_is_read_without_fault(agent: str, line: dict[str, Any]) -> None:
    for said in READERS[agent](line):
        assert said.text.strip()
