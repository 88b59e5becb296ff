"""Pull requests of sessions: opened, brought up to date, merged on GitHub.

What GitHub says of them is kept in the sessions; `pull_watch` keeps it fresh.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentdeck.core.errors import AgentDeckError, RefusedError
from agentdeck.core.own_checkout import require_worktree
from agentdeck.core.pull_text import pull_body, pull_title
from agentdeck.core.pulls import PullRequest
from agentdeck.core.session import Phase, Session
from agentdeck.git.commits import commits_between
from agentdeck.git.errors import BranchMissingError, NothingToMergeError
from agentdeck.git.names import full_ref
from agentdeck.git.pull_templates import pull_template
from agentdeck.git.remotes import base_on, push, remote_of, remove_branch, tips_on
from agentdeck.git.repository import Repository, commit_of, open_repository
from agentdeck.github import pulls as github
from agentdeck.github.errors import NoSuchPullError, PullExistsError, PullMovedError
from agentdeck.rpc.pulls_messages import CreatePulls, MergePulls, PullText
from agentdeck.rpc.wire import pull_to_wire

MAX_COMMITS = 250
MERGE_TRIES = 3
MERGE_PAUSE_S = 2.0
"""GitHub needs a moment to find out whether the next can be merged."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A branch that is to be a pull request."""

    repo: Repository
    remote: str
    base: str
    """On the remote."""
    head: str
    text: PullText
    subjects: tuple[str, ...]


class Pulls:
    """Does with pull requests what a person asks for."""

    def __init__(self, take: Callable[[str, PullRequest], Awaitable[None]]) -> None:
        self._take = take

    async def preview(self, session: Session, base: str | None) -> dict[str, Any]:
        """What a pull request of a session would say; nothing leaves the machine.

        Raises:
            RefusedError: If there could be none.
        """
        wanted = await asyncio.to_thread(_wanted, session, base)
        return {
            "title": wanted.text.title,
            "body": wanted.text.body,
            "remote": wanted.remote,
            "base": wanted.base,
            "commits": list(wanted.subjects),
            "dirty": session.dirty,
        }

    async def create(self, session: Session, request: CreatePulls) -> dict[str, Any]:
        """Push a session's branch and open a pull request, or update the open one.

        Raises:
            RefusedError: If the remote has other commits of the branch, or there is
                nothing to pull.
            AgentDeckError: If the remote or GitHub does not do it.
        """
        pull, is_new = await asyncio.to_thread(_create, session, request)
        await self._take(session.id, pull)
        return {
            "pull": pull_to_wire(pull),
            "number": pull.number,
            "url": pull.url,
            "new": is_new,
            "done": "opened" if is_new else "updated",
            "dirty": session.dirty,
        }

    async def merge(self, session: Session, request: MergePulls) -> dict[str, Any]:
        """Merge a session's pull request on GitHub.

        Raises:
            RefusedError: If it has none, not all is pushed, or GitHub refuses it.
            AgentDeckError: If GitHub does not do it.
        """
        known = _open_pull(session)
        await asyncio.to_thread(_require_pushed, session, known)
        pull = await self._merged(session, known, request)
        await self._take(session.id, pull)
        left = ""
        if request.delete_branch and not pull.is_open and not pull.from_fork:
            left = await asyncio.to_thread(_remove_branch, session, pull)
        return {
            "pull": pull_to_wire(pull),
            "number": pull.number,
            "into": pull.base,
            "commit": pull.merge_commit,
            "done": "will be merged once its checks pass" if pull.is_open else "merged",
            "stays": left,
        }

    async def ready(self, session: Session) -> dict[str, Any]:
        """Make a session's draft ready to be reviewed.

        Raises:
            RefusedError: If it has no open pull request.
            AgentDeckError: If GitHub does not do it.
        """
        known = _open_pull(session)
        folder = Path(session.repo)
        pull = await asyncio.to_thread(github.mark_ready, folder, known.number)
        await self._take(session.id, pull)
        return {"pull": pull_to_wire(pull), "number": pull.number}

    async def _merged(
        self, session: Session, known: PullRequest, request: MergePulls
    ) -> PullRequest:
        for tried in range(1, MERGE_TRIES + 1):
            try:
                return await asyncio.to_thread(_merge, session, known, request)
            except PullMovedError as error:
                is_base = "Base branch" in str(error.data.get("stderr"))
                if not is_base or tried == MERGE_TRIES:
                    raise
            await asyncio.sleep(MERGE_PAUSE_S)
        raise AssertionError


