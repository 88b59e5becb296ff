"""`agentdeck brief`: check a brief, or begin one from a template."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from agentdeck.cli import report
from agentdeck.cli.briefing import brief_of
from agentdeck.cli.lazy import examples, new_app
from agentdeck.cli.selection import AsJson
from agentdeck.config.brief_files import TEMPLATES, begun, templates_of
from agentdeck.core.brief_quality import Finding, findings_of, is_worth_asking
from agentdeck.core.briefs import Parsed, brief_to_wire
from agentdeck.core.errors import ExitStatus, RefusedError, UsageError

brief = new_app(
    help="Check a brief before an agent gets it, or begin one.",
    epilog=examples(
        "brief new -o login.md", "brief check login.md", "run --brief login.md"
    ),
)


@brief.command(epilog=examples("brief check login.md", "brief check - --json < x.md"))
def check(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="The brief; '-' is standard input.")
    ],
    as_json: AsJson = False,
) -> None:
    """Say what a brief is missing and how sure that is. Status 1 if it is likely."""
    parsed = brief_of(file)
    findings = findings_of(parsed.brief)
    if as_json:
        report.out_json(_to_wire(parsed, findings))
    else:
        _print(parsed, findings)
    if parsed.problems or is_worth_asking(findings):
        raise typer.Exit(int(ExitStatus.FAILED))


@brief.command(epilog=examples("brief new", "brief new --template bug -o login.md"))
def new(
    template: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help=f"One of the repository's, from {TEMPLATES}/NAME.md."
        ),
    ] = None,
    goal: Annotated[str, typer.Option(help="What it shall achieve.")] = "",
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write it there."),
    ] = None,
    list_them: Annotated[
        bool, typer.Option("--list", help="List the repository's templates.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print a new brief, or write it to a file that is not there yet."""
    repo = _top()
    if list_them:
        names = [each.name for each in templates_of(repo)]
        report.out_json(names) if as_json else report.out("\n".join(names))
        return
    text = begun(repo, goal, template)
    if output is not None:
        _write(Path(output).expanduser(), text)
    if as_json:
        report.out_json({"file": output, "text": text})
    elif output is None:
        report.out_text(report.plain(text, lines=True))
    else:
        report.say(f"{output} is begun. `agentdeck brief check {output}` checks it.")


def _top() -> Path:
    """The top of the repository that this folder is in, or this folder."""
    here = Path.cwd()
    return next((f for f in (here, *here.parents) if (f / ".git").exists()), here)


def _write(file: Path, text: str) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise RefusedError(f"{file} is there already; it is left as it is.") from error
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.") from error


def _to_wire(parsed: Parsed, findings: list[Finding]) -> dict[str, object]:
    return {
        "brief": brief_to_wire(parsed.brief),
        "problems": [{"key": p.key, "text": p.text} for p in parsed.problems],
        "findings": [
            {
                "key": f.key,
                "what": f.what,
                "reason": f.reason,
                "confidence": round(f.confidence, 2),
            }
            for f in findings
        ],
    }


def _print(parsed: Parsed, findings: list[Finding]) -> None:
    for problem in parsed.problems:
        report.out(f"wrong    {report.plain(problem.key)} {report.plain(problem.text)}")
    for found in findings:
        sure = f"{found.confidence:.0%}"
        report.out(
            f"{sure:>4} sure  {report.plain(found.what)}: {report.plain(found.reason)}"
        )
    if not parsed.problems and not findings:
        report.out("Nothing is missing.")
