"""`agentdeck doctor`: whether all that AgentDeck needs is there."""

from __future__ import annotations

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, finish
from agentdeck.core.errors import ExitStatus

_LOOKS = {"ok": "green", "warn": "yellow", "bad": "red"}


@verb("doctor", "doctor --json")
def doctor(as_json: AsJson = False) -> None:
    """Check what AgentDeck needs, and say what to do. Status 1 if anything is bad."""
    finish(_doctor(as_json=as_json))


async def _doctor(*, as_json: bool) -> int:
    from agentdeck.cli.checks import all_findings

    findings = await all_findings()
    if as_json:
        report.out_json(
            [
                {"name": f.name, "level": f.level, "found": f.found, "do": f.advice}
                for f in findings
            ]
        )
    else:
        for finding in findings:
            level = report.paint(f"{finding.level:<4}", _LOOKS[finding.level])
            report.out(f"{level}  {finding.name:<12} {report.plain(finding.found)}")
            if finding.advice:
                report.out(f"      {'':<12} → {finding.advice}")
    is_bad = any(finding.level == "bad" for finding in findings)
    return ExitStatus.FAILED if is_bad else ExitStatus.DONE
