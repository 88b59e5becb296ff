"""What linters cannot hold: sizes of modules, and imports that stay away."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import agentdeck
from agentdeck.tui.actions import ACTIONS

PACKAGE = Path(agentdeck.__file__).parent


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda f: f.name)
def test_no_module_is_longer_than_600_lines(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 600


def test_imports_run_one_way() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))],
        cwd=PACKAGE.parent,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("module", ["agentdeck.host.application", "agentdeck.cli.app"])
def test_host_and_command_line_need_no_textual(module: str) -> None:
    code = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert not {"textual", "rich"} & set(json.loads(done.stdout))


def test_each_action_has_an_id_and_a_key_of_its_own() -> None:
    ids = [action.id for action in ACTIONS]
    assert len(ids) == len(set(ids))
    for scope in {action.scope for action in ACTIONS}:
        keys = [k for a in ACTIONS if a.scope is scope for k in a.keys.split(",")]
        assert len(keys) == len(set(keys)), scope


def test_a_dialog_is_dressed_by_its_class() -> None:
    files = (PACKAGE / "tui" / "screens").glob("*.py")
    dressed = [f.name for f in files if '"dialog.tcss"' in f.read_text("utf-8")]
    assert dressed == ["dialog.py"], "derive it from tui.screens.dialog.Dialog"
