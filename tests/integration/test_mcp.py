"""The MCP server over stdio with the real client, against a real host."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from tests.integration.deck import DEADLINE_S, Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

READING = {"list_sessions", "read_screen", "read_diff", "wait"}
ACTING = {"start", "send", "stop"}


@asynccontextmanager
async def serving(deck: Deck, **env: str) -> AsyncIterator[Client]:
    """A client of `agentdeck mcp` in the repository."""
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "agentdeck", "mcp"],
        env={**deck.env, **env},
        cwd=deck.repo,
    )
    async with Client(server) as client:
        yield client


async def call(client: Client, tool: str, **arguments: Any) -> Any:
    """What a tool gives; its own words where it refuses."""
    result = await client.call_tool(tool, arguments)
    text = "\n".join(part.text for part in result.content if part.type == "text")
    if result.is_error:
        raise Refused(text)
    if result.structured_content is not None:
        return result.structured_content.get("result", result.structured_content)
    return text


class Refused(Exception):  # noqa: N818  # what a tool said, which is no fault
    """A tool refused."""


async def settled(client: Client, name: str) -> dict[str, Any]:
    for _ in range(4):
        told = await call(client, "wait", sessions=[name], timeout_s=30)
        if told["all_settled"]:
            (session,) = told["sessions"]
            return dict(session)
    raise AssertionError(told)


WORK = "/edit new.txt hello\n/commit Add new\n/idle"


async def test_an_agent_runs_a_fleet(deck: Deck) -> None:
    async with serving(deck) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        assert tools == READING | ACTING
        started = await call(
            client, "start", prompt=WORK, agent="scripted", name="child"
        )
        assert started["name"] == "child"
        assert started["started_by"] == "mcp"
        assert (await settled(client, "child"))["status"] == "idle"
        assert "+hello" in await call(client, "read_diff", session="child")
        stat = await call(client, "read_diff", session="child", stat=True)
        assert "new.txt" in stat
        one = await call(client, "read_diff", session="child", file="new.txt")
        assert one.startswith("diff --git")
        sent = await call(
            client, "send", session="child", text="/say again\n/question Sure? | A | B"
        )
        assert sent["status"] in ("working", "needs-input")
        asking = await settled(client, "child")
        assert asking["asks"]["text"] == "Sure?"
        assert "Sure?" in await call(client, "read_screen", session="child")
        listed = await call(client, "list_sessions", query="s:needs-input")
        assert [each["name"] for each in listed] == ["child"]
        await call(client, "stop", session="child")
        assert (await settled(client, "child"))["status"] == "ended"
    # What an agent sent is no rework of a person's.
    told = json.loads(deck.run("metrics", "--json").stdout)
    assert told["total"]["rework"] == 0
    assert deck.sessions()["child"]["depth"] == 1


async def test_errors_are_told_in_plain_words(deck: Deck) -> None:
    async with serving(deck) as client:
        with pytest.raises(Refused, match="No session is called"):
            await call(client, "read_screen", session="nobody")
        with pytest.raises(Refused, match="No filter is called"):
            await call(client, "list_sessions", query="odd:thing")
        with pytest.raises(Refused, match="agent"):
            await call(client, "start", prompt="x", agent="no-such-agent")
        with pytest.raises(Refused, match="at least one"):
            await call(client, "wait", sessions=[])
        with pytest.raises(Refused, match=r"(?i)unknown"):
            await call(client, "merge", session="nobody")


async def test_a_wait_that_is_over_says_how_they_are(deck: Deck) -> None:
    deck.run("run", "--agent", "scripted", "--name", "slow", "/think 120")
    deck.until(lambda s: s["slow"]["activity"] == "working")
    async with serving(deck) as client:
        before = time.monotonic()
        told = await call(client, "wait", sessions=["slow"], timeout_s=0.5)
        assert time.monotonic() - before < DEADLINE_S
    assert told["all_settled"] is False
    assert told["sessions"][0]["status"] == "working"


async def test_merging_has_to_be_allowed(deck: Deck) -> None:
    deck.env["AGENTDECK_MCP__MERGE"] = "true"
    async with serving(deck) as client:
        await call(client, "start", prompt=WORK, agent="scripted", name="child")
        await settled(client, "child")
        merged = await call(client, "merge", session="child", strategy="squash")
        assert merged["into"] == "main"
        assert (deck.repo / "new.txt").read_text() == "hello\n"
        await call(client, "start", prompt="/idle", agent="scripted", name="idler")
        await settled(client, "idler")
        with pytest.raises(Refused, match="nothing to merge"):
            await call(client, "merge", session="idler")


async def test_the_host_refuses_a_merge_that_is_not_allowed(deck: Deck) -> None:
    """A client that leaves the tool's absence aside is refused all the same."""
    from agentdeck.config.paths import Paths
    from agentdeck.core.errors import RefusedError
    from agentdeck.rpc.client import connected

    deck.run("run", "--agent", "scripted", "--name", "one", WORK)
    deck.until(lambda s: s["one"]["activity"] == "idle")
    paths = Paths(deck.home / "state", deck.home / "config", deck.home / "run")
    async with connected(paths, start=False) as client:
        with pytest.raises(RefusedError, match="Merging by MCP is off"):
            await client.call("mcp.merge", id=deck.sessions()["one"]["id"])


