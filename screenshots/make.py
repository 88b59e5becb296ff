"""Makes the screenshots: the demo, for real, at two sizes, as SVG (and PNG).

Run `python screenshots/make.py` in the repository. It starts a demo of its own,
waits until every kind of session is there, and takes the app's own screenshots. Last
comes the moving one, by `film.py`. PNGs are made where `rsvg-convert` is installed
(Debian's librsvg2-bin).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import film
import patterns

Settle = Callable[..., Awaitable[None]]
Takes = Callable[[Settle, Callable[[str], None], int], Awaitable[None]]

HERE = Path(__file__).parent
SIZES = ((120, 40), (80, 24))
PANES_SIZE = (160, 45)
SETTLED_S = 1.5


async def main() -> int:
    """Start the demo, take the pictures, clean up."""
    folder = Path(tempfile.mkdtemp(prefix="orchard-"))
    os.environ["AGENTDECK_HOME"] = str(folder / "home")
    os.environ["AGENTDECK_POOL__LIMIT"] = "4"
    from agentdeck.config.paths import paths_from_environment
    from agentdeck.rpc.client import connected

    paths = paths_from_environment()
    try:
        async with connected(paths) as client:
            await client.call("demo.start", folder=str(folder))
            try:
                await asyncio.sleep(9)
                repo = folder / "orchard"
                for width, height in SIZES:
                    await _pictures(paths, repo, width, height, _sessions)
                await _pictures(paths, repo, *PANES_SIZE, _panes)
                with _real_agent(folder) as agent:
                    await _start_tools(client, repo, agent)
                    await _pictures(paths, repo, *PANES_SIZE, _tools)
                await patterns.start(client, repo)
                await _pictures(paths, repo, *SIZES[0], patterns.take_them)
            finally:
                sessions = (await client.call("session.list"))["sessions"]
                ids = [session["id"] for session in sessions]
                await client.call("session.stop", ids=ids, force=True)
                await asyncio.sleep(2)
                await client.call("host.stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    # The film wants a demo that only begins.
    return await film.main()


async def _pictures(
    paths: Any, repo: Path, width: int, height: int, take_them: Takes
) -> None:
    from agentdeck.tui.app import AgentDeckApp
    from agentdeck.tui.link import HostLink

    environ = {k: v for k, v in os.environ.items() if k != "AGENTDECK_HOME"}
    environ["LC_ALL"] = "C.UTF-8"
    app = AgentDeckApp(HostLink(paths), environ=environ, cwd=repo)
    async with app.run_test(size=(width, height)) as pilot:

        async def settle(*keys: str) -> None:
            for key in keys:
                await pilot.press(key)
            await asyncio.sleep(SETTLED_S)
            await pilot.pause()

        def take(name: str) -> None:
            _save(app.export_screenshot(title="AgentDeck"), f"{name}-{width}x{height}")

        await settle("g", "full_stop")
        await take_them(settle, take, width)


async def _sessions(settle: Settle, take: Callable[[str], None], width: int) -> None:
    take("sessions")
    if width < 100:
        return
    await settle("n", *"Add a rate limit to @login")
    take("composer")
    await settle("escape", "escape")
    await settle("question_mark")
    take("keys")
    await settle("escape", "slash", *"discounts", "enter", "g")
    await settle("d")
    await settle("n")
    take("review")
    await settle("escape", "l")
    take("log")
    await settle("escape", "V")
    await settle("space", "n")
    take("replay")
    await settle("escape", "escape", "a", "m")
    await settle()
    take("merge")
    await settle("escape", "A")


async def _panes(settle: Settle, take: Callable[[str], None], _: int) -> None:
    await settle("w", "w", "w")
    take("panes")


@contextmanager
def _real_agent(folder: Path) -> Iterator[dict[str, str] | None]:
    """Variables with which Claude Code talks to the scripted model, if it is here."""
    from tests.fakes.model.server import model_server
    from tests.real_agents.conftest import AGENTS
    from tests.real_agents.homes import environment_of

    tools = AGENTS / "node_modules" / ".bin"
    if not (tools / "claude").exists():
        yield None
        return
    with model_server() as model:
        path = os.pathsep.join([str(tools), os.environ["PATH"]])
        home = environment_of("claude", folder / "claude-home", model.url)
        yield {**os.environ, **home, "PATH": path}


async def _start_tools(client: Any, repo: Path, agent: dict[str, str] | None) -> None:
    """Full-screen programs and one real agent, as many as are installed."""
    await client.call("pool.set", limit=12)
    env = {**os.environ, "TERM": "xterm-256color"}
    for command in (["vim", "orchard/login.py"], ["htop"], ["less", "README.md"]):
        if shutil.which(command[0]) is not None:
            await client.call(
                "session.create",
                repo=str(repo),
                command=command,
                name=command[0],
                title=f"{command[0]}, the program",
                env=env,
            )
    if agent is not None:
        await client.call(
            "session.create",
            repo=str(repo),
            agent="claude",
            prompt="do sudo touch notes.txt",
            name="claude",
            title="Claude Code, the program",
            env=agent,
        )
        await _answer_trust(client)


async def _answer_trust(client: Any) -> None:
    """Trust the worktree, and wait for what the agent asks next."""
    for _ in range(60):
        sessions = (await client.call("session.list", filter="program"))["sessions"]
        (agent,) = [each for each in sessions if each["agent"] == "claude"]
        needs = agent["needs"]
        if needs is not None and needs["kind"] == "trust":
            await client.call("session.answer", ids=[agent["id"]], action="approve")
        elif needs is not None:
            return
        await asyncio.sleep(0.5)


async def _tools(settle: Settle, take: Callable[[str], None], _: int) -> None:
    await settle("slash", *"program", "enter")
    await settle("a", "w")
    await settle("A")
    take("programs")


def _save(svg: str, name: str) -> None:
    file = HERE / f"{name}.svg"
    file.write_text(svg, encoding="utf-8")
    converter = shutil.which("rsvg-convert")
    if converter is not None:
        # Without the attribute the converter folds the blanks that cells hold.
        spaced = svg.replace("<text ", '<text xml:space="preserve" ')
        png = str(file.with_suffix(".png"))
        command = [converter, "-z", "1.2", "-o", png]
        subprocess.run(command, input=spaced.encode(), check=True)
    sys.stdout.write(f"{file}\n")


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
