"""Typing a text into an agent so that it is taken as typed, and Enter as Enter."""

from __future__ import annotations

import asyncio

from agentdeck.host.runner_link import RunnerLink

ENTER_AFTER_S = 0.2
"""Agents take an Enter that comes with the text for a line of something pasted."""


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
