from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.cli import report
from agentdeck.core.errors import ExitStatus


@given(st.text(), st.booleans())
def test_plain_leaves_nothing_that_a_terminal_obeys(text: str, lines: bool) -> None:
    kept = report.plain(text, lines=lines)
    allowed = "\n\t" if lines else ""
    assert not [
        character
        for character in kept
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
        and character not in allowed
    ]
    assert not [
        c for c in kept if unicodedata.bidirectional(c) in ("RLO", "LRO", "RLI")
    ]
    assert report.plain(kept, lines=lines) == kept


@given(st.text(alphabet="\x1b[]0;31mHab\n\x9b\x07"))
def test_colours_are_the_only_escapes_kept(text: str) -> None:
    kept = report.plain(text, lines=True, colour=True)
    rest = report._COLOUR.sub("", kept)
    assert "\x1b" not in rest
    assert "\x9b" not in rest


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b]52;c;aGk=\x07hi", "]52;c;aGk=hi"),
        ("a\x1b[2Jb", "a[2Jb"),
        ("a\nb\tc", "a b c"),
        ("\u202eevil", "evil"),
        ("\x9b31mred", "31mred"),
        ("日本 é ▲", "日本 é ▲"),
    ],
)
def test_plain_of_one_line(text: str, expected: str) -> None:
    assert report.plain(text) == expected


def test_plain_keeps_lines_and_colours_when_asked() -> None:
    text = "\x1b[1;31mred\x1b[0m\r\n\x1b[2Jnext"
    assert report.plain(text, lines=True, colour=True) == (
        "\x1b[1;31mred\x1b[0m\n[2Jnext"
    )


def _result(status: int | None) -> dict[str, object]:
    if status is None:
        return {"ok": True}
    return {"ok": False, "error": {"message": "x", "data": {"status": status}}}


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], ExitStatus.DONE),
        ([None, None], ExitStatus.DONE),
        ([None, 4], ExitStatus.REFUSED),
        ([4, 4], ExitStatus.REFUSED),
        ([4, 1], ExitStatus.FAILED),
        ([1], ExitStatus.FAILED),
        ([2], ExitStatus.FAILED),
        ([4, 3, 1], ExitStatus.NO_SUCH_SESSION),
    ],
)
def test_status_of_many_results(statuses: list[int | None], expected: int) -> None:
    assert report.status_of_results([_result(s) for s in statuses]) == expected


def test_json_is_ascii_and_without_controls(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"text": "\x1b\x9b\x7f\u202e é"}
    report.out_json(value, one_line=True)
    printed = capsys.readouterr().out
    assert printed.strip().isascii()
    assert printed.strip().isprintable()
    assert json.loads(printed) == value


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "en_GB.UTF-8"}, True),
        ({"LANG": "en_GB.utf8"}, True),
        ({"LANG": "C"}, False),
        ({"LANG": "de_DE.ISO-8859-1"}, False),
        ({"LC_ALL": "C", "LANG": "en_GB.UTF-8"}, False),
        ({"LC_ALL": "C.UTF-8"}, True),
    ],
)
def test_unicode_only_in_a_unicode_locale(
    environment: dict[str, str], expected: bool
) -> None:
    code = "from agentdeck.cli import report; report.out(str(report.is_unicode()))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(expected)


def test_crash_is_one_sentence_and_a_logged_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "new" / "cli.log"
    assert report.report_crash(RuntimeError("odd"), log) == 1
    said = capsys.readouterr().err
    assert str(log) in said
    assert said.count("\n") == 1
    assert "RuntimeError: odd" in log.read_text()
