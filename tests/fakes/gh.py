#!/usr/bin/env python3
"""A `gh` that keeps its pull requests in a file, over a real bare repository.

It takes just the commands and options that AgentDeck uses, as gh 2.23 has them, and
refuses all others as gh does. The file ($FAKE_GH) is JSON:

    pulls      what it knows of each pull request
    calls      each command it got, with what it read
    trouble    by command ("pr merge"): {"status", "stderr", "times"}, once or more
    login      whether it is logged in
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

OPTIONS: dict[str, frozenset[str]] = {
    "pr list": frozenset(["--state", "--limit", "--json", "--head"]),
    "pr view": frozenset(["--json"]),
    "pr create": frozenset(["--title", "--body-file", "--head", "--base", "--draft"]),
    "pr merge": frozenset(
        ["--merge", "--squash", "--rebase", "--match-head-commit", "--auto"]
    ),
    "pr ready": frozenset(),
    "api": frozenset(["--method", "--input"]),
}
FIELDS = frozenset(
    [
        "additions",
        "assignees",
        "author",
        "baseRefName",
        "body",
        "changedFiles",
        "closed",
        "closedAt",
        "comments",
        "commits",
        "createdAt",
        "deletions",
        "files",
        "headRefName",
        "headRefOid",
        "headRepository",
        "headRepositoryOwner",
        "id",
        "isCrossRepository",
        "isDraft",
        "labels",
        "latestReviews",
        "maintainerCanModify",
        "mergeCommit",
        "mergeStateStatus",
        "mergeable",
        "mergedAt",
        "mergedBy",
        "milestone",
        "number",
        "potentialMergeCommit",
        "projectCards",
        "reactionGroups",
        "reviewDecision",
        "reviewRequests",
        "reviews",
        "state",
        "statusCheckRollup",
        "title",
        "updatedAt",
        "url",
    ]
)


def fail(text: str, status: int = 1) -> NoReturn:
    sys.stderr.write(f"{text}\n")
    sys.exit(status)


class Gh:
    """One run of it."""

    def __init__(self, state: dict[str, Any], args: list[str]) -> None:
        self.state = state
        self.name = " ".join(args[:2]) if args[0] == "pr" else args[0]
        if self.name not in OPTIONS:
            fail(f'unknown command "{self.name}" for "gh"')
        self.options: dict[str, str] = {}
        self.words: list[str] = []
        for word in args[len(self.name.split()) :]:
            option, _, value = word.partition("=")
            if not word.startswith("-"):
                self.words.append(word)
            elif option in OPTIONS[self.name]:
                self.options[option] = value
            else:
                fail(f"unknown flag: {option}")
        reads = "-" in (self.options.get("--body-file"), self.options.get("--input"))
        self.stdin = sys.stdin.read() if reads else ""
        call = {"args": args, "stdin": self.stdin, "prompts": self._may_prompt()}
        state.setdefault("calls", []).append(call)

    def _may_prompt(self) -> bool:
        return not os.environ.get("GH_PROMPT_DISABLED")

    def git(self, *words: str, stdin: str = "") -> str:
        done = subprocess.run(
            ["git", "--git-dir", self.remote(), *words],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise LookupError(done.stderr)
        return done.stdout.strip()

    def remote(self) -> str:
        found = subprocess.run(
            ["git", "remote", "get-url", "origin"],
            capture_output=True,
            text=True,
            check=False,
        )
        if found.returncode != 0:
            fail("no git remotes found")
        return found.stdout.strip()

    def commit_of(self, branch: str) -> str:
        try:
            return self.git("rev-parse", "--verify", f"refs/heads/{branch}")
        except LookupError:
            return ""

    def run(self) -> str:
        trouble = self.state.get("trouble", {}).get(self.name)
        if trouble and trouble.get("times", 1) > 0:
            trouble["times"] = trouble.get("times", 1) - 1
            if trouble.get("hangs"):
                return "hang"
            fail(trouble["stderr"], trouble.get("status", 1))
        if not self.state.get("login", True):
            fail("To get started with GitHub CLI, please run:  gh auth login", 4)
        return str(getattr(self, self.name.replace(" ", "_"))())

    def pr_list(self) -> str:
        wanted = self.options.get("--state", "open")
        pulls = [
            each
            for each in reversed(self.state.get("pulls", []))
            if wanted in ("all", each["state"].lower())
            and self.options.get("--head", each["headRefName"]) == each["headRefName"]
        ]
        limit = int(self.options.get("--limit", "30"))
        return json.dumps([self._shown(each) for each in pulls[:limit]])

    def pr_view(self) -> str:
        return json.dumps(self._shown(self._pull(self.words[0])))

    def pr_create(self) -> str:
        head, base = self.options["--head"], self.options["--base"]
        if not self.commit_of(base):
            fail("pull request create failed: GraphQL: Base ref must be a branch")
        if not self.commit_of(head):
            fail("pull request create failed: GraphQL: Head sha can't be blank")
        pulls = self.state.setdefault("pulls", [])
        for each in pulls:
            if each["headRefName"] == head and each["state"] == "OPEN":
                fail(
                    f'a pull request for branch "{head}" into branch "{base}" already'
                    f" exists:\n{each['url']}"
                )
        if self.git("rev-list", "--count", f"{base}..{head}") == "0":
            fail(f"GraphQL: No commits between {base} and {head} (createPullRequest)")
        number = len(pulls) + 1
        pulls.append(
            {
                "number": number,
                "url": f"https://github.com/ada/proj/pull/{number}",
                "title": self.options["--title"],
                "body": self.stdin,
                "state": "OPEN",
                "isDraft": "--draft" in self.options,
                "headRefName": head,
                "baseRefName": base,
                "headRefOid": self.commit_of(head),
                "isCrossRepository": False,
                "author": {"login": "ada"},
                "mergeable": "MERGEABLE",
                "mergeCommit": None,
                "reviewDecision": "",
                "statusCheckRollup": [],
            }
        )
        return str(pulls[-1]["url"])

    def pr_ready(self) -> str:
        self._pull(self.words[0])["isDraft"] = False
        return ""

    def pr_merge(self) -> str:
        pull = self._pull(self.words[0])
        head = self.commit_of(pull["headRefName"])
        if pull["isDraft"]:
            fail("GraphQL: Pull Request is still a draft (mergePullRequest)")
        if self.options.get("--match-head-commit", head) != head:
            fail("GraphQL: Head branch was modified. Review and try the merge again.")
        base = self.commit_of(pull["baseRefName"])
        try:
            tree = self.git("merge-tree", "--write-tree", base, head)
        except LookupError:
            fail(
                f"X Pull request #{pull['number']} is not mergeable: the merge commit"
                " cannot be cleanly created."
            )
        who = {
            f"GIT_{w}_{k}": "g@h"
            for w in ("AUTHOR", "COMMITTER")
            for k in ("NAME", "EMAIL")
        }
        os.environ.update(who)
        parents = (
            ["-p", base] if "--squash" in self.options else ["-p", base, "-p", head]
        )
        commit = self.git("commit-tree", tree, *parents, "-m", pull["title"])
        self.git("update-ref", f"refs/heads/{pull['baseRefName']}", commit, base)
        pull |= {"state": "MERGED", "headRefOid": head, "mergeCommit": {"oid": commit}}
        return ""

    def api(self) -> str:
        request = json.loads(self.stdin)
        owner, *rest = self.words[0].removeprefix("repos/").split("/")
        number = rest[2]
        if (owner, rest[0]) != ("{owner}", "{repo}"):
            fail("HTTP 404: Not Found")
        pull = self._pull(number)
        if any(c["line"] > 100 for c in request.get("comments", [])):
            fail("gh: Unprocessable Entity (HTTP 422)")
        pull.setdefault("reviews", []).append(request)
        return json.dumps({"html_url": f"{pull['url']}#pullrequestreview-1"})

    def _pull(self, number: str) -> dict[str, Any]:
        for each in self.state.get("pulls", []):
            if str(each["number"]) == number:
                return each
        fail(
            "GraphQL: Could not resolve to a PullRequest with the number of"
            f" {number}. (repository.pullRequest)"
        )

    def _shown(self, pull: dict[str, Any]) -> dict[str, Any]:
        wanted = self.options.get("--json", "").split(",")
        for field in wanted:
            if field not in FIELDS:
                fail(f'Unknown JSON field: "{field}"')
        if pull["state"] == "OPEN":
            pull["headRefOid"] = (
                self.commit_of(pull["headRefName"]) or pull["headRefOid"]
            )
        return {field: pull.get(field) for field in wanted}


def main() -> None:
    file = Path(os.environ["FAKE_GH"])
    with file.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        state = json.loads(held.read() or "{}")
        try:
            said = Gh(state, sys.argv[1:]).run()
        finally:
            held.seek(0)
            held.truncate()
            held.write(json.dumps(state))
    if said == "hang":
        time.sleep(600)
    sys.stdout.write(said + "\n")


if __name__ == "__main__":
    main()
