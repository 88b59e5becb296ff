"""The agents of the benchmarks, run as a script: `agents.py WHAT FILE`.

Uses the standard library alone, as it runs in any worktree. What it did when is
written to the file, a glyph and the time by the monotonic clock a line.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

GLYPHS = [
    chr(code)
    for first, last in (
        (0x391, 0x3A1),
        (0x410, 0x44F),
        (0x531, 0x556),
        (0x10D0, 0x10F0),
    )
    for code in range(first, last + 1)
]
"""Characters that nothing but a benchmark writes; each is used once."""
BEGIN_S = 4.0
FORMS = {
    "glyph": ("{}", 0.11),
    "notify": ("\x1b]9;{} calls\x07", 0.25),
    "question": ("\r\nSure about {}? [y/n] ", 1.1),
}
FRAMES_A_SECOND = 30


def say(what: str, log: str) -> None:
    """Write each glyph in a form, with a pause in between."""
    form, pause_s = FORMS[what]
    time.sleep(BEGIN_S)
    with Path(log).open("a", 1, encoding="utf-8") as file:
        for glyph in GLYPHS:
            file.write(f"{glyph} {time.monotonic()}\n")
            sys.stdout.write(form.format(glyph))
            sys.stdout.flush()
            time.sleep(pause_s)
    time.sleep(1000)


def redraw() -> None:
    """Draw the whole screen anew, thirty times a second, as some agents do."""
    lines = [f"line {n} of a screen that is drawn anew {'=' * n}" for n in range(20)]
    number = 0
    while True:
        number += 1
        shown = "\r\n".join(f"\x1b[3{n % 8}m{number} {t}" for n, t in enumerate(lines))
        sys.stdout.write(f"\x1b[?2026h\x1b[H{shown}\x1b[m\x1b[J\x1b[?2026l")
        sys.stdout.flush()
        time.sleep(1 / FRAMES_A_SECOND)


if __name__ == "__main__":
    if sys.argv[1] == "redraw":
        redraw()
    else:
        say(sys.argv[1], sys.argv[2])
