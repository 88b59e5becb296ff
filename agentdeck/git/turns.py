"""The turns of a session: commits to go back to, and what going back left behind.

Before a branch goes to another turn, all that it leaves (commits, uncommitted and
untracked files, the index) is kept as a commit under `refs/agentdeck/turns/`. Files
that git ignores stay where they are.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Literal

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.turns import TRAILER_TURN
from agentdeck.git import checkouts as folders
from agentdeck.git import commands
from agentdeck.git.commits import Commit, read_commits
from agentdeck.git.discards import EXACT, bring_back, kept_commit, store
from agentdeck.git.errors import (
    BranchMovedError,
    UnknownRevisionError,
    WorktreeDirtyError,
)
from agentdeck.git.journal import follow, recover
from agentdeck.git.locks import merges_locked
from agentdeck.git.merge_trees import is_ancestor
from agentdeck.git.names import full_ref
from agentdeck.git.repository import Repository, commit_of

TURNS = "refs/agentdeck/turns/"
MAX_TURNS = 1000
KEPT_FIELDS = 3
Kind = Literal["start", "commit", "checkpoint", "left"]


@dataclass(frozen=True, slots=True)
class Turn:
    """A state of a branch that it can be put to."""

    id: str
    """What a person calls it: `0` is where it started, `1` its first commit, `k1` the
    first state that was left behind."""
    kind: Kind
    commit: Commit
    turn: int | None = None
    """The session's turn that a checkpoint was made at the end of."""
    is_current: bool = False
    """Whether the branch is there now."""
    ref: str = ""
    """Where a state that was left behind is kept."""
    tip: str = ""
    """The branch's commit in that state."""


@dataclass(frozen=True, slots=True)
class Left:
    """A state that was left behind."""

    ref: str
    session_id: str
    at: float
    to: str
    """The commit that the branch was put to."""
    tip: str


def turns_of(
    repo: Repository, branch: str, base_commit: str, session_id: str
) -> list[Turn]:
    """The turns of a branch, newest first, then what was left behind.

    Raises:
        GitError: If the branch is gone.
    """
    trailer = f"%(trailers:key={TRAILER_TURN},valueonly,separator=%x20)"
    own = read_commits(
        repo,
        ["--first-parent", f"--max-count={MAX_TURNS}"],
        f"{base_commit}..{full_ref(branch)}",
        extra=trailer,
    )
    first = read_commits(repo, ["--no-walk"], base_commit)[0]
    turns = [
        Turn(
            str(len(own) - index),
            "checkpoint" if commit.extra else "commit",
            commit,
            int(commit.extra) if commit.extra.isdecimal() else None,
            is_current=index == 0,
        )
        for index, commit in enumerate(own)
    ]
    start = replace(first, files=0, added=0, removed=0)
    turns.append(Turn("0", "start", start, is_current=not own))
    return [*turns, *_left_turns(repo, session_id)]


def left_behind(repo: Repository, session_id: str | None = None) -> list[Left]:
    """The states that were left behind, the newest first; of all sessions if None."""
    fields = ("%(refname)", "%(parent)", "%(contents:body)")
    below = TURNS if session_id is None else f"{TURNS}{_folder(session_id)}/"
    shown = commands.read(
        repo.root, "for-each-ref", f"--format={'%00'.join(fields)}%00", below
    )
    words = shown.text.split("\0")
    found = []
    for at in range(0, len(words) - KEPT_FIELDS + 1, KEPT_FIELDS):
        ref, parents, body = words[at : at + KEPT_FIELDS]
        try:
            said = json.loads(body)
            left = Left(
                ref.strip(),
                str(said["session_id"]),
                float(said["at"]),
                str(said["to"]),
                parents.split()[0],
            )
        except (ValueError, KeyError, TypeError, IndexError):
            continue
        found.append(left)
    return sorted(found, key=lambda left: left.at, reverse=True)


def turn_named(turns: list[Turn], name: str) -> Turn:
    """The turn that a person means: its number, or the beginning of its commit.

    Raises:
        UnknownRevisionError: If none or several are meant.
    """
    for turn in turns:
        if turn.id == name.lower():
            return turn
    if re.fullmatch(r"[0-9a-f]{4,40}", name):
        found = [turn for turn in turns if turn.commit.sha.startswith(name)]
        if len(found) == 1:
            return found[0]
    known = ", ".join(turn.id for turn in turns[:8])
    raise UnknownRevisionError(
        f"There is no turn {name!r}. There are {known}; a commit's first letters do"
        " too.",
        name=name,
    )


