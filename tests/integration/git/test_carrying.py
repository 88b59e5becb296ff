"""What is uncommitted comes to another worktree as it was, and stays where it was."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentdeck.git import carrying
from agentdeck.git.carrying import CARRIED, forget, head_of, pack, uncommitted, unpack
from agentdeck.git.errors import (
    NoCommitError,
    StorageError,
    WorktreeDirtyError,
)
from agentdeck.git.worktrees import create_worktree
from tests.integration.git.repositories import Sandbox, commit_file, git

pytestmark = pytest.mark.integration

REF = f"{CARRIED}it"


def files(root: Path) -> dict[str, object]:
    """Every file, link and executable bit below a folder, without git's own."""
    found: dict[str, object] = {}
    for path in root.rglob("*"):
        name = os.fsencode(path.relative_to(root)).decode("latin-1")
        if path.is_symlink():
            found[name] = str(path.readlink())
        elif path.is_file() and ".git" not in path.relative_to(root).parts:
            found[name] = (path.read_bytes(), os.access(path, os.X_OK))
    return found


def seen(root: Path) -> tuple[str, str, dict[str, object]]:
    """A checkout as git and the disk have it."""
    status = git(root, "status", "--porcelain=v2", "--untracked-files=all", "-z")
    index = git(root, "ls-files", "--stage", "-z")
    return status, index, files(root)


def same(one: object, other: object) -> None:
    """Compare without having a failure print everything."""
    is_same = one == other
    assert is_same, str((one, other))[:3000]


def carried(sandbox: Sandbox, source: Path, slug: str = "to") -> Path:
    """A new worktree with what is uncommitted in a checkout."""
    pack(source, REF)
    head = head_of(sandbox.root, REF)
    path = sandbox.root.with_name(slug)
    create_worktree(sandbox.repo, path, slug, head)
    unpack(path, REF)
    return path


NAMES = ("a", "b", "dir/c", "dir", "new", "new/deep/x", 'odd é"\\\n', "link", "-x")
KINDS = (
    "write",
    "append",
    "remove",
    "link",
    "executable",
    "rename",
    "crlf",
    "stage",
    "stage-all",
    "unstage",
    "intend",
)
edits = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(KINDS), st.integers(0, 3)),
    max_size=14,
)


def edit(root: Path, name: str, kind: str, value: int) -> None:  # noqa: C901, PLR0912 - a table
    path = root / name
    is_file = path.is_file() or path.is_symlink()
    match kind:
        case "write" | "crlf" | "link" if not path.is_dir():
            if not any(p.is_file() or p.is_symlink() for p in parents(root, path)):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.unlink(missing_ok=True)
                if kind == "link":
                    path.symlink_to(f"to {value}")
                else:
                    end = b"\r\n" if kind == "crlf" else b"\n"
                    path.write_bytes(b"text %d" % value + end * 3)
        case "append" if is_file and not path.is_symlink():
            path.write_bytes(path.read_bytes() + b"more %d\n" % value)
        case "remove" if is_file:
            path.unlink()
        case "executable" if is_file and not path.is_symlink():
            path.chmod(0o755 if value % 2 else 0o644)
        case "rename" if is_file:
            to = root / f"renamed{value}"
            if not to.exists():
                path.rename(to)
        case "stage":
            git(root, "add", "-A", "--", f":(literal){name}", ok=(0, 128))
        case "stage-all":
            git(root, "add", "-A")
        case "unstage":
            git(root, "reset", "-q", "--", f":(literal){name}", ok=(0, 1, 128))
        case "intend" if is_file:
            git(root, "add", "-N", "--", f":(literal){name}", ok=(0, 128))
        case _:
            pass


def take_back_empty_intentions(root: Path) -> None:
    """Files that were announced and removed again are in no tree and on no disk."""
    for name in git(root, "ls-files", "--deleted", "-z").split("\0"):
        if name and " e69de29" in git(
            root, "ls-files", "-s", "--", f":(literal){name}"
        ):
            git(root, "rm", "-q", "--cached", "--", f":(literal){name}")


def parents(root: Path, path: Path) -> list[Path]:
    return [p for p in path.parents if p != root and p.is_relative_to(root)]


