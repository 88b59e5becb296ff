"""What `agentdeck doctor` looks at, each check a finding with what to do."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from agentdeck import __version__
from agentdeck.cli import report
from agentdeck.config.paths import Paths, paths_from_environment
from agentdeck.core.errors import AgentDeckError

Level = Literal["ok", "warn", "bad"]

COMMAND_TIMEOUT_S = 5.0
LEAST_GIT = (2, 38)
"""The first git whose merge-tree finds conflicts without a checkout."""
LEAST_COLUMNS, LEAST_ROWS = 60, 15
LOW_DISK_GB, NO_DISK_GB = 2.0, 0.2
AGENTS = {
    "claude": "npm install -g @anthropic-ai/claude-code",
    "codex": "npm install -g @openai/codex",
    "copilot": "npm install -g @github/copilot",
    "gemini": "npm install -g @google/gemini-cli",
    "opencode": "see opencode.ai",
    "aider": "pipx install aider-chat",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, and what a person should do about it."""

    name: str
    level: Level
    found: str
    advice: str = ""


async def all_findings() -> list[Finding]:
    """Do every check, those that start programs at the same time."""
    paths = paths_from_environment()
    checks: list[Callable[[], Finding]] = [
        python,
        git,
        *(lambda name=name: package(name) for name in ("textual", "pyghostty")),
        lambda: folders(paths),
        lambda: disk(paths),
        lambda: settings(paths),
        terminal,
        logout,
    ]
    with ThreadPoolExecutor(max_workers=len(checks) + len(AGENTS)) as threads:
        loop = asyncio.get_running_loop()
        asked = [loop.run_in_executor(threads, check) for check in checks]
        works = await _what_works(paths)
        versions = [
            loop.run_in_executor(threads, _agent, name, works.get(name, ""))
            for name in AGENTS
        ]
        findings = [Finding("agentdeck", "ok", __version__)]
        findings += await asyncio.gather(*asked)
        findings.append(await host(paths))
        agents = [found for found in await asyncio.gather(*versions) if found]
    return [*findings, *(agents or [_no_agent()])]


def python() -> Finding:
    """The interpreter."""
    found = f"{platform.python_version()} at {sys.executable}"
    return Finding("python", "ok", found)


def git() -> Finding:
    """Git, new enough to find conflicts before anything changes."""
    said = first_line_of("git", "--version")
    advice = "Install git 2.38 or newer."
    if said is None:
        return Finding("git", "bad", "not found", advice)
    number = re.search(r"(\d+)\.(\d+)", said)
    if number is None or (int(number[1]), int(number[2])) < LEAST_GIT:
        return Finding("git", "bad", said, advice)
    return Finding("git", "ok", said)


def package(name: str) -> Finding:
    """A package, found without importing it."""
    if importlib.util.find_spec(name) is None:
        advice = f"Install AgentDeck again, it brings {name} with it."
        return Finding(name, "bad", "not installed", advice)
    try:
        return Finding(name, "ok", version(name))
    except PackageNotFoundError:
        return Finding(name, "warn", "installed, of unknown version")


def folders(paths: Paths) -> Finding:
    """The folders for state, settings and sockets."""
    try:
        paths.prepare()
    except AgentDeckError as error:
        return Finding("folders", "bad", "not usable", error.message)
    for folder in (paths.state, paths.config, paths.runtime):
        if not os.access(folder, os.W_OK | os.X_OK):
            advice = "Make it writable, or set AGENTDECK_HOME to another folder."
            return Finding("folders", "bad", f"{folder} is read-only", advice)
    return Finding("folders", "ok", f"{paths.state}, {paths.config}, {paths.runtime}")


def disk(paths: Paths) -> Finding:
    """Room for recordings and worktrees."""
    folder = paths.state
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 1e9
    found, advice = f"{free:.1f} GB free", "Free some room before you start agents."
    if free < NO_DISK_GB:
        return Finding("disk", "bad", found, advice)
    return Finding(
        "disk", *(("warn", found, advice) if free < LOW_DISK_GB else ("ok", found))
    )


def settings(paths: Paths) -> Finding:
    """The settings file, and the keys in it."""
    # The registry of actions comes with Textual, which only this check needs.
    from agentdeck.config.settings import read_settings
    from agentdeck.tui.keymap import keymap_from

    try:
        keymap = keymap_from(read_settings(paths.settings_file).app.keys)
    except AgentDeckError as error:
        return Finding("settings", "bad", "not usable", error.message)
    found = str(paths.settings_file) if paths.settings_file.exists() else "defaults"
    wrong = [*keymap.problems, *keymap.notes]
    if wrong:
        advice = "`agentdeck bindings` lists the actions' ids and their keys."
        return Finding("settings", "warn", f"[app.keys] {' '.join(wrong)}", advice)
    return Finding("settings", "ok", found)


