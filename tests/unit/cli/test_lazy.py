from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentdeck.__main__ import main
from agentdeck.cli.app import VERBS
from agentdeck.config.paths import paths_from_environment
from tests.fakes.fake_host import fake_host, session_wire

HEAVY = {"textual", "pydantic", "git", "rich", "pyghostty", "watchfiles", "psutil"}
_PROBE = """
import json, sys
from agentdeck.__main__ import main
status = main(json.loads(sys.argv[1]))
sys.stderr.write(json.dumps([status, sorted(sys.modules)]))
"""


def _modules_after(arguments: list[str]) -> tuple[int, set[str]]:
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, json.dumps(arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
        timeout=30,
        env=dict(os.environ),
    )
    status, modules = json.loads(done.stderr.splitlines()[-1])
    return status, set(modules)


@pytest.mark.parametrize(
    "arguments",
    [["ls"], ["ls", "--json"], ["ls", "--filter", "is:live"], ["show", "a"]],
)
def test_a_verb_imports_nothing_heavy(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTDECK_HOME", str(tmp_path))
    with fake_host(paths_from_environment()) as host:
        host.answers["session.list"] = {"sessions": [session_wire("a")]}
        host.answers["session.commits"] = {"commits": []}
        status, modules = _modules_after(arguments)
    assert status == 0
    assert not {name.partition(".")[0] for name in modules} & HEAVY
    others = {target.partition(":")[0] for target in VERBS.values()}
    assert modules & others == {VERBS[arguments[0]].partition(":")[0]}


def test_help_imports_nothing_heavy() -> None:
    status, modules = _modules_after(["--help"])
    assert status == 0
    assert not {name.partition(".")[0] for name in modules} & HEAVY


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_help_with_an_example(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, "--help"]) == 0
    said = capsys.readouterr().out
    assert "Example" in said
    assert f"  agentdeck {verb}" in said


@pytest.mark.parametrize("part", ["status", "start", "stop", "restart"])
def test_each_part_of_host_has_an_example(
    part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["host", part, "--help"]) == 0
    assert f"  agentdeck host {part}" in capsys.readouterr().out


def test_a_typo_names_the_nearest_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mrege", "x"]) == 2
    assert "Did you mean merge?" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["ls", "--nonsense"], ["screen"], ["run", "x", "--count", "many"], ["host", "x"]],
)
def test_wrong_usage_is_status_two(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("agentdeck ")
