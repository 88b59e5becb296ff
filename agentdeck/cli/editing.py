"""A text in the person's own editor, from the command line."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from agentdeck.core.errors import AgentDeckError

_FALLBACKS = ("sensible-editor", "editor", "nano", "vim", "vi")


def edited(text: str) -> str:
    """A text as the person left it in $VISUAL or $EDITOR.

    Raises:
        AgentDeckError: If there is no editor, or it failed.
    """
    words = _editor()
    with tempfile.TemporaryDirectory(prefix="agentdeck-") as folder:
        file = Path(folder) / "text.md"
        file.write_text(text, encoding="utf-8")
        try:
            done = subprocess.run([*words, str(file)], check=False)
            left = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise AgentDeckError(f"The text could not be edited: {error}.") from error
    if done.returncode != 0:
        raise AgentDeckError(
            f"{words[0]} failed ({done.returncode}); nothing was done."
        )
    return left


def _editor() -> list[str]:
    for name in ("VISUAL", "EDITOR"):
        words = shlex.split(os.environ.get(name, ""))
        if words:
            return words
    found = next((each for each in _FALLBACKS if shutil.which(each)), None)
    if found is None:
        raise AgentDeckError("There is no editor: set VISUAL or EDITOR.")
    return [found]
