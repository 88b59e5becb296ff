"""OpenCode.

Flags, events and screen texts as seen with 1.18.33. Its events come by a plugin in
the session's own folder, which its configuration in the environment names beside the
person's own. Its choices stand side by side and know no numbers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agentdeck.agents.definition import (
    Agent,
    Answers,
    Launch,
    Report,
    Start,
    model_of,
    rule,
)
from agentdeck.agents.hooks import MAX_DETAIL
from agentdeck.core.session import Activity, Needs, NeedsKind

PLUGIN_FILE = "opencode-agentdeck.js"
PLUGIN = """\
// Tells AgentDeck what this session does. It holds for this session only.
import { writeFileSync, renameSync } from "node:fs"
const told = /^(session\\.(status|idle|error|created)|permission\\.(asked|replied)|question\\.(asked|replied|rejected))$/
let number = 0
export const AgentDeck = async () => ({
  event: async ({ event }) => {
    const folder = process.env.AGENTDECK_INBOX
    if (!folder || !told.test(event.type)) return
    const order = String(number++).padStart(6, "0")
    const name = `${Date.now()}${order}-${process.pid}`
    try {
      const report = { event: event.type, properties: event.properties }
      writeFileSync(`${folder}/.${name}`, JSON.stringify(report))
      renameSync(`${folder}/.${name}`, `${folder}/${name}.json`)
    } catch {}
  },
})
"""
MODES = {
    "ask": ("edit", "bash", "webfetch"),
    "edits": ("bash", "webfetch"),
    "all": (),
}
"""What each mode asks about; the rest is allowed."""

MODELS = r"/"
"""Names of models that it has; empty takes any."""


def _launch(start: Start) -> Launch:
    argv = ["opencode"]
    model = model_of(MODELS, start.model, start.custom)
    if model:
        argv += ["-m", model]
    config: dict[str, Any] = {"plugin": [(start.folder / PLUGIN_FILE).as_uri()]}
    if start.permission_mode is not None:
        asks = MODES[start.permission_mode]
        every = ("edit", "bash", "webfetch")
        config["permission"] = {k: "ask" if k in asks else "allow" for k in every}
    if start.custom is not None:
        role = {"description": start.custom.description or start.custom.name}
        role |= {"prompt": start.custom.prompt, "mode": "primary"}
        config["agent"] = {start.custom.name: role}
        argv += ["--agent", start.custom.name]
    if start.resume:
        argv += ["--session", start.conversation] if start.conversation else ["-c"]
    elif start.continues:
        argv += ["--session", start.continues, *(["--fork"] if start.forks else [])]
    if start.prompt and not start.resume:
        argv += ["--prompt", "\n".join([start.prompt, *start.images])]
    env = {"OPENCODE_CONFIG_CONTENT": json.dumps(config)}
    return Launch(tuple(argv), env=env, files={PLUGIN_FILE: PLUGIN})


def _report(report: Mapping[str, Any]) -> Report | None:
    event, given = str(report.get("event")), report.get("properties")
    if not isinstance(given, dict):
        return None
    conversation = str(given.get("sessionID") or "")
    info = given.get("info")
    if isinstance(info, dict) and info.get("parentID"):
        # A helper's own session; its end is not the end of the turn.
        return None
    activity, detail, needs = _meaning(event, given)
    if event != "session.created":
        conversation = ""
    return Report(activity, detail[:MAX_DETAIL], needs, conversation)


def _meaning(
    event: str, given: Mapping[str, Any]
) -> tuple[Activity | None, str, Needs | None]:
    match event:
        case "session.status":
            status = given.get("status")
            kind = status.get("type") if isinstance(status, dict) else None
            activity = Activity.IDLE if kind == "idle" else Activity.WORKING
            return activity, f"{event}: {kind}", None
        case "permission.asked":
            asked = _asked(given)
            needs = Needs(NeedsKind.PERMISSION, asked)
            return Activity.NEEDS_INPUT, f"{event}: {asked}", needs
        case "question.asked":
            needs = _question(given)
            return Activity.NEEDS_INPUT, f"{event}: {needs.text}", needs
        case "permission.replied" | "question.replied" | "question.rejected":
            return Activity.WORKING, event, None
        case "session.error":
            return _error(given)
        case _:
            return None, event, None


def _asked(given: Mapping[str, Any]) -> str:
    metadata = given.get("metadata")
    told = metadata if isinstance(metadata, dict) else {}
    patterns = given.get("patterns") or [""]
    what = told.get("command") or told.get("filepath") or patterns[0]
    return f"{given.get('permission')}({what})"[:MAX_DETAIL]


def _question(given: Mapping[str, Any]) -> Needs:
    questions = given.get("questions") or [{}]
    first = questions[0] if isinstance(questions[0], dict) else {}
    options = [o for o in first.get("options") or [] if isinstance(o, dict)]
    labels = tuple(str(option.get("label")) for option in options)
    return Needs(NeedsKind.QUESTION, str(first.get("question") or "A question"), labels)


def _error(given: Mapping[str, Any]) -> tuple[Activity | None, str, Needs | None]:
    error = given.get("error")
    told = error if isinstance(error, dict) else {}
    if told.get("name") == "MessageAbortedError":
        return Activity.IDLE, "session.error: interrupted", None
    data = told.get("data")
    text = str(
        (data if isinstance(data, dict) else {}).get("message") or told.get("name")
    )
    is_limit = "429" in text or "rate limit" in text.lower()
    kind = NeedsKind.LIMIT if is_limit else NeedsKind.ERROR
    return (
        Activity.NEEDS_INPUT,
        f"session.error: {text}",
        Needs(kind, text[:MAX_DETAIL]),
    )


OPENCODE = Agent(
    name="opencode",
    title="OpenCode",
    executable="opencode",
    launch=_launch,
    rules=(
        rule(
            r"△ Permission required\n(?P<text>[^\n]*)"
            r"(?:\n[^\n]*)*?\n[ ┃]*(?P<choices>Allow once\s+Allow always\s+Reject)",
            Activity.NEEDS_INPUT,
            NeedsKind.PERMISSION,
        ),
        rule(r"[■⬝]{4,}\s+esc (?:again to )?interrupt", Activity.WORKING),
        rule(r"^\s*╹▀{20,}\n[^\n]*ctrl\+p commands", Activity.IDLE),
    ),
    interrupt="escape",
    answers=Answers(
        approve=("enter",),
        deny=("escape",),
        by_arrows=True,
        across=True,
    ),
    read_report=_report,
    modes=dict.fromkeys(MODES, ()),
    models=MODELS,
    cannot_express=frozenset({"tools", "handoffs", "target", "mcp-servers"}),
)
