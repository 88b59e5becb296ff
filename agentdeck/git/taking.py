"""Takes one file, or one hunk of it, from one worktree into another."""

from __future__ import annotations

from pathlib import Path

from agentdeck.core.diff_text import Hunk, parse_diff
from agentdeck.core.errors import RefusedError
from agentdeck.git import commands
from agentdeck.git.errors import GitError
from agentdeck.git.files import files_of
from agentdeck.git.review import listing, patch_text
from agentdeck.git.review_sides import Sides

MAX_PATCH_BYTES = 8 * 1024 * 1024


def take_file(source: Path, target: Path, path: str) -> None:
    """Have a file in one worktree as it is now in another of the same repository.

    What the source has not committed counts. The target's file is staged there, not
    committed. Where it has a change of its own that is not committed, nothing is done.

    Args:
        source: The worktree that has the file.
        target: The one that gets it.
        path: Below the repository's top; no pattern.

    Raises:
        RefusedError: If the source has no such file, or the target's is changed.
        AgentDeckError: If git fails.
    """
    literal = f":(top,literal){path}"
    tree = files_of(source).tree
    listed = commands.read(
        source, "ls-tree", "-r", "-z", "--full-tree", "--name-only", tree
    )
    if path not in listed.records():
        raise RefusedError(f"There is no file {path} in {source.name}.")
    _require_unchanged(target, path)
    commands.write(target, "checkout", tree, "--", literal)


def take_hunk(sides: Sides, target: Path, path: str, number: int, header: str) -> Hunk:
    """Have one hunk of a session's change of a file in another's worktree.

    It is staged there, not committed, and goes where its context is, as a patch does.

    Args:
        sides: What the source changed.
        target: The worktree that gets it.
        path: Below the repository's top.
        number: Which hunk of the file's diff, from 1.
        header: The line with its ranges, as a person saw it; empty takes any.

    Raises:
        RefusedError: If there is no such hunk (any more), or it does not fit.
        AgentDeckError: If git fails.
    """
    found = listing(sides, with_counts=False)
    numbers = [n for n, file in enumerate(found.files) if file.path == path]
    text, is_cut = patch_text(found, numbers, limit=MAX_PATCH_BYTES)
    patches = parse_diff(text)
    if not patches or is_cut:
        raise RefusedError(f"{path} is not changed there, or too much of it is.")
    patch = patches[0]
    if patch.is_binary or patch.old_path not in (None, path) or "\ufffd" in text:
        raise RefusedError(
            f"{path} is renamed, binary or not UTF-8: take the whole file."
        )
    if not 1 <= number <= len(patch.hunks):
        raise RefusedError(f"{path} has {len(patch.hunks)} hunks there, no {number}.")
    hunk = patch.hunks[number - 1]
    if header and header != hunk.header:
        raise RefusedError(f"{path} has changed there meanwhile; look at it again.")
    _require_unchanged(target, path)
    head = text.split("\n@@ ", 1)[0]
    alone = f"{head}\n{hunk.text}".encode()
    try:
        commands.write(
            target, "apply", "--index", "--whitespace=nowarn", "-", stdin=alone
        )
    except GitError as error:
        raise RefusedError(
            f"Hunk {number} of {path} does not fit in {target.name}: the lines around "
            "it are others there."
        ) from error
    return hunk


def _require_unchanged(target: Path, path: str) -> None:
    changed = commands.read(
        target,
        "status",
        "--porcelain",
        "-z",
        "--untracked-files=all",
        "--",
        f":(top,literal){path}",
    )
    if changed.stdout.strip():
        raise RefusedError(
            f"{path} has changes in {target.name} that are not committed; commit or "
            "drop them first."
        )
