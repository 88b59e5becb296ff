"""What settled screens say, also where a narrow pane breaks their lines."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.agents.aider import AIDER
from agentdeck.agents.claude import CLAUDE
from agentdeck.agents.codex import CODEX
from agentdeck.agents.copilot import COPILOT
from agentdeck.agents.definition import Agent, choices_in
from agentdeck.agents.gemini import GEMINI
from agentdeck.core.session import NeedsKind

PERMISSION, TRUST = NeedsKind.PERMISSION, NeedsKind.TRUST

CLAUDE_TRUST = """\
 /home/ada/orchard.worktrees/it

 Quick safety check: Is this a project you
 created or one you trust? (Like your own
 code, a well-known open source project, or
 work from your team). If not, take a moment
 to review what's in this folder first.

 Claude Code'll be able to read, edit, and
 execute files here.

 Security guide

 ❯ 1. Yes, I trust this folder
   2. No, exit

 Enter to confirm · Esc to cancel
"""
CLAUDE_PERMISSION = """\
 Bash command

   touch notes.txt
   Run a step of the script

 Do you want to proceed?
 ❯ 1. Yes
   2.Yes, and always allow access to it/ from
     this project
   3. No

 Esc to cancel · Tab to amend · ctrl+e to
 explain
"""
CLAUDE_CREATE = """\
 Do you want to create
 a-file-with-a-rather-long-name.txt?
 ❯ 1. Yes
   2. Yes, allow all edits during this session
   3. No
"""
GEMINI_SHELL = """\
╭────────────────────────────╮
│ ? Shell  touch d17         │
│ Allow execution of         │
│ [Shell]?                   │
│                            │
│ ● 1. Allow once            │
│   2. Allow for this        │
│      session               │
│   3. No, suggest changes   │
│      (esc)                 │
╰────────────────────────────╯
"""
AIDER_RUN = """\
─────────────────────────────────
diff> touch two files

Tokens: 2.5k sent, 9 received.

touch one
touch two
Run shell command? (Y)es/(N)o/(D)on't ask again [Yes]:
"""
COPILOT_RUN = """\
│ Do you want to run this    │
│ command?                   │
│ ❯ 1. Yes                   │
│   2. No, and tell Copilot  │
│      what to do (Esc)      │
"""
CODEX_TRUST = """\
  Do you trust the contents of
  this directory? It is new.

› 1. Yes, continue
  2. No, quit
"""
ROWS: list[tuple[str, Agent, str, NeedsKind, str, tuple[str, ...]]] = [
    (
        "claude asks for trust",
        CLAUDE,
        CLAUDE_TRUST,
        TRUST,
        "Is this a project you created",
        ("Yes, I trust this folder", "No, exit"),
    ),
    (
        "claude asks to run",
        CLAUDE,
        CLAUDE_PERMISSION,
        PERMISSION,
        "Do you want to proceed?",
        ("Yes", "Yes, and always allow access to it/ from this project", "No"),
    ),
    (
        "claude asks to create",
        CLAUDE,
        CLAUDE_CREATE,
        PERMISSION,
        "Do you want to create a-file-with-a-rather-long-name.txt?",
        ("Yes", "Yes, allow all edits during this session", "No"),
    ),
    (
        "gemini asks to run",
        GEMINI,
        GEMINI_SHELL,
        PERMISSION,
        "Allow execution of [Shell]?",
        ("Allow once", "Allow for this session", "No, suggest changes (esc)"),
    ),
    (
        "aider asks to run",
        AIDER,
        AIDER_RUN,
        PERMISSION,
        "touch one touch two Run shell command? (Y)es/(N)o/(D)on't ask again [Yes]:",
        (),
    ),
    (
        "copilot asks to run",
        COPILOT,
        COPILOT_RUN,
        PERMISSION,
        "Do you want to run this command?",
        ("Yes", "No, and tell Copilot what to do (Esc)"),
    ),
    (
        "codex asks for trust",
        CODEX,
        CODEX_TRUST,
        TRUST,
        "Do you trust the contents of",
        ("Yes, continue", "No, quit"),
    ),
]


@pytest.mark.parametrize(
    ("agent", "screen", "kind", "text", "choices"),
    [row[1:] for row in ROWS],
    ids=[row[0] for row in ROWS],
)
def test_a_narrow_screen_asks_the_same(
    agent: Agent, screen: str, kind: NeedsKind, text: str, choices: tuple[str, ...]
) -> None:
    found = agent.detect(screen.split("\n"), "")
    assert found is not None
    assert found.needs is not None
    assert found.needs.kind is kind
    assert text in found.needs.text
    assert found.needs.choices == choices


WORDS = st.text("abcdefgh", min_size=1, max_size=9)
LABELS = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)


@given(
    st.lists(LABELS, min_size=1, max_size=9), st.integers(min_value=16, max_value=80)
)
def test_choices_are_the_same_at_any_width(labels: list[str], width: int) -> None:
    lines: list[str] = []
    for number, label in enumerate(labels, 1):
        first, *rest = textwrap.wrap(label, width)
        lines += [f"  {number}. {first}", *(f"     {each}" for each in rest)]
    assert choices_in([*lines, "", " Esc to cancel"]) == tuple(labels)
