"""The main screen's part that deals with pipelines: follow-ups, starts, runs."""

from __future__ import annotations

from typing import Any

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.pipeline_prompts import PROMPT
from agentdeck.core.session import Session
from agentdeck.tui.screens.judging import JudgingScreen
from agentdeck.tui.screens.opening import opens_dialog


class PipingScreen(JudgingScreen):
    """A screen from which pipelines start, and on whose sessions others may wait."""

    @opens_dialog
    async def action_show_pipelines(self) -> None:
        from agentdeck.tui.screens.pipelines import PipelinesScreen

        sessions = self.meant_sessions()
        repo = sessions[0].repo if sessions else str(self.deck.cwd)
        dialog = PipelinesScreen(self.deck, sessions, repo)
        chosen = await self.app.push_screen_wait(dialog)
        if chosen is None:
            return
        name: str | None = chosen.name
        try:
            if chosen.what == "follow":
                name = await self._follow(sessions, chosen.name)
            elif chosen.what == "start":
                name = await self._start_pipeline(repo, chosen.name, chosen.wanted)
        except AgentDeckError as error:
            self.say_error(error, f"pipeline.{chosen.what}")
            return
        if name is not None:
            await self._show_run(name)

    async def _follow(self, sessions: list[Session], when: str) -> str | None:
        from agentdeck.tui.screens.pipelines import WHENS

        words = dict(WHENS)[when]
        who = sessions[0].name if len(sessions) == 1 else f"all {len(sessions)}"
        is_ = "is" if len(sessions) == 1 else "are"
        asked = await self._ask(f"When {who} {is_} {words}", (PROMPT,))
        if asked is None:
            return None
        values, agent = asked
        if not await self._is_asked(sessions[0].repo):
            return None
        answer = await self.deck.link.call(
            "pipeline.follow",
            ids=[str(session.id) for session in sessions],
            when=when,
            prompt=values[PROMPT],
            agent=agent or None,
            env=self.deck.agent_environment(),
        )
        return str(answer["run"]["name"])

    async def _start_pipeline(
        self, repo: str, name: str, wanted: tuple[str, ...]
    ) -> str | None:
        asked = await self._ask(f"Start {name}", wanted)
        if asked is None:
            return None
        values, agent = asked
        if not await self._is_asked(repo):
            return None
        answer = await self.deck.link.call(
            "pipeline.run",
            repo=repo,
            source=name,
            variables=values,
            agent=agent or None,
            env=self.deck.agent_environment(),
        )
        return str(answer["run"]["name"])

    async def _is_asked(self, repo: str) -> bool:
        """Whether the person was asked about the repository's settings and goes on."""
        from agentdeck.tui.screens.trust import trusted_or_asked

        return await trusted_or_asked(self.app, self.deck, repo) is not None

    async def _ask(
        self, title: str, wanted: tuple[str, ...]
    ) -> tuple[dict[str, str], str] | None:
        from agentdeck.tui.screens.pipeline_dialogs import AskScreen

        store = self.deck.store
        agents = [each.name for each in store.agents if each.installed]
        screen: Any = AskScreen(title, wanted, agents, store.default_agent)
        asked: tuple[dict[str, str], str] | None
        asked = await self.app.push_screen_wait(screen)
        return asked

    async def _show_run(self, name: str) -> None:
        from agentdeck.tui.screens.pipeline_run import RunScreen

        session_id = await self.app.push_screen_wait(RunScreen(self.deck, name))
        if session_id is not None:
            self.go_to(session_id)
