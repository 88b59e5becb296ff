"""Gemini CLI.

Flags, hooks, titles and screen texts as seen with 0.61.0. Its hooks come by a file of
system defaults, the weakest of its settings, which the environment names for the
session alone (in place of one that a person's environment may name). It reads that
file only below folders that nobody else may write to. In a folder that it does not
trust it runs no hooks and is read by its title and its screen. Given a prompt at its
start it would work on it while it still asks for trust, with two dialogs for one key,
and forget the rest when it restarts itself once it is trusted; so its prompt is typed
when it first rests, and its session id is learnt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agentdeck.agents.conversations import gemini_said
from agentdeck.agents.definition import (
    Agent,
    Launch,
    Report,
    Start,
    Usage,
    model_of,
    rule,
)
from agentdeck.agents.hooks import HOOK_COMMAND, MAX_DETAIL, tool_text
from agentdeck.agents.transcripts import json_lines
from agentdeck.core.session import Activity, Needs, NeedsKind

EVENTS = (
    "SessionStart",
    "BeforeAgent",
    "BeforeTool",
    "Notification",
    "AfterTool",
    "AfterAgent",
)
DEFAULTS_FILE = "gemini-defaults.json"
MODES = {
    mode: ("--approval-mode", mode) for mode in ("default", "auto_edit", "yolo", "plan")
}

MODELS = r"gemini"
"""Names of models that it has; empty takes any."""


def _defaults() -> str:
    command = {"type": "command", "name": "agentdeck", "command": HOOK_COMMAND}
    hook = [{"matcher": "*", "hooks": [command]}]
    return json.dumps({"hooks": dict.fromkeys(EVENTS, hook)})


def _launch(start: Start) -> Launch:
    argv = ["gemini"]
    model = model_of(MODELS, start.model, start.custom)
    if model:
        argv += ["-m", model]
    argv += MODES.get(start.permission_mode or "", ())
    typed = None
    if start.resume:
        argv += ["--resume", start.conversation or "latest"]
    elif start.prompt:
        typed = _prompt(start)
    file = start.folder / DEFAULTS_FILE
    env = {"GEMINI_CLI_SYSTEM_DEFAULTS_PATH": str(file)}
    return Launch(tuple(argv), typed, env=env, files={DEFAULTS_FILE: _defaults()})


def _prompt(start: Start) -> str:
    """The prompt, with a custom agent's text before it, as it has no option for one."""
    parts = [start.custom.prompt, ""] if start.custom is not None else []
    return "\n".join([*parts, start.prompt, *(f"@{image}" for image in start.images)])


def _report(report: Mapping[str, Any]) -> Report | None:
    event = str(report.get("hook_event_name") or "")
    conversation = str(report.get("session_id") or "")
    transcript = str(report.get("transcript_path") or "")
    activity, detail, needs = _meaning(event, report)
    if not event:
        return None
    return Report(activity, detail[:MAX_DETAIL], needs, conversation, transcript)


def _meaning(
    event: str, report: Mapping[str, Any]
) -> tuple[Activity | None, str, Needs | None]:
    tool = tool_text(str(report.get("tool_name") or ""), report.get("tool_input"))
    match event:
        case "BeforeAgent":
            return Activity.WORKING, f"BeforeAgent: {report.get('prompt', '')}", None
        case "BeforeTool" | "AfterTool":
            return Activity.WORKING, f"{event}: {tool}", None
        case "AfterAgent":
            said = f"AfterAgent: {report.get('prompt_response', '')}"
            return Activity.IDLE, said, None
        case "Notification" if report.get("notification_type") == "ToolPermission":
            text = _asked(report)
            needs = Needs(NeedsKind.PERMISSION, text)
            return Activity.NEEDS_INPUT, f"Notification: {text}", needs
        case _:
            return None, event, None


def _asked(report: Mapping[str, Any]) -> str:
    details = report.get("details")
    given: Mapping[str, Any] = details if isinstance(details, dict) else {}
    if given.get("type") == "exec":
        return f"Shell({given.get('command')})"[:MAX_DETAIL]
    if given.get("type") == "edit":
        return f"Edit({given.get('filePath') or given.get('fileName')})"[:MAX_DETAIL]
    return str(given.get("title") or report.get("message") or "A tool")[:MAX_DETAIL]


def usage_in(transcript: Path) -> Usage | None:
    """Tokens by the chat's record; it tells no cost."""
    counted: dict[str, tuple[int, int]] = {}
    for number, line in enumerate(json_lines(transcript, '"tokens"')):
        used = line.get("tokens")
        if isinstance(used, dict):
            name = str(line.get("id") or number)
            tokens = (int(used.get("input") or 0), int(used.get("output") or 0))
            counted[name] = tokens
    if not counted:
        return None
    totals = counted.values()
    return Usage(sum(i for i, _ in totals), sum(o for _, o in totals))


_UNTIL_RESTARTED = r"(?![\s\S]*(?:restarting to apply|Gemini CLI v\d))"
"""What it showed before it restarted stays on the screen, and means nothing then."""

_TYPED = r"^▄{20,}\n > (?P<text>\S[^\n]*)\n(?:[^\n▀]*\n)*▀{20,}\n [^\n▄]*\n[^\n▄]*\s*\Z"
"""Its input box, above the last lines, with a text in it."""

GEMINI = Agent(
    name="gemini",
    title="Gemini CLI",
    executable="gemini",
    launch=_launch,
    rules=(
        rule(
            rf"restarting to apply the trust changes{_UNTIL_RESTARTED}",
            Activity.WORKING,
        ),
        rule(
            r"(?P<text>Apply this change\?|Allow execution of[^\n?]*(?:\n[^\n?]*)?\?"
            r"|Do you want to proceed\?)",
            Activity.NEEDS_INPUT,
            NeedsKind.PERMISSION,
        ),
        rule(
            rf"(?P<text>Do you trust (?:the files in )?this folder\?){_UNTIL_RESTARTED}",
            Activity.NEEDS_INPUT,
            NeedsKind.TRUST,
        ),
        rule(
            r"How would you like to authenticate|Enter Gemini API Key",
            Activity.NEEDS_INPUT,
            NeedsKind.LOGIN,
        ),
        rule(r"\(esc to cancel, ", Activity.WORKING),
        rule(r"Type your message", Activity.IDLE, title=r"\A◇"),
        rule(_TYPED, Activity.IDLE, title=r"\A◇"),
    ),
    title_rules=(
        rule(r"\A✋", Activity.NEEDS_INPUT),
        rule(r"\A✦", Activity.WORKING),
    ),
    interrupt="escape",
    unsent=re.compile(_TYPED, re.MULTILINE),
    read_report=_report,
    read_usage=usage_in,
    read_said=gemini_said,
    modes=MODES,
    models=MODELS,
    cannot_express=frozenset({"tools", "handoffs", "target", "mcp-servers"}),
)
