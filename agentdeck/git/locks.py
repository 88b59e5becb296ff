"""Locks that keep two of our own operations on one repository apart."""

from __future__ import annotations

import fcntl
import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agentdeck.git.errors import StorageError

LOCK_FILE = "agentdeck.lock"

_registry_lock = threading.Lock()
_worktree_locks: defaultdict[Path, threading.RLock] = defaultdict(threading.RLock)
_merge_locks: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)


@contextmanager
def worktrees_locked(git_dir: Path) -> Iterator[None]:
    """Let one thread at a time add or remove worktrees of a repository.

    Another process needs no lock of ours: git's own steps are safe against it.
    """
    with _registry_lock:
        lock = _worktree_locks[git_dir]
    with lock:
        yield


@contextmanager
def merges_locked(git_dir: Path) -> Iterator[None]:
    """Queue merges of a repository, across threads and processes.

    The kernel frees the lock when its process dies, so it never goes stale.

    Raises:
        StorageError: If the lock file cannot be written.
    """
    with _registry_lock:
        lock = _merge_locks[git_dir]
    with lock:
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            descriptor = os.open(git_dir / LOCK_FILE, flags, 0o600)
        except OSError as error:
            raise StorageError(
                f"{git_dir / LOCK_FILE} cannot be written ({error.strerror}). Make the"
                " repository writable and try again.",
                path=str(git_dir / LOCK_FILE),
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
