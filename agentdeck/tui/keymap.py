"""Keys of a person's own: which action has which keys now, and what cannot be. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain

from textual.keys import Keys

from agentdeck.tui.actions import (
    ACTIONS,
    BY_DIGIT,
    Action,
    Scope,
    key_name,
    keys_of,
    plain_key,
    shown_key,
)

NO_KEY = "unbound"
"""What Textual is told for an action without a key; no keyboard has it."""
_BY_ID = {action.id: action for action in ACTIONS}
_MAIN = (Scope.LIST, Scope.SESSION, Scope.VIEW, Scope.APP)
_KEY = re.compile(r"((ctrl|shift|alt|super|hyper|meta)\+)*([^+\s]+)")
_NAMED = frozenset(chain.from_iterable(key.value.split("+")[-1:] for key in Keys))
_SIGNS = frozenset(key_name(chr(code)) for code in range(33, 127))


@dataclass(frozen=True, slots=True)
class Keymap:
    """The keys that differ from the registry's, and what a person should know."""

    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Keys by action id, by Textual's names."""
    problems: tuple[str, ...] = ()
    """Settings that could not be followed."""
    notes: tuple[str, ...] = ()
    """Actions that lost their last key to another."""

    def keys_of(self, action: Action) -> list[str]:
        """The keys of an action, by Textual's names."""
        own = self.changed.get(action.id)
        return keys_of(action) if own is None else list(own)

    def shown(self, action: Action) -> str:
        """The first key of an action as a person knows it; empty if it has none."""
        keys = self.keys_of(action)
        return shown_key(keys[0]) if keys else ""

    def key(self, action_id: str) -> str:
        """The key of an action for a sentence that names it.

        An action without a key is in the palette, by its title.
        """
        action = _BY_ID[action_id]
        keys = self.keys_of(action)
        if not keys:
            palette = _BY_ID["app.palette"]
            return f'{self.shown(palette)} and "{action.title}"'
        return plain_key(shown_key(keys[0]))

    def for_textual(self) -> dict[str, str]:
        """What Textual's `set_keymap` takes."""
        return {each: ",".join(keys) or NO_KEY for each, keys in self.changed.items()}


def scopes_beside(scope: Scope) -> tuple[Scope, ...]:
    """The scopes whose keys hold at the same time as those of a scope."""
    if scope is Scope.GROUP:
        return (Scope.GROUP, Scope.LIST)
    if scope is Scope.LIST:
        return (*_MAIN, Scope.GROUP)
    return _MAIN if scope in _MAIN else (scope,)


def keymap_from(wished: Mapping[str, str]) -> Keymap:
    """The keymap that follows a person's settings as far as they can be followed.

    A key that is given to an action is taken from the others that hold at the same
    time, so that what a person asked for always works.

    Args:
        wished: Keys by action id, several parted by spaces or commas.
    """
    problems: list[str] = []
    given: dict[str, tuple[str, ...]] = {}
    by_id = {action.id: action for action in ACTIONS}
    for action_id in sorted(wished, key=lambda each: _registry_place(each, by_id)):
        action = by_id.get(action_id)
        if action is None:
            near = difflib.get_close_matches(action_id, by_id, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            problems.append(f"No action is called {action_id!r}.{hint}")
        elif action_id in BY_DIGIT:
            problems.append(f"{action_id} is by digit; its keys stay.")
        else:
            taken = _taken(action, given, by_id)
            found = _keys(action_id, wished[action_id], taken, problems)
            given[action_id] = tuple(found)
    return _without_taken(given, by_id, problems)


def _registry_place(action_id: str, by_id: Mapping[str, Action]) -> int:
    places = {each: place for place, each in enumerate(by_id)}
    return places.get(action_id, len(places))


def _taken(
    action: Action,
    given: Mapping[str, tuple[str, ...]],
    by_id: Mapping[str, Action],
) -> dict[str, str]:
    """The keys that an action cannot have, with who has them."""
    beside = scopes_beside(action.scope)
    taken = {
        key: other
        for other, keys in given.items()
        if by_id[other].scope in beside
        for key in keys
    }
    for row in ACTIONS:
        if row.id in BY_DIGIT and row.scope in beside:
            taken |= dict.fromkeys(keys_of(row), row.id)
    return taken


def _keys(
    action_id: str, text: str, taken: Mapping[str, str], problems: list[str]
) -> Iterable[str]:
    names = dict.fromkeys(key_name(each) for each in re.split(r"[\s,]+", text) if each)
    for name in names:
        if not _is_key(name):
            problems.append(
                f"{action_id}: {name!r} is no key, such as f5, ctrl+x or comma."
            )
        elif name in taken:
            who = taken[name]
            problems.append(
                f"{action_id}: {shown_key(name)} is the key of {who} already."
            )
        else:
            yield name


def _is_key(name: str) -> bool:
    match = _KEY.fullmatch(name)
    if match is None:
        return False
    last = match[3]
    return len(last) == 1 or last in _NAMED or last in _SIGNS


def _without_taken(
    given: dict[str, tuple[str, ...]],
    by_id: Mapping[str, Action],
    problems: list[str],
) -> Keymap:
    changed, notes = dict(given), []
    for row in ACTIONS:
        if row.id in given or row.id in BY_DIGIT:
            continue
        gone = {
            key: other
            for other, keys in given.items()
            if by_id[other].scope in scopes_beside(row.scope)
            for key in keys
        }
        kept = tuple(key for key in keys_of(row) if key not in gone)
        if len(kept) < len(keys_of(row)):
            changed[row.id] = kept
            lost = [key for key in keys_of(row) if key in gone]
            if not kept:
                notes.append(
                    f"{row.id} has no key now; {shown_key(lost[0])} is {gone[lost[0]]}."
                )
    return Keymap(changed, tuple(problems), tuple(notes))
