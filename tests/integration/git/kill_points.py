"""Kills a batch of merges before and after each of its git processes.

`python -m tests.integration.git.kill_points FOLDER ROUNDS` makes its own repository
there. A round forks, and the fork kills itself at one point; what is left is then
recovered as the next merge would, and has to be wholly merged or wholly not.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from agentdeck.git import commands
from agentdeck.git.batch_steps import How, Wanted
from agentdeck.git.batches import merge_many
from agentdeck.git.journal import JOURNAL_FILE, recover
from agentdeck.git.locks import merges_locked
from agentdeck.git.repository import Repository, open_repository

BRANCHES = ("one", "two", "three")


def git(where: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=T", "-c", "user.email=t@localhost", *words],
        cwd=where,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def make(root: Path) -> None:
    """A repository with three branches, the last of which conflicts."""
    root.mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    (root / "shared").write_text("first\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    for name in BRANCHES:
        git(root, "checkout", "-qb", name, "main")
        (root / name).write_text(f"{name}\n")
        if name != "two":
            (root / "shared").write_text(f"{name}\n")
        git(root, "add", "-A")
        git(root, "commit", "-qm", name)
    git(root, "checkout", "-q", "main")


def killed_merge(repo: Repository, point: int) -> None:
    """Merge all branches; die before (even) or after (odd) a git process."""
    execute: Any = vars(commands)["_execute"]
    calls = 0

    def counted(*args: Any, **named: Any) -> commands.Output:
        nonlocal calls
        if point == 2 * calls:
            os.kill(os.getpid(), signal.SIGKILL)
        output: commands.Output = execute(*args, **named)
        if point == 2 * calls + 1:
            os.kill(os.getpid(), signal.SIGKILL)
        calls += 1
        return output

    vars(commands)["_execute"] = counted
    merge_many(repo, [Wanted(name) for name in BRANCHES], "main", How())


def round_at(root: Path, template: Path, point: int) -> str:
    """One round; answers `killed-before`, `killed-after` or `finished`."""
    shutil.rmtree(root)
    shutil.copytree(template, root, symlinks=True)
    git(root, "update-index", "--refresh")
    repo = open_repository(root)
    before = git(root, "rev-parse", "main")
    pid = os.fork()
    if pid == 0:
        try:
            killed_merge(repo, point)
            os._exit(0)
        except BaseException:  # noqa: BLE001  # a fork must not run on as the test
            os._exit(7)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status in (0, -signal.SIGKILL), (point, status)
    with merges_locked(repo.git_dir):
        recover(repo)
    has_moved = git(root, "rev-parse", "main") != before
    assert has_moved or status != 0
    present = [(root / name).exists() for name in BRANCHES]
    assert present == [has_moved, has_moved, False], (point, present)
    assert git(root, "status", "--porcelain") == "", point
    assert not (repo.git_dir / JOURNAL_FILE).exists()
    git(root, "fsck", "--strict", "--no-dangling")
    if status == 0:
        return "finished"
    return "killed-after" if has_moved else "killed-before"


def main(folder: str, rounds: str) -> int:
    """Go round all points until enough rounds were made; print what came out."""
    root, template = Path(folder) / "repo", Path(folder) / "template"
    make(root)
    shutil.copytree(root, template, symlinks=True)
    counts: dict[str, int] = {}
    point = 0
    for _ in range(int(rounds)):
        outcome = round_at(root, template, point)
        counts[outcome] = counts.get(outcome, 0) + 1
        point = 0 if outcome == "finished" else point + 1
    sys.stdout.write(" ".join(f"{name}={n}" for name, n in sorted(counts.items())))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
