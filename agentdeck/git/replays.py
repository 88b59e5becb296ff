"""Rebases a branch beside every checkout: its commits made anew on another one."""

from __future__ import annotations

from dataclasses import dataclass

from agentdeck.git import commands
from agentdeck.git.checkouts import tree_of
from agentdeck.git.identity import Author, commit_tree
from agentdeck.git.merge_trees import merged_tree
from agentdeck.git.repository import Repository

_FORMAT = "%H%x00%P%x00%T%x00%an%x00%ae%x00%ad%x00%B%x00"
_FIELDS = 7


@dataclass(frozen=True, slots=True)
class Replay:
    """The last of the new commits, or the files in conflict."""

    commit: str
    conflicts: tuple[str, ...] = ()


def replay(repo: Repository, onto: str, head: str, *, names: tuple[str, str]) -> Replay:
    """Make the commits that `head` has and `onto` has not again, on top of `onto`.

    As with `git rebase`: merge commits are left out, and so is what `onto` has
    already under another id. Authors, their dates and the messages stay. No ref
    moves.
    """
    tip = onto
    tip_tree = tree_of(repo.root, onto)
    for commit in _commits(repo, onto, head):
        sha, parents, tree, name, address, date, message = commit
        parent = parents.split(" ")[0]
        if parent == tip:
            tip, tip_tree = sha, tree
            continue
        stand_in = _stand_in(repo, tip_tree, parent)
        made, conflicts = merged_tree(repo, stand_in, sha, names=names)
        if conflicts:
            return Replay(tip, conflicts)
        if made == tip_tree:
            continue
        author = Author(name, address, date)
        tip = commit_tree(repo.root, made, [tip], message, author)
        tip_tree = made
    return Replay(tip)


def _stand_in(repo: Repository, tree: str, parent: str) -> str:
    """A commit of the new tip's tree whose merge base with the old one is `parent`.

    `git merge-tree --merge-base` says the same more plainly, but came with 2.40.
    """
    return commit_tree(repo.root, tree, [parent] if parent else [], "agentdeck: replay")


def _commits(repo: Repository, onto: str, head: str) -> list[list[str]]:
    shown = commands.read(
        repo.root,
        "log",
        "--topo-order",
        "--reverse",
        "--no-merges",
        "--right-only",
        "--cherry-pick",
        "--no-show-signature",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--date=raw",
        f"--format={_FORMAT}",
        "--end-of-options",
        f"{onto}...{head}",
        "--",
    )
    fields = shown.text.split("\0")
    return [
        [fields[at].lstrip("\n"), *fields[at + 1 : at + _FIELDS]]
        for at in range(0, len(fields) - _FIELDS, _FIELDS)
    ]
