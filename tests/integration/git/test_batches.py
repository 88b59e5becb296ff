"""Batches of merges: order, refusals, strategies, kills, and git's own result."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentdeck.core.errors import RefusedError
from agentdeck.core.merge_queue import Strategy, Verdict
from agentdeck.git.batch_steps import How, Step, Wanted
from agentdeck.git.batches import Batch, Hearers, merge_many, rehearse, take_back
from agentdeck.git.errors import BranchMovedError, WorktreeDirtyError
from tests.integration.git.repositories import Sandbox, commit_file, git
from tests.integration.git.test_random_merges import LINES, apply, edits

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


def land(
    sandbox: Sandbox,
    *branches: str,
    strategy: Strategy = "merge",
    stop_on_conflict: bool = False,
) -> Batch:
    how = How(strategy, stop_on_conflict=stop_on_conflict)
    return merge_many(sandbox.repo, [Wanted(b) for b in branches], "main", how)


def verdicts(batch: Batch) -> list[Verdict]:
    return [step.verdict for step in batch.steps]


def colliding(sandbox: Sandbox) -> list[str]:
    """Four branches: a, one that collides with it, one with the base, and d."""
    made = [
        sandbox.session("a", ("shared", "a\n"), ("a", "a\n")),
        sandbox.session("b", ("shared", "b\n")),
        sandbox.session("c", ("README", "c\n")),
        sandbox.session("d", ("d", "d\n")),
    ]
    commit_file(sandbox.root, "README", "mine\n")
    return [each.branch for each in made]


def test_skips_what_conflicts_and_says_with_what(sandbox: Sandbox) -> None:
    branches, before = colliding(sandbox), sandbox.tip()
    rehearsed = rehearse(sandbox.repo, [Wanted(b) for b in branches], "main", How())
    assert sandbox.tip() == before
    done = land(sandbox, *branches)
    expected = [
        Verdict.CLEAN,
        Verdict.CONFLICTS_WITH_EARLIER,
        Verdict.CONFLICTS_WITH_BASE,
        Verdict.CLEAN,
    ]
    assert verdicts(rehearsed) == verdicts(done) == expected
    assert done.steps[1].earlier == (branches[0],)
    problem = done.steps[1].problem
    assert problem is not None
    assert problem.data["files"] == ["shared"]
    assert (sandbox.root / "a").exists()
    assert (sandbox.root / "d").exists()
    assert git(sandbox.root, "rev-list", "--count", f"{before}..main") == "5"
    sandbox.assert_sound()
    take_back(sandbox.repo, "main", done.final, done.previous)
    assert sandbox.tip() == before
    assert not (sandbox.root / "a").exists()
    sandbox.assert_sound()


def test_stops_at_the_first_that_cannot_be_merged(sandbox: Sandbox) -> None:
    done = land(sandbox, *colliding(sandbox), stop_on_conflict=True)
    assert verdicts(done)[2:] == [Verdict.NOT_REACHED] * 2
    assert (sandbox.root / "a").exists()
    assert not (sandbox.root / "d").exists()
    sandbox.assert_sound()


def test_the_checkout_moves_once(sandbox: Sandbox) -> None:
    made = [sandbox.session(f"s{n}", (f"f{n}", "x\n")).branch for n in range(4)]
    before = git(sandbox.root, "reflog", "show", "--format=%H", "main").splitlines()
    land(sandbox, *made)
    after = git(sandbox.root, "reflog", "show", "--format=%H", "main").splitlines()
    assert len(after) == len(before) + 1


def test_a_dirty_base_refuses_the_batch_and_the_rehearsal_says_so(
    sandbox: Sandbox,
) -> None:
    branch, before = sandbox.session("a", ("a", "a\n")).branch, sandbox.tip()
    (sandbox.root / "README").write_text("mine\n")
    rehearsed = rehearse(sandbox.repo, [Wanted(branch)], "main", How())
    assert isinstance(rehearsed.blocked, WorktreeDirtyError)
    with pytest.raises(WorktreeDirtyError, match="stash"):
        land(sandbox, branch)
    git(sandbox.root, "checkout", "-q", "README")
    (sandbox.root / "a").write_text("untracked\n")
    rehearsed = rehearse(sandbox.repo, [Wanted(branch)], "main", How())
    assert isinstance(rehearsed.blocked, WorktreeDirtyError)
    assert sandbox.tip() == before
    assert (sandbox.root / "a").read_text() == "untracked\n"


def test_cancelled_between_two_nothing_has_changed(sandbox: Sandbox) -> None:
    made = [sandbox.session(f"s{n}", (f"f{n}", "x\n")).branch for n in range(3)]
    before, seen = sandbox.tip(), list[Step]()

    def hear(step: Step) -> None:
        seen.append(step)
        if len(seen) == 2:
            raise RefusedError("cancelled")

    wanted = [Wanted(branch) for branch in made]
    with pytest.raises(RefusedError, match="cancelled"):
        merge_many(sandbox.repo, wanted, "main", How(), Hearers(on_step=hear))
    assert len(seen) == 2
    assert sandbox.tip() == before
    sandbox.assert_sound()


def test_rebase_keeps_authors_messages_and_a_straight_line(sandbox: Sandbox) -> None:
    one = sandbox.session("one", ("a", "a\n"), ("b", "b\n"))
    author = ("-c", "user.name=Zoë", "-c", "user.email=zoe@example.org")
    (one.path / "c").write_text("c\n")
    git(one.path, "add", "-A")
    git(one.path, *author, "commit", "-qm", "third\n\nwith a body")
    two = sandbox.session("two", ("d", "d\n"))
    commit_file(sandbox.root, "e", "e\n")
    before = sandbox.tip()
    land(sandbox, one.branch, two.branch, strategy="rebase")
    shown = git(sandbox.root, "log", "--format=%an %s", f"{before}..main")
    assert shown.splitlines() == ["Ada two: d", "Zoë third", "Ada one: b", "Ada one: a"]
    assert not git(sandbox.root, "rev-list", "--merges", "main")
    body = git(sandbox.root, "log", "-1", "--skip=1", "--format=%B|%ad", "--date=raw")
    theirs = git(one.path, "log", "-1", "--format=%B|%ad", "--date=raw")
    assert body == theirs
    sandbox.assert_sound()


def test_fast_forward_only_moves_on(sandbox: Sandbox) -> None:
    one = sandbox.session("one", ("a", "a\n"))
    two = sandbox.session("two", ("b", "b\n"))
    done = land(sandbox, one.branch, two.branch, strategy="fast-forward")
    assert verdicts(done) == [Verdict.CLEAN, Verdict.REFUSED]
    assert sandbox.tip() == sandbox.tip(one.branch)
    assert (sandbox.root / "a").exists()
    sandbox.assert_sound()


@pytest.mark.parametrize("strategy", ["merge", "squash", "rebase", "fast-forward"])
def test_a_second_time_there_is_nothing_to_merge(
    sandbox: Sandbox, strategy: Strategy
) -> None:
    branch = sandbox.session("one", ("a", "a\n")).branch
    land(sandbox, branch, strategy=strategy)
    tip = sandbox.tip()
    assert verdicts(land(sandbox, branch, strategy=strategy)) == [Verdict.NOTHING]
    assert sandbox.tip() == tip


def test_a_batch_is_not_taken_back_once_the_base_moved_on(sandbox: Sandbox) -> None:
    done = land(sandbox, sandbox.session("one", ("a", "a\n")).branch)
    tip = commit_file(sandbox.root, "later", "x\n")
    with pytest.raises(BranchMovedError, match="moved on"):
        take_back(sandbox.repo, "main", done.final, done.previous)
    assert sandbox.tip() == tip


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    branches=st.lists(edits, min_size=2, max_size=4),
    strategy=st.sampled_from(["merge", "squash", "rebase"]),
)
def test_same_tree_as_git_in_the_same_order(
    tmp_path: Path,
    branches: list[list[tuple[str, str, int, int]]],
    strategy: Strategy,
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
        heads = [sandbox.tip(each.branch) for each in made]
        done = land(sandbox, *(each.branch for each in made), strategy=strategy)
        theirs = Path(folder) / "theirs"
        for step in done.steps:
            is_clean = _merged_by_git(theirs, step.branch, strategy)
            conflicts = (
                Verdict.CONFLICTS_WITH_BASE,
                Verdict.CONFLICTS_WITH_EARLIER,
            )
            assert is_clean == (step.verdict not in conflicts), step
        ours, same = (
            git(r, "rev-parse", "main^{tree}") for r in (sandbox.root, theirs)
        )
        assert ours == same
        assert [sandbox.tip(each.branch) for each in made] == heads
        sandbox.assert_sound()


def _merged_by_git(where: Path, branch: str, strategy: Strategy) -> bool:
    """Git's own merge of a branch into main; false, and nothing, on a conflict."""
    remote = f"origin/{branch}"
    if strategy == "rebase":
        git(where, "checkout", "-q", "--detach", remote)
        git(where, "rebase", "-q", "main", ok=(0, 1))
        is_clean = not (where / ".git" / "rebase-merge").exists()
        if not is_clean:
            git(where, "rebase", "--abort")
        tip = git(where, "rev-parse", "HEAD")
        git(where, "checkout", "-q", "main")
        if is_clean:
            git(where, "reset", "-q", "--hard", tip)
        return is_clean
    how = "--squash" if strategy == "squash" else "--no-ff"
    git(where, "merge", "-q", how, remote, ok=(0, 1))
    is_clean = not git(where, "ls-files", "--unmerged")
    if not is_clean:
        git(where, "reset", "-q", "--hard")
    elif strategy == "squash":
        git(where, "commit", "-q", "--allow-empty", "-m", "squashed")
    return is_clean


def test_killed_at_each_step_it_is_wholly_merged_or_wholly_not(tmp_path: Path) -> None:
    module = "tests.integration.git.kill_points"
    done = subprocess.run(
        [sys.executable, "-m", module, str(tmp_path / "k"), "45"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    counts = dict(word.split("=") for word in done.stdout.split())
    assert set(counts) == {"finished", "killed-before", "killed-after"}, counts
