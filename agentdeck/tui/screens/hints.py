"""Which keys the footer offers now: what can be done with the sessions meant."""

from __future__ import annotations

from collections.abc import Sequence

from agentdeck.core.session import Phase, Session
from agentdeck.tui.actions import (
    ANSWER,
    Action,
    Scope,
    actions_of,
    keys_of,
    shown_key,
)
from agentdeck.tui.rows import Row
from agentdeck.tui.store import SessionStore
from agentdeck.tui.widgets.footer import Hint

_SHOWN_SCOPES = (Scope.LIST, Scope.SESSION, Scope.VIEW, Scope.APP)
_ALWAYS = frozenset({"session.new", "view.filter", "app.help", "app.quit"})
_FOR_ONE = frozenset(
    {"session.type", "session.peek", "session.diff", "session.explain", "session.log"}
)


def hints_for(
    meant: Sequence[Session], marks: int, store: SessionStore
) -> tuple[Hint, ...]:
    """The hints, most useful first; the footer cuts what does not fit."""
    rows = [row for row in actions_of(*_SHOWN_SCOPES) if row.rank]
    if marks:
        rows = [
            row for row in rows if row.id not in _FOR_ONE and row.id != "session.new"
        ]
    fitting = sorted((r for r in rows if _fits(r, meant, store)), key=lambda r: r.rank)
    hints = [Hint(shown_key(keys_of(row)[0]), row.title, row.action) for row in fitting]
    choices = max((len(s.needs.choices) for s in meant if s.needs), default=0)
    if choices:
        key = f"1-{min(choices, 9)}" if choices > 1 else "1"
        hints.insert(0, Hint(key, "answer"))
    return tuple(hints)


def group_hints(row: Row) -> tuple[Hint, ...]:
    """The hints while the cursor is on a header, or on what is folded away."""
    if row.is_more:
        return (Hint("enter", f"show the {row.hidden} older ones", "mark_group"),)
    rows = {action.id: action for action in actions_of(Scope.GROUP, Scope.VIEW)}
    turn = "group.open" if row.hidden else "group.close"
    shown = (rows[each] for each in ("group.mark", turn, "view.arrange"))
    hints = [Hint(shown_key(keys_of(r)[0]), r.title, r.action) for r in shown]
    return (
        *hints,
        *(Hint(shown_key(keys_of(r)[0]), r.title, r.action) for r in _rest()),
    )


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
        case "session.stop":
            return any(not session.is_over for session in meant)
        case "session.resume":
            return any(session.is_over for session in meant)
        case "session.merge":
            return any(session.ahead for session in meant)
        case _:
            return True
