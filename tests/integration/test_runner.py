"""Real runners, forked from a real zygote, with real agents."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import random
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentdeck.runner.protocol import encode
from agentdeck.runner.recording_reader import events, read_bytes, read_text
from tests.integration.test_runner_harness import (
    Connection,
    Harness,
    Started,
    harness,
    is_alive,
    wait_until,
)

pytestmark = pytest.mark.integration

STUBBORN = """
import os, signal, sys, time
for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
pids = [os.getpid()]
for kind in ("child", "setsid"):
    pid = os.fork()
    if pid == 0:
        if kind == "setsid":
            os.setsid()
            if os.fork():
                os._exit(0)
        open(f"{kind}.pid", "w").write(str(os.getpid()))
        while True:
            time.sleep(60)
while not all(os.path.exists(f"{k}.pid") and os.path.getsize(f"{k}.pid")
              for k in ("child", "setsid")):
    time.sleep(0.01)
print("ready", flush=True)
"""

ASK = """
import os, sys, termios, tty
tty.setraw(0)
os.write(1, b"\\x1b[c\\x1b]11;?\\x1b\\\\\\x1b[6n")
got = b""
while b"R" not in got:
    got += os.read(0, 1000)
open("answers", "wb").write(got)
"""


@pytest.fixture(scope="module")
def shared_zygote() -> Iterator[Harness]:
    with harness() as running:
        yield running


@pytest.fixture
def runners(shared_zygote: Harness) -> Iterator[Harness]:
    yield shared_zygote
    shared_zygote.stop_runners()


@pytest.fixture
def own_zygote() -> Iterator[Harness]:
    """For tests that end the zygote."""
    with harness() as running:
        yield running


def watch(started: Started) -> Connection:
    connection = started.connect()
    connection.send(t="hello", v=1)
    hello = connection.receive()
    assert hello is not None
    assert (hello["t"], hello["v"], hello["pid"]) == ("hello", 1, started.pid)
    connection.send(t="watch")
    return connection


def open_files(pid: int) -> set[str]:
    names: set[str] = set()
    for path in Path(f"/proc/{pid}/fd").iterdir():
        # One that is closed meanwhile is no leak.
        with contextlib.suppress(FileNotFoundError):
            names.add(str(path.readlink()))
    return names


def until_line(connection: Connection, line: str) -> None:
    connection.expect(lambda m: m.get("last_line") == line, f"the line {line!r}")


def test_numbered_lines_are_recorded_byte_for_byte(runners: Harness) -> None:
    code = "import sys\nfor i in range(20000): sys.stdout.write(f'{i} ü\\n')"
    started = runners.python(code)
    assert started.exit()["exit_code"] == 0
    expected = "".join(f"{i} ü\r\n" for i in range(20000)).encode()
    # Showing where megabytes differ would take minutes.
    is_same = read_bytes(started.directory) == expected
    assert is_same
    assert [e.data for e in events(started.directory) if e.code == "x"] == ["0"]


FLOOD = """
import random, sys, tty
tty.setraw(1)
chance = random.Random(13)
log = b"a line of a log, as agents write them\\r\\n" * 2000
colours = b"\\x1b[38;2;1;2;3mword\\x1b[m " * 3000
words = "漢字 und Übung\\r\\n".encode() * 3000
for _ in range(60):
    sys.stdout.buffer.write(chance.choice((log, colours, words)))
    sys.stdout.buffer.write(chance.randbytes(chance.randrange(2000)))