def _wanted(session: Session, base: str | None) -> _Wanted:
    require_worktree(session, "pushes")
    if session.phase is Phase.QUEUED:
        raise RefusedError(f"{session.name} has not started.")
    require_worktree(session, "pushes")
    if session.is_review:
        raise RefusedError(
            f"{session.name} is a review: it only reads another session's work, so "
            "there is nothing of it to open a pull request for."
        )
    repository = open_repository(Path(session.repo))
    head = commit_of(repository, full_ref(session.branch))
    if head is None:
        raise BranchMissingError(
            f"The branch {session.branch!r} of {session.name} is gone."
        )
    local = base or session.base
    remote = remote_of(repository, local)
    there = base_on(remote, local)
    since = _since(repository, session, local, remote)
    commits = commits_between(repository, since, head, limit=MAX_COMMITS)
    if not commits:
        raise NothingToMergeError(
            f"{session.name} has no commit of its own against {local}, so there is"
            " nothing to open a pull request for."
        )
    subjects = tuple(each.subject for each in reversed(commits))
    template = pull_template(repository, head)
    text = PullText(
        title=pull_title(session.title, subjects) or session.name,
        body=pull_body(session.prompt, subjects, template),
    )
    return _Wanted(repository, remote, there, head, text, subjects)


def _since(repo: Repository, session: Session, base: str, remote: str) -> str:
    """What to count commits from: the base here, else as the remote last had it."""
    for ref in (
        full_ref(base),
        f"refs/remotes/{base}",
        f"refs/remotes/{remote}/{base}",
    ):
        if commit_of(repo, ref) is not None:
            return ref
    return session.base_commit


def _create(session: Session, request: CreatePulls) -> tuple[PullRequest, bool]:
    wanted = _wanted(session, request.base)
    repo, remote = wanted.repo, wanted.remote
    there = tips_on(repo, remote, session.branch, wanted.base)
    if wanted.base not in there:
        raise RefusedError(
            f"{remote} has no branch {wanted.base!r} to merge into. Push it first"
            f" (`git push {remote} {wanted.base}`), or name another with --base."
        )
    replaces = request.replaces.get(session.id, "")
    pushed = there.get(session.branch, "")
    push(repo, remote, session.branch, pushed, replaces)
    folder = Path(session.repo)
    known = session.pull
    if known is not None and known.is_open:
        return github.pull(folder, known.number), False
    text = request.texts.get(session.id, wanted.text)
    title = " ".join(text.title.split())
    draft = github.Draft(title, text.body, session.branch, wanted.base, request.draft)
    try:
        return github.create(folder, draft), True
    except PullExistsError:
        # Its agent, or a person, has opened one.
        found = github.pull_of_branch(folder, session.branch)
        if found is None:
            raise
        return found, False


def _open_pull(session: Session) -> PullRequest:
    pull = session.pull
    if pull is None:
        raise NoSuchPullError(
            f"{session.name} has no pull request. `agentdeck pr create {session.name}`"
            " opens one."
        )
    if not pull.is_open:
        raise RefusedError(f"#{pull.number} of {session.name} is {pull.state.value}.")
    return pull


def _require_pushed(session: Session, pull: PullRequest) -> None:
    repository = open_repository(Path(session.repo))
    head = commit_of(repository, full_ref(session.branch))
    if head is None or head == pull.head:
        return
    there = commits_between(repository, pull.head, head, limit=1) if pull.head else []
    what = "commits that are not pushed" if there else "other commits than GitHub"
    raise RefusedError(
        f"{session.name} has {what}, so #{pull.number} was not merged. Push them:"
        f" `agentdeck pr create {session.name}`; or look again:"
        f" `agentdeck pr status {session.name} --refresh`."
    )


def _merge(session: Session, pull: PullRequest, request: MergePulls) -> PullRequest:
    return github.merge(
        Path(session.repo),
        pull.number,
        request.strategy,
        pull.head,
        when_ready=request.when_ready,
    )


def _remove_branch(session: Session, pull: PullRequest) -> str:
    repository = open_repository(Path(session.repo))
    try:
        remote = remote_of(repository, session.base)
        remove_branch(repository, remote, pull.branch, pull.head)
    except AgentDeckError as error:
        return error.message
    return ""
