"""aider.

Flags and screen texts as seen with 0.86.2. It has no hooks and no title, so it is
read by its screen; its prompt is typed once it is up. It commits by itself.
"""

from __future__ import annotations

import re
from pathlib import Path

from agentdeck.agents.definition import (
    Agent,
    Answers,
    Launch,
    Start,
    Usage,
    model_of,
    rule,
)
from agentdeck.core.session import Activity, NeedsKind

ROLE_FILE = "aider-role.md"
MODES = {"default": (), "yes": ("--yes-always",)}

MODELS = ""
"""Names of models that it has; empty takes any."""


def _launch(start: Start) -> Launch:
    argv = ["aider", "--no-show-release-notes"]
    files: dict[str, str] = {}
    model = model_of(MODELS, start.model, start.custom)
    if model:
        argv += ["--model", model]
    argv += MODES.get(start.permission_mode or "", ())
    if start.custom is not None:
        files[ROLE_FILE] = f"{start.custom.prompt}\n"
        argv += ["--read", str(start.folder / ROLE_FILE)]
    if start.resume:
        argv.append("--restore-chat-history")
        return Launch(tuple(argv), files=files)
    argv += [*start.images]
    return Launch(tuple(argv), typed=_one_line(start.prompt), files=files)


def _one_line(prompt: str) -> str | None:
    """The prompt as it can be typed: several lines go between braces."""
    if "\n" not in prompt.strip():
        return prompt.strip() or None
    return f"{{\n{prompt.strip()}\n}}"


_COSTS = re.compile(
    r"Tokens: ([\d.]+)(k?) sent,.*?([\d.]+)(k?) received\.(?:.*?Cost: \$([\d.]+))?"
)


def usage_in(history: Path) -> Usage | None:
    """Tokens and cost by the lines that it writes into its chat history."""
    text = history.read_text(encoding="utf-8", errors="replace")
    tokens_in = tokens_out = 0
    cost: float | None = None
    for sent, sent_k, got, got_k, dollars in _COSTS.findall(text):
        tokens_in += int(float(sent) * (1000 if sent_k else 1))
        tokens_out += int(float(got) * (1000 if got_k else 1))
        if dollars:
            cost = (cost or 0.0) + float(dollars.rstrip("."))
    return Usage(tokens_in, tokens_out, cost) if tokens_in else None


AIDER = Agent(
    name="aider",
    title="aider",
    executable="aider",
    launch=_launch,
    rules=(
        rule(
            # What it is about, such as the command, stands above the question.
            r"(?P<text>(?:(?!─|[a-z-]*>|Tokens:)\S[^\n]*\n){0,6}"
            r"[^\n]*\((?:Y|y)\)es/\((?:N|n)\)o[^\n]*)\Z",
            Activity.NEEDS_INPUT,
            NeedsKind.PERMISSION,
        ),
        rule(r"Waiting for [^\n]*\Z", Activity.WORKING),
        rule(r"^[a-z-]*> *\Z", Activity.IDLE),
    ),
    interrupt="ctrl+c",
    answers=Answers(approve=("y", "enter"), deny=("n", "enter")),
    read_usage=usage_in,
    modes=MODES,
    models=MODELS,
    cannot_express=frozenset({"tools", "handoffs", "target", "mcp-servers"}),
)
