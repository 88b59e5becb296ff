"""Which keys the footer offers now: what can be done with the sessions meant."""

from __future__ import annotations

from collections.abc import Sequence

from agentdeck.core.checks import SetupState
from agentdeck.core.session import Phase, Session
from agentdeck.tui.actions import (
    ANSWER,
    Action,
    Scope,
    actions_of,
    choice_keys,
)
from agentdeck.tui.keymap import Keymap
from agentdeck.tui.rows import Row
from agentdeck.tui.store import SessionStore
from agentdeck.tui.widgets.footer import Hint

_SHOWN_SCOPES = (Scope.LIST, Scope.SESSION, Scope.VIEW, Scope.APP)
_ALWAYS = frozenset({"session.new", "view.filter", "app.help", "app.quit"})
_FOR_ONE = frozenset(
    {"session.type", "session.peek", "session.diff", "session.explain", "session.log"}
)


def hints_for(
    meant: Sequence[Session],
    marks: int,
    store: SessionStore,
    keymap: Keymap | None = None,
) -> tuple[Hint, ...]:
    """The hints, most useful first; the footer cuts what does not fit."""
    rows = [row for row in actions_of(*_SHOWN_SCOPES) if row.rank]
    if marks:
        rows = [
            row for row in rows if row.id not in _FOR_ONE and row.id != "session.new"
        ]
    fitting = sorted((r for r in rows if _fits(r, meant, store)), key=lambda r: r.rank)
    hints = _hints(fitting, keymap)
    choices = max((len(s.needs.choices) for s in meant if s.needs), default=0)
    if choices:
        hints.insert(0, Hint(choice_keys(choices), "answer"))
    return tuple(hints)


def group_hints(row: Row, keymap: Keymap | None = None) -> tuple[Hint, ...]:
    """The hints while the cursor is on a header, or on what is folded away."""
    if row.is_more:
        older = Hint("enter", f"show the {row.hidden} older ones", "mark_group")
        return (older, *_hints(_rest(), keymap))
    rows = {action.id: action for action in actions_of(Scope.GROUP, Scope.VIEW)}
    turn = "group.open" if row.hidden else "group.close"
    shown = (rows[each] for each in ("group.mark", turn, "view.arrange"))
    return tuple(_hints([*shown, *_rest()], keymap))


def _hints(rows: Sequence[Action], keymap: Keymap | None) -> list[Hint]:
    """The rows' hints with the keys as they are set; those without a key left out."""
    keys = keymap or Keymap()
    hints = (Hint(keys.shown(row), row.title, row.action) for row in rows)
    return [hint for hint in hints if hint.key]


def _rest() -> list[Action]:
    everything = actions_of(*_SHOWN_SCOPES)
    return [row for row in everything if row.id in _ALWAYS]


def _fits(row: Action, meant: Sequence[Session], store: SessionStore) -> bool:
    if row.id in _ALWAYS:
        return True
    if row.id == "session.next":
        return any(session.needs_attention for session in store.sessions.values())
    if not meant or row.id == ANSWER:
        return False
    match row.id:
        case "session.type" | "session.reply":
            return any(session.phase is Phase.RUNNING for session in meant)
        case "session.approve" | "session.deny":
            return any(session.needs_attention for session in meant)
        case "session.setup":
            telling = (SetupState.RUNNING, SetupState.FAILED)
            return any(session.setup in telling for session in meant)
        case "session.stop":
            return any(not session.is_over for session in meant)
        case "session.resume":
            return any(session.is_over for session in meant)
        case "session.merge":
            return any(session.ahead for session in meant)
        case _:
            return True
