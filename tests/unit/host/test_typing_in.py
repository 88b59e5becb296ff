"""A text that an agent's input box still shows is not sent yet."""

from __future__ import annotations

from typing import Any

import pytest

from agentdeck.agents.copilot import COPILOT
from agentdeck.agents.gemini import GEMINI
from agentdeck.core.session import Activity
from agentdeck.host.typing_in import is_unsent, send_text

TOP, BOTTOM = "▄" * 120, "▀" * 120
FOOTER = [
    " workspace (/directory)          branch            sandbox            /model",
    " /home/ada/orchard.worktrees/it  agentdeck/it      no sandbox         Auto",
]


def gemini(*box: str) -> list[str]:
    """Gemini CLI 0.61.0 with this in its input box, after an earlier prompt."""
    said = [TOP, " > do say fine", BOTTOM, "✦ fine", "  All done.", ""]
    return [*said, " Shift+Tab to accept edits", TOP, *box, BOTTOM, *FOOTER, "", ""]


WAITS = gemini(" > do say fine1")
EMPTY = gemini(" >   Type your message or @path/to/file")
LONG = gemini(" > Rename every module of the package so that", "   a reader guesses it")
ROWS = [
    ("it waits", "do say fine1", WAITS, True),
    ("the box is empty", "do say fine1", EMPTY, False),
    ("an earlier prompt is no box", "do say fine", EMPTY, False),
    ("a person types something else", "go on", WAITS, False),
    (
        "it is broken into lines",
        "Rename every module of the package so that a reader guesses it",
        LONG,
        True,
    ),
    ("a dialog stands there", "1", [TOP, "Apply this change?", BOTTOM], False),
]


@pytest.mark.parametrize(
    ("text", "lines", "expected"),
    [row[1:] for row in ROWS],
    ids=[row[0] for row in ROWS],
)
def test_a_text_in_the_box_is_unsent(
    text: str, lines: list[str], expected: bool
) -> None:
    assert GEMINI.unsent is not None
    assert is_unsent(text, lines, GEMINI.unsent) is expected


@pytest.mark.parametrize(
    ("box", "expected"),
    [("┃ do say fine1", True), ("┃", False), ("┃ do say other", False)],
)
def test_a_text_in_the_box_of_copilot_is_unsent(box: str, expected: bool) -> None:
    """Copilot CLI as it was seen: an earlier prompt has no corners."""
    said = [f" {TOP} ┃", "  ❯ do say fine1      00:49   ┃", f" {BOTTOM} ┃", ""]
    lines = [*said, f"╻{TOP}", box, f"╹{BOTTOM}", " Interactive · @ files", ""]
    assert COPILOT.unsent is not None
    assert is_unsent("do say fine1", lines, COPILOT.unsent) is expected


def test_gemini_rests_while_a_text_waits_in_its_box() -> None:
    found = GEMINI.detect(WAITS, "◇  Ready (it)")
    assert found is not None
    assert found.activity is Activity.IDLE


class Runner:
    """Notes what it is asked; shows one screen after another."""

    def __init__(self, *screens: list[str]) -> None:
        self.asked: list[str] = []
        self._screens = iter(screens)

    async def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(str(message.get("key") or message["t"]))
        return {"lines": next(self._screens)} if message["t"] == "screen" else {}


async def test_enter_is_pressed_until_the_text_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("agentdeck.host.typing_in.TAKEN_AFTER_S", 0.0)
    runner, noted = Runner(WAITS, EMPTY), []
    link: Any = runner
    await send_text(link, "do say fine1", GEMINI.unsent, lambda: noted.append(1))
    assert runner.asked == ["text", "enter", "screen", "enter", "screen"]
    assert noted == [1]
