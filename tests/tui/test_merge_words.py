"""How the merge queue says in a few words how each session would fare."""

from __future__ import annotations

from typing import Any

import pytest

from agentdeck.tui.look import UNICODE
from agentdeck.tui.merge_words import fate, in_the_way

LONG = "'agentdeck/x' has changes in /home/ada/orchard.worktrees/x that are not"
REFUSED = {"ok": False, "verdict": "refused", "error": {"message": LONG}}
CONFLICT = {
    "ok": False,
    "verdict": "conflicts with base",
    "error": {"message": "", "data": {"files": ["cart.py"]}},
}


@pytest.mark.parametrize(
    ("result", "state", "said"),
    [
        ({"ok": True}, "", "clean"),
        (REFUSED, "", "refused"),
        (CONFLICT, "", "conflicts with base: cart.py"),
        ({"ok": False, "verdict": "nothing to merge"}, "", "nothing to merge"),
        (None, "checking", "checking"),
        (None, "checks failed", "checks failed"),
        (None, "", ""),
    ],
)
def test_fate(result: dict[str, Any] | None, state: str, said: str) -> None:
    shapes = f"{UNICODE.done}{UNICODE.failed}{UNICODE.preparing} "
    assert str(fate(result, state, UNICODE)).strip(shapes) == said


def test_why_one_is_refused_is_said_whole_below() -> None:
    assert in_the_way(REFUSED) == LONG
