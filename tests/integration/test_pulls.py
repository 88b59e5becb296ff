"""Pull requests from the command line: really pushed and merged, over a fake `gh`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.github import GitHub
from tests.integration.deck import Deck

pytestmark = pytest.mark.integration

WORK = """
set -e
echo two > two.txt
git add -A
git commit -qm "Add two; see #7 and @ada"
"""


class Place:
    """A deck whose repository has a remote, with a GitHub around it."""

    def __init__(self, deck: Deck, folder: Path) -> None:
        self.deck = deck
        self.github = GitHub(folder)
        deck.env |= self.github.environment(deck.env)
        for kind in ("AUTHOR", "COMMITTER"):
            deck.env |= {f"GIT_{kind}_NAME": "T", f"GIT_{kind}_EMAIL": "t@localhost"}
        self.bare = folder / "remote.git"
        deck.git("init", "-q", "--bare", "-b", "main", str(self.bare))
        deck.git("remote", "add", "origin", str(self.bare))
        deck.git("push", "-q", "origin", "main")

    def session(self, name: str, script: str = WORK) -> Path:
        """A session that did its work and ended."""
        self.deck.shell(name, script)
        rows = self.deck.until(
            lambda s: s[name]["phase"] == "ended" and s[name]["ahead"] > 0
        )
        return Path(rows[name]["worktree"])

    def there(self, branch: str) -> str:
        """The commit that the remote has of a branch; empty if none."""
        said = self.deck.git("ls-remote", str(self.bare), f"refs/heads/{branch}")
        return said.split("\t")[0] if said else ""

    def pr(self, *words: str, status: int | None = 0) -> Any:
        """What a verb of `pr` says as JSON."""
        return json.loads(self.deck.run("pr", *words, "--json", status=status).stdout)

    def push_from_elsewhere(self, branch: str, folder: Path) -> str:
        """Somebody else's commit on the remote's branch."""
        if not folder.exists():
            self.deck.git("clone", "-q", str(self.bare), str(folder))
        run = ["git", "-C", str(folder), "-c", "user.name=E", "-c", "user.email=e@e"]
        for words in (
            ["fetch", "-q"],
            ["checkout", "-q", "-B", "own", f"origin/{branch}"],
            ["commit", "-q", "--allow-empty", "-m", "From elsewhere"],
            ["push", "-q", "origin", f"own:{branch}"],
        ):
            subprocess.run([*run, *words], check=True)
        return self.there(branch)


@pytest.fixture
def place(deck: Deck, tmp_path: Path) -> Place:
    return Place(deck, tmp_path)


def head_of(worktree: Path) -> str:
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=worktree, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def commit(worktree: Path, name: str) -> None:
    (worktree / name).write_text(name)
    who = ["-c", "user.name=T", "-c", "user.email=t@localhost"]
    subprocess.run(["git", "add", "-A"], cwd=worktree, check=True)
    subprocess.run(["git", *who, "commit", "-qm", name], cwd=worktree, check=True)


def test_from_a_branch_to_a_session_that_is_merged(place: Place) -> None:
    deck, github = place.deck, place.github
    (deck.repo / ".github").mkdir()
    (deck.repo / ".github" / "PULL_REQUEST_TEMPLATE.md").write_text(
        "# Description\n\n# Tests\n- [ ] ran\n"
    )
    deck.git("add", "-A")
    deck.git("commit", "-qm", "A template")
    deck.git("push", "-q", "origin", "main")
    worktree = place.session("two")
    (made,) = place.pr("create", "two")
    assert (made["ok"], made["new"], made["number"]) == (True, True, 1)
    assert place.there("agentdeck/two") == head_of(worktree)
    kept = github.state["pulls"][0]
    assert kept["title"] == "Add two; see #7 and @ada"
    assert kept["body"].startswith("# Description\n\n- Add two; see #")
    assert kept["body"].endswith("# Tests\n- [ ] ran")
    assert "#7" not in kept["body"]
    assert deck.sessions()["two"]["pull"]["state"] == "open"

    # What is committed later is pushed by the same verb, and merged only when pushed.
    commit(worktree, "three.txt")
    refused = deck.run("pr", "merge", "two", "--yes", status=4)
    assert "commits that are not pushed" in refused.stderr
    (updated,) = place.pr("create", "two")
    assert (updated["new"], updated["pull"]["head"]) == (False, head_of(worktree))

    run = {"__typename": "CheckRun", "status": "COMPLETED", "conclusion": "SUCCESS"}
    github.change_pull(1, reviewDecision="APPROVED", statusCheckRollup=[run])
    (seen,) = place.pr("status", "--refresh")
    assert (seen["pull"]["checks"], seen["pull"]["review"]) == ("passed", "approved")
    rows = json.loads(deck.run("ls", "--json", "--filter", "pr:approved is:pr").stdout)
    assert [row["name"] for row in rows] == ["two"]

    (merged,) = place.pr(
        "merge", "two", "--strategy", "squash", "--delete-branch", "--yes"
    )
    assert (merged["ok"], merged["stays"]) == (True, "")
    assert merged["commit"] == place.there("main")
    assert place.there("agentdeck/two") == ""
    row = deck.sessions()["two"]
    assert (row["merged_into"], row["merged_head"]) == ("main", head_of(worktree))
    news = deck.run("events", "--since", "0", "--json").stdout
    assert "was merged into main on GitHub" in news
    deck.run("discard", "--filter", "is:merged", "--yes")
    assert deck.sessions() == {}
    assert not any(call["prompts"] for call in github.calls())


def test_other_commits_there_are_replaced_only_by_name(
    place: Place, tmp_path: Path
) -> None:
    deck = place.deck
    worktree = place.session("two")
    place.pr("create", "two")
    theirs = place.push_from_elsewhere("agentdeck/two", tmp_path / "elsewhere")
    commit(worktree, "three.txt")
    refused = deck.run("pr", "create", "two", status=4)
    assert f"--force-with-lease {theirs}" in refused.stderr
    newer = place.push_from_elsewhere("agentdeck/two", tmp_path / "elsewhere")
    deck.run("pr", "create", "two", "--force-with-lease", theirs, status=4)
    assert place.there("agentdeck/two") == newer
    deck.run("pr", "create", "two", "--force-with-lease", newer)
    assert place.there("agentdeck/two") == head_of(worktree)


def test_what_is_in_the_way_is_said(place: Place) -> None:
    deck, github = place.deck, place.github
    place.session("two")

    def refusal(*words: str, status: int) -> str:
        return deck.run("pr", *words, status=status).stderr

    assert "no pull request" in refusal("merge", "two", "--yes", status=4)
    assert "has no branch 'dev'" in refusal("create", "two", "--base", "dev", status=4)
    github.change(login=False)
    assert "`gh auth login`" in refusal("create", "two", status=1)
    github.change(login=True)
    limited = {"stderr": "HTTP 403: API rate limit exceeded", "times": 1}
    github.change(trouble={"pr create": limited})
    assert "no more requests" in refusal("create", "two", status=1)
    place.pr("create", "two")
    # The base moved on, to the same lines.
    (deck.repo / "two.txt").write_text("of main\n")
    deck.git("add", "-A")
    deck.git("commit", "-qm", "Another two")
    deck.git("push", "-q", "origin", "main")
    assert "conflicts with its base" in refusal("merge", "two", "--yes", status=4)
    deck.git("remote", "remove", "origin")
    assert "has no remote" in refusal("create", "two", status=4)


def test_a_remote_that_is_gone(place: Place) -> None:
    deck = place.deck
    place.session("two")
    deck.git("remote", "set-url", "origin", str(place.bare) + "-gone")
    refused = deck.run("pr", "create", "two", status=1)
    assert "origin could not be reached" in refused.stderr


def test_one_that_its_agent_opened_is_found_and_merged_there(place: Place) -> None:
    deck, github = place.deck, place.github
    script = f"{WORK}\ngit push -q origin HEAD\n" + (
        "gh pr create --title=Mine --body-file=- --head=agentdeck/two --base=main"
        " < /dev/null\n"
    )
    place.session("two", script)
    (found,) = place.pr("status", "two", "--refresh")
    assert found["pull"]["title"] == "Mine"
    asked = len(github.calls("pr list"))
    (seen,) = place.pr("status", "two")
    assert (seen["pull"]["number"], len(github.calls("pr list"))) == (1, asked)
    # Merged on the page of GitHub, without us.
    subprocess.run(
        ["gh", "pr", "merge", "1", "--squash"], cwd=deck.repo, env=deck.env, check=True
    )
    (now,) = place.pr("status", "--refresh")
    assert now["pull"]["state"] == "merged"
    assert deck.sessions()["two"]["merged_into"] == "main"


def test_title_and_text_of_ones_own(place: Place) -> None:
    deck, github = place.deck, place.github
    place.session("two")
    editor = deck.home / "editor"
    editor.write_text('#!/bin/sh\nprintf "From the editor\\n\\nAnd *more*\\n" > "$1"\n')
    editor.chmod(0o755)
    deck.env["EDITOR"] = str(editor)
    deck.run("pr", "create", "two", "--edit", "--draft")
    kept = github.state["pulls"][0]
    assert (kept["title"], kept["body"]) == ("From the editor", "And *more*")
    refused = deck.run("pr", "merge", "two", "--yes", status=4)
    assert "still a draft" in refused.stderr
    deck.run("pr", "ready", "two")
    assert deck.sessions()["two"]["pull"]["state"] == "open"
    shown = deck.run("pr", "open", "two").stdout
    assert shown == "https://github.com/ada/proj/pull/1\n"
    assert "#1 open" in deck.run("show", "two").stdout
