"""GitHub Copilot CLI.

Flags, hooks and screen texts as seen with 1.0.102. Its hooks come as a plugin in the
session's own folder, by `--plugin-dir`. What a hook gets does not say which one it is,
so each command names its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agentdeck.agents.conversations import copilot_said
from agentdeck.agents.definition import (
    Agent,
    Answers,
    Launch,
    Report,
    Start,
    Usage,
    model_of,
    rule,
)
from agentdeck.agents.hooks import MAX_DETAIL, tool_text
from agentdeck.agents.transcripts import json_lines
from agentdeck.core.session import Activity, Needs, NeedsKind

EVENTS = (
    "sessionStart",
    "userPromptSubmitted",
    "preToolUse",
    "permissionRequest",
    "postToolUse",
    "agentStop",
)
PLUGIN = "copilot-plugin"
MODES = {
    "default": (),
    "edits": ("--allow-tool", "write"),
    "all": ("--allow-all-tools",),
}

MODELS = ""
"""Names of models that it has; empty takes any."""


def _command(event: str) -> str:
    return (
        'f=$(date +%s%N)-$$; { printf \'{"event":"%s","payload":\' ' + event + "; cat; "
        "printf '}'; } >\"$AGENTDECK_INBOX/.$f\" 2>/dev/null && "
        'mv "$AGENTDECK_INBOX/.$f" "$AGENTDECK_INBOX/$f.json" 2>/dev/null; :'
    )


def _plugin() -> dict[str, str]:
    about = {
        "name": "agentdeck",
        "version": "1.0.0",
        "description": "Tells AgentDeck what this session does.",
        "hooks": "hooks.json",
    }
    hooks = {
        event: [{"type": "command", "bash": _command(event), "timeoutSec": 10}]
        for event in EVENTS
    }
    return {
        f"{PLUGIN}/plugin.json": json.dumps(about),
        f"{PLUGIN}/hooks.json": json.dumps({"version": 1, "hooks": hooks}),
    }


def _launch(start: Start) -> Launch:
    argv = ["copilot", "--plugin-dir", str(start.folder / PLUGIN)]
    files = _plugin()
    model = model_of(MODELS, start.model, start.custom)
    if model:
        argv += ["--model", model]
    argv += MODES.get(start.permission_mode or "", ())
    if start.findings is not None:
        argv += ["--add-dir", str(start.findings)]
    if start.custom is not None:
        files[f"{PLUGIN}/agents/agentdeck-role.agent.md"] = _role(start)
        about = json.loads(files[f"{PLUGIN}/plugin.json"])
        files[f"{PLUGIN}/plugin.json"] = json.dumps({**about, "agents": "agents"})
        argv += ["--agent", "agentdeck:agentdeck-role"]
    chosen = "" if start.resume else start.conversation
    if start.resume:
        argv += (
            ["--resume=" + start.conversation] if start.conversation else ["--continue"]
        )
    else:
        argv += ["--session-id", chosen] if chosen else []
        images = [f"@{image}" for image in start.images]
        if start.prompt:
            argv += ["-i", "\n".join([start.prompt, *images])]
    return Launch(tuple(argv), files=files, conversation=chosen)


def _role(start: Start) -> str:
    assert start.custom is not None  # noqa: S101 - the caller has looked
    fields: dict[str, object] = {
        "name": "agentdeck-role",
        "description": start.custom.description or start.custom.name,
    }
    if start.custom.tools is not None:
        fields["tools"] = list(start.custom.tools)
    front = "\n".join(f"{key}: {json.dumps(value)}" for key, value in fields.items())
    return f"---\n{front}\n---\n{start.custom.prompt}\n"


def _report(report: Mapping[str, Any]) -> Report | None:
    event, payload = str(report.get("event")), report.get("payload")
    if not isinstance(payload, dict):
        return None
    about = {
        "conversation": str(payload.get("sessionId") or ""),
        "transcript": str(payload.get("transcriptPath") or ""),
    }
    given = payload.get("toolArgs") or payload.get("toolInput")
    tool = tool_text(str(payload.get("toolName") or ""), given)
    match event:
        case "userPromptSubmitted":
            detail = f"{event}: {payload.get('prompt', '')}"[:MAX_DETAIL]
            return Report(Activity.WORKING, detail, None, **about)
        case "preToolUse" | "postToolUse":
            return Report(Activity.WORKING, f"{event}: {tool}", None, **about)
        case "permissionRequest":
            needs = Needs(NeedsKind.PERMISSION, tool)
            return Report(Activity.NEEDS_INPUT, f"{event}: {tool}", needs, **about)
        case "agentStop":
            detail = f"{event}: {payload.get('stopReason') or 'its turn is over'}"
            return Report(Activity.IDLE, detail, None, **about)
        case _:
            return Report(None, event, None, **about)


def usage_in(transcript: Path) -> Usage | None:
    """Tokens by the session's events; it tells no cost."""
    tokens_in = tokens_out = 0
    for line in json_lines(transcript, "okens"):
        data = line.get("data")
        if isinstance(data, dict):
            tokens_in += _number(data.get("inputTokens"))
            tokens_out += _number(data.get("outputTokens"))
    return Usage(tokens_in, tokens_out) if tokens_in or tokens_out else None


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


COPILOT = Agent(
    name="copilot",
    title="Copilot CLI",
    executable="copilot",
    launch=_launch,
    rules=(
        rule(
            r"Do you trust the files in this folder\?",
            Activity.NEEDS_INPUT,
            NeedsKind.TRUST,
        ),
        rule(
            r"(?P<text>Do you want to [^\n?]*(?:\n[^\n?]*){0,3}\?)",
            Activity.NEEDS_INPUT,
            NeedsKind.PERMISSION,
        ),
        rule(
            r"Please use /login|not logged in|No authentication information found",
            Activity.NEEDS_INPUT,
            NeedsKind.LOGIN,
        ),
        rule(r"^\s*[◉◎●○] Working", Activity.WORKING),
        rule(r"/ commands · \? help", Activity.IDLE),
    ),
    interrupt="escape",
    # It drops an Enter that comes right after a turn, and keeps the text.
    unsent=re.compile(r"^╻▄{20,}\n┃ (?P<text>\S[^\n]*)\n", re.MULTILINE),
    answers=Answers(approve=("1",), deny=("escape",)),
    read_report=_report,
    read_usage=usage_in,
    read_said=copilot_said,
    modes=MODES,
    models=MODELS,
    cannot_express=frozenset({"handoffs", "target", "mcp-servers"}),
)
