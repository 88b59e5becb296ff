"""Makes real repositories, and looks at them with git itself."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from agentdeck.git.names import branch_name, worktree_path
from agentdeck.git.repository import Repository, commit_of, open_repository
from agentdeck.git.worktrees import Worktree, create_worktree


def git(where: Path, *args: str, ok: tuple[int, ...] = (0,)) -> str:
    """What a plain git command prints."""
    done = subprocess.run(
        ["git", *args], cwd=where, capture_output=True, text=True, check=False
    )
    assert done.returncode in ok, (args, done.stdout, done.stderr)
    return done.stdout.strip()


def commit_file(where: Path, name: str, content: str, message: str = "change") -> str:
    """Write a file, commit it, answer the commit."""
    path = where / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    git(where, "add", "-A")
    git(where, "commit", "-qm", message)
    return git(where, "rev-parse", "HEAD")


@dataclass(frozen=True)
class Sandbox:
    """A repository under test."""

    root: Path
    repo: Repository

    @classmethod
    def made(cls, root: Path) -> Sandbox:
        root.mkdir(parents=True)
        git(root, "init", "-q")
        commit_file(root, "README", "one\ntwo\nthree\n", "first")
        return cls(root, open_repository(root))

    def tip(self, branch: str = "main") -> str:
        found = commit_of(self.repo, f"refs/heads/{branch}")
        assert found is not None
        return found

    def session(self, slug: str, *files: tuple[str, str]) -> Worktree:
        """A worktree with its branch, and a commit for each file given."""
        made = create_worktree(
            self.repo,
            worktree_path(None, self.root, slug),
            branch_name(None, slug),
            self.tip(),
        )
        for name, content in files:
            commit_file(made.path, name, content, f"{slug}: {name}")
        return made

    def assert_sound(self, status: str = "") -> None:
        """The repository has no fault and the main checkout is as expected."""
        git(self.root, "fsck", "--strict", "--no-dangling")
        assert git(self.root, "status", "--porcelain") == status
        assert not list(self.repo.git_dir.rglob("*.lock.*"))
        assert not (self.repo.git_dir / "agentdeck-merge.json").exists()
