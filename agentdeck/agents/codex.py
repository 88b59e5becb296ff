"""Codex CLI.

Flags, hooks and screen texts as seen with 0.169.0. Its hooks come by `-c` for the
session alone. Codex asks a person to review hooks that it does not know; the same
option names the hash of each of ours, so that it asks about everybody else's as
before and not about those that AgentDeck itself passes. An older Codex that knows no
such hooks is read by its title and its screen.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from agentdeck.agents.conversations import codex_said
from agentdeck.agents.definition import (
    Agent,
    Answers,
    Launch,
    Start,
    Usage,
    model_of,
    rule,
)
from agentdeck.agents.hooks import HOOK_COMMAND, claude_report
from agentdeck.agents.outside import codex_before, codex_outside
from agentdeck.agents.transcripts import json_lines
from agentdeck.core.session import Activity, NeedsKind

EVENTS = {
    "SessionStart": "session_start",
    "UserPromptSubmit": "user_prompt_submit",
    "PreToolUse": "pre_tool_use",
    "PermissionRequest": "permission_request",
    "PostToolUse": "post_tool_use",
    "Stop": "stop",
}
HOOK_TIMEOUT_S = 600
"""Codex's own default, which is part of the hash."""
MODES = {
    "read-only": ("-a", "on-request", "-s", "read-only"),
    "default": ("-a", "on-request", "-s", "workspace-write"),
    "full-access": ("-a", "never", "-s", "danger-full-access"),
}

MODELS = r"^(?:gpt|o\d|codex)"
"""Names of models that it has; empty takes any."""


def _hooks() -> str:
    hook = {
        "async": False,
        "command": HOOK_COMMAND,
        "timeout": HOOK_TIMEOUT_S,
        "type": "command",
    }
    entries, known = [], []
    command = json.dumps(HOOK_COMMAND)
    for event, key in EVENTS.items():
        identity = json.dumps(
            {"event_name": key, "hooks": [hook]},
            sort_keys=True,
            separators=(",", ":"),
        )
        digest = hashlib.sha256(identity.encode()).hexdigest()
        entries.append(f'{event}=[{{hooks=[{{type="command",command={command}}}]}}]')
        place = f"/<session-flags>/config.toml:{key}:0:0"
        known.append(f'"{place}"={{trusted_hash="sha256:{digest}"}}')
    return f"hooks={{{','.join(entries)},state={{{','.join(known)}}}}}"


def _conversation(start: Start) -> tuple[list[str], list[str]]:
    """The verb that goes on with a conversation, and which one; nothing for a new one."""
    if start.resume:
        return ["resume"], [start.conversation or "--last"]
    if start.continues:
        # Told its folder, it does not ask which of the two to work in.
        verb = "fork" if start.forks else "resume"
        return [verb, "-C", str(start.worktree)], [start.continues]
    return [], []


def _launch(start: Start) -> Launch:
    goes_on = start.resume
    verb, conversation = _conversation(start)
    argv = ["codex", *verb, "-c", _hooks()]
    model = model_of(MODELS, start.model, start.custom)
    if model:
        argv += ["-m", model]
    argv += MODES.get(start.permission_mode or "", ())
    if start.findings is not None:
        roots = json.dumps([str(start.findings)])
        argv += ["-c", f"sandbox_workspace_write.writable_roots={roots}"]
        if not start.permission_mode:
            argv += MODES["default"]
    if start.custom is not None:
        told = json.dumps(start.custom.prompt)
        argv += ["-c", f"developer_instructions={told}"]
    for image in start.images if not goes_on else ():
        argv += ["-i", image]
    argv += conversation
    if start.prompt and not goes_on:
        argv += ["--", start.prompt]
    return Launch(tuple(argv))


def usage_in(transcript: Path) -> Usage | None:
    """Tokens by the rollout's newest count; it tells no cost."""
    usage = None
    for line in json_lines(transcript, '"token_count"'):
        payload = line.get("payload")
        info = payload.get("info") if isinstance(payload, dict) else None
        total = info.get("total_token_usage") if isinstance(info, dict) else None
        if isinstance(total, dict):
            usage = Usage(
                int(total.get("input_tokens") or 0),
                int(total.get("output_tokens") or 0),
            )
    return usage


_AT_REST = r"\A(?![⠀-⣿]|\[)"
"""A title without a spinner and without a call."""

CODEX = Agent(
    name="codex",
    title="Codex",
    executable="codex",
    launch=_launch,
    rules=(
        rule(
            r"Do you trust the contents of this directory|Trust this folder\?",
            Activity.NEEDS_INPUT,
            NeedsKind.TRUST,
        ),
        rule(r"Hooks need review", Activity.NEEDS_INPUT, NeedsKind.TRUST),
        rule(r"Sign in with ChatGPT", Activity.NEEDS_INPUT, NeedsKind.LOGIN),
        rule(
            r"Would you like to (?:run|make|apply|grant)|Allow command\?",
            Activity.NEEDS_INPUT,
            NeedsKind.PERMISSION,
        ),
        rule(
            r"(?P<text>[^\n]*hit your usage limit[^\n]*)(?=(?:\n[^\n]*){0,9}\Z)",
            Activity.NEEDS_INPUT,
            NeedsKind.LIMIT,
        ),
        rule(r"esc to interrupt|[Rr]econnecting\.* \d", Activity.WORKING),
        rule(r"^\s*›(?! \d\.)", Activity.IDLE, title=_AT_REST),
    ),
    title_rules=(rule(r"\A[⠀-⣿]", Activity.WORKING),),
    interrupt="escape",
    answers=Answers(
        after_number=("enter",), confirmed_kinds=frozenset({NeedsKind.TRUST})
    ),
    read_report=claude_report,
    read_usage=usage_in,
    # Its sandbox lets it write in the worktree, and not in the git directory beside.
    commits_itself=False,
    read_said=codex_said,
    modes=MODES,
    models=MODELS,
    forks=True,
    find_outside=codex_outside,
    record_before=codex_before,
    cannot_express=frozenset({"tools", "handoffs", "target", "mcp-servers"}),
)
