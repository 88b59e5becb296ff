"""`agentdeck pipeline`: sessions that begin when others are where they should be."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import examples, new_app
from agentdeck.cli.selection import AsJson, Yes, finish, select
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import ExitStatus, UsageError

pipeline = new_app(
    help="Start sessions when others are done, green or merged; see where runs are.",
    epilog=examples(
        'pipeline run feature-trio --prompt "offer an API"',
        "pipeline show feature-trio-3f2a",
        'pipeline follow fix-login --when merged --prompt "write the changelog"',
    ),
)

RunName = Annotated[
    str, typer.Argument(metavar="RUN", help="A run by name, or its unique begin.")
]
StepName = Annotated[
    str | None,
    typer.Argument(
        metavar="[STEP]", help="A step; the only one that fits if none is given."
    ),
]
Note = Annotated[
    str, typer.Option("--note", metavar="TEXT", help="Why, in a sentence.")
]
Prompt = Annotated[str | None, typer.Option(metavar="TEXT", help="What is to be done.")]
AgentName = Annotated[str | None, typer.Option(metavar="NAME", help="The agent.")]


@pipeline.command(
    epilog=examples(
        'pipeline run feature-trio --prompt "offer an API" --agent claude',
        "pipeline run release.toml --set version=2.1",
    )
)
def run(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|NAME",
            help="A path that ends with .toml, or a name that `pipeline list` shows.",
        ),
    ],
    prompt: Prompt = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=TEXT", help="A variable; can be repeated."),
    ] = None,
    base: Annotated[
        str | None, typer.Option(metavar="BRANCH", help="Where it branches off.")
    ] = None,
    agent: AgentName = None,
    as_json: AsJson = False,
) -> None:
    """Start a pipeline in this repository."""
    values = _variables(given or [])
    if prompt is not None:
        values["prompt"] = prompt
    is_path = "/" in source or source.endswith(".toml")
    wanted = str(Path(source).expanduser().absolute()) if is_path else source
    order = {
        "repo": str(Path.cwd()),
        "source": wanted,
        "variables": values,
        "base": base,
        "agent": agent,
        "env": dict(os.environ),
    }
    finish(_call("pipeline.run", order, as_json=as_json))


@pipeline.command(
    epilog=examples('pipeline follow fix-login --prompt "write the changelog"')
)
def follow(  # noqa: PLR0913  # a parameter for each option
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME...", help="Sessions that it waits for."),
    ],
    prompt: Prompt = None,
    when: Annotated[
        str,
        typer.Option(
            metavar="WHEN", help="idle-green, idle, ended, merged, failed or red."
        ),
    ] = "idle-green",
    agent: AgentName = None,
    model: Annotated[str | None, typer.Option(metavar="NAME")] = None,
    mode: Annotated[str | None, typer.Option(metavar="NAME")] = None,
    custom: Annotated[
        str | None, typer.Option(metavar="NAME", help="A custom agent.")
    ] = None,
    check: Annotated[
        list[str] | None,
        typer.Option(metavar="COMMAND", help="Checks its work; can be repeated."),
    ] = None,
    approval: Annotated[
        bool, typer.Option("--approval", help="Ask before it begins.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Start a session from the branches of others, once they are where they should be."""
    from agentdeck.core.pipelines import When

    if not (prompt or "").strip():
        raise UsageError("Say what it shall do: --prompt TEXT.")
    known = [each.value for each in When]
    if when not in known:
        raise UsageError(f"--when is one of {', '.join(known)}, not {when!r}.")
    order: dict[str, Any] = {
        "prompt": prompt,
        "when": when,
        "agent": agent,
        "model": model,
        "mode": mode,
        "custom": custom,
        "checks": check or [],
        "approval": approval,
        "env": dict(os.environ),
    }
    finish(_follow(names, order, as_json=as_json))


@pipeline.command(name="list", epilog=examples("pipeline list", "pipeline list --json"))
def list_(as_json: AsJson = False) -> None:
    """List the runs, newest first, and the pipelines that can be started by name."""
    finish(_list(as_json=as_json))


@pipeline.command(epilog=examples("pipeline show feature-trio-3f2a"))
def show(name: RunName, as_json: AsJson = False) -> None:
    """Draw a run's graph, and say where each step is and why."""
    finish(_call("pipeline.show", {"run": name}, as_json=as_json))


