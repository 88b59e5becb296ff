"""The person's editor and shell: their commands, and the keys that open them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from agentdeck.tui import editor
from agentdeck.tui.editor import editor_command, shell_command
from tests.tui.driving import running
from tests.tui.scenes import few_link

FILE = Path("/w/a b.py")


@pytest.mark.parametrize(
    ("environ", "line", "command"),
    [
        ({"EDITOR": "vim"}, 12, ["vim", "+12", "/w/a b.py"]),
        ({"EDITOR": "vim"}, None, ["vim", "/w/a b.py"]),
        ({"VISUAL": "nano", "EDITOR": "vim"}, 1, ["nano", "+1", "/w/a b.py"]),
        (
            {"VISUAL": "code --wait"},
            7,
            ["code", "--wait", "-g", "/w/a b.py:7"],
        ),
        ({"VISUAL": "/opt/x/cursor"}, 7, ["/opt/x/cursor", "-g", "/w/a b.py:7"]),
        ({"EDITOR": "hx"}, 3, ["hx", "/w/a b.py:3"]),
        ({"EDITOR": "pycharm"}, 3, ["pycharm", "--line", "3", "/w/a b.py"]),
        ({"EDITOR": "my-own -x"}, 3, ["my-own", "-x", "/w/a b.py"]),
        ({"EDITOR": "'my own' -c 'set nu'"}, 3, ["my own", "-c", "set nu", str(FILE)]),
        ({"VISUAL": "'broken", "EDITOR": "vi"}, 3, ["vi", "+3", "/w/a b.py"]),
        ({"PATH": "/nowhere"}, 3, None),
        ({"EDITOR": "  ", "PATH": "/nowhere"}, 3, None),
    ],
)
def test_each_editor_is_told_the_line_in_its_own_way(
    environ: dict[str, str], line: int | None, command: list[str] | None
) -> None:
    assert editor_command(environ, FILE, line) == command


def test_without_a_setting_an_editor_that_is_there_is_taken(tmp_path: Path) -> None:
    program = tmp_path / "nano"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert editor_command({"PATH": str(tmp_path)}, FILE, 2) == ["nano", "+2", str(FILE)]


def test_the_shell_is_the_persons() -> None:
    assert shell_command({"SHELL": "/bin/zsh"}) == ["/bin/zsh"]
    assert shell_command({}) == ["/bin/sh"]


async def test_keys_open_editor_and_shell_in_the_worktree(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran: list[tuple[list[str], Path]] = []

    def run(
        _: Any, command: Sequence[str], folder: Path, environ: Mapping[str, str]
    ) -> str | None:
        assert "PATH" in environ
        ran.append((list(command), folder))
        return "It was not to be." if len(ran) > 1 else None

    monkeypatch.setattr(editor, "run_outside", run)
    link = few_link()
    values = {"PATH": "/bin", "EDITOR": "code", "SHELL": "/bin/fish"}
    async with running(link, environ=values) as deck:
        session = deck.main.session_at_cursor()
        assert session is not None
        folder = Path(session.worktree)
        await deck.press("E", "S")
        assert ran == [(["code", str(folder)], folder), (["/bin/fish"], folder)]
        assert deck.toasts() == ["It was not to be."]


async def test_a_worktree_that_is_gone_or_elsewhere_is_said() -> None:
    link = few_link()
    async with running(link, environ={"EDITOR": "vi"}) as deck:
        await deck.press("E")
        assert "There is no folder /home/ada" in deck.toasts()[-1]
        session = deck.main.session_at_cursor()
        assert session is not None
        link.change(session, host="build-1")
        await deck.until(lambda: deck.main.session_at_cursor() != session)
        await deck.press("S")
        assert "is on build-1" in deck.toasts()[-1]


async def test_a_terminal_that_cannot_be_handed_over_is_said(tmp_path: Path) -> None:
    link = few_link()
    async with running(link) as deck:
        said = editor.run_outside(deck.app, ["true"], tmp_path, {})
        assert said is not None
        assert "cannot be handed over" in said
