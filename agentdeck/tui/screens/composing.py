"""The main screen's part that starts sessions: it shows the composer and asks for it."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import on, work

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Phase
from agentdeck.tui.actions import Scope, actions_of
from agentdeck.tui.composer.draft import Draft
from agentdeck.tui.composer.messages import (
    Asked,
    BriefRequested,
    ComposerClosed,
    EditRequested,
    ImageDataPasted,
    ImagesPasted,
    StartRequested,
)
from agentdeck.tui.composer.offer import offer_from
from agentdeck.tui.deck import Deck
from agentdeck.tui.look import Look
from agentdeck.tui.screens.piping import PipingScreen
from agentdeck.tui.screens.trust import trusted_or_asked
from agentdeck.tui.widgets.footer import Hint

if TYPE_CHECKING:
    from agentdeck.tui.composer.composer import Composer

FILES_SHOWN = 10
CHOOSING = (Hint("⏎", "take"), Hint("↑↓", "move"), Hint("esc", "back"))


class ComposingScreen(PipingScreen):
    """A screen with the composer; it is made when it is first wanted."""

    def __init__(self, deck: Deck) -> None:
        super().__init__(deck)
        self.composer: Composer | None = None
        """Made when it is first opened."""
        self._to_type: str | None = None
        """The session that gets the keyboard once it runs; empty if none waits."""

    def compose_hints(self) -> tuple[Hint, ...] | None:
        """The composer's keys while it has the keyboard."""
        composer = self.composer
        if composer is None or not composer.is_open or not composer.has_focus_within:
            return None
        if composer.chooser.is_open:
            return CHOOSING
        keymap = self.deck.keymap
        rows = sorted(
            (row for row in actions_of(Scope.COMPOSER) if row.rank),
            key=lambda row: row.rank,
        )
        return tuple(Hint(keymap.shown(row), row.title) for row in rows)

    def wear_composer(self, look: Look) -> None:
        """Draw the composer in another look."""
        if self.composer is not None:
            self.composer.wear(look)

    async def action_new_session(self) -> None:
        """Open the composer; no worker does it, so keys typed right behind wait."""
        from agentdeck.tui.composer.composer import Composer

        composer = self.composer
        here = self.session_at_cursor()
        repo = self._repository_here() or (here.repo if here else "")
        if composer is None:
            composer = Composer(self.deck.look, repo, self.deck.keymap, id="composer")
            self.composer = composer
            await self.mount(composer, before="#keys")
        composer.open(repo or str(self.deck.cwd))

    @work(group="dialog", exit_on_error=False)
    async def action_compare(self) -> None:
        from agentdeck.tui.screens.compare import CompareScreen

        session = self.session_at_cursor()
        if session is None or not session.group:
            key = self.deck.keymap.key("compose.count")
            self.say(f"It is no variant; {key} in the composer starts several.")
            return
        screen = CompareScreen(self.deck, session.group, session.id)
        picked = await self.app.push_screen_wait(screen)
        if picked is not None:
            self.go_to(picked)

    def _repository_here(self) -> str:
        cwd = self.deck.cwd
        for folder in (cwd, *cwd.parents):
            if (folder / ".git").exists():
                return str(folder)
        return ""

    @on(Asked)
    def _ask_host(self, event: Asked) -> None:
        event.stop()
        match event.what:
            case "repository":
                self._ask_for_offer(event.text)
            case "files":
                self._ask_for_files(event.text)
            case _:
                self._ask_for_folders(event.text)

    @work(group="offer", exclusive=True, exit_on_error=False)
    async def _ask_for_offer(self, repo: str) -> None:
        path = self.deck.environ.get("PATH")
        answer = await self._asked("composer.open", repo=repo, path=path)
        if answer is not None and self.composer is not None:
            offer = offer_from(answer)
            self.composer.show_offer(offer)
            if repo and offer.problem:
                self.composer.complain(offer.problem)

    @work(group="files", exclusive=True, exit_on_error=False)
    async def _ask_for_files(self, query: str) -> None:
        composer = self.composer
        if composer is None:
            return
        repo = composer.draft.repo
        answer = await self._asked(
            "composer.files", repo=repo, query=query, limit=FILES_SHOWN
        )
        if answer is not None:
            composer.show_files(query, [str(each) for each in answer["files"]])

    @work(group="folders", exclusive=True, exit_on_error=False)
    async def _ask_for_folders(self, typed: str) -> None:
        answer = await self._asked("composer.folders", typed=typed)
        if answer is not None and self.composer is not None:
            self.composer.show_folders(typed, answer["folders"])

    @on(ImagesPasted)
    @work(group="images", exit_on_error=False)
    async def _attach_images(self, event: ImagesPasted) -> None:
        event.stop()
        composer = self.composer
        paths = await asyncio.to_thread(_files_there, event.paths)
        if composer is None:
            return
        if paths is None:
            composer.insert(event.text)
            return
        for path in paths:
            composer.attach(path)

    @on(ImageDataPasted)
    @work(group="images", exit_on_error=False)
    async def _attach_image_data(self, event: ImageDataPasted) -> None:
        event.stop()
        data = base64.b64encode(event.data).decode()
        answer = await self._asked("composer.image", data=data)
        if answer is not None and self.composer is not None:
            self.composer.attach(str(answer["path"]))

    @on(BriefRequested)
    @work(group="brief", exclusive=True, exit_on_error=False)
    async def _begin_brief(self, event: BriefRequested) -> None:
        event.stop()
        answer = await self._asked("composer.brief", repo=event.repo, goal=event.goal)
        if answer is not None and self.composer is not None:
            self.composer.set_prompt(str(answer["text"]))

    @on(EditRequested)
    def _edit_outside(self, event: EditRequested) -> None:
        event.stop()
        from agentdeck.tui.composer.outside import edited

        if self.composer is None:
            return
        try:
            text = edited(self.app, self.deck.environ, event.text)
        except AgentDeckError as error:
            self.composer.complain(error.message)
        else:
            self.composer.set_prompt(text)

    async def _asked(self, method: str, **params: Any) -> dict[str, Any] | None:
        """The host's answer; its refusal is said in the composer."""
        try:
            answer: dict[str, Any] = await self.deck.link.call(method, **params)
        except AgentDeckError as error:
            if self.composer is not None:
                self.composer.complain(error.message)
            return None
        return answer

    @on(StartRequested)
    @work(group="create", exit_on_error=False)
    async def _start(self, event: StartRequested) -> None:
        """Start what was composed; the composer is put away already.

        The host may be long in answering, and the next prompt be typed meanwhile.
        """
        event.stop()
        composer, draft, orders = self.composer, event.draft, event.orders
        if composer is None:
            return
        started: list[str] = []
        try:
            if await trusted_or_asked(self.app, self.deck, draft.repo) is None:
                composer.take_back(draft)
                return
            for order in orders:
                env = self.deck.agent_environment()
                answer = await self.deck.link.call("session.create", **order, env=env)
                started.append(str(answer["session"]["id"]))
        except AgentDeckError as error:
            many = f" {len(started)} of {len(orders)} were started." if started else ""
            composer.take_back(draft, f"{error.message}{many}")
            return
        self.go_to(started[0])
        if event.attach:
            self._type_when_it_runs(started[0])
        await self._keep(draft)

    async def _keep(self, draft: Draft) -> None:
        try:
            await self.deck.link.call(
                "composer.keep",
                repo=draft.repo,
                prompt=draft.prompt,
                choice=draft.choice.as_json(),
            )
        except AgentDeckError as error:
            self.log.warning(error.message)

    def _type_when_it_runs(self, session_id: str) -> None:
        """Give it the keyboard once it runs, unless the person went on elsewhere."""
        if self._to_type is None:
            self.deck.changed.subscribe(self, self._type_if_it_runs)
        self._to_type = session_id
        self._type_if_it_runs()

    def _type_if_it_runs(self, _: object = None) -> None:
        session = self.deck.store.sessions.get(self._to_type or "")
        if session is None or session.phase in (Phase.QUEUED, Phase.PREPARING):
            return
        self._to_type = ""
        here = self.session_at_cursor()
        is_composing = self.composer is not None and self.composer.is_open
        if here is not None and here.id == session.id and not is_composing:
            self.action_type_into()

    def action_type_into(self) -> None:
        """Type into the session under the cursor."""
        raise NotImplementedError

    def focus_list(self) -> None:
        """Give the keyboard to the list."""
        raise NotImplementedError

    @on(ComposerClosed)
    def _leave_composer(self, event: ComposerClosed) -> None:
        event.stop()
        # It may be open again by now, for what was typed right behind.
        if self.composer is not None and not self.composer.is_open:
            self.focus_list()


def _files_there(given: list[str]) -> list[str] | None:
    """The paths in full, or None if one of them is no file. Blocks."""
    paths = [Path(each).expanduser() for each in given]
    return [str(path) for path in paths] if all(p.is_file() for p in paths) else None
