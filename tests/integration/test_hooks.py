"""The person's hooks on a real host: told as JSON, bounded, never in the way."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.integration.deck import DEADLINE_S, Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

ASKS = "/question Sure? | Yes | No\n/edit new.txt hi\n/commit done\n/exit"
KEEP = (
    "import json, os, sys\n"
    "told = json.load(sys.stdin)\n"
    "told['env'] = [os.environ['AGENTDECK_HOOK'], os.environ['AGENTDECK_EVENT']]\n"
    "open(sys.argv[1], 'a').write(json.dumps(told) + '\\n')\n"
)


def hook(name: str, on: list[str], run: list[str], **more: Any) -> str:
    lines = [f"[hooks.{name}]", f"on = {json.dumps(on)}", f"run = {json.dumps(run)}"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in more.items()]
    return "\n".join(lines) + "\n"


def keeper(name: str, on: list[str], file: Path) -> str:
    return hook(name, on, [sys.executable, "-c", KEEP, str(file)])


def settings(deck: Deck, *hooks: str) -> None:
    file = deck.home / "config" / "config.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(hooks))


def told(file: Path) -> list[dict[str, Any]]:
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text().splitlines()]


def wait(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def listed(deck: Deck) -> dict[str, dict[str, Any]]:
    rows = json.loads(deck.run("hooks", "--json").stdout)
    return {row["name"]: row for row in rows}


def notices(deck: Deck) -> list[str]:
    lines = deck.run("events", "--json").stdout.splitlines()
    events = [json.loads(line) for line in lines]
    return [e["data"]["text"] for e in events if e["kind"] == "notice"]


def test_hooks_are_told_what_they_wanted(deck: Deck, tmp_path: Path) -> None:
    asked, merged, all_of_it = (tmp_path / name for name in ("asked", "merged", "all"))
    settings(
        deck,
        keeper("asked", ["session.needs-input"], asked),
        keeper("merged", ["merge.*"], merged),
        keeper("all", ["*"], all_of_it),
    )
    deck.run("run", "--agent", "scripted", "--name", "one", ASKS)
    wait(lambda: told(asked))
    (event,) = told(asked)
    assert event["event"] == "session.needs-input"
    assert event["session"]["name"] == "one"
    assert event["session"]["needs"]["text"] == "Sure?"
    assert event["env"] == ["asked", "session.needs-input"]
    deck.run("answer", "one", "1")
    deck.until(lambda s: s["one"]["phase"] == "ended")
    deck.run("merge", "one")
    wait(lambda: "merge.landed" in [each["event"] for each in told(merged)])
    wait(lambda: "merge.landed" in [each["event"] for each in told(all_of_it)])
    names = {each["event"] for each in told(all_of_it)}
    assert {"session.created", "session.started", "session.ended"} <= names
    assert "session.changed" not in names
    rows = listed(deck)
    assert rows["asked"]["ok"] is True
    assert rows["asked"]["runs"] == 1
    assert "asked" in deck.run("hooks").stdout


def test_a_failure_is_said_and_stops_nothing(deck: Deck, tmp_path: Path) -> None:
    file = tmp_path / "told"
    settings(
        deck,
        hook("broken", ["session.created"], ["sh", "-c", "echo no disk; exit 3"]),
        hook("absent", ["session.created"], ["/no/such/command"]),
        hook("slow", ["session.created"], ["sleep", "600"], timeout_s=0.5),
        hook("deaf", ["session.created"], ["true"]),
        hook("echo", ["notice.*"], ["false"]),
        keeper("well", ["session.created"], file),
    )
    deck.run("run", "--agent", "scripted", "--name", "one", "/exit")
    wait(lambda: told(file))
    wait(lambda: all(r["runs"] for n, r in listed(deck).items() if n != "echo"))
    rows = listed(deck)
    assert [rows[n]["ok"] for n in ("broken", "absent", "slow")] == [False] * 3
    assert rows["deaf"]["ok"] is True
    assert rows["broken"]["note"] == "exit 3"
    assert rows["broken"]["output"] == "no disk\n"
    assert "over its limit" in rows["slow"]["note"]
    said = " ".join(notices(deck))
    assert "'broken' failed on session.created: exit 3. no disk" in said
    assert "'absent'" in said
    assert "'slow'" in said
    # What is said of a hook is told to no hook, or it would go round for ever.
    assert rows["echo"]["runs"] == 0
    deck.until(lambda s: s["one"]["phase"] == "ended")


def test_a_flood_is_joined_and_never_in_the_way(deck: Deck, tmp_path: Path) -> None:
    file = tmp_path / "told"
    slow = KEEP.replace("told =", "import time; time.sleep(0.5)\ntold =")
    settings(
        deck,
        hook("slow", ["filters.changed"], [sys.executable, "-c", slow, str(file)]),
    )
    for number in range(12):
        deck.run("filters", "save", f"f{number}", "is:unread")
    wait(lambda: sum(each["coalesced"] for each in told(file)) == 12)
    assert len(told(file)) < 12


def test_a_hook_can_be_tried(deck: Deck, tmp_path: Path) -> None:
    file = tmp_path / "told"
    settings(
        deck,
        keeper("well", ["session.idle"], file),
        hook("ill", ["session.idle"], ["sh", "-c", "echo oh; exit 1"]),
    )
    deck.run("hooks", "--test", "well")
    (event,) = told(file)
    assert event["sample"] is True
    done = deck.run("hooks", "--test", "ill", status=1)
    assert done.stdout == "oh\n"
    assert "exit 1" in done.stderr
    missing = deck.run("hooks", "--test", "none", status=2)
    assert "well, ill" in missing.stderr
    assert "session.needs-input" in deck.run("hooks", "--events").stdout
    assert listed(deck)["well"]["runs"] == 0


LEAVES = "sleep 700 & setsid sleep 700 & echo $$ > {}; wait"


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_nothing_is_left_of_a_hook_when_its_host_is_gone(
    deck: Deck, tmp_path: Path, how: str
) -> None:
    file = tmp_path / "pid"
    script = LEAVES.format(file)
    command = ["sh", "-c", script]
    settings(deck, hook("long", ["session.created"], command, timeout_s=600))
    deck.run("run", "--agent", "scripted", "--name", "one", "/exit")
    wait(lambda: file.exists() and file.read_text().strip())
    wait(lambda: len(sleepers(deck)) == 2)
    if how == "stopped":
        deck.run("host", "stop")
    else:
        os.kill(deck.host_pid(), signal.SIGKILL)
        deck.sessions()
    wait(lambda: not sleepers(deck))


def sleepers(deck: Deck) -> list[psutil.Process]:
    found = []
    for process in deck.processes():
        try:
            if process.cmdline() == ["sleep", "700"]:
                found.append(process)
        except psutil.Error:
            continue
    return found


WRONG = (
    ('[hooks.a]\non = ["session.odd"]\nrun = ["true"]', "no event is called"),
    ('[hooks.a]\non = ["*"]\nrun = []', "hooks.a.run"),
    ('[hooks.a]\non = ["*"]', "hooks.a.run"),
    ('[hooks]\non = ["*"]', "a table of its own"),
    ('[hooks."a b"]\non = ["*"]\nrun = ["true"]', "names no hook"),
)


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_wrong_settings_are_explained(deck: Deck, text: str, said: str) -> None:
    settings(deck, text)
    assert said in deck.run("ls", status=1).stderr
    settings(deck, "")


def test_a_repository_has_no_hooks(deck: Deck) -> None:
    text = '[hooks.a]\non = ["*"]\nrun = ["touch", "/tmp/never"]\n'
    (deck.repo / ".agentdeck.toml").write_text(text)
    done = deck.run("trust", "--yes", status=None)
    assert done.returncode != 0
    assert "hooks" in done.stderr
