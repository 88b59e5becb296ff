"""`agentdeck pr`: pull requests of sessions, by the person's own `gh`."""

from __future__ import annotations

import os
import sys
import webbrowser
from typing import Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.editing import edited
from agentdeck.cli.lazy import examples, new_app
from agentdeck.cli.many import Request, act_on_many
from agentdeck.cli.selection import (
    AllSessions,
    AsJson,
    FilterQuery,
    Names,
    Yes,
    check_selection,
    finish,
    select,
)
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import AgentDeckError, ExitStatus, UsageError
from agentdeck.core.pull_text import one_text, pull_words, title_and_body
from agentdeck.core.pulls import PULL_STRATEGIES
from agentdeck.core.session import Session

pr = new_app(
    help="Pull requests of sessions on GitHub, by gh: open, follow, merge.",
    epilog=examples(
        "pr create fix-login --edit",
        "pr status --filter pr:open --refresh",
        "pr merge --filter 'pr:approved pr:passed' --strategy squash --yes",
    ),
)

Base = Annotated[
    str | None,
    typer.Option(metavar="REF", help="Another branch than the session's base."),
]


@pr.command(
    epilog=examples(
        "pr create fix-login",
        "pr create fix-login --edit --draft",
        "pr create --filter 's:ended ahead:>0 -is:pr' --yes",
    )
)
def create(  # noqa: PLR0913  # Typer makes an option of each
    names: Names = None,
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    title: Annotated[
        str | None, typer.Option(help="In place of the one from brief and commits.")
    ] = None,
    body: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Its text; - reads it from stdin."),
    ] = None,
    edit: Annotated[
        bool, typer.Option("--edit", help="Edit title and text in $VISUAL or $EDITOR.")
    ] = False,
    base: Base = None,
    draft: Annotated[bool, typer.Option("--draft", help="Open it as a draft.")] = False,
    lease: Annotated[
        str | None,
        typer.Option(
            "--force-with-lease",
            metavar="COMMIT",
            help="Replace the branch on the remote, if it still is at this commit.",
        ),
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Push the branch and open a pull request; an open one gets the new commits.

    Title and text come from the brief, the commits and the repository's template.
    Uncommitted changes are not part of it. Other commits on the remote's branch are
    never replaced, unless --force-with-lease names them.
    """
    if lease is not None and len(names or ()) != 1:
        raise UsageError("--force-with-lease takes one session by its name.")
    if (title or body is not None) and len(names or ()) != 1:
        raise UsageError("--title and --body take one session by its name.")
    given = sys.stdin.read() if body == "-" else body
    texts = _Texts(title, given, edit, base)
    params = {"base": base, "draft": draft}
    asked = not yes and (everything or filter_query is not None or len(names or ()) > 1)
    finish(
        _create(
            texts,
            params,
            lease,
            (names, filter_query, everything),
            asked=asked,
            as_json=as_json,
        )
    )


@pr.command(epilog=examples("pr status fix-login --refresh", "pr status --all --json"))
def status(
    names: Names = None,
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Ask GitHub first.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say how pull requests stand: state, checks, review. By default all there are."""
    if not names and filter_query is None and not everything:
        filter_query = "is:pr"
    finish(_status(names, filter_query, everything, refresh=refresh, as_json=as_json))


@pr.command(
    epilog=examples(
        "pr merge fix-login --strategy squash",
        "pr merge --filter pr:approved --when-ready --yes",
    )
)
def merge(
    names: Names = None,
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    strategy: Annotated[
        str, typer.Option(metavar="HOW", help="merge, squash or rebase.")
    ] = "merge",
    when_ready: Annotated[
        bool,
        typer.Option("--when-ready", help="GitHub merges once its checks passed."),
    ] = False,
    delete_branch: Annotated[
        bool, typer.Option("--delete-branch", help="Then remove it on the remote.")
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Merge pull requests on GitHub, if all that the session has is pushed."""
    known = [name for name, _ in PULL_STRATEGIES]
    if strategy not in known:
        raise UsageError(f"--strategy is one of {', '.join(known)}, not {strategy!r}.")
    params = {
        "strategy": strategy,
        "when_ready": when_ready,
        "delete_branch": delete_branch,
    }
    request = Request(
        "pull.merge",
        "#{number} {done} into {into}. {stays}",
        params,
        "Merge the pull requests of {names} on GitHub?",
    )
    finish(
        act_on_many(
            request,
            names,
            filter_query,
            everything=everything,
            yes=yes,
            as_json=as_json,
        )
    )


@pr.command(epilog=examples("pr ready fix-login"))
def ready(
    names: Names = None,
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    as_json: AsJson = False,
) -> None:
    """Make drafts ready to be reviewed and merged."""
    request = Request("pull.ready", "#{number} is ready to be reviewed")
    finish(
        act_on_many(
            request, names, filter_query, everything=everything, as_json=as_json
        )
    )


@pr.command("open", epilog=examples("pr open fix-login"))
def open_pages(
    names: Names = None,
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    as_json: AsJson = False,
) -> None:
    """Print the addresses of pull requests, and show them in the browser if there is one."""
    finish(_open(names, filter_query, everything, as_json=as_json))


class _Texts:
    """What pull requests say: as given, as edited, or as the host would have it."""

    def __init__(
        self, title: str | None, body: str | None, edit: bool, base: str | None
    ) -> None:
        self._title = title
        self._body = body
        self._edit = edit
        self._base = base

    async def of(self, client: Any, session: Session) -> dict[str, str] | None:
        """The text of one session; None to leave it to the host."""
        if not self._edit and self._title is None and self._body is None:
            return None
        if session.pull is not None and session.pull.is_open:
            raise UsageError(
                f"#{session.pull.number} of {session.name} is open already; its text is"
                " changed on GitHub."
            )
        made = await client.call("pull.preview", id=session.id, base=self._base)
        title = str(made["title"]) if self._title is None else self._title
        body = str(made["body"]) if self._body is None else self._body
        if self._edit:
            title, body = title_and_body(edited(one_text(title, body)))
        if not title.strip():
            raise AgentDeckError("Without a title nothing is opened.")
        return {"title": title, "body": body}


async def _create(
    texts: _Texts,
    params: dict[str, Any],
    lease: str | None,
    chosen: tuple[list[str] | None, str | None, bool],
    *,
    asked: bool,
    as_json: bool,
) -> int:
    from agentdeck.rpc.client import connected

    names, query, everything = chosen
    check_selection(names, query, everything=everything)
    async with connected(paths_from_environment()) as client:
        sessions = await select(client, names, query, everything=everything)
        if not sessions:
            if as_json:
                report.out_json([])
            report.say("No session matches, so nothing was done.")
            return ExitStatus.DONE
        listed = ", ".join(session.name for session in sessions)
        question = f"Push {listed} and open pull requests?"
        if asked and not report.agreed(question, skip=False):
            report.say("Nothing was done.")
            return ExitStatus.FAILED
        made = {s.id: await texts.of(client, s) for s in sessions}
        answer = await client.call(
            "pull.create",
            ids=[s.id for s in sessions],
            texts={i: text for i, text in made.items() if text is not None},
            replaces={sessions[0].id: lease} if lease else {},
            **params,
        )
    results = answer["results"]
    status = report.report_results(results, "#{number} {done}: {url}", as_json=as_json)
    for result in results:
        if result["ok"] and result["dirty"] and not as_json:
            report.say(f"{result['name']} has uncommitted changes; they are not in it.")
    return status


async def _status(
    names: list[str] | None,
    query: str | None,
    everything: bool,
    *,
    refresh: bool,
    as_json: bool,
) -> int:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        chosen = "" if refresh and query == "is:pr" else query
        sessions = await select(client, names, chosen, everything=everything)
        ids = [session.id for session in sessions]
        answer = await client.call("pull.status", ids=ids, refresh=refresh)
    results = answer["results"]
    if query == "is:pr":
        results = [each for each in results if each.get("pull") or not each["ok"]]
    if as_json:
        report.out_json(results)
        return report.status_of_results(results)
    width = max((len(str(each["name"])) for each in results), default=0)
    for each in results:
        name = report.plain(str(each["name"])).ljust(width)
        if not each["ok"]:
            report.complain(f"{name}: {each['error']['message']}")
        elif not each["pull"]:
            report.out(f"{name}  no pull request")
        else:
            report.out(report.plain(f"{name}  {_line(each['pull'])}"))
    if not results:
        report.say("No session has a pull request. `agentdeck pr create` opens one.")
    return report.status_of_results(results)


def _line(values: dict[str, Any]) -> str:
    from agentdeck.rpc.wire import pull_from_wire

    pull = pull_from_wire(values)
    return f"{pull_words(pull)}  {pull.url}" if pull else ""


async def _open(
    names: list[str] | None, query: str | None, everything: bool, *, as_json: bool
) -> int:
    from agentdeck.rpc.client import connected

    check_selection(names, query, everything=everything)
    async with connected(paths_from_environment()) as client:
        sessions = await select(client, names, query, everything=everything)
    there = [(each.name, each.pull) for each in sessions if each.pull is not None]
    has_screen = any(
        os.environ.get(n) for n in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
    )
    shows = (has_screen or sys.platform == "darwin") and not as_json
    for _, pull in there:
        if not as_json:
            report.out(report.plain(pull.url))
        if shows:
            webbrowser.open(pull.url)
    if as_json:
        urls = [{"name": n, "number": p.number, "url": p.url} for n, p in there]
        report.out_json(urls)
    without = [each.name for each in sessions if each.pull is None]
    for name in without:
        report.complain(f"{name} has no pull request.")
    return ExitStatus.FAILED if without else ExitStatus.DONE
