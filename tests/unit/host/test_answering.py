"""Which keys answer which question."""

from __future__ import annotations

from typing import Any

import pytest

from agentdeck.agents.aider import AIDER
from agentdeck.agents.claude import CLAUDE
from agentdeck.agents.codex import CODEX
from agentdeck.agents.definition import Agent
from agentdeck.agents.opencode import OPENCODE
from agentdeck.core.errors import RefusedError
from agentdeck.core.session import Needs, NeedsKind
from agentdeck.host.answering import Plan, plan_for
from agentdeck.rpc.messages import Answer

YES_NO = ("Yes", "Yes, always", "No")
APIS = ("REST", "GraphQL", "Type something.")


def plan(agent: Agent, kind: NeedsKind, choices: tuple[str, ...], **how: Any) -> Plan:
    needs = Needs(kind, "A question", choices)
    return plan_for(needs, agent.answers, Answer(ids=[], **how))


@pytest.mark.parametrize(
    ("agent", "kind", "how", "keys"),
    [
        (CLAUDE, NeedsKind.PERMISSION, {"action": "approve"}, ("1",)),
        (CLAUDE, NeedsKind.PERMISSION, {"action": "deny"}, ("escape",)),
        (CLAUDE, NeedsKind.PERMISSION, {"choice": 2}, ("2",)),
        (CODEX, NeedsKind.PERMISSION, {"choice": 2}, ("2",)),
        (CODEX, NeedsKind.TRUST, {"choice": 1}, ("1", "enter")),
        (CODEX, NeedsKind.TRUST, {"action": "approve"}, ("1", "enter")),
        (OPENCODE, NeedsKind.PERMISSION, {"choice": 3}, ("right", "right", "enter")),
        (OPENCODE, NeedsKind.PERMISSION, {"action": "approve"}, ("enter",)),
        (AIDER, NeedsKind.PERMISSION, {"action": "deny"}, ("n", "enter")),
    ],
)
def test_the_keys_are_the_agents_own(
    agent: Agent, kind: NeedsKind, how: dict[str, Any], keys: tuple[str, ...]
) -> None:
    assert plan(agent, kind, YES_NO, **how).keys == keys


def test_a_text_never_goes_into_a_dialog_of_numbers() -> None:
    denied = plan(CLAUDE, NeedsKind.PERMISSION, YES_NO, reply="1. use rm")
    assert denied.keys == ("escape",)
    assert denied.denies_first
    assert denied.text == "1. use rm"
    free = plan(CLAUDE, NeedsKind.QUESTION, APIS, reply="1 of each")
    assert free.keys == ("3",)


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        (NeedsKind.PERMISSION, {"choice": 4}),
        (NeedsKind.QUESTION, {"action": "approve"}),
        (NeedsKind.LIMIT, {"action": "approve"}),
        (NeedsKind.LOGIN, {"choice": 1}),
    ],
)
def test_what_cannot_be_answered_so_is_refused(
    kind: NeedsKind, how: dict[str, Any]
) -> None:
    with pytest.raises(RefusedError):
        plan(CLAUDE, kind, YES_NO, **how)
