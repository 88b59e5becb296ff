"""A real AgentDeck of its own for one test: host, runners, repository, CLI."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

DEADLINE_S = 40.0


class Deck:
    """Runs `agentdeck` in a home of its own."""

    def __init__(self, folder: Path, home_in: Path | None = None) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="ad-", dir=home_in))
        self.repo = folder / "repo"
        self.env = {**os.environ, "AGENTDECK_HOME": str(self.home)}
        self.repo.mkdir()
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Tester")
        self.git("config", "user.email", "tester@localhost")
        (self.repo / "shared.txt").write_text("one\n")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "first")

    def git(self, *words: str) -> str:
        """Git in the person's checkout."""
        done = subprocess.run(
            ["git", *words], cwd=self.repo, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def run(
        self, *words: str, status: int | None = 0
    ) -> subprocess.CompletedProcess[str]:
        """One command of the command line."""
        done = subprocess.run(
            [sys.executable, "-m", "agentdeck", *words],
            cwd=self.repo,
            env=self.env,
            check=False,
            capture_output=True,
            text=True,
            timeout=90,
        )
        if status is not None:
            assert done.returncode == status, (words, done.stdout, done.stderr)
        return done

    def start(self, *words: str) -> subprocess.Popen[str]:
        """One command of the command line, not waited for."""
        return subprocess.Popen(
            [sys.executable, "-m", "agentdeck", *words],
            cwd=self.repo,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def sessions(self) -> dict[str, dict[str, Any]]:
        """What `ls --json` says, by name."""
        rows = json.loads(self.run("ls", "--all", "--json").stdout)
        return {row["name"]: row for row in rows}

    def until(self, holds: Callable[[dict[str, dict[str, Any]]], bool]) -> Any:
        """Wait until something holds of the sessions."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            sessions = self.sessions()
            if holds(sessions):
                return sessions
            assert time.monotonic() < deadline, sessions
            time.sleep(0.1)

    def shell(self, name: str, script: str) -> None:
        """A session that runs a shell script."""
        self.run("run", "--name", name, "--", "bash", "-c", script)

    def host_pid(self) -> int:
        """The host's process id."""
        return int(json.loads(self.run("host", "status", "--json").stdout)["pid"])

    def processes(self) -> list[psutil.Process]:
        """All processes that belong to this AgentDeck."""
        found = []
        for process in psutil.process_iter():
            try:
                environ = process.environ()
                is_zombie = process.status() == psutil.STATUS_ZOMBIE
            except psutil.Error:
                continue
            if environ.get("AGENTDECK_HOME") == str(self.home) and not is_zombie:
                found.append(process)
        return found

    def close(self) -> None:
        """Stop everything, and check that nothing is left."""
        self.run("stop", "--all", "--force", "--yes", status=None)
        self.run("host", "stop", status=None)
        deadline = time.monotonic() + 15
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.05)
        left = {" ".join(each.cmdline()): each for each in self.processes()}
        for process in left.values():
            process.send_signal(signal.SIGKILL)
        sockets = list((self.home / "run").glob("*.sock"))
        shutil.rmtree(self.home, ignore_errors=True)
        assert not left, list(left)
        assert not sockets
