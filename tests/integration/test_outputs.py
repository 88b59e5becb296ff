"""What commands print, read while they run; what is left of them: nothing."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest

from agentdeck.config.paths import Paths
from agentdeck.core.checks import Command, Ended, command_from_text
from agentdeck.host.outputs import MAX_BYTES, Output, Outputs
from agentdeck.launch.commands import run_command

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]


async def ran(
    folder: Path, script: str, output: Output | None = None, timeout_s: float = 30
) -> Ended:
    async def nowhere(_: bytes) -> None:
        pass

    return await run_command(
        command_from_text(script),
        folder,
        dict(os.environ),
        output.write if output else nowhere,
        mark=f"test-{folder.name}",
        timeout_s=timeout_s,
    )


def left(pid_file: Path) -> list[int]:
    """Those of the noted processes that still run."""
    pids = [int(each) for each in pid_file.read_text().split()]
    running = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    return [p.pid for p in running if p.status() != psutil.STATUS_ZOMBIE]


async def none_left(pid_file: Path) -> None:
    async with asyncio.timeout(20):
        while left(pid_file):  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.02)


@pytest.fixture
def outputs(tmp_path: Path) -> Outputs:
    paths = Paths(tmp_path / "state", tmp_path / "config", tmp_path / "run")
    paths.session_dir("a").mkdir(parents=True)
    return Outputs(paths)


@pytest.mark.parametrize(
    ("script", "ended"),
    [("exit 3", (3, None)), ("kill -9 $$", (None, 9)), ("true", (0, None))],
)
async def test_how_it_ended(
    tmp_path: Path, script: str, ended: tuple[int | None, int | None]
) -> None:
    done = await ran(tmp_path, script)
    assert (done.exit_code, done.signal) == ended
    assert done.is_ok == (ended == (0, None))


async def test_it_has_no_input_no_terminal_and_is_not_in_our_group(
    tmp_path: Path, outputs: Outputs
) -> None:
    output = outputs.new("a", "check")
    await output.begin()
    script = "cat; test -t 1 || echo no terminal; ps -o pgid= -p $$"
    await ran(tmp_path, script, output)
    output.end()
    said, group = (await output.read(None, 0))["data"].splitlines()
    assert said == "no terminal"
    assert int(group) != os.getpgrp()


async def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    async def nowhere(_: bytes) -> None:
        pass

    command = Command("x", ("/no/such/program",))
    with pytest.raises(FileNotFoundError):
        await run_command(command, tmp_path, {}, nowhere, mark="x", timeout_s=5)
    assert not asyncio.all_tasks() - {asyncio.current_task()}


async def test_what_it_leaves_in_its_group_ends_with_it(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    done = await ran(tmp_path, f"sleep 300 & echo $! > {pids}; nohup sleep 300 & true")
    assert done.is_ok
    await none_left(pids)


@pytest.mark.parametrize("how", ["limit", "cancel"])
async def test_nothing_survives_its_end(tmp_path: Path, how: str) -> None:
    """Not what ignores the request, nor what left the group or was orphaned."""
    pids = tmp_path / "pids"
    script = f"""
    trap '' TERM HUP
    setsid sh -c 'trap "" TERM; echo $$ >> {pids}; sleep 300' &
    (setsid sleep 300 & echo $! >> {pids})
    echo $$ >> {pids}
    sleep 300
    """
    limit_s = 1.5 if how == "limit" else 300
    task = asyncio.create_task(ran(tmp_path, script, timeout_s=limit_s))
    async with asyncio.timeout(20):
        while not pids.exists() or len(pids.read_text().split()) < 3:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)
    if how == "cancel":
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    else:
        ended = await task
        assert ended.timed_out
        assert ended.signal == signal.SIGKILL
    await none_left(pids)


async def test_it_is_read_while_it_comes_in_whole_lines(
    tmp_path: Path, outputs: Outputs
) -> None:
    output = outputs.new("a", "check")
    await output.begin()
    go = tmp_path / "go"
    script = (
        "printf 'one\\n\\033[31mtw'; "
        f"while [ ! -e {go} ]; do sleep 0.02; done; "
        "printf 'o\\033[0m\\n10%%\\r100%%\\n\\377\\n'"
    )
    task = asyncio.create_task(ran(tmp_path, script, output))
    first = await output.read(None, 20)
    assert first["data"] == "one\n"
    assert not first["end"]
    waiting = asyncio.create_task(output.read(first["position"], 20))
    go.touch()
    rest = await waiting
    await task
    output.end()
    last = await output.read(rest["position"], 0)
    assert rest["data"] + last["data"] == "two\n100%\n\N{REPLACEMENT CHARACTER}\n"
    assert last["end"]


async def test_a_new_run_is_read_from_its_begin(outputs: Outputs) -> None:
    old = outputs.new("a", "check")
    await old.begin()
    await old.say("old")
    seen = await old.read(None, 0)
    waiting = asyncio.create_task(old.read(seen["position"], 20))
    await asyncio.sleep(0)
    new = outputs.new("a", "check")
    await new.begin()
    await new.say("new")
    assert (await waiting)["end"]
    again = await outputs.last("a", "check").read(seen["position"], 0)
    assert (again["data"], again["restarted"]) == ("new\n", True)
    new.end()


async def test_a_flood_is_cut_and_the_run_goes_on(
    tmp_path: Path, outputs: Outputs
) -> None:
    output = outputs.new("a", "check")
    await output.begin()
    done = await ran(tmp_path, "yes 0123456789 | head -c 20000000; echo end", output)
    output.end()
    assert done.is_ok
    file = tmp_path / "state" / "sessions" / "a" / "check.log"
    assert file.stat().st_size < MAX_BYTES + 100
    position, total = None, 0
    while True:
        answer = await output.read(position, 0)
        position, total = answer["position"], total + len(answer["data"])
        if answer["end"]:
            break
    assert total == file.stat().st_size
    assert output.tail(1) == ["(the rest is not kept)"]


async def test_what_a_later_host_reads_is_what_was_printed(outputs: Outputs) -> None:
    output = outputs.new("a", "setup")
    await output.begin()
    await output.say("kept")
    output.end()
    outputs.forget("a")
    again = await outputs.last("a", "setup").read(None, 5)
    assert (again["data"], again["end"]) == ("kept\n", True)
    nothing = await outputs.last("a", "check").read(None, 5)
    assert (nothing["data"], nothing["end"]) == ("", True)
