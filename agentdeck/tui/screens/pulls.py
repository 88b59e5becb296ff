"""Pull requests of the marked sessions: opened, followed and merged on GitHub."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.cells import cell_len
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.pull_text import one_text, title_and_body
from agentdeck.core.pulls import PULL_STRATEGIES, PullState
from agentdeck.core.session import Session
from agentdeck.tui.actions import Scope, bindings_for
from agentdeck.tui.attention import Attended
from agentdeck.tui.composer.outside import edited
from agentdeck.tui.deck import Change, Deck
from agentdeck.tui.opening import has_browser
from agentdeck.tui.printable import cut, one_line
from agentdeck.tui.pull_words import pull_cells
from agentdeck.tui.screens.confirm import ConfirmScreen, plain
from agentdeck.tui.screens.dialog import Dialog
from agentdeck.tui.screens.message import MessageScreen

MAX_NAME_WIDTH = 28
BODY_LINES = 4
KEYS = "c open or push · e text · m merge · o page · r refresh · esc"
BUSY = "asking GitHub; esc closes and it goes on"
_ROLES = {
    "bright": "bold",
    "muted": "$foreground 60%",
    "faint": "$foreground 40%",
}


class PullsScreen(Dialog[None]):
    """Shows the pull request of each session, and does what a person asks of it.

    What GitHub says comes with the sessions; a text that is edited stays until its
    pull request is open.
    """

    DEFAULT_CSS = """
    PullsScreen { align: center middle; background: $background 60%; }
    PullsScreen #pulls { text-wrap: nowrap; text-overflow: ellipsis; }
    PullsScreen .about { height: auto; min-height: 4; margin-bottom: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.PULLS)

    def __init__(self, deck: Deck, sessions: list[Session]) -> None:
        super().__init__()
        self._deck = deck
        self._ids = [str(session.id) for session in sessions]
        self._drafts: dict[str, dict[str, Any]] = {}
        """What the host would have a pull request say, or why there can be none; by the
        state of the session's branch."""
        self._texts: dict[str, dict[str, str]] = {}
        """What a person would have it say."""
        self._refused: dict[str, str] = {}
        """Commits on the remote that were in the way, by session."""
        self._strategy = 0
        self._options = {"draft": False, "when_ready": False, "delete_branch": False}
        self._is_busy = False
        names = [one_line(session.name) for session in sessions]
        self._width = min(MAX_NAME_WIDTH, max(map(cell_len, names), default=0))

    @property
    def attended(self) -> Attended | None:
        session = self._session
        return Attended(session.id, "reviewing") if session is not None else None

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog", can_focus=False) as dialog:
            dialog.border_title = Content("Pull requests")
            yield OptionList(id="pulls", markup=False, compact=True)
            yield Static(classes="about", markup=False)
            yield Static(classes="options", markup=False)
            yield Static(classes="problem", markup=False)

    def on_mount(self) -> None:
        self.set_class(self._deck.look.glyphs.is_ascii, "-ascii")
        self._deck.changed.subscribe(self, self._follow)
        self._show()
        self.query_one("#pulls").focus()
        if any(session.pull and session.pull.is_open for session in self._sessions):
            self._refresh()

    @property
    def _sessions(self) -> list[Session]:
        return self._deck.store.chosen(self._ids)

    @property
    def _session(self) -> Session | None:
        at = self.query_one("#pulls", OptionList).highlighted
        sessions = self._sessions
        return sessions[at] if at is not None and at < len(sessions) else None

    def _follow(self, _: Change) -> None:
        if self._sessions:
            self._show()
        else:
            self.dismiss(None)

    def _show(self) -> None:
        listed = self.query_one("#pulls", OptionList)
        at = listed.highlighted or 0
        sessions = self._sessions
        with self.prevent(OptionList.OptionHighlighted):
            listed.set_options(
                Option(self._line(each), id=each.id) for each in sessions
            )
            listed.highlighted = min(at, len(sessions) - 1) if sessions else None
        dialog = self.query_one(".dialog")
        dialog.border_subtitle = Content(BUSY if self._is_busy else KEYS)
        self._show_about()
        self._show_options()

    def _line(self, session: Session) -> Content:
        glyphs = self._deck.look.glyphs
        name = cut(one_line(session.name), MAX_NAME_WIDTH, more=glyphs.more)
        pad = " " * (self._width - cell_len(name) + 2)
        parts: list[str | tuple[str, str]] = [(name, "bold"), pad]
        pull = session.pull
        if pull is None:
            parts.append(("no pull request", "$foreground 60%"))
            parts.append((f"  {glyphs.up}{session.ahead}", "$foreground 60%"))
        else:
            parts += [
                (text, _ROLES.get(role, f"${role}"))
                for text, role in pull_cells(pull, glyphs)
            ]
        if session.id in self._texts:
            parts.append(("  own text", "$foreground 60%"))
        return Content.assemble(*parts)

    @on(OptionList.OptionHighlighted)
    def _show_other(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self._say("")
        self._show_about()

    def _show_about(self) -> None:
        session = self._session
        if session is None:
            return
        if session.pull is not None:
            lines = [session.pull.title, session.pull.url, *self._hint(session)]
        else:
            lines = self._preview_lines(session)
        if session.dirty and not session.is_merged:
            lines.append("Its uncommitted changes are not part of it.")
        shown = "\n".join(one_line(line) for line in lines if line)
        self.query_one(".about", Static).update(Content(shown))

    def _hint(self, session: Session) -> list[str]:
        state = session.pull.state if session.pull is not None else None
        if state is PullState.MERGED and session.is_merged:
            return ["It is merged: x cleans up what is merged and over."]
        if state is PullState.DRAFT:
            return ["A draft; R makes it ready to be reviewed."]
        return []

    def _preview_lines(self, session: Session) -> list[str]:
        draft = self._drafts.get(_state_of(session))
        if draft is None:
            self._preview(session)
            return ["…"]
        if "problem" in draft:
            return [str(draft["problem"])]
        text = self._texts.get(session.id) or draft
        count = len(draft["commits"])
        noun = "commit" if count == 1 else "commits"
        body = [line for line in text["body"].splitlines() if line.strip()]
        more = ["…"] if len(body) > BODY_LINES else []
        where = f"{count} {noun} into {draft['base']} on {draft['remote']}"
        return [text["title"], where, *body[:BODY_LINES], *more]

    def _show_options(self) -> None:
        how = PULL_STRATEGIES[self._strategy][1]
        when = "once checks pass" if self._options["when_ready"] else "at once"
        after = "goes" if self._options["delete_branch"] else "stays"
        kind = "as drafts" if self._options["draft"] else "ready to be reviewed"
        lines = [
            f"s  merge: {how}    w  {when}    b  the remote's branch {after}",
            f"d  opens them {kind}",
        ]
        self.query_one(".options", Static).update(Content("\n".join(lines)))

    def _say(self, message: str) -> None:
        line = self.query_one(".problem", Static)
        line.update(plain(message))
        line.set_class(bool(message), "-shown")

    def action_go(self, by: int) -> None:
        listed = self.query_one("#pulls", OptionList)
        if by > 0:
            listed.action_cursor_down()
        else:
            listed.action_cursor_up()

    def action_close(self) -> None:
        self.dismiss(None)

    def action_next_strategy(self) -> None:
        self._strategy = (self._strategy + 1) % len(PULL_STRATEGIES)
        self._show_options()

    def action_flip(self, option: str) -> None:
        self._options[option] = not self._options[option]
        self._show_options()

    def action_refresh(self) -> None:
        self._refresh()

    def action_create(self) -> None:
        if self._session is not None:
            self._create([self._session])

    def action_create_all(self) -> None:
        self._create([s for s in self._sessions if s.pull is None or s.pull.is_open])

    def action_ready(self) -> None:
        if self._session is not None:
            self._do("pull.ready", [self._session], "Ready to be reviewed:")

    def action_open_page(self) -> None:
        session = self._session
        if session is None or session.pull is None:
            self._say("There is no page before it is opened.")
            return
        url = session.pull.url
        if has_browser(self._deck.environ):
            self.app.open_url(url)
        else:
            self.app.copy_to_clipboard(url)
            self.notify(f"Copied {one_line(url)}", markup=False)

    @work(exclusive=True, group="pull-text", exit_on_error=False)
    async def action_edit(self) -> None:
        session, text = self._session, await self._text_to_edit()
        if session is None or text is None:
            return
        title = f"Title, then text, of {one_line(session.name)}"
        self._keep_text(
            session, await self.app.push_screen_wait(MessageScreen(title, text))
        )

    @work(exclusive=True, group="pull-text", exit_on_error=False)
    async def action_edit_outside(self) -> None:
        session, text = self._session, await self._text_to_edit()
        if session is None or text is None:
            return
        try:
            self._keep_text(session, edited(self.app, self._deck.environ, text))
        except AgentDeckError as error:
            self._say(error.message)

    async def _text_to_edit(self) -> str | None:
        session = self._session
        if session is None or (session.pull is not None and session.pull.is_open):
            self._say("It is open already; its text is changed on its page (o).")
            return None
        draft = await self._draft_of(session)
        if "problem" in draft:
            self._say(str(draft["problem"]))
            return None
        text = self._texts.get(session.id) or draft
        return one_text(str(text["title"]), str(text["body"]))

    def _keep_text(self, session: Session, text: str | None) -> None:
        if text is None:
            return
        title, body = title_and_body(text)
        if title:
            self._texts[session.id] = {"title": title, "body": body}
            self._show()
        else:
            self._say("It needs a title: the first line.")

    @work(group="pull-preview", exit_on_error=False)
    async def _preview(self, session: Session) -> None:
        await self._draft_of(session)
        if self.is_mounted:
            self._show_about()

    async def _draft_of(self, session: Session) -> dict[str, Any]:
        state = _state_of(session)
        known = self._drafts.get(state)
        if known is None:
            self._drafts[state] = {"problem": "…"}
            try:
                known = await self._deck.link.call("pull.preview", id=session.id)
            except AgentDeckError as error:
                known = {"problem": error.message}
            self._drafts[state] = known
        return known

    @work(exclusive=True, group="pulls", exit_on_error=False)
    async def _refresh(self) -> None:
        await self._ask("pull.status", self._sessions, refresh=True)

    @work(exclusive=True, group="pulls", exit_on_error=False)
    async def _create(self, sessions: list[Session]) -> None:
        ids = [session.id for session in sessions]
        texts = {i: self._texts[i] for i in ids if i in self._texts}
        results = await self._ask(
            "pull.create", sessions, texts=texts, draft=self._options["draft"]
        )
        self._take_created(results)

    def _take_created(self, results: list[dict[str, Any]]) -> None:
        for result in results:
            session_id = str(result["id"])
            if result["ok"]:
                self._texts.pop(session_id, None)
                self._refused.pop(session_id, None)
            there = ((result.get("error") or {}).get("data") or {}).get("there")
            if there:
                self._refused[session_id] = str(there)
                self._say(
                    f"Others pushed to the branch of {result['name']} ({there[:10]})."
                    " Fetch and merge that in its worktree (esc, S), or f replaces it."
                )
        fine = [f"#{r['number']} {r['done']}" for r in results if r["ok"]]
        if fine:
            self.notify(", ".join(fine), markup=False)

    @work(exclusive=True, group="pulls", exit_on_error=False)
    async def action_replace(self) -> None:
        session = self._session
        there = self._refused.get(session.id) if session is not None else None
        if session is None or there is None:
            self._say("Nothing on the remote is in the way.")
            return
        lines = [
            f"{session.branch} on the remote goes from {there[:12]} to what is here.",
            "What only the remote has is lost there, unless somebody else has it.",
        ]
        ask = ConfirmScreen(
            "Replace the remote's branch?", lines, "Replace", is_grave=True
        )
        if await self.app.push_screen_wait(ask):
            results = await self._ask(
                "pull.create",
                [session],
                replaces={session.id: there},
                texts={i: t for i, t in self._texts.items() if i == session.id},
                draft=self._options["draft"],
            )
            self._take_created(results)

    @work(exclusive=True, group="pulls", exit_on_error=False)
    async def action_merge(self, everything: bool = False) -> None:
        chosen = self._sessions if everything else [self._session]
        sessions = [s for s in chosen if s and s.pull and s.pull.is_open]
        if not sessions:
            self._say("There is no open pull request to merge.")
            return
        strategy, how = PULL_STRATEGIES[self._strategy]
        lines = [_merge_line(s) for s in sessions]
        lines += ["", f"On GitHub, by {how}; that cannot be undone from here."]
        ask = ConfirmScreen(f"Merge {_numbers(sessions)}?", lines, "Merge")
        if not await self.app.push_screen_wait(ask):
            return
        results = await self._ask(
            "pull.merge",
            sessions,
            strategy=strategy,
            when_ready=self._options["when_ready"],
            delete_branch=self._options["delete_branch"],
        )
        for result in results:
            if result["ok"] and result["stays"]:
                self._say(str(result["stays"]))

    @work(exclusive=True, group="pulls", exit_on_error=False)
    async def action_clean_up(self) -> None:
        sessions = [s for s in self._sessions if s.is_merged and s.is_over]
        if not sessions:
            self._say("Nothing here is merged and over.")
            return
        lines = ["Worktree and branch go; `ctrl+z` or `X` brings all back for 30 days."]
        lines += ["", *(f"  {session.name}" for session in sessions)]
        ask = ConfirmScreen("Clean up what is merged?", lines, "Discard")
        if await self.app.push_screen_wait(ask):
            await self._ask("session.discard", sessions)

    @work(exclusive=True, group="pulls", exit_on_error=False)
    async def _do(self, method: str, sessions: list[Session], done: str) -> None:
        results = await self._ask(method, sessions)
        fine = [one_line(str(r["name"])) for r in results if r["ok"]]
        if fine:
            self.notify(f"{done} {', '.join(fine)}", markup=False)

    async def _ask(
        self, method: str, sessions: list[Session], **params: Any
    ) -> list[dict[str, Any]]:
        """Ask the host; the first thing that went wrong stands in the dialog."""
        self._is_busy = True
        self._say("")
        self._show()
        try:
            results = await self._deck.call_many(method, sessions, **params)
        except AgentDeckError as error:
            self._say(error.message)
            return []
        finally:
            self._is_busy = False
            if self.is_mounted and self._sessions:
                self._show()
        for result in results:
            if not result["ok"]:
                name = result["name"] if len(results) > 1 else ""
                message = str((result.get("error") or {}).get("message"))
                self._say(f"{name}: {message}" if name else message)
                break
        return results


def _state_of(session: Session) -> str:
    """What a draft depends on."""
    return f"{session.id} {session.ahead} {session.behind} {session.last_commit}"


def _merge_line(session: Session) -> str:
    pull = session.pull
    return f"  #{pull.number} {session.name} into {pull.base}" if pull else ""


def _numbers(sessions: list[Session]) -> str:
    if len(sessions) > 1:
        return f"{len(sessions)} pull requests"
    return f"#{sessions[0].pull.number}" if sessions[0].pull else ""