async def test_agents_start_agents_only_so_deep(deck: Deck) -> None:
    deck.env["AGENTDECK_MCP__MAX_DEPTH"] = "1"
    deck.shell("mine", "sleep 300")
    mine = deck.sessions()["mine"]["id"]
    async with serving(deck, AGENTDECK_SESSION_ID=mine) as client:
        told = await call(
            client, "start", prompt="/idle", agent="scripted", name="child"
        )
        assert told["started_by"] in ("mine", mine)
    child = deck.sessions()["child"]
    assert (child["parent"], child["depth"]) == (mine, 1)
    async with serving(deck, AGENTDECK_SESSION_ID=child["id"]) as client:
        with pytest.raises(Refused, match="max_depth"):
            await call(client, "start", prompt="/idle", agent="scripted", name="more")
    assert "more" not in deck.sessions()


INSIDE = """
import asyncio, os, sys
from mcp import Client, StdioServerParameters

async def main():
    env = {k: v for k, v in os.environ.items() if not k.startswith("AGENTDECK_SESSION")}
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "agentdeck", "mcp"], env=env
    )
    async with Client(server) as client:
        given = {"prompt": "/idle", "agent": "scripted", "name": sys.argv[1]}
        result = await client.call_tool("start", given)
        print("REFUSED" if result.is_error else "STARTED")

asyncio.run(main())
"""


async def test_the_host_finds_the_parent_that_a_client_keeps_to_itself(
    deck: Deck, tmp_path: Path
) -> None:
    """An agent's MCP server often gets few variables; its ancestors tell all the same."""
    script = tmp_path / "inside.py"
    script.write_text(INSIDE)
    run = f"{sys.executable} {script} child; sleep 300"
    deck.shell("mine", run)
    rows = deck.until(lambda s: "child" in s)
    assert rows["child"]["parent"] == rows["mine"]["id"]
    assert rows["child"]["depth"] == 1


async def test_agents_start_only_so_many(deck: Deck) -> None:
    deck.env["AGENTDECK_MCP__MAX_SESSIONS"] = "2"
    deck.run("run", "--agent", "scripted", "--name", "own", "/idle")
    start = {"prompt": "/idle", "agent": "scripted"}
    async with serving(deck) as client:
        for name in ("a", "b"):
            await call(client, "start", **start, name=name)
        with pytest.raises(Refused, match="max_sessions"):
            await call(client, "start", **start, name="c")
        await call(client, "stop", session="a")
        await settled(client, "a")
        await call(client, "start", **start, name="c")
    assert set(deck.sessions()) == {"own", "a", "b", "c"}


def test_without_the_package_it_says_what_to_install(
    deck: Deck, tmp_path: Path
) -> None:
    stub = tmp_path / "without" / "mcp"
    stub.mkdir(parents=True)
    missing = "raise ModuleNotFoundError(\"No module named 'mcp'\", name='mcp')\n"
    (stub / "__init__.py").write_text(missing)
    deck.env["PYTHONPATH"] = str(stub.parent)
    assert "agentdeck[mcp]" in deck.run("mcp", status=1).stderr
    told = deck.run("mcp", "--help").stdout
    assert "claude mcp add agentdeck -- agentdeck mcp" in told
    assert "codex mcp add" in told
