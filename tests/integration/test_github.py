"""The client of GitHub: over a fake `gh`, and what the real one takes."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.pulls import Finding, PullState
from agentdeck.github import errors, gh, pulls
from tests.fakes.github import GitHub
from tests.integration.git.repositories import commit_file, git

pytestmark = pytest.mark.integration

Place = tuple[GitHub, Path]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A clone whose remote has the branch `fix`, one commit on."""
    for kind in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{kind}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{kind}_EMAIL", "ada@example.org")
    github = GitHub(tmp_path)
    for name, value in github.environment(dict(os.environ)).items():
        monkeypatch.setenv(name, value)
    clone, bare = tmp_path / "clone", tmp_path / "bare"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(bare))
    git(tmp_path, "init", "-q", "-b", "main", str(clone))
    git(clone, "remote", "add", "origin", str(bare))
    commit_file(clone, "a.txt", "one\n")
    git(clone, "push", "-q", "origin", "main", "main:fix")
    git(clone, "checkout", "-q", "-b", "fix")
    commit_file(clone, "a.txt", "two\n")
    git(clone, "push", "-q", "origin", "fix")
    return github, clone


def draft(**values: object) -> pulls.Draft:
    title, body = '--title="--body"', "All `of` it\n$(and this)"
    made = pulls.Draft(title, body, "fix", "main")
    for name, value in values.items():
        made = pulls.Draft(**{**_fields(made), name: value})  # type: ignore[arg-type]
    return made


def _fields(made: pulls.Draft) -> dict[str, object]:
    return {name: getattr(made, name) for name in made.__slots__}


def test_a_pull_request_from_begin_to_end(place: Place) -> None:
    github, clone = place
    assert pulls.open_pulls(clone) == []
    assert pulls.pull_of_branch(clone, "fix") is None
    made = pulls.create(clone, draft(is_draft=True))
    assert (made.number, made.state) == (1, PullState.DRAFT)
    assert made.title == '--title="--body"'
    assert github.state["pulls"][0]["body"] == "All `of` it\n$(and this)"
    assert pulls.open_pulls(clone) == [made]
    with pytest.raises(errors.PullExistsError):
        pulls.create(clone, draft())
    with pytest.raises(errors.PullBlockedError, match="still a draft"):
        pulls.merge(clone, 1, "squash", made.head)
    assert pulls.mark_ready(clone, 1).state is PullState.OPEN
    with pytest.raises(errors.PullMovedError):
        pulls.merge(clone, 1, "squash", "0" * 40)
    merged = pulls.merge(clone, 1, "squash", made.head)
    assert merged.state is PullState.MERGED
    assert merged.merge_commit == git(clone, "ls-remote", "origin", "main").split()[0]
    assert pulls.pull_of_branch(clone, "fix") == merged
    assert not any(call["prompts"] for call in github.calls())


def test_a_review_is_posted_at_its_lines_or_whole(place: Place) -> None:
    github, clone = place
    made = pulls.create(clone, draft())
    findings = [Finding("a.txt", 1, "Why?")]
    posted = pulls.post_review(clone, 1, findings, "One thing", made.head)
    assert posted.inline
    assert posted.url.endswith("#pullrequestreview-1")
    outside = [*findings, Finding("a.txt", 500, "Not of the diff")]
    assert not pulls.post_review(clone, 1, outside).inline
    kept = github.state["pulls"][0]["reviews"]
    assert kept[0]["comments"][0]["body"] == "Why?"
    assert kept[1]["body"] == "`a.txt:1`: Why?\n\n`a.txt:500`: Not of the diff"


def test_a_gh_that_hangs_is_ended_with_all_it_started(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    github, clone = place
    github.change(trouble={"pr list": {"hangs": True}})
    began = time.monotonic()
    with pytest.raises(errors.UnreachableError, match="within 2 s"):
        gh.run(clone, "pr", "list", stdin="", timeout_s=2)
    assert time.monotonic() - began < 60


def test_no_gh_and_what_is_no_json(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    github, clone = place
    program = github.bin / "gh"
    program.write_text("#!/bin/sh\necho surprise\n")
    with pytest.raises(errors.GitHubError, match="does not understand"):
        pulls.open_pulls(clone)
    program.write_text("#!/no/such/interpreter\n")
    with pytest.raises(errors.GitHubError, match="could not be started"):
        pulls.open_pulls(clone)
    monkeypatch.setenv("PATH", str(clone))
    with pytest.raises(errors.GhMissingError, match=r"cli\.github\.com"):
        pulls.open_pulls(clone)


REAL: dict[str, Callable[[Path], object]] = {
    "open_pulls": pulls.open_pulls,
    "pull_of_branch": lambda folder: pulls.pull_of_branch(folder, "--help"),
    "pull": lambda folder: pulls.pull(folder, 7),
    "create": lambda folder: pulls.create(folder, draft(is_draft=True)),
    "merge": lambda folder: pulls.merge(folder, 7, "rebase", "0" * 40, when_ready=True),
    "mark_ready": lambda folder: pulls.mark_ready(folder, 7),
    "post_review": lambda folder: pulls.post_review(folder, 7, (), "Well done"),
}


@pytest.mark.skipif(shutil.which("gh") is None, reason="gh is not installed")
@pytest.mark.parametrize("name", REAL)
def test_the_real_gh_takes_what_it_is_asked(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It understands each command, and fails only at the door that is shut to it."""
    subprocess.run(["git", "init", "-q", "-b", "main", tmp_path], check=True)
    git(tmp_path, "remote", "add", "origin", "https://github.com/ada/proj.git")
    monkeypatch.setenv("GH_CONFIG_DIR", str(tmp_path / "gh"))
    monkeypatch.setenv("GH_TOKEN", "not-a-token")
    for variable in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    with pytest.raises(errors.UnreachableError):
        REAL[name](tmp_path)
    monkeypatch.delenv("GH_TOKEN")
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    with pytest.raises(AgentDeckError) as refused:
        REAL[name](tmp_path)
    assert isinstance(refused.value, errors.NotLoggedInError | errors.NotOnGitHubError)
