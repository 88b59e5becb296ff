"""A long prompt reaches each real CLI whole, and never by its command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.real_agents.conftest import RealAgent

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

Start = Callable[[str], RealAgent]
FILLER = "\n".join(f"line {n} of a long brief that holds secret42" for n in range(120))


@pytest.mark.parametrize("name", ["claude", "codex", "copilot", "opencode"])
def test_it_is_typed_once_the_agent_rests(start_agent: Start, name: str) -> None:
    it = start_agent(name)
    # The model does what stands last, so it has read to the end.
    it.start(FILLER, "do say Read to the end")

    def is_sent(session: dict[str, Any]) -> bool:
        if session["needs"]:
            it.deck.run("approve", "it", status=None)
        return session["phase"] == "running" and not session["queued"]

    # A slow start takes most of one deadline, so the turn has another.
    it.until(is_sent)
    it.until(
        lambda s: (
            s["activity"] == "idle"
            and "Read to the end" in it.deck.run("screen", "it").stdout
        )
    )
    lines = [" ".join(process.cmdline()) for process in it.deck.processes()]
    assert not any("secret42" in line for line in lines)
