"""Makes the moving picture: the real app in a terminal, on the demo from its start.

Run `python screenshots/film.py` in the repository, or `make.py`, which calls it. The
keys of `TOUR` are pressed in a pseudo-terminal, and what the app writes is drawn as a
GIF (`tour.gif`), which GitHub shows. With `--cast FILE` it is kept as an asciicast
too, which asciinema plays. It needs Pillow and `rsvg-convert` (Debian's
librsvg2-bin).
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import io
import itertools
import json
import os
import pty
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

HERE = Path(__file__).parent
COLS, ROWS = 108, 30
FRAMES_A_SECOND = 4
WIDTH = 920
COLOURS = 128
BEFORE_S = 3.0
"""The agents have something to show when the app is opened."""
LAST_S = 3.0
"""The last frame stays so long before the film begins anew."""

# Seconds to wait, then what is typed.
TOUR = (
    (2.5, "."),
    (1.5, "1"),
    (1.5, "."),
    (1.5, "1"),
    (2.0, "/disc"),
    (0.8, "\r"),
    (1.0, "d"),
    (1.5, "n"),
    (1.0, "n"),
    (1.5, "\x1b"),
    (0.5, "\x1b"),
    (0.8, "www"),
    (3.0, "W"),
    (0.5, "n"),
    (0.8, "Add a rate limit to the login"),
    (1.0, "\r"),
    (2.5, ""),
)


class Film:
    """One run of the app, as what it wrote and when."""

    def __init__(self, repo: Path) -> None:
        from agentdeck.runner.screen import Screen

        self._screen = Screen(COLS, ROWS)
        self._began = time.monotonic()
        self._due = 0.0
        self.events: list[tuple[float, str]] = []
        self.frames: list[tuple[float, str]] = []
        size = struct.pack("HHHH", ROWS, COLS, 0, 0)
        self._pid, self._master = pty.fork()
        if self._pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            os.chdir(repo)
            given = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
            given["LC_ALL"] = "C.UTF-8"
            os.execve(sys.executable, [sys.executable, "-m", "agentdeck"], given)  # noqa: S606

    def shoot(self, seconds: float) -> None:
        """Let the app work for a while."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self._master], [], [], min(left, 0.05))[0]:
                data = os.read(self._master, 65536)
                self.events.append((self._now(), data.decode("utf-8", "replace")))
                self._screen.feed(data)
                for reply in self._screen.take_notes().replies:
                    os.write(self._master, reply)
            if self._now() >= self._due:
                self._due = self._now() + 1 / FRAMES_A_SECOND
                self._screen.refresh()
                drawn = self._screen.ansi()
                if not self.frames or self.frames[-1][1] != drawn:
                    self.frames.append((self._now(), drawn))

    def type(self, keys: str) -> None:
        """Type as a person does: one after the other."""
        for key in keys:
            os.write(self._master, key.encode())
            self.shoot(0.06)

    def end(self) -> None:
        """Leave the app; what it writes then is no part of the film."""
        os.write(self._master, b"\x11")
        while True:
            try:
                if not os.read(self._master, 65536):
                    break
            except OSError:
                break
        os.close(self._master)
        os.waitpid(self._pid, 0)

    def _now(self) -> float:
        return time.monotonic() - self._began


async def main(cast: Path | None = None) -> int:
    """Start a demo, shoot, clean up, write what came of it."""
    folder = Path(tempfile.mkdtemp(prefix="orchard-"))
    os.environ["AGENTDECK_HOME"] = str(folder / "home")
    os.environ["AGENTDECK_POOL__LIMIT"] = "4"
    from agentdeck.config.paths import paths_from_environment
    from agentdeck.rpc.client import connected

    try:
        async with connected(paths_from_environment()) as client:
            await client.call("demo.start", folder=str(folder))
            try:
                await asyncio.sleep(BEFORE_S)
                film = await asyncio.to_thread(_shot, folder / "orchard")
            finally:
                sessions = (await client.call("session.list"))["sessions"]
                ids = [session["id"] for session in sessions]
                await client.call("session.stop", ids=ids, force=True)
                await asyncio.sleep(2)
                await client.call("host.stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if cast is not None:
        _write_cast(film, cast)
    _write_gif(film, HERE / "tour.gif")
    return 0


def _shot(repo: Path) -> Film:
    film = Film(repo)
    try:
        for wait_s, keys in TOUR:
            film.shoot(wait_s)
            film.type(keys)
    finally:
        film.end()
    return film


def _write_cast(film: Film, file: Path) -> None:
    head = {"version": 2, "width": COLS, "height": ROWS, "title": "AgentDeck"}
    lines: list[Any] = [head, *([round(at, 3), "o", s] for at, s in film.events)]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    sys.stdout.write(f"{file}: {file.stat().st_size:,} bytes\n")


def _write_gif(film: Film, file: Path) -> None:
    # The first is empty: the app has not painted yet.
    frames = [frame for frame in film.frames if frame[1].strip()]
    images = [_image(drawn) for _, drawn in frames]
    palette = _all_in_one(images).quantize(COLOURS)
    drawn = [image.quantize(palette=palette, dither=0) for image in images]
    times = [at for at, _ in frames]
    pairs = itertools.pairwise(times)
    lasting = [round((later - at) * 1000) for at, later in pairs]
    drawn[0].save(
        file,
        save_all=True,
        append_images=drawn[1:],
        duration=[*lasting, round(LAST_S * 1000)],
        loop=0,
        optimize=True,
    )
    size = file.stat().st_size
    sys.stdout.write(f"{file}: {len(drawn)} frames, {size:,} bytes\n")


def _all_in_one(images: list[Image]) -> Image:
    """Every fourth frame beneath the other, for the colours of all of them."""
    from PIL import Image

    some = images[::4]
    width, height = images[0].size
    sheet = Image.new("RGB", (width, height * len(some)))
    for number, image in enumerate(some):
        sheet.paste(image, (0, height * number))
    return sheet


def _image(drawn: str) -> Image:
    from PIL import Image
    from rich.console import Console
    from rich.terminal_theme import TerminalTheme
    from rich.text import Text

    theme = TerminalTheme((18, 21, 28), (201, 209, 217), [(0, 0, 0)] * 8)
    console = Console(
        record=True,
        width=COLS,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
    )
    lines = drawn.split("\n")
    for line in lines + [""] * (ROWS - len(lines)):
        text = Text.from_ansi(line)
        text.no_wrap = True
        console.print(text, overflow="crop", crop=True, highlight=False)
    svg = console.export_svg(title="AgentDeck", theme=theme)
    spaced = svg.replace("<text ", '<text xml:space="preserve" ')
    command = ["rsvg-convert", "-w", str(WIDTH)]
    png = subprocess.run(
        command, input=spaced.encode(), check=True, capture_output=True
    )
    return Image.open(io.BytesIO(png.stdout)).convert("RGB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cast", type=Path, metavar="FILE")
    raise SystemExit(asyncio.run(main(parser.parse_args().cast)))