@pipeline.command(epilog=examples("pipeline check .agentdeck/pipelines/release.toml"))
def check(
    source: Annotated[
        str, typer.Argument(metavar="FILE|NAME", help="A path, or a pipeline's name.")
    ],
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with a pipeline, or draw it. Status 1 if anything is."""
    from agentdeck.cli.pipeline_text import plan_lines
    from agentdeck.config.pipeline_files import check_pipeline
    from agentdeck.core.pipeline_prompts import wanted_by
    from agentdeck.core.pipeline_wire import pipeline_to_wire

    checked = check_pipeline(source, _top())
    plan = None if checked.problems else checked.pipeline
    if as_json:
        problems = [{"where": p.where, "text": p.text} for p in checked.problems]
        wire = pipeline_to_wire(plan) if plan else None
        report.out_json({"file": source, "problems": problems, "pipeline": wire})
    elif plan is not None:
        for line in plan_lines(plan):
            report.out(line)
        wanted = wanted_by(plan)
        if wanted:
            report.say(f"It needs {', '.join(wanted)}.")
    for problem in checked.problems if not as_json else ():
        report.out(report.plain(f"{checked.file}: {problem}"))
    if checked.problems:
        raise typer.Exit(int(ExitStatus.FAILED))


@pipeline.command(epilog=examples('pipeline approve feature-3f2a --note "mind i18n"'))
def approve(
    name: RunName, step: StepName = None, note: Note = "", as_json: AsJson = False
) -> None:
    """Let a step begin that waits for you; a note is told to its agent."""
    _decide(name, "approve", step, note, as_json=as_json)


@pipeline.command(epilog=examples('pipeline deny feature-3f2a --note "not this way"'))
def deny(
    name: RunName, step: StepName = None, note: Note = "", as_json: AsJson = False
) -> None:
    """Do not let a step begin that waits for you; it counts as failed."""
    _decide(name, "deny", step, note, as_json=as_json)


@pipeline.command(epilog=examples("pipeline retry feature-3f2a tests"))
def retry(name: RunName, step: StepName = None, as_json: AsJson = False) -> None:
    """Try a failed step again: red checks go back to its agent, else it begins anew."""
    _decide(name, "retry", step, "", as_json=as_json)


@pipeline.command(epilog=examples("pipeline skip feature-3f2a docs"))
def skip(
    name: RunName, step: StepName = None, note: Note = "", as_json: AsJson = False
) -> None:
    """Go on as if a step were not there; a session that it has is left alone."""
    _decide(name, "skip", step, note, as_json=as_json)


@pipeline.command(epilog=examples("pipeline cancel feature-3f2a --stop"))
def cancel(
    name: RunName,
    stop: Annotated[
        bool, typer.Option("--stop", help="Stop the agents that still run, too.")
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Begin no more steps. Sessions go on unless --stop is given."""
    if not report.agreed(f"Cancel {name}?", skip=yes):
        report.say("Nothing was done.")
        raise typer.Exit(int(ExitStatus.FAILED))
    order = {"run": name, "what": "cancel", "stop": stop}
    finish(_call("pipeline.decide", order, as_json=as_json))


def _decide(
    name: str, what: str, step: str | None, note: str, *, as_json: bool
) -> None:
    order = {"run": name, "what": what, "step": step, "note": note}
    finish(_call("pipeline.decide", order, as_json=as_json))


async def _call(method: str, order: dict[str, Any], *, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        answer = await client.call(method, **order)
    _print(answer["run"], as_json=as_json)


async def _follow(names: list[str], order: dict[str, Any], *, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        sessions = await select(client, names)
        ids = [session.id for session in sessions]
        answer = await client.call("pipeline.follow", ids=ids, **order)
    _print(answer["run"], as_json=as_json)


async def _list(*, as_json: bool) -> None:
    from agentdeck.cli.pipeline_text import known_lines, list_lines
    from agentdeck.core.pipeline_wire import run_from_wire
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        answer = await client.call("pipeline.list", repo=str(_top()))
    if as_json:
        report.out_json(answer)
        return
    lines = list_lines([run_from_wire(each) for each in answer["runs"]])
    for line in [*lines, *([""] if lines else []), *known_lines(answer["pipelines"])]:
        report.out(line)


def _print(run: dict[str, Any], *, as_json: bool) -> None:
    from agentdeck.cli.pipeline_text import run_lines
    from agentdeck.core.pipeline_wire import run_from_wire

    if as_json:
        report.out_json(run)
        return
    for line in run_lines(run_from_wire(run)):
        report.out(line)


def _variables(given: list[str]) -> dict[str, str]:
    values = {}
    for each in given:
        name, equals, text = each.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--set {each!r} is not NAME=TEXT.")
        values[name.strip()] = text
    return values


def _top() -> Path:
    """The top of the repository that this folder is in, or this folder."""
    here = Path.cwd()
    return next((f for f in (here, *here.parents) if (f / ".git").exists()), here)
