"""`agentdeck export`: recordings that other programs play."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

SCRIPT = (
    r"printf '\033[1mh\303\251llo\033[m \033[3Cthere\n'; sleep 0.3; stty size; seq 300"
)


def asciinema() -> str:
    """The real asciinema, in this environment or on the path."""
    beside = Path(sys.executable).with_name("asciinema")
    found = str(beside) if beside.exists() else shutil.which("asciinema")
    if not found:
        pytest.skip("asciinema is not installed: pip install asciinema")
    return found


def test_asciinema_plays_what_is_exported(deck: Deck, tmp_path: Path) -> None:
    player = asciinema()
    deck.shell("speaks", SCRIPT)
    deck.until(lambda all_: all_["speaks"]["phase"] == "ended")
    file = tmp_path / "speaks.cast"
    version = "2" if "asciinema 2" in _output(player, "--version") else "3"
    words = ["export", "speaks", "--cast", "--cast-version", version]
    done = deck.run(*words, "-o", str(file))
    assert str(file) in done.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    raw = subprocess.run(
        [sys.executable, "-m", "agentdeck", "logs", "speaks", "--raw"],
        cwd=deck.repo,
        env=deck.env,
        check=True,
        capture_output=True,
    ).stdout
    assert "héllo" in raw.decode()
    assert _output(player, "cat", str(file)) == raw.decode()
    assert _output(player, "play", "-s", "100", str(file)) == raw.decode()


def _output(*words: str) -> str:
    done = subprocess.run(words, check=True, capture_output=True, stdin=-3, timeout=60)
    return done.stdout.decode().replace("\r\r", "\r")


def test_logs_and_export_give_the_same_cast(deck: Deck) -> None:
    deck.shell("speaks", SCRIPT)
    deck.until(lambda all_: all_["speaks"]["phase"] == "ended")
    exported = deck.run("export", "speaks", "--cast").stdout
    assert deck.run("logs", "speaks", "--cast").stdout == exported
    header, *events = map(json.loads, exported.splitlines())
    assert (header["version"], header["title"]) == (
        3,
        deck.sessions()["speaks"]["title"],
    )
    assert [event[1] for event in events][-1] == "x"


def test_a_session_that_ran_twice_is_exported_whole(deck: Deck) -> None:
    deck.shell("twice", "echo run; sleep 0.1")
    deck.until(lambda all_: all_["twice"]["phase"] == "ended")
    deck.run("resume", "twice")
    deck.until(lambda all_: all_["twice"]["phase"] == "ended")
    exported = deck.run("export", "twice", "--cast").stdout
    assert exported.count('"run\\r\\n"') == 2
    assert deck.run("logs", "twice").stdout.split() == ["run", "run"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["x"], "--cast"),
        (["x", "--cast", "--cast-version", "1"], "2 or 3"),
    ],
)
def test_wrong_usage_is_one_sentence(deck: Deck, words: list[str], says: str) -> None:
    done = deck.run("export", *words, status=2)
    assert says in done.stderr


def test_nothing_is_left_where_it_cannot_be_written(deck: Deck, tmp_path: Path) -> None:
    deck.shell("speaks", "echo hello")
    deck.until(lambda all_: all_["speaks"]["phase"] == "ended")
    missing = tmp_path / "nowhere" / "x.cast"
    done = deck.run("export", "speaks", "--cast", "-o", str(missing), status=1)
    assert "Cannot write in" in done.stderr
    target = tmp_path / "folder"
    target.mkdir()
    deck.run("export", "speaks", "--cast", "-o", str(target), status=1)
    assert not list(tmp_path.glob("**/.agentdeck-*"))
