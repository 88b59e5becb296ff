"""All that the command line prints: data on stdout, talk on stderr, exit statuses.

Nobody else in the package prints. Text that comes from agents, repositories or
people goes through `plain` before it can reach a terminal.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import traceback
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from agentdeck.core.errors import AgentDeckError, ExitStatus, NoSuchSessionError

INTERRUPTED = 130
"""The exit status of a command that Ctrl+C ended, as shells have it."""

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
"""C0, DEL, C1, the controls of writing direction, line separators, surrogates, and
what nobody sees: text in it would be read by programs alone."""
_COLOUR = re.compile("(\x1b\\[[0-9;:]*m)")
_PAINT = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "1;33",
    "blue": "34",
    "cyan": "36",
}


def plain(text: str, *, lines: bool = False, colour: bool = False) -> str:
    """A text without anything that a terminal would obey.

    Args:
        text: Any text.
        lines: Keep newlines and tabs, for a text of many lines. Without it they
            become spaces, as do all other controls that part words.
        colour: Keep what only sets colours and attributes.
    """
    if colour:
        parts = _COLOUR.split(text)
        cleaned = (plain(part, lines=lines) for part in parts[::2])
        colours = (*parts[1::2], "")
        pairs = zip(cleaned, colours, strict=True)
        return "".join(text + paint for text, paint in pairs)
    if lines:
        text = text.replace("\r\n", "\n")
    return _UNSAFE.sub(lambda match: _harmless(match[0], lines=lines), text)


def _harmless(character: str, *, lines: bool) -> str:
    if character in "\n\t":
        return character if lines else " "
    if character in "\u2028\u2029":
        return "\n" if lines else " "
    return "\ufffd" if "\ud800" <= character <= "\udfff" else ""


def out(text: str = "") -> None:
    """Print a line of data."""
    _write(sys.stdout, f"{text}\n")


def out_text(text: str) -> None:
    """Print data that has its own line ends, at once."""
    _write(sys.stdout, text)
    sys.stdout.flush()


def out_bytes(data: bytes) -> None:
    """Print bytes as they are, at once."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def out_json(value: Any, *, one_line: bool = False) -> None:
    """Print a JSON value, in ASCII so that no terminal can misread it."""
    text = json.dumps(
        value,
        indent=None if one_line else 2,
        separators=(",", ":") if one_line else None,
    )
    out_text(text.replace("\x7f", "\\u007f") + "\n")


def say(text: str) -> None:
    """Tell the person something that is not data."""
    sys.stdout.flush()
    _write(sys.stderr, f"{plain(text, lines=True)}\n")


def complain(message: str) -> None:
    """Tell the person what went wrong."""
    say(f"agentdeck: {message}")


def _write(stream: TextIO, text: str) -> None:
    if not is_unicode():
        text = text.translate(_ASCII).encode("ascii", "replace").decode()
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "replace").decode(encoding))


_ASCII = {
    0x2192: "->",
    0x2026: "...",
    0x2013: "-",
    0x2014: "-",
    0x2191: "^",
    0x2193: "v",
}


def is_terminal() -> bool:
    """Whether the data goes to a terminal."""
    return sys.stdout.isatty()


def is_unicode() -> bool:
    """Whether the locale has more than ASCII.

    Python itself turns the plain C locale into UTF-8, which says nothing about the
    terminal, so what the person's environment says counts.
    """
    if "utf" not in (sys.stdout.encoding or "").lower():
        return False
    environ = os.environ
    forced = environ.get("LC_CTYPE", "")
    if forced == "C.UTF-8" and not environ.get("LC_ALL"):
        forced = environ.get("LANG") or "C" if "LANG" in environ else forced
    locale = environ.get("LC_ALL") or forced or environ.get("LANG", "")
    return "utf" in locale.lower()


def has_colour() -> bool:
    """Whether to print colours: on a terminal that has them, unless NO_COLOR."""
    return (
        is_terminal()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
    )


def paint(text: str, colour: str) -> str:
    """The text in a colour of the small palette, where colours are wanted."""
    code = _PAINT.get(colour)
    return f"\x1b[{code}m{text}\x1b[0m" if code and has_colour() else text


def width() -> int | None:
    """The columns of the terminal, or none where the data goes elsewhere."""
    if not is_terminal():
        return None
    return max(20, shutil.get_terminal_size().columns)


def agreed(question: str, *, skip: bool = False) -> bool:
    """Ask a yes-or-no question. Nothing is asked without a terminal."""
    if skip or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    _write(sys.stderr, f"{plain(question)} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def status_of_results(results: Iterable[dict[str, Any]]) -> int:
    """One exit status for what a method answered for many sessions."""
    statuses = {_status(result) for result in results if not result.get("ok")}
    if not statuses:
        return ExitStatus.DONE
    for status in (ExitStatus.NO_SUCH_SESSION, ExitStatus.REFUSED):
        if status in statuses and (
            status is ExitStatus.NO_SUCH_SESSION or statuses == {status}
        ):
            return status
    return ExitStatus.FAILED


def _status(result: dict[str, Any]) -> int:
    data = (result.get("error") or {}).get("data") or {}
    return int(data.get("status", ExitStatus.FAILED))


def report_results(
    results: Sequence[dict[str, Any]], done: str, *, as_json: bool = False
) -> int:
    """Print what was done to each session; gives the exit status.

    Args:
        results: What the host answered, one for each session.
        done: What to say of one that worked; `{into}` and the like are filled in.
        as_json: Print the answers as they are.
    """
    if as_json:
        out_json(list(results))
    for result in results:
        name = plain(str(result.get("name") or result.get("id")))
        if not result.get("ok"):
            error = result.get("error") or {}
            complain(f"{name}: {error.get('message', 'failed')}")
        elif not as_json:
            out(f"{name}  {plain(done.format_map(_Filled(result)))}")
    return status_of_results(results)


class _Filled(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def report_error(error: AgentDeckError) -> int:
    """Print an error; gives the exit status that it asks for."""
    complain(error.message)
    if isinstance(error, NoSuchSessionError):
        return ExitStatus.NO_SUCH_SESSION
    return int(error.status)


def report_crash(error: BaseException, log_file: Path) -> int:
    """Print one sentence on an error that nobody foresaw, and log its traceback."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    text = "".join(traceback.format_exception(error))
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    try:
        log_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with log_file.open("a", encoding="utf-8", errors="replace") as log:
            log.write(f"{now} {' '.join(sys.argv[:2])}\n{text}\n")
    except OSError as problem:
        complain(f"Something unforeseen happened ({what}), and {problem}.")
    else:
        complain(f"Something unforeseen happened ({what}); details in {log_file}.")
    return ExitStatus.FAILED


def flush() -> bool:
    """Write out what is left; false if nobody reads it any more."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        silence()
        return False
    return True


def silence() -> None:
    """Let the interpreter end without a complaint about a reader that went away."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