sys.stdout.buffer.write(b"\\x18\\x1bc")
"""


def test_a_flood_of_all_sorts_is_recorded_byte_for_byte(runners: Harness) -> None:
    """It is read, parsed and written by two threads."""
    started = runners.python(FLOOD)
    assert started.exit()["exit_code"] == 0
    chance = random.Random(13)
    log = b"a line of a log, as agents write them\r\n" * 2000
    colours = b"\x1b[38;2;1;2;3mword\x1b[m " * 3000
    words = "漢字 und Übung\r\n".encode() * 3000
    expected = bytearray()
    for _ in range(60):
        expected += chance.choice((log, colours, words))
        expected += chance.randbytes(chance.randrange(2000))
    expected += b"\x18\x1bc"
    # Showing where megabytes differ would take minutes.
    is_same = read_bytes(started.directory) == expected
    assert is_same


def test_the_exit_code_and_the_last_lines_are_kept(runners: Harness) -> None:
    ended = runners.python("print('a'); print('b'); raise SystemExit(3)").exit()
    assert (ended["version"], ended["exit_code"], ended["signal"]) == (1, 3, None)
    assert (ended["reason"], ended["last_lines"]) == ("exited", ["a", "b"])


def test_an_end_by_a_signal_says_so(runners: Harness) -> None:
    ended = runners.spawn(["sh", "-c", "kill -9 $$"]).exit()
    assert (ended["exit_code"], ended["signal"]) == (None, 9)
    assert ended["reason"] == "killed by signal 9"


@pytest.mark.parametrize(
    ("argv", "launch", "code", "said"),
    [
        (["no-such-agent"], {}, 127, "no-such-agent is not installed"),
        (["/no/such/agent"], {}, 127, "/no/such/agent does not exist"),
        (["/etc/passwd"], {}, 126, "/etc/passwd is not executable"),
        (["sh"], {"cwd": "/no/such/folder"}, 127, "/no/such/folder cannot be entered"),
        (["sh"], {"version": 9}, 126, "is not a launch file"),
    ],
    ids=["not installed", "not there", "not executable", "no folder", "version"],
)
def test_what_cannot_be_started_says_why(
    runners: Harness, argv: list[str], launch: dict[str, Any], code: int, said: str
) -> None:
    ended = runners.spawn(argv, **launch).exit()
    assert ended["exit_code"] == code
    assert ended["reason"].startswith("could not start: ")
    assert said in ended["reason"]


def test_what_is_on_disk_is_for_the_owner_only(runners: Harness) -> None:
    started = runners.spawn(["cat"])
    for name in ("runner.json", "recording.cast"):
        path = started.directory / name
        if name == "recording.cast":
            connection = watch(started)
            connection.send(t="text", text="x\r")
            until_line(connection, "x")
            connection.close()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(started.socket_path.stat().st_mode) == 0o600
    described = json.loads((started.directory / "runner.json").read_text())
    assert described["pid"] == started.pid
    assert described["protocol"] == 1
    fields = Path(f"/proc/{started.pid}/stat").read_text().rpartition(")")[2].split()
    assert described["start_ticks"] == int(fields[19])


def test_input_is_echoed_and_recorded(runners: Harness) -> None:
    started = runners.spawn(["cat"])
    connection = watch(started)
    connection.signal("settled")
    connection.send(t="text", text="one")
    connection.send(t="key", key="enter")
    connection.signal("settled")
    connection.send(t="input", b64=base64.b64encode(b"two\r").decode())
    connection.signal("settled")
    connection.send(t="paste", text="three\n", id=4)
    connection.expect(lambda m: m == {"t": "ok", "id": 4}, "the reply")
    settled = connection.signal("settled")
    assert settled["lines"][:6] == ["one", "one", "two", "two", "three", "three"]
    assert settled["foreground"] == {"pid": started.agent_pid, "name": "cat"}
    assert settled["reading"] in (True, None)
    connection.send(t="key", key="ctrl+d")
    assert connection.signal("exit")["exit_code"] == 0
    started.exit()
    typed = "".join(e.data for e in events(started.directory) if e.code == "i")
    assert typed == "one\rtwo\rthree\r\x04"


def test_the_first_text_is_typed_once_the_agent_is_quiet(runners: Harness) -> None:
    code = "print('name?', flush=True); print('hello', input())"
    ended = runners.python(code, stdin_text="Ada").exit()
    assert ended["last_lines"] == ["name?", "Ada", "hello Ada"]


def test_queries_of_the_agent_are_answered(runners: Harness) -> None:
    started = runners.python(ASK)
    started.exit()
    assert (started.directory / "answers").read_bytes() == (
        b"\x1b[?62;22c\x1b]11;rgb:1414/1616/1b1b\x1b\\\x1b[1;1R"
    )


def test_a_resize_reaches_the_agent_and_the_recording(runners: Harness) -> None:
    started = runners.python(SHOW_SIZES, cols=90, rows=20)
    connection = watch(started)
    until_line(connection, "90 20")
    connection.send(t="resize", cols=101, rows=33)
    until_line(connection, "101 33")
    connection.send(t="resize", cols=5000, rows=1)
    until_line(connection, "1000 2")
    connection.send(t="stop", force=True)
    started.exit()
    sizes = [e.data for e in events(started.directory) if e.code == "r"]
    assert sizes == ["101x33", "1000x2"]


SHOW_SIZES = (
    "import os, signal\n"
    "def show(*_):\n"
    "    size = os.get_terminal_size()\n"
    "    os.write(1, f'{size.columns} {size.lines}\\n'.encode())\n"
    "signal.signal(signal.SIGWINCH, show); show()\n"
    "while True: signal.pause()"
)


def test_of_several_viewers_the_focused_then_the_largest_has_its_size(
    runners: Harness,
) -> None:
    started = runners.python(SHOW_SIZES, cols=90, rows=20)
    small, large = watch(started), watch(started)
    until_line(small, "90 20")
    small.send(t="resize", cols=60, rows=15)
    until_line(small, "60 15")
    large.send(t="resize", cols=100, rows=30)
    until_line(small, "100 30")
    small.send(t="focus", gained=True)
    until_line(small, "60 15")
    small.send(t="focus", gained=False)
    until_line(small, "100 30")
    large.close()
    until_line(small, "60 15")
    small.send(t="unsubscribe")
    small.send(t="stop", force=True)
    started.exit()
    sizes = [e.data for e in events(started.directory) if e.code == "r"]
    assert sizes == ["60x15", "100x30", "60x15", "100x30", "60x15"]


def test_a_storm_of_sizes_reaches_the_agent_as_few(runners: Harness) -> None:
    started = runners.python(SHOW_SIZES, cols=90, rows=20)
    connection = watch(started)
    until_line(connection, "90 20")
    for cols in range(40, 140):
        connection.send(t="resize", cols=cols, rows=30)
    until_line(connection, "139 30")
    connection.send(t="stop", force=True)
    started.exit()
    sizes = [e.data for e in events(started.directory) if e.code == "r"]
    assert sizes[-1] == "139x30"
    assert len(sizes) < 20


def test_signals_of_the_terminal_reach_watchers(runners: Harness) -> None:
    escapes = (
        "\x1b]2;my title\x07\x07\x1b]9;look\x07\x1b]777;notify;T;B\x07"
        "\x1b]99;;three\x1b\\\x1b]9;4;1;50\x07\x1b]52;c;aGk=\x07"
    )
    started = runners.python(f"input(); print({escapes!r}, flush=True); input()")
    connection = watch(started)
    connection.signal("settled")
    connection.send(t="text", text="\r")
    kinds: dict[str, dict[str, Any]] = {}
    notes = []
    while not {"title", "bell", "notify", "progress", "settled"} <= kinds.keys():
        message = connection.expect(lambda m: m["t"] == "signal", "a signal")
        kinds[message["kind"]] = message
        if message["kind"] == "notify":
            notes.append((message["title"], message["body"]))
    assert kinds["title"]["title"] == "my title"
    assert (kinds["progress"]["state"], kinds["progress"]["value"]) == ("set", 50)
    assert set(notes) == {("", "look"), ("T", "B"), ("three", "")}
    late = watch(started)
    assert late.signal("title")["title"] == "my title"
    assert late.signal("settled")
    connection.send(t="stop", force=True)
    assert late.signal("exit")["reason"] == "stopped"
    started.exit()


def test_the_screen_can_be_asked_for(runners: Harness) -> None:
    started = runners.python(
        "print('\\x1b[31mred\\x1b[m', end='', flush=True); input()"
    )
    connection = watch(started)
    until_line(connection, "red")
    connection.send(t="screen", id=7, ansi=True)
    screen = connection.expect(lambda m: m["t"] == "screen", "the screen")
    assert (screen["id"], screen["lines"][0]) == (7, "red")
    assert screen["ansi"].startswith("\x1b[0;38;5;1mred\x1b[0m")
    assert screen["cursor"] == [3, 0, True, "block"]
    assert (screen["cols"], screen["rows"]) == (80, 24)


def test_one_frame_is_in_flight_and_the_next_holds_the_newest_state(
    runners: Harness,
) -> None:
    started = runners.spawn(["cat"])
    connection = started.connect()
    connection.send(t="subscribe")
    first = connection.receive()
    assert first is not None
    assert (first["t"], first["n"], first["full"]) == ("frame", 1, True)
    assert (len(first["rows_changed"]), first["styles"]) == (24, [[None, None, 0]])
    for number in range(5):
        connection.send(t="text", text=f"line {number}\r")
    assert connection.receive(0.5) is None
    connection.send(t="ack", n=1)
    second = connection.receive()
    assert second is not None
    assert (second["n"], second["full"]) == (2, False)
    assert second["rows_changed"]["9"] == [["line 4", 0]]
    assert "10" not in second["rows_changed"]
    connection.send(t="ack", n=2)
    connection.send(t="unsubscribe", id=1)
    assert connection.receive() == {"t": "ok", "id": 1}
    connection.send(t="text", text="more\r")
    assert connection.receive(0.3) is None


def test_a_client_that_never_reads_blocks_nobody(runners: Harness) -> None:
    code = "import time\nfor i in range(100000): print(i, 'x' * 60)\ninput()"
    started = runners.python(code)
    deaf = started.connect()
    deaf.socket.sendall(
        b"".join(encode({"t": "screen", "id": n, "ansi": True}) for n in range(3000))
    )
    deaf.send(t="subscribe")
    connection = watch(started)
    until_line(connection, "99999 " + "x" * 60)
    connection.send(t="text", text="\r")
    assert connection.signal("exit")["exit_code"] == 0
    deaf.close()
    assert read_text(started.directory).splitlines()[99999].startswith("99999 ")


@pytest.mark.parametrize(
    "raw",
    [b"\xff" * 50, b"\0\0\0\x02[]", b"GET / HTTP/1.1\r\n"],
    ids=["noise", "a list", "HTTP"],
)
def test_a_bad_frame_ends_that_connection_only(runners: Harness, raw: bytes) -> None:
    started = runners.spawn(["cat"])
    good, bad = watch(started), started.connect()
    bad.socket.sendall(raw)
    reply = bad.receive()
    assert reply is not None
    assert reply["t"] == "error"
    assert bad.receive() is None
    good.send(t="text", text="still here\r", id=1)
    good.expect(lambda m: m == {"t": "ok", "id": 1}, "the reply")


@pytest.mark.parametrize(
    "request_",
    [
        {"t": "hello", "v": 99},
        {"t": "no-such-request"},
        {"t": ["list"]},
        {"t": "key", "key": "nonsense"},
        {"t": "key"},
        {"t": "resize", "cols": "wide", "rows": 4},
        {"t": "input", "b64": "***"},
        {"t": "stop", "grace_s": "soon"},
        {"t": "text", "text": "x" * (4 * 1024 * 1024 + 1)},
    ],
    ids=lambda request_: str(request_)[:30],
)
def test_a_wrong_request_gets_an_error_and_the_connection_stays(
    runners: Harness, request_: dict[str, Any]
) -> None:
    connection = runners.spawn(["sleep", "60"]).connect()
    connection.send(id=3, **request_)
    reply = connection.receive()
    assert reply is not None
    assert (reply["t"], reply["id"]) == ("error", 3)
    assert reply["message"]
    connection.send(t="focus", gained=True, id=4)
    assert connection.receive() == {"t": "ok", "id": 4}


def test_input_that_is_not_read_is_refused_in_the_end_and_never_blocks(
    runners: Harness,
) -> None:
    code = "import time, tty; tty.setraw(0); print('ready', flush=True); time.sleep(60)"
    connection = watch(runners.python(code))
    until_line(connection, "ready")
    refused = 0
    for number in range(20):
        connection.send(t="text", text="y" * 400_000, id=number)
        reply = connection.expect(lambda m: "id" in m, "a reply")
        assert reply["id"] == number
        refused += reply["t"] == "error"
    assert 5 <= refused < 15


def test_a_stop_is_polite_first(runners: Harness) -> None:
    code = (
        "import os, signal, time\n"
        "def end(*_): os.write(1, b'tidied\\n'); raise SystemExit(0)\n"
        "signal.signal(signal.SIGINT, end); print('ready', flush=True); time.sleep(60)"
    )
    started = runners.python(code)
    connection = watch(started)
    until_line(connection, "ready")
    connection.send(t="stop")
    ended = started.exit()
    assert (ended["reason"], ended["exit_code"]) == ("stopped", 0)
    assert ended["last_lines"][-1].endswith("tidied")


@pytest.mark.parametrize("way", ["polite", "force", "SIGTERM", "agent ends"])
def test_nothing_stubborn_is_left_over(runners: Harness, way: str) -> None:
    stays = "" if way == "agent ends" else "\nwhile True: time.sleep(60)"
    started = runners.python(STUBBORN + stays)
    children = [started.directory / f"{kind}.pid" for kind in ("child", "setsid")]
    wait_until(lambda: all(p.exists() and p.read_text() for p in children), "children")
    pids = [int(path.read_text()) for path in children]
    agent_pid = started.agent_pid if way != "agent ends" else pids[0]
    if way == "SIGTERM":
        os.kill(started.pid, signal.SIGTERM)
    elif way != "agent ends":
        connection = watch(started)
        until_line(connection, "ready")
        connection.send(t="stop", grace_s=0.6, force=way == "force")
    ended = started.exit()
    assert not any(map(is_alive, [*pids, agent_pid]))
    assert ended["reason"] == ("exited" if way == "agent ends" else "stopped")
    assert ended["signal"] == (None if way == "agent ends" else 9)


def test_what_an_agent_wrote_just_before_its_end_is_recorded(runners: Harness) -> None:
    """A child that keeps the terminal open neither loses nor delays the end."""
    code = (
        "import os, sys, time\n"
        "if os.fork() == 0: time.sleep(60)\n"
        "os.write(1, b'z' * 50000); os._exit(4)"
    )
    started = runners.python(code)
    assert started.exit(5)["exit_code"] == 4
    assert read_bytes(started.directory) == b"z" * 50000


def test_runners_outlive_the_zygote(own_zygote: Harness) -> None:
    started = [own_zygote.spawn(["cat"]) for _ in range(3)]
    connections = [watch(one) for one in started]
    own_zygote.kill_zygote()
    for one, connection in zip(started, connections, strict=True):
        os.kill(one.pid, signal.SIGHUP)
        connection.send(t="text", text="alive\r")
        until_line(connection, "alive")
        again = watch(one)
        again.signal("settled")
        again.send(t="stop", force=True)
    for one in started:
        assert one.exit()["reason"] == "stopped"


def test_the_zygote_ends_with_its_standard_input(own_zygote: Harness) -> None:
    started = own_zygote.spawn(["cat"])
    assert own_zygote.process.stdin is not None
    own_zygote.process.stdin.close()
    assert own_zygote.process.wait(5) == 0
    assert not own_zygote.zygote_socket.exists()
    assert is_alive(started.pid)


def test_the_zygote_leaks_nothing_into_runners_and_agents(runners: Harness) -> None:
    keep = Connection(runners.zygote_socket)
    first = runners.spawn(["cat"])
    watch(first)
    second = runners.spawn(["cat"])
    shared = open_files(runners.process.pid) | open_files(first.pid)
    leaked = open_files(second.pid) & shared
    assert not {name for name in leaked if name.startswith(("socket", "pipe"))}
    agent_fds = Path(f"/proc/{second.agent_pid}/fd").iterdir()
    assert sorted(path.name for path in agent_fds) == ["0", "1", "2"]
    assert os.getsid(second.pid) == second.pid
    keep.close()


@pytest.mark.parametrize(
    "request_",
    [
        {"t": "nonsense"},
        {"t": "spawn"},
        {"t": "spawn", "dir": "/no", "socket": "/no/s"},
    ],
)
def test_the_zygote_refuses_what_it_cannot_do(
    runners: Harness, request_: dict[str, Any]
) -> None:
    connection = Connection(runners.zygote_socket)
    connection.send(id=1, **request_)
    reply = connection.receive()
    assert reply is not None
    assert (reply["t"], reply["id"]) == ("error", 1)
    connection.close()
    runners.spawn(["true"]).exit()


def test_a_runner_can_run_in_the_foreground_without_a_zygote(runners: Harness) -> None:
    directory, socket_path = runners.prepare(["sh", "-c", "echo hi; exit 5"])
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "agentdeck.runner"),
            *("--dir", str(directory), "--socket", str(socket_path)),
        ],
        timeout=20,
        check=False,
    )
    assert ended.returncode == 0
    assert json.loads((directory / "exit.json").read_text())["exit_code"] == 5
    assert read_bytes(directory) == b"hi\r\n"


def test_a_quiet_runner_does_not_wake_up(runners: Harness) -> None:
    started = runners.spawn(["sleep", "60"])
    connection = watch(started)
    connection.signal("settled")

    def switches() -> int:
        status = Path(f"/proc/{started.pid}/status").read_text()
        return int(status.partition("voluntary_ctxt_switches:")[2].split()[0])

    assert connection.receive(0.3) is None
    before = switches()
    assert connection.receive(1.5) is None
    assert switches() == before


def test_a_stop_right_after_the_start_is_not_lost(runners: Harness) -> None:
    directory, socket_path = runners.prepare(["sleep", "60"])
    # As in a runner that was forked: the parent's handler does nothing.
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from agentdeck.runner.process import run\n"
        "signal.signal(signal.SIGTERM, lambda *_: None)\n"
        "stop = lambda: os.kill(os.getpid(), signal.SIGTERM)\n"
        "run(Path(sys.argv[1]), Path(sys.argv[2]), stop)"
    )
    words = [sys.executable, "-c", code, str(directory), str(socket_path)]
    subprocess.run(words, check=True, timeout=15)
    assert json.loads((directory / "exit.json").read_text())["reason"] == "stopped"
