"""What a review shows, on real repositories."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentdeck.core.diff_text import FilePatch, LineKind, parse_diff
from agentdeck.core.review import Compare, CompareKind, ReviewFile
from agentdeck.core.session import Session, SessionId
from agentdeck.git.errors import BranchMissingError, UnknownRevisionError
from agentdeck.git.review import (
    Listing,
    content_of,
    listing,
    patch_text,
    whole_text,
)
from agentdeck.git.review_sides import sides_of, turns_between
from tests.integration.git.repositories import Sandbox, commit_file, git

pytestmark = pytest.mark.integration

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIMIT = 4_000_000
ODD = 'tab\tquote".txt'


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox.made(tmp_path / "repo")


def a_session(sandbox: Sandbox, slug: str, *files: tuple[str, str]) -> Session:
    base = sandbox.tip()
    made = sandbox.session(slug, *files)
    return Session(
        id=SessionId(slug),
        name=slug,
        title=slug,
        repo=str(sandbox.root),
        branch=made.branch,
        base="main",
        worktree=str(made.path),
        agent="command",
        created_at=NOW,
        updated_at=NOW,
        base_commit=base,
    )


def shown(session: Session, kind: str = "session", revision: str = "") -> Listing:
    return listing(sides_of(session, Compare(CompareKind(kind), revision)))


def by_path(found: Listing) -> dict[str, ReviewFile]:
    return {file.path: file for file in found.files}


def patches(found: Listing, **options: Any) -> dict[str, FilePatch]:
    numbers = [file.number for file in found.files]
    text, is_cut = patch_text(found, numbers, limit=LIMIT, **options)
    assert not is_cut
    return {patch.path: patch for patch in parse_diff(text)}


def status(where: Path) -> str:
    return git(where, "status", "--porcelain=v2", "--branch")


def test_a_session_is_compared_with_its_uncommitted_and_untracked_files(
    sandbox: Sandbox,
) -> None:
    session = a_session(sandbox, "one", ("a.py", "a = 1\n"))
    worktree = Path(session.worktree)
    (worktree / "README").write_text("one\ntwo changed\nthree\n")
    (worktree / "new file.txt").write_text("x\ny\n")
    before = status(worktree)
    found = shown(session)
    assert {(f.path, f.status, f.added, f.removed) for f in found.files} == {
        ("README", "M", 1, 1),
        ("a.py", "A", 1, 0),
        ("new file.txt", "A", 2, 0),
    }
    assert [f.number for f in found.files] == [0, 1, 2]
    assert set(patches(found)) == {"README", "a.py", "new file.txt"}
    assert {f.path for f in shown(session, "commits").files} == {"a.py"}
    assert {f.path for f in shown(session, "working").files} == {
        "README",
        "new file.txt",
    }
    assert status(worktree) == before
    sandbox.assert_sound()


def test_what_the_base_got_meanwhile_is_not_the_sessions_work(sandbox: Sandbox) -> None:
    session = a_session(sandbox, "one", ("a.py", "a = 1\n"))
    commit_file(sandbox.root, "b.py", "b\n")
    assert list(by_path(shown(session))) == ["a.py"]
    git(Path(session.worktree), "merge", "-q", "main", "-m", "merge main")
    assert list(by_path(shown(session))) == ["a.py"]
    git(sandbox.root, "merge", "-q", session.branch)
    assert "a.py" in by_path(shown(session)), "a landed session still shows its work"


def test_a_worktree_that_is_gone_shows_its_branch(sandbox: Sandbox) -> None:
    session = a_session(sandbox, "one", ("a.py", "a = 1\n"))
    git(sandbox.root, "worktree", "remove", "--force", session.worktree)
    found = shown(session)
    assert list(by_path(found)) == ["a.py"]
    assert patches(found)["a.py"].hunks[0].lines[0].text == "a = 1"
    assert content_of(found.sides, "a.py", is_old=False) == ["a = 1"]


def test_a_session_without_worktree_and_branch_is_said(sandbox: Sandbox) -> None:
    session = a_session(sandbox, "one")
    git(sandbox.root, "worktree", "remove", "--force", session.worktree)
    git(sandbox.root, "branch", "-D", session.branch)
    with pytest.raises(BranchMissingError):
        shown(session)


def test_the_whole_as_git_prints_it(sandbox: Sandbox) -> None:
    git(sandbox.root, "config", "diff.external", "false")
    session = a_session(sandbox, "one", ("committed", "c\n"))
    worktree = Path(session.worktree)
    (worktree / "README").write_text("one\nTWO\nthree\n")
    (worktree / 'odd "é\n').write_text("u\n")
    index = Path(git(worktree, "rev-parse", "--git-dir")) / "index"
    before = index.read_bytes()
    index.with_name("index.lock").write_text("")
    sides = sides_of(session, Compare())

    def text(*, stat: bool = False, color: bool = False, limit: int = LIMIT) -> str:
        options = {"stat": stat, "color": color, "ignore_space": False}
        return whole_text(sides, limit=limit, **options)[0]  # type: ignore[arg-type]

    assert all(line in text() for line in ("+c\n", "+TWO\n", "-two\n", "+u\n"))
    assert "a/README b/README" in text()
    assert "\x1b[" not in text()
    assert "\x1b[" in text(color=True)
    assert "3 files changed" in text(stat=True)
    assert text(limit=9) == text()[:9]
    assert index.read_bytes() == before


def test_one_commit_and_one_turn_and_another_branch(sandbox: Sandbox) -> None:
    session = a_session(sandbox, "one", ("a.py", "1\n"))
    worktree = Path(session.worktree)
    trailer = "AgentDeck-Session: s\nAgentDeck-Turn: "
    first = commit_file(worktree, "a.py", "2\n", f"Turn 1\n\n{trailer}1")
    commit_file(worktree, "b.py", "b\n", "by the agent itself")
    second = commit_file(worktree, "c.py", "c\n", f"Turn 2\n\n{trailer}2")
    turns = turns_between(sandbox.repo, sandbox.tip(), session.branch)
    assert [(t.number, t.commit.sha) for t in turns] == [("2", second), ("1", first)]
    assert list(by_path(shown(session, "commit", second))) == ["c.py"]
    assert list(by_path(shown(session, "commit", "HEAD~1"))) == ["b.py"]
    assert list(by_path(shown(session, "turn", second))) == ["b.py", "c.py"]
    assert by_path(shown(session, "turn", first))["a.py"].status == "A"
    other = a_session(sandbox, "two", ("a.py", "2\n"), ("z.py", "z\n"))
    against = by_path(shown(session, "against", other.branch))
    assert {p: f.status for p, f in against.items()} == {
        "b.py": "A",
        "c.py": "A",
        "z.py": "D",
    }
    root = git(sandbox.root, "rev-list", "--max-parents=0", "HEAD")
    assert by_path(shown(session, "commit", root))["README"].status == "A"


@pytest.mark.parametrize("revision", ["nothing", "--output=/tmp/x", "", "-h", "\0"])
def test_a_revision_that_is_none_is_said(sandbox: Sandbox, revision: str) -> None:
    session = a_session(sandbox, "one")
    with pytest.raises(UnknownRevisionError):
        shown(session, "commit", revision)


def with_every_kind_of_change(sandbox: Sandbox) -> Session:
    root = sandbox.root
    commit_file(root, "moved.txt", "".join(f"line {n}\n" for n in range(20)))
    commit_file(root, "script", "#!/bin/sh\n")
    commit_file(root, "gone.txt", "gone\n")
    (root / "image.png").write_bytes(b"\x89PNG\0\1\2")
    commit_file(root, "unended", "a\nb")
    commit_file(root, "crlf.txt", "a\nb\n")
    session = a_session(sandbox, "one")
    worktree = Path(session.worktree)
    git(worktree, "mv", "moved.txt", "moved to here.txt")
    (worktree / "script").chmod(0o755)
    (worktree / "gone.txt").unlink()
    (worktree / "image.png").write_bytes(b"\x89PNG\0\3")
    (worktree / "unended").write_text("a\nb\n")
    (worktree / "crlf.txt").write_bytes(b"a\r\nb\r\n")
    (worktree / "link").symlink_to("script")
    (worktree / "empty").touch()
    (worktree / ODD).write_text("x\n")
    (worktree / "package-lock.json").write_text("{}\n")
    (worktree / ".gitattributes").write_text("made.py linguist-generated\n")
    (worktree / "made.py").write_text("x\n")
    return session


def test_every_kind_of_change_is_told(sandbox: Sandbox) -> None:
    found = shown(with_every_kind_of_change(sandbox))
    files = by_path(found)
    assert files["moved to here.txt"].old_path == "moved.txt"
    assert files["moved to here.txt"].status == "R"
    assert files["script"].has_new_mode
    assert files["gone.txt"].status == "D"
    assert files["image.png"].is_binary
    assert files["link"].new_mode == "120000"
    assert files["empty"].added == 0
    assert files["package-lock.json"].is_generated
    assert files["made.py"].is_generated
    assert not files["script"].is_generated
    text = patches(found)
    assert text["unended"].hunks[0].lines[1].is_unended
    assert text["crlf.txt"].hunks[0].lines[-1].text == "b\r"
    assert text[ODD].new_path == ODD
    assert text["moved to here.txt"].old_path == "moved.txt"
    assert text["gone.txt"].new_path is None
    assert text["image.png"].is_binary
    assert text["link"].hunks[0].lines[0].text == "script"


def test_a_name_taken_again_after_a_rename_has_its_own_lines(sandbox: Sandbox) -> None:
    commit_file(sandbox.root, "a.txt", "".join(f"line {n}\n" for n in range(20)))
    session = a_session(sandbox, "one")
    worktree = Path(session.worktree)
    git(worktree, "mv", "a.txt", "b.txt")
    (worktree / "a.txt").symlink_to("b.txt")
    found = shown(session)
    text, _ = patch_text(found, [f.number for f in found.files], limit=LIMIT)
    lines = {
        (patch.path, line.text)
        for patch in parse_diff(text)
        for hunk in patch.hunks
        for line in hunk.lines
        if line.kind is LineKind.ADDED
    }
    assert ("a.txt", "b.txt") in lines
    assert set(by_path(found)) == {"a.txt", "b.txt"}


def test_a_submodule_is_a_commit_and_nothing_is_run_in_it(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    other = Sandbox.made(tmp_path / "other")
    allowed = ("-c", "protocol.file.allow=always")
    git(sandbox.root, *allowed, "submodule", "add", "-q", str(other.root), "sub")
    git(sandbox.root, "commit", "-qm", "a submodule")
    session = a_session(sandbox, "one")
    worktree = Path(session.worktree)
    git(worktree, *allowed, "submodule", "update", "-q", "--init")
    commit_file(worktree / "sub", "new", "new\n")
    found = shown(session)
    (file,) = found.files
    assert file.is_submodule
    assert file.new_blob.strip("0")
    lines = patches(found)["sub"].hunks[0].lines
    assert all(line.text.startswith("Subproject commit ") for line in lines)


def test_space_alone_can_be_passed_over(sandbox: Sandbox) -> None:
    commit_file(sandbox.root, "a.py", "if a:\nb\n")
    session = a_session(sandbox, "one")
    (Path(session.worktree) / "a.py").write_text("if   a:\n    b\nc\n")
    sides = sides_of(session, Compare())
    assert (f := listing(sides).files[0]).added == 3
    assert f.removed == 2
    found = listing(sides, ignore_space=True)
    assert found.files[0].added == 1
    lines = patches(found, ignore_space=True)["a.py"].hunks[0].lines
    assert [line.text for line in lines if line.kind is LineKind.ADDED] == ["c"]


def test_ids_and_the_listings_name_follow_the_content(sandbox: Sandbox) -> None:
    session = a_session(sandbox, "one")
    worktree = Path(session.worktree)
    (worktree / "a.txt").write_text("1\n")
    (worktree / "link").symlink_to("a.txt")
    uncommitted = shown(session)
    again = shown(session)
    assert again.name == uncommitted.name
    assert listing(uncommitted.sides, with_counts=False).name == uncommitted.name
    git(worktree, "add", "-A")
    git(worktree, "commit", "-qm", "all of it")
    committed = shown(session)
    ids = {p: f.new_blob for p, f in by_path(uncommitted).items()}
    assert ids == {p: f.new_blob for p, f in by_path(committed).items()}
    (worktree / "a.txt").write_text("2\n")
    assert shown(session).name != committed.name


def test_no_program_of_the_repository_is_run(sandbox: Sandbox, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    commit_file(sandbox.root, ".gitattributes", "*.txt diff=evil\n")
    commit_file(sandbox.root, "a.txt", "a\n")
    for key in ("diff.evil.command", "diff.evil.textconv", "diff.external"):
        git(sandbox.root, "config", key, f"touch {ran}; cat")
    for key, value in (
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("diff.submodule", "log"),
        ("color.ui", "always"),
        ("diff.context", "9"),
    ):
        git(sandbox.root, "config", key, value)
    session = a_session(sandbox, "one")
    (Path(session.worktree) / "a.txt").write_text("b\n")
    assert patches(shown(session))["a.txt"].old_path == "a.txt"
    assert not ran.exists()


def test_a_huge_diff_is_cut_and_not_held(sandbox: Sandbox) -> None:
    session = a_session(sandbox, "one")
    big = Path(session.worktree) / "big.txt"
    big.write_text("".join(f"line {n}\n" for n in range(400_000)))
    found = shown(session)
    assert found.files[0].added == 400_000
    text, is_cut = patch_text(found, [0], limit=100_000)
    assert is_cut
    assert len(text) <= 100_000
    (patch,) = parse_diff(text)
    assert patch.hunks[0].lines[0].text == "line 0"


def test_content_is_read_inside_the_worktree_alone(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret\n")
    session = a_session(sandbox, "one")
    worktree = Path(session.worktree)
    (worktree / "out").symlink_to(tmp_path / "secret")
    os.mkfifo(worktree / "pipe")
    (worktree / "bytes").write_bytes(b"a\0b")
    sides = sides_of(session, Compare())
    for path in ("out", "pipe", "bytes", "../../secret", "nothing", "."):
        assert content_of(sides, path, is_old=False) is None, path
    assert content_of(sides, "README", is_old=False) == ["one", "two", "three"]
    assert content_of(sides, "README", is_old=True) == ["one", "two", "three"]
    assert content_of(sides, "nothing", is_old=True) is None


LINES = st.lists(
    st.sampled_from(["a", "b", "", " ", "-- x", "++ y", "@@ -1 +1 @@", "\\ No", "é\r"])
    | st.text("ab-+@ \\\r\x0b\u2028", max_size=6),
    max_size=25,
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(old=LINES, new=LINES, old_ends=st.booleans(), new_ends=st.booleans())
def test_a_parsed_diff_holds_both_sides(
    tmp_path: Path, old: list[str], new: list[str], old_ends: bool, new_ends: bool
) -> None:
    """All lines of both sides come back, whatever they look like."""
    before = "\n".join(old) + ("\n" if old_ends and old else "")
    after = "\n".join(new) + ("\n" if new_ends and new else "")
    (tmp_path / "old").write_bytes(before.encode())
    (tmp_path / "new").write_bytes(after.encode())
    done = subprocess.run(
        ["git", "diff", "--no-index", "--unified=100000", "old", "new"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    if before == after:
        return
    (patch,) = parse_diff(done.stdout.decode())
    lines = [line for hunk in patch.hunks for line in hunk.lines]
    sides = {"old": before, "new": after}
    for side, text in sides.items():
        of_side = [line for line in lines if getattr(line, side) is not None]
        joined = "".join(
            line.text + ("" if line.is_unended else "\n") for line in of_side
        )
        assert joined == text
        numbers = [getattr(line, side) for line in of_side]
        assert numbers == list(range(1, len(numbers) + 1))
