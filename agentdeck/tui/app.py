"""The full-screen app: connects, keeps the store, shows the sessions screen."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import time
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual import events, on, work
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.signal import Signal
from textual.theme import Theme
from textual.timer import Timer
from textual.worker import Worker, WorkerState

from agentdeck.config.paths import Paths
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.events import EventKind
from agentdeck.core.session import Session
from agentdeck.tui import compat
from agentdeck.tui.actions import Scope, bindings_for
from agentdeck.tui.attention import Attention, attended_on
from agentdeck.tui.deck import Change, Clock, Deck, utc_now
from agentdeck.tui.keymap import keymap_from
from agentdeck.tui.link import Arrived, Connected, HostLink, Link, Lost, News
from agentdeck.tui.look import Look, look_from, wants_ascii
from agentdeck.tui.notices import Notice
from agentdeck.tui.palette import ActionProvider
from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.sessions import SessionsScreen
from agentdeck.tui.themes import OWN_THEMES
from agentdeck.tui.typing_ahead import CATCH_UP_S, CaughtUp, TypedAhead

logger = logging.getLogger(__name__)

FAULT = (
    "AgentDeck's app had a fault and closed; the agents go on. `agentdeck` opens it "
    "again. What happened is in the log: "
)


FAILED = "That did not work, by a fault of the app; what happened is in its log"
FRAME_S = 1 / 30
"""A burst of news is shown at most this often; the first at once."""
SOON_S = 0.001
STARTED_AFTER_S = 1.0
"""By then the first paint is over."""
OF_TEXTUAL = ("Theme", "Screenshot")
SAID_S = 5.0
LEAVE_WITHIN_S = 0.3
"""A person who leaves does not wait for a host to hear of it."""
MAX_NOTICES = 4
"""So many different notices within `SAID_S` are said; more would hide the app."""
_ACTS = (
    events.Key,
    events.MouseDown,
    events.MouseScrollUp,
    events.MouseScrollDown,
    events.Paste,
)
"""What a person does to the app."""
SEVERITIES: Mapping[str, SeverityLevel] = {"warning": "warning", "error": "error"}


class AgentDeckApp(App[None], inherit_bindings=False):
    """One client of the host."""

    TITLE = "AgentDeck"
    CSS_PATH = ["screens/sessions.tcss", "composer/composer.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.APP)
    COMMANDS = App.COMMANDS | {ActionProvider}

    def __init__(
        self,
        link: Link,
        *,
        filter_query: str = "",
        note: str | None = None,
        attach: str | None = None,
        environ: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        clock: Clock = utc_now,
        log_file: Path | None = None,
    ) -> None:
        super().__init__()
        compat.know_alt_keys()
        self._link = link
        self._filter_query = filter_query
        self._note = note
        self._session_to_open = attach
        self._log_file = log_file
        self._environ = os.environ if environ is None else environ
        self._calling: list[Session] = []
        self._typed_ahead = TypedAhead()
        self._catching_up: Timer | None = None
        self._is_reconnected = False
        self._noted: set[str] = set()
        self._is_publishing = False
        self._published_at = 0.0
        self._notices: dict[str, float] = {}
        self._attention = Attention(
            lambda: attended_on(self.screen_stack), self.set_timer, self._tell_attention
        )
        for theme in OWN_THEMES:
            self.register_theme(theme)
        self.theme = OWN_THEMES[0].name
        changed: Signal[Change] = Signal(self, "changed")
        self.deck = Deck(
            link,
            changed,
            self._look(),
            clock,
            self._environ,
            cwd or Path.cwd(),
        )

    def _look(self, *, ascii_only: bool = False) -> Look:
        return look_from(
            self.theme_variables,
            dark=self.current_theme.dark,
            ascii_only=ascii_only or wants_ascii(self._environ),
        )

    def get_default_screen(self) -> SessionsScreen:
        self.deck.look = self._look()
        self._screen_shown = SessionsScreen(
            self.deck, filter_query=self._filter_query, attach=self._session_to_open
        )
        return self._screen_shown

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, _ACTS):
            self._attention.act()
        if isinstance(event, events.Key) and not event.is_forwarded:
            if self._typed_ahead.holds(event, self.focused):
                if self._catching_up is None:
                    late = self.set_timer(CATCH_UP_S, self._give_held_keys)
                    self._catching_up = late
                return
            self._typed_ahead.note(event, self.focused)
        await super().on_event(event)

    @on(CaughtUp)
    async def _give_held_keys(self) -> None:
        if self._catching_up is not None:
            self._catching_up.stop()
            self._catching_up = None
        for event in self._typed_ahead.release():
            self._typed_ahead.note(event, self.focused)
            await super().on_event(event)

    @on(events.AppBlur)
    def _turn_away(self) -> None:
        self._attention.leave()

    @work(group="attention", exit_on_error=False)
    async def _tell_attention(self, said: dict[str, Any]) -> None:
        try:
            await self._link.tell("gain.attend", **said)
        except AgentDeckError:
            self.log.warning("attention_not_told")

    def on_key(self, event: events.Key) -> None:
        """See that what nobody took goes to who has the keyboard by now."""
        if self._typed_ahead.send_on(event, self.focused):
            event.prevent_default()
            event.stop()

    def on_mount(self) -> None:
        compat.keep_title(self)
        self.set_class(self.deck.look.glyphs.is_ascii, "-ascii")
        self.theme_changed_signal.subscribe(self, self._wear)
        self._stay_connected()
        self.set_timer(STARTED_AFTER_S, _collect_garbage_again)
        if self._note:
            self.notify(one_line(self._note), markup=False, timeout=10)

    @work(group="link", exit_on_error=False)
    async def _stay_connected(self) -> None:
        await self._link.run(self._take_news)

    def _take_news(self, news: News) -> None:
        store = self.deck.store
        match news:
            case Connected(hello):
                is_first = not store.is_known
                self._calling += store.greet(hello)
                self.deck.lost = None
                self._is_reconnected = True
                if is_first:
                    self._dress(str(store.app.get("theme") or ""))
                    self._take_keys(store.app.get("keys"))
            case Lost(reason):
                self.deck.lost = reason
            case Arrived(event):
                self._calling += store.apply(event)
                if event.kind is EventKind.NOTICE:
                    self._say_notice(event.data)
                elif event.kind is EventKind.REVIEW_CHANGED and event.session_id:
                    self._noted.add(event.session_id)
        if not self._is_publishing:
            self._is_publishing = True
            pause_s = self._published_at + FRAME_S - time.monotonic()
            self.set_timer(max(SOON_S, pause_s), self._publish)

    def _say_notice(self, data: Mapping[str, object]) -> None:
        """Say what the host says, once: the same words again say nothing new."""
        text = one_line(str(data.get("text") or ""))
        now = time.monotonic()
        self._notices = {t: at for t, at in self._notices.items() if at > now - SAID_S}
        if not text or text in self._notices or len(self._notices) >= MAX_NOTICES:
            return
        self._notices[text] = now
        level = str(data.get("level") or "info")
        self.notify(text, markup=False, severity=SEVERITIES.get(level, "information"))

    def _publish(self) -> None:
        """Tell the screens once of all that came meanwhile."""
        noted = frozenset(self._noted)
        change = Change(tuple(self._calling), self._is_reconnected, noted)
        self._calling, self._is_reconnected, self._noted = [], False, set()
        self._is_publishing = False
        self._published_at = time.monotonic()
        self.deck.changed.publish(change)
        waiting = self.deck.store.indicator().attention
        title = f"{waiting} need you · AgentDeck" if waiting else "AgentDeck"
        compat.write_title(self, title)

    def _take_keys(self, wished: object) -> None:
        """Have the keys that the person set, and say what cannot be followed."""
        keys = wished if isinstance(wished, dict) else {}
        if not keys:
            return
        keymap = keymap_from(keys)
        self.deck.keymap = keymap
        self.set_keymap(keymap.for_textual())
        for problem in (*keymap.problems, *keymap.notes):
            text = f"[app.keys] {one_line(problem)}"
            self.notify(text, severity="warning", markup=False, timeout=10)

    def _dress(self, theme: str) -> None:
        if self.deck.store.app.get("motion") is False:
            self.animation_level = "none"
        if theme in self.available_themes and theme != self.theme:
            self.theme = theme
        if self.deck.store.app.get("ascii"):
            self._wear(self.current_theme)

    def _wear(self, _: Theme) -> None:
        ascii_only = bool(self.deck.store.app.get("ascii"))
        self.deck.look = self._look(ascii_only=ascii_only)
        self.set_class(self.deck.look.glyphs.is_ascii, "-ascii")
        self._screen_shown.wear(self.deck.look)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Textual's own commands, without those that the registry has."""
        for command in super().get_system_commands(screen):
            if command.title in OF_TEXTUAL:
                yield command

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Say something in a corner, and keep it for the log of notices."""
        self.deck.notices.add(Notice(self.deck.clock(), severity, message))
        super().notify(
            message, title=title, severity=severity, timeout=timeout, markup=markup
        )

    def action_show_notices(self) -> None:
        from agentdeck.tui.screens.notices import NoticesScreen

        self.push_screen(NoticesScreen(self.deck.notices, self.deck.look))

    def action_help(self) -> None:
        from agentdeck.tui.screens.help import HelpScreen

        is_ascii = self.deck.look.glyphs.is_ascii
        release_key, keymap = self._screen_shown.release_key, self.deck.keymap
        self.push_screen(HelpScreen(release_key, keymap, ascii_only=is_ascii))

    async def action_leave(self) -> None:
        self._attention.leave()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_WITHIN_S):
                for worker in tuple(self.workers):
                    if worker.group == "attention":
                        await worker.wait()
        compat.restore_title(self)
        live = sum(session.is_live for session in self.deck.store.sessions.values())
        going_on = f"{live} agents go on. " if live > 1 else "1 agent goes on. "
        message = f"{going_on if live else ''}Come back with: agentdeck"
        self.exit(message=Text(message))

    @on(Worker.StateChanged)
    def _log_failed_worker(self, event: Worker.StateChanged) -> None:
        """Workers catch what they expect; what is left is a fault of ours."""
        if event.state is WorkerState.ERROR:
            name, error = event.worker.name, event.worker.error
            logger.error("worker_failed", extra={"worker": name}, exc_info=error)
            where = f": {self._log_file}" if self._log_file else "."
            self.notify(f"{FAILED}{where}", markup=False, severity="error")
            self.deck.notices.detail(f"{name}: {error!r}")

    def _fatal_error(self) -> None:
        logger.error("app_fault\n%s", traceback.format_exc())
        self.bell()
        compat.end_with_sentence(self, f"{FAULT}{self._log_file or ''}")


def _collect_garbage_again() -> None:
    """End what `open_app` began: what starting made is left out from now on."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def run_app(
    paths: Paths,
    *,
    filter_query: str = "",
    note: str | None = None,
    attach: str | None = None,
) -> int:
    """Run the app until the person leaves it; gives the exit status."""
    paths.prepare()
    log_file = paths.state / "app.log"
    logging.basicConfig(filename=log_file, level=logging.WARNING)
    app = AgentDeckApp(
        HostLink(paths),
        filter_query=filter_query,
        note=note,
        attach=attach,
        log_file=log_file,
    )
    app.run()
    return app.return_code or 0