@pytest.mark.timeout(180)
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(before=edits, after=edits)
def test_any_state_comes_over_and_stays(
    tmp_path: Path,
    before: list[tuple[str, str, int]],
    after: list[tuple[str, str, int]],
) -> None:
    """Status, index and files are equal, the source untouched, the objects sound."""
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        sandbox = Sandbox.made(Path(folder) / "proj")
        root = sandbox.root
        (root / "dir").mkdir()
        for name in ("a", "b", "dir/c"):
            (root / name).write_text(f"{name}\n" * 5)
        (root / "link").symlink_to("a")
        git(root, "add", "-A")
        git(root, "commit", "-qm", "start")
        for each in before:
            edit(root, *each)
        git(root, "commit", "-qm", "more", "--allow-empty")
        for each in after:
            edit(root, *each)
        take_back_empty_intentions(root)
        git(root, "update-index", "-q", "--refresh", ok=(0, 1))
        was, index = seen(root), (root / ".git/index").read_bytes()
        refs = git(root, "for-each-ref")
        made = carried(sandbox, root)
        same(seen(made), was)
        same(seen(root), was)
        same((root / ".git/index").read_bytes() == index, True)
        unpack(made, REF)
        same(seen(made), was)
        forget(root, REF)
        git(root, "branch", "-D", "to", ok=(0, 1))
        git(root, "fsck", "--strict", "--no-dangling")
        assert refs in git(root, "for-each-ref")


def test_counts_tell_staged_unstaged_and_untracked_apart(sandbox: Sandbox) -> None:
    commit_file(sandbox.root, "two", "2\n")
    (sandbox.root / "README").write_text("staged\n")
    git(sandbox.root, "add", "README")
    (sandbox.root / "README").write_text("and more\n")
    (sandbox.root / "two").unlink()
    (sandbox.root / "new").write_text("n")
    found = uncommitted(sandbox.root)
    assert (found.staged, found.unstaged) == (("README",), ("README", "two"))
    assert (found.untracked, found.branch) == (("new",), "main")
    assert not found.is_clean


def test_chosen_ignored_files_go_along_with_their_rights(sandbox: Sandbox) -> None:
    commit_file(sandbox.root, ".gitignore", ".env*\nbuild/\n")
    (sandbox.root / ".env").write_text("SECRET=1")
    (sandbox.root / ".env").chmod(0o600)
    (sandbox.root / "build").mkdir()
    (sandbox.root / "build/big").write_text("no")
    found = pack(sandbox.root, REF, [".env"])
    assert found.ignored == (".env",)
    made = sandbox.session("to")
    unpack(made.path, REF)
    assert (made.path / ".env").read_text() == "SECRET=1"
    assert (made.path / ".env").stat().st_mode & 0o777 == 0o600
    assert not (made.path / "build").exists()


