"""Typing a text into an agent so that it is taken as typed, and Enter as Enter."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence

from agentdeck.host.runner_link import RunnerLink

ENTER_AFTER_S = 0.2
"""Agents take an Enter that comes with the text for a line of something pasted."""
TAKEN_AFTER_S = 0.5
"""How long an agent is given to take a text before its screen is looked at."""
SHOWN_WITHIN_S = 3.0
"""How long an agent that is busy is given to show what was typed."""
LOOK_EVERY_S = 0.1
MAX_ENTERS = 4
_COMPARED = 20
"""Characters of a text that are compared; a box on the screen may break the rest."""


async def type_text(link: RunnerLink, text: str, *, submit: bool) -> None:
    """Type a text, several lines as one paste, and press Enter if asked to.

    Raises:
        AgentDeckError: If the runner is gone or the agent takes no input.
    """
    kind = "paste" if "\n" in text else "text"
    await link.ask({"t": kind, "text": text})
    if submit:
        await asyncio.sleep(ENTER_AFTER_S)
        await link.ask({"t": "key", "key": "enter"})


async def send_text(
    link: RunnerLink,
    text: str,
    unsent: re.Pattern[str] | None,
    note: Callable[[], None],
) -> None:
    """Type a text and press Enter, again where the agent's screen shows it unsent.

    Args:
        link: The session's runner.
        text: What to type.
        unsent: What the agent's screen shows while a typed text waits for its Enter.
        note: Called as soon as Enter was pressed, before the agent can ask anything.

    Raises:
        AgentDeckError: If the runner is gone or the agent takes no input.
    """
    if unsent is None:
        await type_text(link, text, submit=True)
        note()
        return
    await type_text(link, text, submit=False)
    await asyncio.sleep(ENTER_AFTER_S)
    # One that is busy shows the text late, and could not be told from one that took it.
    for _ in range(round(SHOWN_WITHIN_S / LOOK_EVERY_S)):
        if await _waits(link, text, unsent):
            break
        await asyncio.sleep(LOOK_EVERY_S)
    await link.ask({"t": "key", "key": "enter"})
    note()
    for _ in range(MAX_ENTERS - 1):
        await asyncio.sleep(TAKEN_AFTER_S)
        if not await _waits(link, text, unsent):
            return
        await link.ask({"t": "key", "key": "enter"})


async def _waits(link: RunnerLink, text: str, unsent: re.Pattern[str]) -> bool:
    screen = await link.ask({"t": "screen"})
    return is_unsent(text, screen.get("lines", ()), unsent)


def is_unsent(text: str, lines: Sequence[str], unsent: re.Pattern[str]) -> bool:
    """Whether a screen shows that this very text still waits in the agent's input."""
    found = unsent.search("\n".join(line.rstrip() for line in lines))
    if found is None:
        return False
    shown = found["text"].strip()[:_COMPARED]
    return bool(shown) and text.strip().startswith(shown)