def terminal() -> Finding:
    """Size, colours and characters of the terminal."""
    if not report.is_terminal():
        return Finding("terminal", "ok", "none here, so the app cannot open from here")
    size = shutil.get_terminal_size()
    colours = os.environ.get("COLORTERM", "") in ("truecolor", "24bit")
    kind = os.environ.get("TERM", "")
    found = f"{size.columns}x{size.lines}, {kind or 'TERM is not set'}"
    found += ", truecolor" if colours else ""
    if not report.is_unicode():
        advice = "Set LANG to a UTF-8 locale, such as C.UTF-8, for better glyphs."
        return Finding("terminal", "warn", f"{found}, no UTF-8", advice)
    if size.columns < LEAST_COLUMNS or size.lines < LEAST_ROWS:
        return Finding("terminal", "warn", found, "Make it larger for the app.")
    if kind in ("", "dumb"):
        return Finding("terminal", "warn", found, "Set TERM, such as xterm-256color.")
    over_ssh = " over SSH" if os.environ.get("SSH_CONNECTION") else ""
    if not colours and "256" not in kind:
        advice = "Set COLORTERM=truecolor if the terminal has it."
        return Finding("terminal", "warn", found + over_ssh, advice)
    return Finding("terminal", "ok", f"{found}, UTF-8{over_ssh}")


def logout() -> Finding:
    """Whether agents outlive a logout."""
    if not Path("/run/systemd/system").is_dir():
        return Finding("logout", "ok", "agents go on after logout")
    manager = "org.freedesktop.login1.Manager"
    kills = first_line_of(
        *("busctl", "get-property", "org.freedesktop.login1"),
        *("/org/freedesktop/login1", manager, "KillUserProcesses"),
    )
    user = str(os.getuid())
    lingers = first_line_of("loginctl", "show-user", user, "-p", "Linger", "--value")
    if kills == "b true" and lingers != "yes":
        advice = "Run `loginctl enable-linger`, or logout ends your agents."
        return Finding("logout", "warn", "systemd kills what a logout leaves", advice)
    return Finding("logout", "ok", "agents go on after logout")


async def host(paths: Paths) -> Finding:
    """The background process, which is not started for this."""
    from agentdeck.rpc.client import HostGoneError, connected

    try:
        async with (
            asyncio.timeout(COMMAND_TIMEOUT_S),
            connected(paths, start=False) as client,
        ):
            status = await client.call("host.status")
    except HostGoneError:
        return Finding("host", "ok", f"does not run yet; {paths.host_socket}")
    except TimeoutError:
        advice = f"Run `agentdeck host restart`. Its log is {paths.log_file}."
        return Finding("host", "bad", "does not answer", advice)
    found = f"process {status['pid']} on {paths.host_socket}"
    if status["version"] != __version__:
        found = f"version {status['version']}, this is {__version__}"
        return Finding("host", "warn", found, "Run `agentdeck host restart`.")
    return Finding("host", "ok", found)


async def _what_works(paths: Paths) -> dict[str, str]:
    """What a running host can do with each agent; nothing is started for this."""
    from agentdeck.rpc.client import connected

    try:
        async with (
            asyncio.timeout(COMMAND_TIMEOUT_S),
            connected(paths, start=False) as client,
        ):
            answer = await client.call("agents.list")
    except (AgentDeckError, TimeoutError):
        return {}
    return {
        row["name"]: ", ".join(name for name, is_so in row["works"].items() if is_so)
        for row in answer["agents"]
    }


def _agent(name: str, works: str) -> Finding | None:
    if shutil.which(name) is None:
        return None
    said = first_line_of(name, "--version")
    if said is None:
        advice = f"See what `{name} --version` says."
        return Finding(name, "warn", "does not tell its version", advice)
    return Finding(name, "ok", f"{said}: {works}" if works else said)


def _no_agent() -> Finding:
    return Finding(
        "agents",
        "warn",
        f"none of {', '.join(AGENTS)} is on the PATH",
        f"For example: {AGENTS['claude']}. `agentdeck run -- COMMAND` needs none.",
    )


def first_line_of(*command: str) -> str | None:
    """The first line that a command prints, or None if it fails or takes long."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    lines = done.stdout.decode(errors="replace").strip().splitlines()
    return lines[0] if lines else None
