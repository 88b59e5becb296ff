"""How long a key, a change of the screen, a sign or a commit takes to be seen."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from agentdeck.core.events import Event
from tests.bench import agents
from tests.bench.app import open_app
from tests.bench.host_client import HostClient
from tests.bench.measure import Row, in_ms, percentile
from tests.bench.terminals import Terminal
from tests.integration.deck import Deck

GLYPHS = [glyph.encode() for glyph in agents.GLYPHS]
BETWEEN_S = 0.04
FLOOD = ("yes", "a line of a log, as agents write them")
ALMOST_A_FRAME_S = 1 / 60
COMMITS = 60
WORKTREES = 50
SMALL = (90, 14)
"""A terminal with room for the list alone, so what is seen is the row."""


def echo(deck: Deck) -> list[Row]:
    """A key through a focused pane while three floods run, against its pty alone."""
    client = HostClient(deck)
    for number in range(3):
        client.start(f"flood-{number}", *FLOOD)
    client.start("echo", "cat")
    client.until_running(4)
    app = open_app(deck, "attach", "echo", shows="echo")
    alone = Terminal(["cat"], deck.env)
    try:
        _type_until_shown(app, GLYPHS[0])
        taken: dict[Terminal, list[float]] = {app: [], alone: []}
        for glyph in GLYPHS[1:]:
            for side, seconds in taken.items():
                side.seek([glyph])
                began = time.monotonic()
                side.type(glyph)
                seconds.append(side.wait_for(glyph) - began)
                time.sleep(BETWEEN_S)
    finally:
        app.kill()
        alone.kill()
        client.close()
    return [
        _over(f"key echo {name}, three floods, ms over the pty", taken, share, budget)
        for name, share, budget in (("p50", 0.5, 10.0), ("p99", 0.99, 40.0))
    ]


def _type_until_shown(app: Terminal, glyph: bytes) -> None:
    """Wait until the pane has the keyboard."""
    app.seek([glyph])
    deadline = time.monotonic() + 30
    while glyph not in app.seen_at:
        assert time.monotonic() < deadline, bytes(app.seen[-2000:])
        app.type(glyph)
        time.sleep(0.3)


def _over(
    what: str, taken: dict[Terminal, list[float]], share: float, budget: float
) -> Row:
    ours, alone = (percentile(seconds, share) for seconds in taken.values())
    over = (ours - alone) * 1000
    return Row(what, f"{ours * 1000:.1f} ms", f"{alone * 1000:.1f} ms", over, budget)


def painted(deck: Deck) -> list[Row]:
    """From a change of the agent's screen to the app's frame with it."""
    seconds = _said_to_shown(deck, "glyph", attach=True)
    rows = []
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        value = percentile(seconds, share)
        frames = value / ALMOST_A_FRAME_S
        label = f"screen change to painted frame {name}, frames at 60/s"
        rows.append(Row(label, f"{value * 1000:.1f} ms", "clock", frames, 2.0))
    return rows


def attention(deck: Deck) -> list[Row]:
    """From a sign of an agent that it needs a person to the row that says so."""
    signs = {
        "hook": (_hooks(deck), 100.0),
        "escape sequence": (_said_to_shown(deck, "notify"), 100.0),
        "screen rule": (_said_to_shown(deck, "question"), 400.0),
    }
    return [
        Row(
            f"attention: {sign} to row, p95 in ms",
            in_ms(percentile(seconds, 0.95)),
            f"p50 {in_ms(percentile(seconds, 0.5))}",
            percentile(seconds, 0.95) * 1000,
            budget,
        )
        for sign, (seconds, budget) in signs.items()
    ]


def _said_to_shown(deck: Deck, what: str, *, attach: bool = False) -> list[float]:
    """An agent notes when it says each glyph; the app's terminal when it came."""
    log = deck.repo.parent / f"{what}.log"
    pause_s = agents.FORMS[what][1]
    glyphs = GLYPHS[:40] if pause_s > 1 else GLYPHS
    client = HostClient(deck)
    client.start(what, sys.executable, agents.__file__, what, str(log))
    client.until(lambda all_: all_[what]["phase"] == "running")
    if attach:
        app = open_app(deck, "attach", what)
    else:
        app = open_app(deck, cols=SMALL[0], rows=SMALL[1], shows=what)
    app.seek(glyphs)
    try:
        app.wait_for(glyphs[-1], agents.BEGIN_S + 60 + 2 * len(glyphs) * pause_s)
    finally:
        app.kill()
        client.call("session.stop", ids=[client.sessions()[what]["id"]], force=True)
        client.close()
    lines = [line.split() for line in log.read_text(encoding="utf-8").splitlines()]
    said = {glyph.encode(): float(at) for glyph, at in lines}
    # The app may have opened after the first of them.
    shown = {glyph: at for glyph, at in app.seen_at.items() if glyph in said}
    assert len(shown) > len(glyphs) * 0.8, f"{len(shown)} of {len(glyphs)} {what}"
    return [at - said[glyph] for glyph, at in shown.items()]


