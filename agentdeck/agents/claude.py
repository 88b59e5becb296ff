"""Claude Code.

Flags, hooks and screen texts as seen with 2.1.197. Its hooks come by `--settings`
for the session alone. It gives no hook when a person interrupts or denies, so its
settled screen ends a turn too; its title tells nothing sure.
"""

from __future__ import annotations

import json
from pathlib import Path

from agentdeck.agents.conversations import claude_said
from agentdeck.agents.definition import Agent, Launch, Start, Usage, model_of, rule
from agentdeck.agents.hooks import HOOK_COMMAND, claude_report
from agentdeck.agents.outside import claude_outside
from agentdeck.agents.transcripts import json_lines
from agentdeck.core.custom_agents import CustomAgent
from agentdeck.core.session import Activity, NeedsKind

EVENTS = (
    "SessionStart",
    "UserPromptSubmit",
    "PreToolUse",
    "PermissionRequest",
    "PostToolUse",
    "PostToolUseFailure",
    "Stop",
    "StopFailure",
)
SETTINGS_FILE = "claude-settings.json"
MODES = ("default", "plan", "acceptEdits", "bypassPermissions")

MODELS = r"claude|sonnet|opus|haiku"
"""Names of models that it has; empty takes any."""


READING = ("diff", "log", "show", "blame", "status", "grep", "ls-files")
"""What of git a reviewer runs without asking."""


def _settings(start: Start) -> str:
    hook = [{"hooks": [{"type": "command", "command": HOOK_COMMAND}]}]
    settings: dict[str, object] = {"hooks": dict.fromkeys(EVENTS, hook)}
    if start.findings is not None:
        # Two slashes begin an absolute path; a rule on Edit holds for all its tools
        # that change files.
        settings["permissions"] = {
            "allow": [
                f"Edit(/{start.findings}/**)",
                *(f"Bash(git {verb}:*)" for verb in READING),
            ],
            "deny": [f"Edit(/{start.worktree}/**)"],
            "additionalDirectories": [str(start.findings)],
        }
    return json.dumps(settings)


def _launch(start: Start) -> Launch:
    argv = ["claude", "--settings", str(start.folder / SETTINGS_FILE)]
    chosen = "" if start.resume else start.conversation
    if start.continues:
        argv += ["--resume", start.continues]
        argv += ["--fork-session", "--session-id", chosen] if start.forks else []
        chosen = chosen if start.forks else start.continues
    elif chosen:
        argv += ["--session-id", chosen]
    elif start.resume:
        resumed = ["--resume", start.conversation]
        argv += resumed if start.conversation else ["--continue"]
    if start.model:
        argv += ["--model", start.model]
    argv += AGENT_MODES.get(start.permission_mode or "", ())
    if start.custom is not None:
        argv += _custom(start.custom, is_review=start.findings is not None)
    prompt = "\n".join([start.prompt, *start.images]) if start.prompt else ""
    if prompt and not start.resume:
        argv += ["--", prompt]
    files = {SETTINGS_FILE: _settings(start)}
    return Launch(tuple(argv), files=files, conversation=chosen)


def _custom(custom: CustomAgent, *, is_review: bool) -> list[str]:
    role: dict[str, object] = {
        "description": custom.description or custom.name,
        "prompt": custom.prompt,
    }
    if custom.tools is not None:
        # Without it, a reviewer could not write down what it found.
        more = ("Write",) if is_review else ()
        role["tools"] = list(dict.fromkeys((*custom.tools, *more)))
    model = model_of(MODELS, None, custom)
    if model is not None:
        role["model"] = model
    return ["--agents", json.dumps({custom.name: role}), "--agent", custom.name]


def usage_in(transcript: Path) -> Usage | None:
    """Tokens by the transcript, each answer counted once; it tells no cost."""
    counted: dict[str, tuple[int, int]] = {}
    for line in json_lines(transcript, '"usage"'):
        message = line.get("message")
        used = message.get("usage") if isinstance(message, dict) else None
        if not isinstance(used, dict) or not isinstance(message, dict):
            continue
        kept = (
            "input_tokens",
            "cache_creation_input_tokens",
            "cache_read_input_tokens",
        )
        tokens_in = sum(int(used.get(key) or 0) for key in kept)
        name = str(message.get("id"))
        counted[name] = (tokens_in, int(used.get("output_tokens") or 0))
    totals = counted.values()
    return Usage(sum(i for i, _ in totals), sum(o for _, o in totals))


AGENT_MODES = {mode: ("--permission-mode", mode) for mode in MODES}

CLAUDE = Agent(
    name="claude",
    title="Claude Code",
    executable="claude",
    launch=_launch,
    rules=(
        rule(
            r"Do you trust (?:the files in )?this folder|Is this a project you created",
            Activity.NEEDS_INPUT,
            NeedsKind.TRUST,
        ),
        rule(
            r"Select login method|Paste code here|Please run /login",
            Activity.NEEDS_INPUT,
            NeedsKind.LOGIN,
        ),
        rule(r"Would you like to proceed\?", Activity.NEEDS_INPUT, NeedsKind.PLAN),
        rule(
            r"^[ \t]*(?P<text>Do you want to [^\n?]*(?:\n[^\n?]*){0,3}\?)",
            Activity.NEEDS_INPUT,
            NeedsKind.PERMISSION,
        ),
        rule(
            r"(?P<text>^[^\n]*\?)[ \t]*\n(?=[ \t]*[❯ ] 1\. )",
            Activity.NEEDS_INPUT,
            NeedsKind.QUESTION,
        ),
        rule(r"API error · Retrying|esc to interrupt", Activity.WORKING),
        rule(
            r"(?P<text>[^\n]*(?:limit reached|hit your [\w ]*limit)[^\n]*)"
            r"(?=(?:\n[^\n]*){0,9}\Z)",
            Activity.NEEDS_INPUT,
            NeedsKind.LIMIT,
        ),
        rule(
            r"^\s*\? for shortcuts|^─{20,}[^\n]*\n(?P<text>❯[^\n]*)\n─{20,}",
            Activity.IDLE,
        ),
    ),
    interrupt="escape",
    read_report=claude_report,
    read_usage=usage_in,
    read_said=claude_said,
    modes=AGENT_MODES,
    models=MODELS,
    forks=True,
    find_outside=claude_outside,
    cannot_express=frozenset({"handoffs", "target", "mcp-servers"}),
)
