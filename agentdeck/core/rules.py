"""What may be answered without a person: patterns on the permission that is asked.

Nothing is answered that a rule does not name. An allow pattern has to match all of
what is asked, so that `npm test` never lets `npm test; rm -rf .` through; a deny
pattern need only be found in it, and wins, whichever rule holds it. Only the agent's
own hook is believed: a screen shows whatever a program prints.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from agentdeck.core.session import NeedsKind, Session

WHOLE_BELOW = 300
"""Of a text this long the end may be cut off, so it is never allowed."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Patterns for an agent's sessions in a repository; empty means any."""

    agent: str = ""
    repository: str = ""
    """The repository's folder, or a glob of it, in which `*` also spans folders."""
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a rule answers. `number` is the rule's place, from 1."""

    action: Literal["approve", "deny"]
    number: int
    pattern: str

    @property
    def by(self) -> str:
        """The rule in words."""
        return f"rule {self.number} ({self.pattern})"


def ruling_for(rules: Sequence[Rule], session: Session) -> Ruling | None:
    """What the rules answer to that which a session asks, or None for a person."""
    needs, why = session.needs, session.why
    if needs is None or needs.kind is not NeedsKind.PERMISSION:
        return None
    if why is None or why.source != "hook":
        return None
    mine = [(n, rule) for n, rule in enumerate(rules, 1) if _applies(rule, session)]
    for number, rule in mine:
        for pattern in rule.deny:
            if re.search(pattern, needs.text):
                return Ruling("deny", number, pattern)
    if len(needs.text) >= WHOLE_BELOW:
        return None
    for number, rule in mine:
        for pattern in rule.allow:
            if re.fullmatch(pattern, needs.text):
                return Ruling("approve", number, pattern)
    return None


def _applies(rule: Rule, session: Session) -> bool:
    if rule.agent and rule.agent != session.agent:
        return False
    return not rule.repository or fnmatchcase(session.repo, rule.repository)
