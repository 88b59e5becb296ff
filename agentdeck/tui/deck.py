"""What the app hands to its screens: the link, the store, the look, the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from textual.signal import Signal

from agentdeck.core.session import Session
from agentdeck.tui.keymap import Keymap
from agentdeck.tui.link import Link
from agentdeck.tui.look import Look
from agentdeck.tui.notices import Notices
from agentdeck.tui.store import SessionStore

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Change:
    """What happened since the last change was published."""

    calling: tuple[Session, ...] = ()
    """Sessions that came to need a person."""
    is_reconnected: bool = False
    noted: frozenset[str] = frozenset()
    """Sessions of which somebody changed comments or marks of a review."""


@dataclass
class Deck:
    """Shared by the screens of one app. Only the app assigns its fields."""

    link: Link
    changed: Signal[Change]
    look: Look
    clock: Clock = utc_now
    environ: Mapping[str, str] = field(default_factory=dict)
    cwd: Path = field(default_factory=Path.cwd)
    store: SessionStore = field(default_factory=SessionStore)
    keymap: Keymap = field(default_factory=Keymap)
    """The keys as the person set them."""
    notices: Notices = field(default_factory=Notices)
    """All that the app said."""
    lost: str | None = None
    """Why there is no connection now, or None."""
    declined: set[str] = field(default_factory=set)
    """Hashes of repositories' settings that a person went on without."""

    def agent_environment(self) -> dict[str, str]:
        """The environment that a new session's agent gets."""
        items = self.environ.items()
        return {k: v for k, v in items if not k.startswith("AGENTDECK_")}

    async def call_many(
        self, method: str, sessions: list[Session], **params: Any
    ) -> list[dict[str, Any]]:
        """Call a method that acts on many; gives one result each."""
        ids = [session.id for session in sessions]
        answer = await self.link.call(method, ids=ids, **params)
        results: list[dict[str, Any]] = answer["results"]
        return results
