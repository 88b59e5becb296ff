"""The prompt in the person's own editor."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textual.app import App

from agentdeck.core.errors import AgentDeckError
from agentdeck.tui.editor import editor_command, run_outside


def edited(app: App[Any], environ: Mapping[str, str], text: str) -> str:
    """A text as the person left it in their editor; the app waits meanwhile.

    Raises:
        AgentDeckError: If there is no editor, or what it left cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="agentdeck-") as folder:
        file = Path(folder) / "prompt.md"
        file.write_text(text, encoding="utf-8")
        command = editor_command(environ, file)
        if command is None:
            raise AgentDeckError("There is no editor: set VISUAL or EDITOR.")
        problem = run_outside(app, command, file.parent, environ)
        if problem is not None:
            raise AgentDeckError(problem)
        try:
            return file.read_text(encoding="utf-8").rstrip("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise AgentDeckError(
                f"What the editor left cannot be read: {error}."
            ) from error
