"""Included files on a disk that shares blocks: really made and mounted, where allowed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentdeck.git.included import bring_files
from tests.integration.git.repositories import Sandbox, commit_file, git

pytestmark = pytest.mark.integration

IMAGE_BYTES = 400 * 1024 * 1024
"""A file with a hole: only what is written takes room. Smaller ones XFS refuses."""
FILE_BYTES = 16 * 1024 * 1024
MAKERS = {
    "xfs": ("mkfs.xfs", "-q", "-m", "reflink=1"),
    "btrfs": ("mkfs.btrfs", "-q"),
}


@pytest.fixture(params=MAKERS)
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of that kind."""
    maker = MAKERS[request.param]
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    if shutil.which(maker[0]) is None:
        pytest.skip(f"{maker[0]} is not installed")
    image, place = tmp_path / "disk.img", tmp_path / "disk"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    mount = ["mount", "-o", "loop", str(image), str(place)]
    for words in ([*maker, str(image)], mount):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"{words[0]} does not work here: {done.stderr.strip()[:200]}")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def used(place: Path) -> int:
    """The bytes that are taken on a disk."""
    os.sync()
    stat = os.statvfs(place)
    return (stat.f_blocks - stat.f_bfree) * stat.f_frsize


def test_files_share_their_blocks_and_part_when_one_is_changed(disk: Path) -> None:
    sandbox = Sandbox.made(disk / "proj")
    commit_file(sandbox.root, ".gitignore", "modules/\n")
    (sandbox.root / "modules").mkdir()
    content = os.urandom(FILE_BYTES)
    for name in ("a", "b"):
        (sandbox.root / "modules" / name).write_bytes(content)
    (sandbox.root / "modules/a").chmod(0o750)
    made = sandbox.session("s")
    before = used(disk)
    brought = bring_files(
        sandbox.repo, made.path, ["modules/"], [], lambda _a, _b: None
    )
    assert (brought.copied, brought.cloned, brought.failed) == (2, 2, 0)
    assert used(disk) - before < FILE_BYTES / 2
    copy, original = made.path / "modules/a", sandbox.root / "modules/a"
    same = copy.read_bytes() == content
    assert same
    assert copy.stat().st_mode == original.stat().st_mode
    assert copy.stat().st_mtime_ns == original.stat().st_mtime_ns
    with copy.open("r+b") as file:
        file.write(b"changed")
    still_same = original.read_bytes() == content
    assert still_same
    assert git(made.path, "status", "--porcelain") == ""
