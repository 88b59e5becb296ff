"""Programs that get the terminal for a while: the person's editor, or a shell.

The one place that knows how editors are told a line. The app stands still while
such a program has the terminal; what happened meanwhile comes when it ends.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported

from agentdeck.core.session import Session
from agentdeck.tui.deck import Deck
from agentdeck.tui.printable import one_line

FALLBACKS = ("sensible-editor", "editor", "nano", "vim", "vi")
"""Tried where neither VISUAL nor EDITOR is set."""

_LINE_FIRST = frozenset(
    [
        "vi",
        "vim",
        "nvim",
        "view",
        "gvim",
        "nano",
        "pico",
        "emacs",
        "emacsclient",
        "kak",
        "micro",
        "joe",
        "jed",
        "ne",
        "mg",
        "gedit",
        "mcedit",
        "sensible-editor",
        "editor",
    ]
)
"""`+LINE FILE`."""
_GO_TO = frozenset(
    ["code", "code-insiders", "codium", "vscodium", "cursor", "windsurf", "positron"]
)
"""`-g FILE:LINE`, as VS Code takes it."""
_LINE_AFTER = frozenset(
    ["hx", "helix", "subl", "sublime_text", "zed", "zeditor", "lapce"]
)
"""`FILE:LINE`."""
_LINE_OPTION = frozenset(
    [
        "idea",
        "pycharm",
        "webstorm",
        "goland",
        "clion",
        "rubymine",
        "phpstorm",
        "rider",
        "kate",
        "mate",
    ]
)
"""`--line LINE FILE`."""


def editor_command(
    environ: Mapping[str, str], file: Path, line: int | None = None
) -> list[str] | None:
    """The command that opens a file in the person's editor, at a line if it can.

    An editor that is not known gets the file alone: it might take `+12` for a name.

    Args:
        environ: Where VISUAL, EDITOR and PATH are looked up.
        file: An absolute path, so that it is never taken for an option.
        line: From 1.

    Returns:
        The arguments, or None if there is no editor.
    """
    words = _editor_words(environ)
    if not words:
        return None
    name = Path(words[0]).name.removesuffix(".exe").removesuffix(".cmd").lower()
    if line is None:
        return [*words, str(file)]
    if name in _LINE_FIRST:
        return [*words, f"+{line}", str(file)]
    if name in _GO_TO:
        return [*words, "-g", f"{file}:{line}"]
    if name in _LINE_AFTER:
        return [*words, f"{file}:{line}"]
    if name in _LINE_OPTION:
        return [*words, "--line", str(line), str(file)]
    return [*words, str(file)]


def _editor_words(environ: Mapping[str, str]) -> list[str]:
    for name in ("VISUAL", "EDITOR"):
        try:
            words = shlex.split(environ.get(name, ""))
        except ValueError:
            continue
        if words:
            return words
    path = environ.get("PATH")
    found = next((each for each in FALLBACKS if shutil.which(each, path=path)), None)
    return [found] if found else []


def shell_command(environ: Mapping[str, str]) -> list[str]:
    """The person's shell."""
    return [environ.get("SHELL") or "/bin/sh"]


def open_worktree(
    app: App[Any], deck: Deck, session: Session, file: str = "", line: int | None = None
) -> str | None:
    """Open a session's worktree, or a file of it at a line, in the person's editor.

    Returns:
        What went wrong, as a sentence for the person, or None.
    """
    folder = Path(session.worktree)
    if session.host != "local":
        return f"{session.name} is on {session.host}; its files are not here."
    command = editor_command(deck.environ, folder / file if file else folder, line)
    if command is None:
        return "There is no editor: set VISUAL or EDITOR, such as EDITOR=nano."
    return run_outside(app, command, folder, deck.environ)


def open_shell(app: App[Any], deck: Deck, session: Session) -> str | None:
    """Open a shell in a session's worktree.

    Returns:
        What went wrong, as a sentence for the person, or None.
    """
    if session.host != "local":
        return f"{session.name} is on {session.host}; its files are not here."
    command = shell_command(deck.environ)
    return run_outside(app, command, Path(session.worktree), deck.environ)


def run_outside(
    app: App[Any], command: Sequence[str], folder: Path, environ: Mapping[str, str]
) -> str | None:
    """Give a program the terminal until it ends.

    Returns:
        What went wrong, as a sentence for the person, or None.
    """
    if not folder.is_dir():
        return f"There is no folder {folder} any more."
    try:
        with app.suspend(), _terminal_kept():
            _tell(f"{command[0]} in {folder}; its end brings AgentDeck back.")
            subprocess.run(command, cwd=folder, env=dict(environ), check=False)
    except SuspendNotSupported:
        return "The terminal cannot be handed over here, as in a browser."
    except OSError as error:
        return f"{command[0]} could not be started: {error.strerror}."
    return None


@contextlib.contextmanager
def _terminal_kept() -> Iterator[None]:
    """Outlive the Ctrl+C that a program gets, and take the terminal back after it.

    A shell that was killed leaves the terminal to a process group that is gone; to
    change its modes from outside that group would stop the app.
    """

    def stay(*_: object) -> None:
        """A handler, as what is ignored would be ignored by the program too."""

    interrupted = signal.signal(signal.SIGINT, stay)
    quit_asked = signal.signal(signal.SIGQUIT, stay)
    try:
        yield
    finally:
        stopped = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        with contextlib.suppress(OSError, termios.error, AttributeError):
            os.tcsetpgrp(sys.__stdin__.fileno(), os.getpgrp())  # type: ignore[union-attr]
        signal.signal(signal.SIGTTOU, stopped)
        signal.signal(signal.SIGQUIT, quit_asked)
        signal.signal(signal.SIGINT, interrupted)


def _tell(sentence: str) -> None:
    if sys.__stdout__ is not None:
        sys.__stdout__.write(one_line(sentence) + "\n")
        sys.__stdout__.flush()
