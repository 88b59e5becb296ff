"""The built-in scripted agent: works without any model, for the demo and for tests.

Its program is `scripted_program.py`; it reports by hooks, so no rule is needed.
"""

from __future__ import annotations

import sys

from agentdeck.agents.definition import Agent, Launch, Start
from agentdeck.agents.prompts import is_long


def _launch(start: Start) -> Launch:
    argv = [sys.executable, "-m", "agentdeck.agents.scripted_program"]
    if start.resume:
        argv.append("--resume")
    if is_long(start.prompt):
        return Launch((*argv, "--brief", str(start.folder / "brief.md")))
    return Launch((*argv, "--", start.prompt))


SCRIPTED = Agent(
    name="scripted",
    title="Scripted agent",
    executable=None,
    launch=_launch,
    plays_custom=False,
)