def test_bytes_are_not_converted_and_no_filter_runs(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    git(sandbox.root, "config", "filter.evil.clean", f"touch {ran}; cat")
    git(sandbox.root, "config", "filter.evil.smudge", f"touch {ran}; cat")
    commit_file(sandbox.root, ".gitattributes", "*.txt text eol=lf\n*.x filter=evil\n")
    (sandbox.root / "mixed.txt").write_bytes(b"one\r\ntwo\n")
    (sandbox.root / "new.x").write_bytes(b"raw")
    made = carried(sandbox, sandbox.root)
    assert (made / "mixed.txt").read_bytes() == b"one\r\ntwo\n"
    assert (made / "new.x").read_bytes() == b"raw"
    assert not ran.exists()


def test_a_detached_head_is_carried_from_its_commit(sandbox: Sandbox) -> None:
    commit_file(sandbox.root, "two", "2\n")
    git(sandbox.root, "checkout", "-q", "--detach", "HEAD~1")
    (sandbox.root / "new").write_text("n")
    found = pack(sandbox.root, REF)
    assert found.branch == ""
    assert head_of(sandbox.root, REF) == git(sandbox.root, "rev-parse", "HEAD")


def test_a_locked_index_is_read_all_the_same(sandbox: Sandbox) -> None:
    """Somebody's git holds the lock; the source is only read, so that is no matter."""
    (sandbox.root / "README").write_text("changed\n")
    lock = sandbox.root / ".git/index.lock"
    lock.touch()
    made = carried(sandbox, sandbox.root)
    assert (made / "README").read_text() == "changed\n"
    assert lock.exists()


def test_a_sparse_checkout_stays_sparse(sandbox: Sandbox) -> None:
    commit_file(sandbox.root, "in/a", "a\n")
    commit_file(sandbox.root, "out/b", "b\n")
    git(sandbox.root, "sparse-checkout", "set", "in")
    (sandbox.root / "in/a").write_text("changed\n")
    (sandbox.root / "in/new").write_text("new\n")
    was = seen(sandbox.root)
    made = carried(sandbox, sandbox.root)
    same(seen(made), was)
    assert not (made / "out").exists()


def merge_half_done(root: Path) -> None:
    git(root, "checkout", "-qb", "side")
    commit_file(root, "README", "side\n")
    git(root, "checkout", "-q", "main")
    commit_file(root, "README", "main\n")
    git(root, "merge", "side", ok=(1,))


def rebase_half_done(root: Path) -> None:
    git(root, "checkout", "-qb", "side")
    commit_file(root, "README", "side\n")
    git(root, "checkout", "-q", "main")
    commit_file(root, "README", "main\n")
    git(root, "rebase", "side", ok=(1,))


def stash_in_conflict(root: Path) -> None:
    (root / "README").write_text("stashed\n")
    git(root, "stash", "-q")
    commit_file(root, "README", "main\n")
    git(root, "stash", "pop", ok=(1,))


@pytest.mark.parametrize(
    "begin", [merge_half_done, rebase_half_done, stash_in_conflict]
)
def test_a_half_done_merge_is_refused(
    sandbox: Sandbox, begin: Callable[[Path], None]
) -> None:
    begin(sandbox.root)
    was = seen(sandbox.root)
    with pytest.raises(WorktreeDirtyError, match="in the middle of a"):
        pack(sandbox.root, REF)
    same(seen(sandbox.root), was)


def test_a_branch_without_commit_is_refused(sandbox: Sandbox) -> None:
    git(sandbox.root, "checkout", "-q", "--orphan", "empty")
    with pytest.raises(NoCommitError, match="no commit yet"):
        pack(sandbox.root, REF)


def test_other_repositories_inside_stay_and_are_named(sandbox: Sandbox) -> None:
    inner = sandbox.root / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    commit_file(inner, "f", "x")
    (sandbox.root / "new").write_text("n")
    found = pack(sandbox.root, REF)
    assert (found.left_out, found.untracked) == (("inner/",), ("new",))


def test_a_submodules_own_work_stays_and_is_named(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    library = Sandbox.made(tmp_path / "library")
    git(sandbox.root, "submodule", "--quiet", "add", str(library.root), "lib")
    git(sandbox.root, "commit", "-qm", "library")
    commit_file(sandbox.root / "lib", "README", "moved\n")
    (sandbox.root / "README").write_text("mine\n")
    made_of = pack(sandbox.root, REF)
    assert made_of.left_out == ("lib",)
    made = sandbox.session("to")
    unpack(made.path, REF)
    assert git(made.path, "status", "--porcelain") == "M README"


def test_too_much_is_refused_by_name(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "MAX_BYTES", 10)
    (sandbox.root / "large.bin").write_bytes(b"0" * 11)
    with pytest.raises(StorageError, match=r"'large\.bin'"):
        pack(sandbox.root, REF)


def test_a_checkout_that_keeps_changing_is_refused(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is written while it is read, each time it is read."""
    made = carrying._hashed
    file = sandbox.root / "README"
    file.write_text("0")

    def hashed(checkout: Path, modes: dict[str, int]) -> dict[str, str]:
        file.write_text(file.read_text() + "1")
        return made(checkout, modes)

    monkeypatch.setattr(carrying, "_hashed", hashed)
    with pytest.raises(WorktreeDirtyError, match="kept changing"):
        pack(sandbox.root, REF)
    assert git(sandbox.root, "for-each-ref", CARRIED) == ""


def test_what_is_gone_is_said(sandbox: Sandbox) -> None:
    with pytest.raises(StorageError, match="Hand it off again"):
        head_of(sandbox.root, REF)
