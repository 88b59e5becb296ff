"""The index of all logs: found again, bounded, and made anew when it is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentdeck.core.finding import match_for
from agentdeck.host import find_index as find_index_module
from agentdeck.host.find_index import FindIndex, Line


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "find.sqlite"


def lines(*texts: str) -> list[Line]:
    return [Line(text, 100.0 + number) for number, text in enumerate(texts)]


def found(index: FindIndex, text: str) -> list[tuple[str, str]]:
    return [(hit.session_id, hit.text) for hit in index.search(match_for(text))]


def test_lines_are_found_by_words_and_beginnings(file: Path) -> None:
    index = FindIndex(file)
    index.take("a", "terminal", lines("Fix the login", "Größe é"), "1:10")
    index.take("b", "terminal", lines("login page", "x" * 5000), "1:5")
    assert found(index, "login") == [("b", "login page"), ("a", "Fix the login")]
    assert found(index, "fix log") == [("a", "Fix the login")]
    assert found(index, '"the login"') == [("a", "Fix the login")]
    assert found(index, "login fix ") == [("a", "Fix the login")]
    assert found(index, "grosse") == []
    assert found(index, "große") == [("a", "Größe é")]
    assert found(index, "nothing") == []
    (hit,) = index.search(match_for("page"))
    assert hit.at == 100.0
    assert file.stat().st_mode & 0o777 == 0o600
    index.close()


def test_it_goes_on_where_it_was_and_begins_anew_when_told(file: Path) -> None:
    index = FindIndex(file)
    assert index.position("a", "terminal") == ""
    index.take("a", "terminal", lines("one first"), "1:10")
    index.close()
    index = FindIndex(file)
    assert index.position("a", "terminal") == "1:10"
    index.take("a", "terminal", lines("two second"), "1:20")
    assert found(index, "first") == [("a", "one first")]
    index.take("a", "terminal", lines("three third"), "2:5", anew=True)
    assert found(index, "first") == found(index, "second") == []
    assert found(index, "third") == [("a", "three third")]
    assert index.position("a", "terminal") == "2:5"
    index.close()


def test_sessions_that_are_gone_leave_it(file: Path) -> None:
    index = FindIndex(file)
    index.take("a", "terminal", lines("shared word"), "1")
    index.take("a", "about", lines("shared title"), "1")
    index.take("b", "terminal", lines("shared too"), "1")
    index.keep_only(["b"])
    assert found(index, "shared") == [("b", "shared too")]
    assert index.position("a", "terminal") == ""
    index.close()


@pytest.mark.parametrize("harm", ["noise", "removed", "emptied", "older", "half"])
def test_a_lost_index_is_made_anew(file: Path, harm: str) -> None:
    index = FindIndex(file)
    index.take("a", "terminal", lines("one word"), "1:10")
    if harm != "removed":
        index.close()
    match harm:
        case "noise":
            file.write_bytes(b"no database at all " * 500)
        case "removed":
            file.unlink()
        case "emptied":
            file.write_bytes(b"")
        case "older":
            import sqlite3

            database = sqlite3.connect(file)
            database.execute("PRAGMA user_version=99")
            database.close()
        case _:
            whole = file.read_bytes()
            file.write_bytes(whole[:5000] + b"\xff" * (len(whole) - 5000))
    if harm == "removed":
        assert index.position("a", "terminal") == ""
    else:
        index = FindIndex(file)
        if harm == "half":
            index.take("a", "terminal", lines("another"), "x", anew=True)
            assert found(index, "another") == [("a", "another")]
            index.close()
            return
        assert index.position("a", "terminal") == ""
    index.take("a", "terminal", lines("one word"), "1:10")
    assert found(index, "word") == [("a", "one word")]
    index.close()


def test_it_stays_bounded(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_index_module, "MAX_ALL_LINES", 3500)
    monkeypatch.setattr(find_index_module, "MAX_LINES", 1000)
    index = FindIndex(file)
    for number in range(8):
        words = lines(*(f"number {number} of {line} words" for line in range(1500)))
        index.take(f"s{number}", "terminal", words, "1")
        index.bound()
    owners = {session for session, _ in found(index, "number")}
    assert owners == {"s5", "s6", "s7"}
    assert len([1 for session, _ in found(index, '"number 7"')]) == 1000
    index.close()
