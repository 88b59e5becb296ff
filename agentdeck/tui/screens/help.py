"""All keys, from the registry."""

from __future__ import annotations

from textwrap import wrap
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from agentdeck.tui.actions import Scope, actions_of, plain_key, shown_key
from agentdeck.tui.keymap import Keymap
from agentdeck.tui.screens.dialog import Dialog

KEY_WIDTH = 16


_SCOPES = (
    Scope.SESSION,
    Scope.VIEW,
    Scope.LIST,
    Scope.COMPOSER,
    Scope.COMPARE,
    Scope.PIPELINES,
    Scope.RUN,
    Scope.PULLS,
    Scope.METRICS,
    Scope.GROUP,
    Scope.COPY,
    Scope.LINKS,
    Scope.PEEK,
    Scope.REVIEW,
    Scope.READER,
    Scope.OUTPUT,
    Scope.LOG,
    Scope.FIND,
    Scope.REPLAY,
    Scope.FILTERS,
    Scope.RESULTS,
    Scope.MESSAGES,
    Scope.NOTICES,
    Scope.TURNS,
    Scope.HANDOFF,
    Scope.FINDINGS,
    Scope.MATRIX,
    Scope.APP,
)


class HelpScreen(Dialog[None]):
    """The keys by where they hold."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "close", "close"),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
    ]

    # The lines are broken for a width, which a scrollbar that comes later would change.
    DEFAULT_CSS = "HelpScreen VerticalScroll { scrollbar-gutter: stable; }"

    def __init__(
        self, release_key: str, keymap: Keymap, *, ascii_only: bool = False
    ) -> None:
        super().__init__()
        self._ascii_only = ascii_only
        self._keymap = keymap
        self._release_key = release_key

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog") as dialog:
            dialog.border_title = Content("Keys")
            dialog.border_subtitle = Content("esc closes")
            yield Static(id="keys", markup=False)

    def on_resize(self) -> None:
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        """Wrap what the keys do beside them, never under them."""
        keys = self.query_one("#keys", Static)
        text = help_text(
            self._release_key,
            self._keymap,
            ascii_only=self._ascii_only,
            columns=keys.size.width,
        )
        keys.update(text)

    def action_close(self) -> None:
        self.dismiss(None)

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)


def help_text(
    release_key: str,
    keymap: Keymap | None = None,
    *,
    ascii_only: bool = False,
    columns: int = 0,
) -> Content:
    """The registry's rows, scope by scope, with the keys as they are set.

    Args:
        release_key: What gives the keyboard back from a session.
        keymap: The keys as the person set them.
        ascii_only: Name keys in ASCII.
        columns: Where lines are broken; 0 leaves them whole.
    """
    keymap = keymap or Keymap()
    room = columns - KEY_WIDTH
    parts: list[str | tuple[str, str]] = []
    for scope in _SCOPES:
        parts.append((f"{scope.value.upper()}\n", "bold $foreground 60%"))
        for action in actions_of(scope):
            keys = [shown_key(key) for key in keymap.keys_of(action)]
            shown = f"{keys[0]}-{keys[-1]}" if len(keys) > 4 else " ".join(keys)
            shown = plain_key(shown) if ascii_only else shown
            shown = shown or "(none)"
            pad = " " * max(1, KEY_WIDTH - cell_len(shown))
            told = wrap(action.help, room) if room > 0 else [action.help]
            between = f"\n{' ' * KEY_WIDTH}"
            parts += [(shown, "bold $primary"), pad, f"{between.join(told)}\n"]
        if scope is Scope.SESSION:
            pad = " " * max(1, KEY_WIDTH - cell_len(release_key))
            parts += [(release_key, "bold $primary"), pad]
            parts.append("Gives the keyboard back from a session to the list\n")
        parts.append("\n")
    return Content.assemble(*parts)
