"""Merges any number of branches into one, as a single step of that branch.

Each branch is merged on top of the one before, beside every checkout. Only then
do the base and its clean checkouts move, once: a batch that is killed, cancelled
or refused before that has changed nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.merge_queue import Strategy, Verdict, goes_on
from agentdeck.git import checkouts as folders
from agentdeck.git.batch_steps import How, Run, Step, Wanted
from agentdeck.git.errors import (
    BranchMovedError,
    LockedError,
    WorktreeDirtyError,
)
from agentdeck.git.journal import follow, recover
from agentdeck.git.locks import merges_locked
from agentdeck.git.merge_trees import missing_branch, tips_of
from agentdeck.git.repository import Checkout, Repository, checkouts
from agentdeck.git.status import uncommitted

ATTEMPTS = 5
READERS = 2
"""How many worktrees are looked at for uncommitted changes at once."""


@dataclass(frozen=True, slots=True)
class Batch:
    """All steps, and the one move of the base that they come to."""

    into: str
    previous: str
    final: str
    steps: tuple[Step, ...]
    checkout: Literal["moved", "untouched"] | None
    """Whether a checkout of `into` follows; "untouched" if there is only one of
    something else, None in a repository without any checkout of its own."""
    blocked: AgentDeckError | None = None
    """Why the base cannot move, found by a rehearsal."""


def _ignored(_: object) -> None:
    return


@dataclass(frozen=True, slots=True)
class Hearers:
    """Who is told of a batch under way; what they raise ends it, nothing changed."""

    on_step: Callable[[Step], None] = _ignored
    before_move: Callable[[Batch], None] = _ignored


_NOBODY = Hearers()


def rehearse(
    repo: Repository,
    wanted: Sequence[Wanted],
    into: str,
    how: How,
    hearers: Hearers = _NOBODY,
) -> Batch:
    """Say what a batch would do; no ref and no checkout changes.

    Raises:
        BranchMissingError: If `into` is no local branch.
    """
    with ThreadPoolExecutor(READERS) as readers:
        run = _begun(repo, wanted, into, how, readers)
        batch = _merged(run, wanted, hearers)
    try:
        for follower in _followers(run.present, into):
            folders.require_clean(follower, into)
            folders.require_room(follower, batch.previous, batch.final)
    except (WorktreeDirtyError, LockedError) as error:
        return replace(batch, blocked=error)
    return batch


def merge_many(
    repo: Repository,
    wanted: Sequence[Wanted],
    into: str,
    how: How,
    hearers: Hearers = _NOBODY,
) -> Batch:
    """Merge branches in order, then move the base and its checkouts once.

    A branch that cannot be merged is skipped, or ends the batch; those before it
    land all the same. Waits for other merges of the repository, in this process or
    another.

    Raises:
        BranchMissingError: If `into` is no local branch.
        WorktreeDirtyError: If a checkout of `into` cannot follow. Nothing changed.
        BranchMovedError: If somebody kept moving `into` meanwhile.
    """
    with merges_locked(repo.git_dir):
        recover(repo)
        moved: Exception | None = None
        for _ in range(ATTEMPTS):
            with ThreadPoolExecutor(READERS) as readers:
                run = _begun(repo, wanted, into, how, readers)
                followers = _followers(run.present, into)
                for follower in followers:
                    folders.require_clean(follower, into)
                batch = _merged(run, wanted, hearers)
            if batch.final == batch.previous:
                return batch
            hearers.before_move(batch)
            note = _note(batch, how.strategy)
            try:
                follow(repo, followers, into, batch.previous, batch.final, note)
            except BranchMovedError as error:
                moved = error
                continue
            return batch
        raise BranchMovedError(
            f"{into!r} kept moving while it was being merged into. Try again when it is"
            " quiet.",
            into=into,
        ) from moved


def take_back(repo: Repository, into: str, final: str, previous: str) -> None:
    """Put a base back to where it was before a merge or a batch.

    Raises:
        BranchMovedError: If the base has got other commits since.
        WorktreeDirtyError: If a checkout of it has uncommitted changes.
        BranchMissingError: If the base does not exist any more.
    """
    with merges_locked(repo.git_dir):
        recover(repo)
        tip = tips_of(repo, [into]).get(into)
        if tip is None:
            raise missing_branch(repo, into)
        if tip != final:
            raise BranchMovedError(
                f"{into!r} has moved on since that merge, so it was left alone."
                f" `git revert -m 1 {final[:12]}` takes a merge's change back.",
                into=into,
                tip=tip,
            )
        followers = _followers(checkouts(repo), into)
        for follower in followers:
            folders.require_clean(follower, into)
        note = f"agentdeck: undo merge, back to {previous[:12]}"
        follow(repo, followers, into, tip, previous, note)


def _begun(
    repo: Repository,
    wanted: Sequence[Wanted],
    into: str,
    how: How,
    readers: ThreadPoolExecutor,
) -> Run:
    tips = tips_of(repo, [into, *(each.branch for each in wanted)])
    if into not in tips:
        raise missing_branch(repo, into)
    present = checkouts(repo)
    dirty = {}
    if not how.allow_dirty:
        worktrees = {c.branch: c.path for c in present if not c.is_missing}
        dirty = {
            each.branch: readers.submit(uncommitted, worktrees[each.branch])
            for each in wanted
            if each.branch in worktrees
        }
    base = tips[into]
    return Run(repo, into, how, base, tips, dirty, present, current=base)


def _merged(run: Run, wanted: Sequence[Wanted], hearers: Hearers) -> Batch:
    steps: list[Step] = []
    is_going = True
    for each in wanted:
        if is_going:
            step = run.step(each)
        else:
            head = run.tips.get(each.branch, "")
            step = Step(each.branch, Verdict.NOT_REACHED, head)
        stop_on_conflict = run.how.stop_on_conflict
        is_going = goes_on(step.verdict, stop_on_conflict=stop_on_conflict)
        steps.append(step)
        hearers.on_step(step)
    checkout: Literal["moved", "untouched"] | None = "moved"
    if not _followers(run.present, run.into):
        checkout = None if run.present[0].is_bare else "untouched"
    return Batch(run.into, run.base, run.current, tuple(steps), checkout)


def _followers(present: list[Checkout], into: str) -> list[Path]:
    return [
        checkout.path
        for checkout in present
        if checkout.branch == into and not checkout.is_bare and not checkout.is_missing
    ]


def _note(batch: Batch, strategy: Strategy) -> str:
    landed = [step.branch for step in batch.steps if step.commit]
    what = landed[0] if len(landed) == 1 else f"{len(landed)} branches"
    return f"agentdeck: merge {what} ({strategy})"
