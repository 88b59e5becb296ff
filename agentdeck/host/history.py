"""What sessions did and said: their timelines, logs and conversations."""

from __future__ import annotations

from agentdeck.agents.registry import Registry
from agentdeck.config.paths import Paths
from agentdeck.host.chronicle import Chronicle
from agentdeck.host.conversations import Conversations
from agentdeck.host.finder import Finder
from agentdeck.host.journal import Journal
from agentdeck.host.sessions import Sessions
from agentdeck.host.store import Store
from agentdeck.host.supervisor import Supervisor
from agentdeck.host.text_logs import TextLogs
from agentdeck.launch.local import LocalLauncher


class History:
    """The parts that keep and read the past; it listens to the sessions by itself."""

    def __init__(
        self,
        paths: Paths,
        sessions: Sessions,
        supervisor: Supervisor,
        launcher: LocalLauncher,
        registry: Registry,
        *,
        journal: Journal,
        store: Store,
    ) -> None:
        self.store = store
        self.chronicle = Chronicle(journal)
        self.text_logs = TextLogs(paths, supervisor, launcher)
        self.conversations = Conversations(registry, supervisor)
        self.finder = Finder(paths, sessions, self.text_logs, self.conversations)
        sessions.on_change = self.chronicle.changed
        sessions.on_tell = self.chronicle.told

    async def close(self) -> None:
        """End what runs."""
        await self.finder.close()
        await self.text_logs.close()
