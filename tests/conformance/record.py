"""Records what a program writes on a terminal: `python -m tests.conformance.record`.

The program runs in a pty and is answered as our runner answers it. Each step is
what a person types then, and the bytes are split at the steps, so that a
comparison can look at each picture on the way. `recordings.json` says what was
recorded, with which version.
"""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import sys
import time
from pathlib import Path

from agentdeck.runner.agent import set_window_size
from agentdeck.runner.screen import Screen

DATA = Path(__file__).parents[1] / "data" / "recordings"
QUIET_S = float(os.environ.get("QUIET_S", "1.5"))
COLS, ROWS = 100, 30
LIMIT_BYTES = 100_000


def record(argv: list[str], keys: list[str], folder: Path) -> list[bytes]:
    """Run a program and type; what it wrote until it was quiet after each step."""
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(folder)
        environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}
        environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        # The size is set before the program looks at it.
        sys.stdin.readline()
        os.execvpe(argv[0], argv, environ)
    set_window_size(master, COLS, ROWS)
    os.write(master, b"\n")
    select.select([master], [], [], QUIET_S)
    assert os.read(master, 16) == b"\r\n"
    screen = Screen(COLS, ROWS)
    # The first picture may take some time to come.
    select.select([master], [], [], 10 * QUIET_S)
    pieces = [_until_quiet(master, screen)]
    for key in keys:
        os.write(master, key.encode())
        pieces.append(_until_quiet(master, screen))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(master)
    return pieces


def _until_quiet(master: int, screen: Screen) -> bytes:
    written = b""
    end = time.monotonic() + 12
    while time.monotonic() < end and select.select([master], [], [], QUIET_S)[0]:
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        written += data
        screen.feed(data)
        for reply in screen.take_notes().replies:
            os.write(master, reply)
    return written


def main() -> None:
    """Record `NAME VERSION FOLDER KEYS-AS-JSON -- COMMAND`."""
    name, version, folder, keys, _, *argv = sys.argv[1:]
    pieces = record(argv, json.loads(keys), Path(folder))
    whole = b"".join(pieces)
    if len(whole) > LIMIT_BYTES:
        sys.exit(f"{len(whole)} bytes are too many for a recording")
    (DATA / f"{name}.out").write_bytes(whole)
    index = DATA / "recordings.json"
    known = json.loads(index.read_text()) if index.exists() else {}
    known[name] = {
        "program": name,
        "version": version,
        "cols": COLS,
        "rows": ROWS,
        "keys": json.loads(keys),
        "sizes": [len(piece) for piece in pieces],
    }
    index.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
