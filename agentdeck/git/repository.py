"""Which repository a path belongs to, its branches, and where work starts."""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from agentdeck.git import commands
from agentdeck.git.errors import (
    GitError,
    NoCommitError,
    NotARepositoryError,
    UnknownRevisionError,
    UntrustedRepositoryError,
)
from agentdeck.git.names import full_ref

NO_COMMIT = "0" * 40
LIST_ATTEMPTS = 20
_LIST = ("worktree", "list", "--porcelain", "-z")
_REF_KINDS = ("refs/heads/", "refs/remotes/", "refs/tags/")


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository as it was when it was opened."""

    root: Path
    """The top folder of the main worktree, or the folder of a bare repository."""
    git_dir: Path
    """The git directory that all its worktrees share."""
    is_bare: bool
    checked_out: str | None
    """The branch in the main worktree; None when bare or detached."""


@dataclass(frozen=True, slots=True)
class Base:
    """Where a session's branch starts, and what it is compared with."""

    name: str
    """As the person would write it: a branch, a tag, or a commit."""
    commit: str
    is_branch: bool
    """Whether it is a local branch, which can be merged into."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """One entry of `git worktree list`."""

    path: Path
    head: str | None
    """The commit; None when bare or before the first commit."""
    branch: str | None
    """None when detached or bare."""
    is_main: bool = False
    is_bare: bool = False
    is_missing: bool = False
    """The folder was removed by hand."""
    is_locked: bool = False


def open_repository(path: Path) -> Repository:
    """The repository that a path is in, also from inside a linked worktree.

    Raises:
        NotARepositoryError: If the path is missing or in no repository.
        UntrustedRepositoryError: If it belongs to another user.
        NoCommitError: If it has no branch with a commit.
    """
    commands.require_git()
    path = path.expanduser().absolute()
    if not path.is_dir():
        raise NotARepositoryError(
            f"There is no folder {path}. Check the path, or pass --repo PATH.",
            path=str(path),
        )
    asked = ["--git-dir", "--git-common-dir", "--is-inside-work-tree"]
    try:
        answer = commands.read(path, "rev-parse", "--path-format=absolute", *asked)
    except GitError as error:
        raise _unopenable(path, str(error.data.get("stderr", ""))) from error
    lines = os.fsdecode(answer.stdout).removesuffix("\n").split("\n")
    if len(lines) != len(asked):
        raise NotARepositoryError(
            "The path of this repository contains a line break, which git's own tools"
            " cannot report safely. Move it to a folder without one.",
            path=str(path),
        )
    own_dir, common_dir, inside = lines
    main = checkouts_in(path)[0]
    root = main.path
    if own_dir == common_dir and inside == "true":
        # A submodule's or separate git directory does not tell where its files are.
        shown = commands.read(path, "rev-parse", "--show-toplevel").stdout
        root = Path(os.fsdecode(shown).removesuffix("\n"))
    repo = Repository(root, Path(common_dir), main.is_bare, main.branch)
    if main.head is None and not branches(repo):
        raise NoCommitError(
            f"{root} has no commit yet, so there is nothing to start from. Run"
            ' `git commit --allow-empty -m "Start"` there first.',
            repo=str(root),
        )
    return repo


def resolve_base(repo: Repository, name: str | None) -> Base:
    """The commit that a base means; None means what the main worktree has.

    A local branch comes before a remote one, a tag, or any other revision.

    Raises:
        UnknownRevisionError: If nothing is called that.
        NoCommitError: If the branch in the main worktree has no commit yet.
    """
    if name is None:
        return _current_base(repo)
    if name and not name.startswith("-") and "\0" not in name:
        for kind in _REF_KINDS:
            commit = commit_of(repo, kind + name)
            if commit is not None and _is_plain(name):
                return Base(name, commit, kind == "refs/heads/")
            if commit is not None:
                return Base(commit[:12], commit, is_branch=False)
        commit = commit_of(repo, name)
        if commit is not None:
            return Base(commit[:12], commit, is_branch=False)
    raise unknown_revision(repo, name)


def head_name(repo: Repository) -> str | None:
    """The branch in the main worktree right now; None when detached."""
    shown = commands.read(repo.root, "symbolic-ref", "--quiet", "HEAD", ok=(0, 1))
    return shown.text.removeprefix("refs/heads/") or None


def branches(repo: Repository) -> list[str]:
    """All local branches, the one with the newest commit first."""
    shown = commands.read(
        repo.root,
        "for-each-ref",
        "--format=%(refname:lstrip=2)",
        "--sort=-committerdate",
        "refs/heads/",
    )
    return shown.text.splitlines()


def commit_of(repo: Repository, revision: str) -> str | None:
    """The full id of the commit a revision means, or None if there is none."""
    shown = commands.read(
        repo.root,
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        f"{revision}^{{commit}}",
        ok=(0, 1, 128),
    )
    return shown.text.splitlines()[-1] if shown.status == 0 else None


def branch_exists(repo: Repository, branch: str) -> bool:
    """Whether there is a local branch of that name with a commit."""
    return commit_of(repo, full_ref(branch)) is not None


def unknown_revision(repo: Repository, name: str) -> UnknownRevisionError:
    """The error for a base that does not exist, with names that come close."""
    known = branches(repo)
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = " or ".join(repr(match) for match in close)
    way_out = (
        f"Did you mean {hint}?" if hint else "`git branch -a` lists what there is."
    )
    return UnknownRevisionError(
        f"{repo.root.name} has no branch, tag or commit {name!r}. {way_out}",
        name=name,
        close=close,
    )


def checkouts(repo: Repository) -> list[Checkout]:
    """The main worktree and all linked ones, the main one first."""
    return checkouts_in(repo.root)


def checkouts_in(path: Path) -> list[Checkout]:
    """The worktrees of the repository that a path is in, the main one first."""
    records = _worktree_records(path)
    found: list[Checkout] = []
    entry: dict[str, str] = {}
    for record in [*records, ""]:
        key, _, value = record.partition(" ")
        if key:
            entry[key] = value
        elif entry:
            found.append(_checkout(entry, is_main=not found))
            entry = {}
    return found


def _worktree_records(path: Path) -> list[str]:
    """What `git worktree list` says, asked again while another git makes one.

    A new worktree is locked while it is made; a list that sees that lock and then
    finds it gone fails.
    """
    for attempt in range(LIST_ATTEMPTS):
        try:
            return commands.read(path, *_LIST).records()
        except GitError as error:
            is_race = "/locked'" in str(error.data.get("stderr", ""))
            if not is_race or attempt == LIST_ATTEMPTS - 1:
                raise
    return []


def _checkout(entry: dict[str, str], *, is_main: bool) -> Checkout:
    head = entry.get("HEAD", NO_COMMIT)
    return Checkout(
        path=Path(entry["worktree"]),
        head=None if set(head) == {"0"} else head,
        branch=entry["branch"].removeprefix("refs/heads/")
        if "branch" in entry
        else None,
        is_main=is_main,
        is_bare="bare" in entry,
        is_missing="prunable" in entry or not Path(entry["worktree"]).exists(),
        is_locked="locked" in entry,
    )


def _current_base(repo: Repository) -> Base:
    branch = head_name(repo)
    if branch is None:
        commit = commit_of(repo, "HEAD")
        if commit is not None:
            return Base(commit[:12], commit, is_branch=False)
    else:
        commit = commit_of(repo, full_ref(branch))
        if commit is not None:
            return Base(branch, commit, is_branch=True)
    others = ", ".join(branches(repo)[:3])
    raise NoCommitError(
        f"The branch {branch!r} in {repo.root} has no commit yet. Commit something, or"
        f" name another base (there is {others}).",
        repo=str(repo.root),
    )


def _is_plain(name: str) -> bool:
    """Whether it is a ref's name rather than an expression such as `main~3`."""
    return re.search(r"[\x00-\x20~^:?*\[\\]|\.\.|@\{", name) is None


def _unopenable(path: Path, stderr: str) -> Exception:
    if "dubious ownership" in stderr:
        owned = re.search(r"safe\.directory (?P<path>[^\n]+)", stderr)
        shown = owned["path"] if owned else str(path)
        return UntrustedRepositoryError(
            f"{path} belongs to another user, so git does not open it. If you trust it,"
            f" run `git config --global --add safe.directory {shown}`.",
            path=str(path),
        )
    if "not a git repository" in stderr:
        return NotARepositoryError(
            f"{path} is not inside a git repository. Run `git init` there, or pass"
            " --repo PATH.",
            path=str(path),
        )
    return NotARepositoryError(
        f"git cannot open the repository at {path}: {stderr.strip()}. Run `git status`"
        " there to see more.",
        path=str(path),
    )
