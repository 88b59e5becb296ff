"""Puts the fake `gh` on the PATH, and reads what it keeps."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("gh.py")


class GitHub:
    """A GitHub of one repository; its remote is a bare repository of the test."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "gh-bin"
        self.bin.mkdir()
        self.file = folder / "github.json"
        self.file.write_text("{}")
        program = self.bin / "gh"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{PROGRAM}" "$@"\n')
        program.chmod(0o755)

    def environment(self, environ: dict[str, str]) -> dict[str, str]:
        """What a process needs to find it."""
        path = f"{self.bin}:{environ.get('PATH', '')}"
        return {"PATH": path, "FAKE_GH": str(self.file)}

    @property
    def state(self) -> dict[str, Any]:
        """All that it keeps."""
        kept: dict[str, Any] = json.loads(self.file.read_text())
        return kept

    def change(self, **values: Any) -> None:
        """Keep something else."""
        self.file.write_text(json.dumps({**self.state, **values}))

    def change_pull(self, number: int, **values: Any) -> None:
        """Have something happen to a pull request on GitHub."""
        pulls = self.state["pulls"]
        pulls[number - 1] |= values
        self.change(pulls=pulls)

    def calls(self, name: str = "") -> list[dict[str, Any]]:
        """The commands it got, or those that begin so."""
        every = self.state.get("calls", [])
        return [each for each in every if " ".join(each["args"]).startswith(name)]
