"""The dialog for a new session; what the host refuses is said in it."""

from __future__ import annotations

import shlex
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Select, Static, TextArea

from agentdeck.core.errors import AgentDeckError
from agentdeck.tui.deck import Deck
from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.trust import trusted_or_asked
from agentdeck.tui.widgets.role_field import RoleField

SHORT_BELOW = 24
COMMAND = "command"
"""The agent that is any command: what is typed is its words, not a prompt."""


class NewSessionScreen(ModalScreen[str | None]):
    """Starts a session; gives its id, or None."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,ctrl+enter", "start", "start"),
        Binding("escape", "cancel", "cancel"),
    ]

    def __init__(self, deck: Deck, repo: str) -> None:
        super().__init__()
        self._deck = deck
        self._repo = repo

    def compose(self) -> ComposeResult:
        store = self._deck.store
        options = [
            (
                Content(
                    one_line(a.title + ("" if a.installed else "  (not installed)"))
                ),
                a.name,
            )
            for a in store.agents
        ]
        ready = [agent.name for agent in store.agents if agent.installed]
        # Where the default is not installed, one that can start is the better guess.
        is_ready = store.default_agent in ready
        default = store.default_agent if is_ready else next(iter(ready), None)
        with VerticalScroll(classes="dialog", can_focus=False) as dialog:
            dialog.border_title = Content("New session")
            dialog.border_subtitle = Content("ctrl+s starts · esc cancels")
            yield TextArea(
                id="prompt",
                placeholder="What should the agent do?",
                tab_behavior="focus",
            )
            yield from _field("Repository", Input(self._repo, id="repo", compact=True))
            agents = _agent_select(options, default)
            yield from _field("Agent", agents)
            yield RoleField(id="role-field")
            base = Input(
                placeholder="the branch checked out there", id="base", compact=True
            )
            yield from _field("Base", base)
            name = Input(placeholder="made from the prompt", id="name", compact=True)
            yield from _field("Name", name)
            yield Static(classes="problem", markup=False)
            with Horizontal(classes="buttons"):
                yield Button(Content(" Start "), "primary", id="start", compact=True)
                yield Button(Content(" Cancel "), id="cancel", compact=True)

    def on_mount(self) -> None:
        self.query_one("#prompt").focus()
        self._list_roles()

    @work(exclusive=True, group="roles", exit_on_error=False)
    async def _list_roles(self) -> None:
        repo = self._value("repo")
        try:
            answer = await self._deck.link.call("agents.list", repo=repo)
        except AgentDeckError as error:
            self._say(error.message)
            return
        if repo == self._value("repo"):
            self.query_one(RoleField).show_roles(answer["custom"])

    @on(Input.Blurred, "#repo")
    def _repository_named(self, event: Input.Blurred) -> None:
        event.stop()
        self._list_roles()

    @on(Select.Changed, "#agent")
    def _agent_chosen(self, event: Select.Changed) -> None:
        event.stop()
        self.query_one(RoleField).show_agent(str(event.value))

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.height < SHORT_BELOW, "-short")

    @on(Button.Pressed)
    def _press(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "start":
            self._create()
        else:
            self.dismiss(None)

    def action_start(self) -> None:
        self._create()

    def action_cancel(self) -> None:
        self.dismiss(None)

    def _value(self, name: str) -> str | None:
        return self.query_one(f"#{name}", Input).value.strip() or None

    @work(exclusive=True, group="create", exit_on_error=False)
    async def _create(self) -> None:
        prompt = self.query_one("#prompt", TextArea).text.strip()
        agent = self.query_one("#agent", Select).value
        repo = self._value("repo")
        if not prompt:
            self._say("Say what the agent should do.", "#prompt")
            return
        if repo is None:
            self._say("Name the folder of a git repository.", "#repo")
            return
        command: list[str] = []
        if agent == COMMAND:
            try:
                command, prompt = shlex.split(prompt), ""
            except ValueError as error:
                self._say(f"The command cannot be read: {error}.", "#prompt")
                return
        self._say("")
        self.query_one("#start", Button).disabled = True
        try:
            if await trusted_or_asked(self.app, self._deck, repo) is None:
                return
            answer = await self._deck.link.call(
                "session.create",
                repo=repo,
                prompt=prompt,
                command=command,
                agent=agent if isinstance(agent, str) else None,
                base=self._value("base"),
                name=self._value("name"),
                custom=self.query_one(RoleField).role,
                env=self._deck.agent_environment(),
            )
        except AgentDeckError as error:
            self._say(error.message)
        else:
            self.dismiss(answer["session"]["id"])
        finally:
            if self.is_mounted:
                self.query_one("#start", Button).disabled = False

    def _say(self, problem: str, at: str | None = None) -> None:
        line = self.query_one(".problem", Static)
        line.update(Content(one_line(problem)))
        line.set_class(bool(problem), "-shown")
        if problem:
            line.scroll_visible(animate=False)
        if at is not None:
            self.query_one(at).focus()


def _agent_select(
    options: list[tuple[Content, str]], default: str | None
) -> Select[str]:
    if not options:
        return Select(options, prompt="no agent", id="agent", compact=True)
    value = default or options[0][1]
    return Select(options, value=value, allow_blank=False, id="agent", compact=True)


def _field(label: str, control: Input | Select[str]) -> ComposeResult:
    with Horizontal(classes="field"):
        yield Static(Content(label), classes="label", markup=False)
        yield control
