"""Pictures of the patterns of work: hand-off, variants, a pipeline, a review, the gain.

The sessions are the scripted agent's, made by the command line as a person would.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

Settle = Callable[..., Awaitable[None]]
READY_S = 60.0

API = """Offer the catalogue as an API
/edit orchard/api.py def catalogue(fruits):\\n    return [fruit.name for fruit in fruits]
/edit orchard/routes.py ROUTES = {"/fruits": "catalogue"}  # TODO prices
/commit Offer the catalogue
/idle
"""
REVIEW = "/review TODO A route without prices is of no use to a shop.\n/idle"
STEP = """
[[step]]
name = "{name}"
agent = "scripted"
prompt = "{goal}\\n/edit {file} done\\n/commit {goal}\\n{end}"
"""
STEPS = (
    ("feature", "Sell vouchers", "orchard/vouchers.py", "", "/idle"),
    ("refactor", "Make it simpler", "orchard/coupons.py", "feature", "/idle"),
    ("tests", "Test it", "tests/test_vouchers.py", "feature", "/think 90 Running them"),
    ("docs", "Document it", "README.md", "feature", "/idle"),
    ("integrate", "See that it holds together", "CHANGELOG.md", "*", "/idle"),
)


async def start(client: Any, repo: Path) -> None:
    """Have variants, a review of one and a pipeline, and wait for them."""
    await client.call("pool.set", limit=30)
    variants = ("--variant", "GraphQL", "--variant", "REST", "--variant", "gRPC")
    await _cli(repo, "run", API, "--agent", "scripted", "--name", "api", *variants)
    await _until(client, lambda rows: all(rows[f"api-{n}"]["ahead"] for n in (1, 2, 3)))
    prompt = ("--agent", "scripted", "--prompt", REVIEW)
    await _cli(repo, "review-now", "api-2", *prompt)
    file = repo.parent / "vouchers.toml"
    text = 'title = "Vouchers, with tests and documents"\n'
    for name, goal, path, after, end in STEPS:
        text += STEP.format(name=name, goal=goal, file=path, end=end)
        names = ["refactor", "tests", "docs"] if after == "*" else [after]
        text += f"after = {names!r}\nwhen = 'idle'\n" if after else ""
    file.write_text(text)
    await _cli(repo, "pipeline", "run", str(file))
    await _until(
        client,
        lambda rows: (
            rows["api-2"]["finding_errors"] + rows["api-2"]["finding_warnings"] > 0
            and sum(row["name"].endswith(("refactor", "docs")) for row in rows.values())
            == 2
        ),
    )
    await asyncio.sleep(4)


async def take_them(settle: Settle, take: Callable[[str], None], _: int) -> None:
    """The screens of the patterns, one after the other."""
    await settle("slash", *"name:api-2", "enter", "g")
    await settle("h")
    take("handoff")
    await settle("escape", "ctrl+k")
    take("compare")
    await settle("escape", "d")
    await settle("f")
    take("findings")
    await settle("escape", "ampersand")
    # Five ways to follow the session stand above the runs.
    await settle(*["down"] * 5, "enter")
    take("pipeline")
    await settle("escape", "escape", "dollar_sign")
    take("metrics")


async def _cli(repo: Path, *words: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "agentdeck",
        *words,
        cwd=repo,
        stdout=asyncio.subprocess.DEVNULL,
    )
    if await process.wait() != 0:
        raise SystemExit(f"agentdeck {words[0]} failed")


async def _until(client: Any, holds: Callable[[dict[str, Any]], bool]) -> None:
    async with asyncio.timeout(READY_S):
        while True:
            listed = await client.call("session.list", everything=True)
            rows = {row["name"]: row for row in listed["sessions"]}
            if holds(rows):
                return
            await asyncio.sleep(0.3)