def _hooks(deck: Deck) -> list[float]:
    client = HostClient(deck)
    session_id = client.start("hooked", "sleep", "1000")
    client.until_running(1)
    app = open_app(deck, cols=SMALL[0], rows=SMALL[1], shows="hooked")
    inbox = deck.home / "state" / "inboxes" / session_id
    seconds: list[float] = []
    try:
        time.sleep(1)
        for number, glyph in enumerate(GLYPHS[:80]):
            app.seek([glyph])
            text = f"May I {glyph.decode()}?"
            needs = {"kind": "question", "text": text, "choices": []}
            began = _report(inbox, 2 * number, "needs-input", needs)
            seconds.append(app.wait_for(glyph) - began)
            _report(inbox, 2 * number + 1, "working", None)
            time.sleep(0.1)
    finally:
        app.kill()
        client.call("session.stop", ids=[session_id], force=True)
        client.close()
    return seconds


def _report(inbox: Path, number: int, activity: str, needs: Any) -> float:
    """Report as an agent's hook does; gives when."""
    draft = inbox / f".{number:06d}"
    report = {"activity": activity, "detail": "bench", "needs": needs}
    draft.write_text(json.dumps(report), encoding="utf-8")
    began = time.monotonic()
    draft.rename(inbox / f"{number:06d}.json")
    return began


def commits(deck: Deck) -> list[Row]:
    """From a commit in one of fifty worktrees to the news that the row is drawn by."""
    client = HostClient(deck)
    client.call("pool.set", limit=WORKTREES)
    for number in range(WORKTREES):
        client.start(f"c{number}", "sleep", "1000")
    sessions = list(client.until_running(WORKTREES).values())
    try:
        return [commit_row(client, sessions, f"{WORKTREES} worktrees")]
    finally:
        client.close()


def commit_row(client: HostClient, sessions: list[dict[str, Any]], what: str) -> Row:
    """Commits in these sessions in turn, each to the news of it."""
    seen_at: dict[tuple[str | None, int], float] = {}

    def note(event: Event) -> None:
        ahead = event.data.get("ahead")
        if ahead is None:
            ahead = event.data.get("session", {}).get("ahead", -1)
        seen_at.setdefault((event.session_id, ahead), time.monotonic())

    client.on_event = note
    time.sleep(3)
    seconds: list[float] = []
    for number in range(COMMITS):
        session = sessions[number % len(sessions)]
        ahead = 1 + number // len(sessions)
        seconds.append(_commit(session, ahead, seen_at))
    value = percentile(seconds, 0.95)
    label = f"commit to row, {what}, p95 in ms"
    p50 = f"p50 {in_ms(percentile(seconds, 0.5))}"
    return Row(label, in_ms(value), p50, value * 1000, 150.0)


def _commit(
    session: dict[str, Any], ahead: int, seen_at: dict[tuple[str | None, int], float]
) -> float:
    """Make a commit; gives the seconds from its ref's change to the news of it."""

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", *words],
            cwd=session["worktree"],
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    name = f"new-{session['name']}-{ahead}"
    (Path(session["worktree"]) / name).write_text("new\n")
    git("add", "--", name)
    made = git("commit-tree", "-p", "HEAD", "-m", "bench", git("write-tree"))
    began = time.monotonic()
    git("update-ref", f"refs/heads/{session['branch']}", made)
    key, deadline = (session["id"], ahead), began + 20
    while key not in seen_at:
        assert time.monotonic() < deadline, (key, list(seen_at)[-5:])
        time.sleep(0.001)
    return seen_at[key] - began