def rewind(
    repo: Repository, worktree: Path, branch: str, session_id: str, turn: Turn
) -> str:
    """Put a worktree and its branch to a turn; gives the ref of what was left.

    Empty if nothing was left behind: the worktree was clean and the turn has all of
    its commits. A state that was left behind is brought back whole, with its index.

    Raises:
        WorktreeDirtyError: If a merge or rebase is under way, or a file that git
            ignores is where the turn has one of its own. Nothing changed.
        BranchMovedError: If another branch is checked out there, or it got a commit.
    """
    with merges_locked(repo.git_dir):
        recover(repo)
        tip = _tip_of(repo, worktree, branch)
        goal = turn.tip or turn.commit.sha
        described = {
            "version": 1,
            "session_id": session_id,
            "branch": branch,
            "at": time.time(),
            "to": goal,
        }
        kept = kept_commit(repo, worktree, branch, described)
        is_clean = _is_clean(worktree, kept, tip)
        ref = ""
        if not is_clean or not is_ancestor(repo, tip, goal):
            below = f"{TURNS}{_folder(session_id)}"
            ref = store(repo, kept, (f"{below}/{number}" for number in count(1)))
        if not is_clean:
            _clear(worktree, branch, kept, tip)
        try:
            if goal != tip:
                note = f"agentdeck: back to {goal[:12]}"
                follow(repo, [worktree], branch, tip, goal, note)
        except AgentDeckError:
            bring_back(worktree, tip, kept)
            forget(repo, ref)
            raise
        if turn.ref:
            bring_back(worktree, goal, turn.ref)
            forget(repo, turn.ref)
    return ref


def forget(repo: Repository, ref: str) -> None:
    """Keep a state no longer; git removes it when it next cleans up."""
    if ref.startswith(TURNS):
        commands.write(repo.root, "update-ref", "-d", "--", ref)


def _tip_of(repo: Repository, worktree: Path, branch: str) -> str:
    if not (worktree / ".git").exists():
        raise WorktreeDirtyError(
            f"The worktree {worktree} is gone; resume the session, which makes it anew.",
            checkout=str(worktree),
        )
    operation = folders.unfinished(worktree)
    if operation is not None:
        raise WorktreeDirtyError(
            f"{worktree} is in the middle of a {operation}. Finish or abort it there"
            " first.",
            checkout=str(worktree),
        )
    head = commands.read(worktree, "symbolic-ref", "--quiet", "HEAD", ok=(0, 1)).text
    tip = commit_of(repo, full_ref(branch))
    if head != full_ref(branch) or tip is None:
        raise BranchMovedError(
            f"{worktree} has not {branch!r} checked out, so it was left alone. Switch"
            " back to that branch there first.",
            branch=branch,
        )
    return tip


def _is_clean(worktree: Path, kept: str, tip: str) -> bool:
    """Whether files and index are those of the branch's commit."""
    states = (f"{kept}^{{tree}}", f"{kept}^2^{{tree}}", f"{tip}^{{tree}}")
    shown = commands.read(worktree, "rev-parse", *states)
    return len(set(shown.text.splitlines())) == 1


def _clear(worktree: Path, branch: str, kept: str, tip: str) -> None:
    """Make a worktree clean, all of whose files are kept."""
    try:
        commands.write(worktree, "read-tree", f"{kept}^{{tree}}")
        refresh = ("update-index", "-q", "--refresh")
        commands.write(worktree, *EXACT, *refresh, ok=(0, 1))
        folders.move(worktree, branch, kept, tip)
    except AgentDeckError:
        commands.write(worktree, "read-tree", f"{kept}^2^{{tree}}")
        commands.write(worktree, "update-index", "-q", "--refresh", ok=(0, 1))
        raise


def _left_turns(repo: Repository, session_id: str) -> list[Turn]:
    left = left_behind(repo, session_id)
    if not left:
        return []
    refs = [each.ref for each in left]
    shown = read_commits(repo, ["--no-walk=unsorted", "--first-parent"], *refs)
    tips = read_commits(repo, ["--no-walk=unsorted"], *(each.tip for each in left))
    subjects = {commit.sha: commit.subject for commit in tips}
    return [
        Turn(
            f"k{each.ref.rsplit('/', 1)[1]}",
            "left",
            replace(
                commit,
                subject=subjects.get(each.tip, ""),
                at=datetime.fromtimestamp(each.at, UTC),
            ),
            ref=each.ref,
            tip=each.tip,
        )
        for each, commit in zip(left, shown, strict=True)
    ]


def _folder(session_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", session_id) or "session"
