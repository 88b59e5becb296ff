"""The environment that an agent which is started from here sees."""

from __future__ import annotations

import os


def agent_environment() -> dict[str, str]:
    """What an agent started here would see; JSON has no place for other bytes."""
    return {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("AGENTDECK_") and is_text(key) and is_text(value)
    }


def is_text(text: str) -> bool:
    """Whether a text can be written as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
