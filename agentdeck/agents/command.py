"""Any command at all, and agents that a person describes in the settings."""

from __future__ import annotations

from collections.abc import Sequence

from agentdeck.agents.definition import (
    Agent,
    Answers,
    Launch,
    ScreenRule,
    Start,
    rule,
)
from agentdeck.config.settings import AgentSettings
from agentdeck.core.session import Activity, NeedsKind

_ASKS = (
    rule(
        r"(?:\[y/n\]|\[Y/n\]|\[y/N\]|\(y/n\)|\(yes/no\)|\(Y\)es/\(N\)o)[^\n]*\Z",
        Activity.NEEDS_INPUT,
        NeedsKind.QUESTION,
    ),
    rule(
        r"[Pp]assword(?: for [^\n]*)?:\s*\Z", Activity.NEEDS_INPUT, NeedsKind.QUESTION
    ),
)


def _launch(start: Start) -> Launch:
    return Launch(start.command)


COMMAND = Agent(
    name="command",
    title="Command",
    executable=None,
    launch=_launch,
    resumes=False,
    plays_custom=False,
    rules=_ASKS,
    answers=Answers(approve=("y", "enter"), deny=("n", "enter")),
)


def agent_from_settings(name: str, settings: AgentSettings) -> Agent:
    """An agent that a person described.

    `{prompt}` in an argument stands for the prompt; without it the prompt is the
    last argument, or is typed, or is left out.

    Raises:
        re.error: If an expression is not a regular one.
    """
    return Agent(
        name=name,
        title=settings.title or name,
        executable=settings.command[0],
        launch=lambda start: _described_launch(settings, start),
        rules=(*_screen_rules(settings), *_ASKS),
        lowest_rule_wins=True,
        title_rules=_title_rules(settings),
        interrupt=settings.interrupt,
        reads_terminal_when_idle=True,
        answers=Answers(tuple(settings.approve), tuple(settings.deny)),
        resumes=bool(settings.resume),
        modes={mode: tuple(words) for mode, words in settings.modes.items()},
        cannot_express=frozenset({"tools", "handoffs", "target", "mcp-servers"}),
    )


def _screen_rules(settings: AgentSettings) -> list[ScreenRule]:
    asks = Activity.NEEDS_INPUT
    return [
        *(rule(each, asks, NeedsKind.PERMISSION) for each in settings.permission),
        *(rule(each, asks, NeedsKind.QUESTION) for each in settings.needs_input),
        *(rule(each, Activity.WORKING) for each in settings.working),
        *(rule(each, Activity.IDLE) for each in settings.idle),
    ]


def _title_rules(settings: AgentSettings) -> tuple[ScreenRule, ...]:
    return (
        *(rule(each, Activity.NEEDS_INPUT) for each in settings.title_needs_input),
        *(rule(each, Activity.WORKING) for each in settings.title_working),
        *(rule(each, Activity.IDLE) for each in settings.title_idle),
    )


def _described_launch(settings: AgentSettings, start: Start) -> Launch:
    model = start.model or next(iter(start.custom.models if start.custom else ()), None)
    more: list[str] = []
    if model:
        more += _filled(settings.model, model=model)
    if start.permission_mode:
        more += settings.modes.get(start.permission_mode, [])
    prompt = start.prompt
    if start.custom is not None:
        more += _filled(settings.instructions, instructions=start.custom.prompt)
        if not settings.instructions:
            prompt = f"{start.custom.prompt}\n\n{prompt}"
    for image in start.images:
        more += _filled(settings.image, image=image)
        if not settings.image:
            prompt = f"{prompt}\n{image}"
    if start.resume and settings.resume:
        words = _filled(settings.resume, conversation=start.conversation)
        return Launch((*words, *more))
    argv = (*_filled(settings.command, prompt=prompt), *more)
    placed = any("{prompt}" in word for word in settings.command)
    if placed or settings.prompt == "none" or not prompt:
        return Launch(argv)
    if settings.prompt == "typed":
        return Launch(argv, typed=prompt)
    return Launch((*argv, prompt))


def _filled(words: Sequence[str], **values: str) -> list[str]:
    filled = list(words)
    for name, value in values.items():
        filled = [word.replace(f"{{{name}}}", value) for word in filled]
    return filled
