"""Our merge and git's own give the same tree, or both find a conflict."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentdeck.git.errors import ConflictError, NothingToMergeError
from agentdeck.git.merges import merge
from tests.integration.git.repositories import Sandbox, git

pytestmark = pytest.mark.integration

LINES = 24
edits = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "dir/c", "new", "dir"]),
        st.sampled_from(["change", "delete", "append"]),
        st.integers(0, LINES - 1),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=5,
)


def apply(root: Path, work: list[tuple[str, str, int, int]]) -> None:
    for name, what, line, value in work:
        path = root / name
        if path.is_dir() or path.parent.is_file():
            continue
        path.parent.mkdir(exist_ok=True)
        lines = path.read_text().splitlines() if path.exists() else []
        if what == "delete":
            path.unlink(missing_ok=True)
            continue
        if what == "change" and line < len(lines):
            lines[line] = f"changed {value}"
        else:
            lines.append(f"added {value}")
        path.write_text("\n".join(lines) + "\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "edits", "--allow-empty")


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(branches=st.lists(edits, min_size=2, max_size=3))
def test_same_tree_as_git_merge(
    tmp_path: Path, branches: list[list[tuple[str, str, int, int]]]
) -> None:
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        sandbox = Sandbox.made(Path(folder) / "ours")
        text = "".join(f"line {number}\n" for number in range(LINES))
        for name in ("a", "b", "dir/c"):
            (sandbox.root / name).parent.mkdir(exist_ok=True)
            (sandbox.root / name).write_text(text + name)
        git(sandbox.root, "add", "-A")
        git(sandbox.root, "commit", "-qm", "start")
        made = [sandbox.session(f"s{n}") for n in range(len(branches))]
        for worktree, work in zip(made, branches, strict=True):
            apply(worktree.path, work)
        git(Path(folder), "clone", "-q", str(sandbox.root), "theirs")
        theirs = Path(folder) / "theirs"
        for worktree in made:
            try:
                merge(sandbox.repo, worktree.branch, "main")
                conflicts = False
            except ConflictError:
                conflicts = True
            except NothingToMergeError:
                continue
            git(
                theirs, "merge", "-q", "--no-ff", f"origin/{worktree.branch}", ok=(0, 1)
            )
            has_conflict = (theirs / ".git" / "MERGE_HEAD").exists()
            assert has_conflict == conflicts
            if has_conflict:
                git(theirs, "merge", "--abort")
            trees = [git(r, "rev-parse", "HEAD^{tree}") for r in (sandbox.root, theirs)]
            assert trees[0] == trees[1]
            sandbox.assert_sound()
