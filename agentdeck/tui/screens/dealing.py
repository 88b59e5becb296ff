"""What a person can do with sessions: each action asks once and reports by session.

Dialogs are imported when they open, so that the first paint does not wait for them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from textual import work
from textual.screen import Screen

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Phase, Session
from agentdeck.tui.deck import Deck
from agentdeck.tui.notices import Notice, details_of, details_of_result
from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.answers import previewed, send_each_its_way, shown
from agentdeck.tui.screens.opening import opens_dialog

MAX_NAMED = 8
DETAILS_HINT = "! shows details"

Call = Callable[[list[Session]], Awaitable[list[dict[str, Any]]]]


class DealingScreen(Screen[None]):
    """A screen with sessions to deal with; the subclass says which are meant."""

    def __init__(self, deck: Deck) -> None:
        super().__init__()
        self.deck = deck

    def meant_sessions(self) -> list[Session]:
        """The marked sessions, or the one under the cursor."""
        raise NotImplementedError

    def session_at_cursor(self) -> Session | None:
        """The session under the cursor."""
        raise NotImplementedError

    def keep_unread(self) -> None:
        """The person wants the session under the cursor unread, though it is shown."""
        raise NotImplementedError

    def go_to(self, session_id: str) -> None:
        """Put the cursor on a session."""
        raise NotImplementedError

    def say(self, text: str, severity: str = "information", details: str = "") -> None:
        """Say a sentence in a corner, never as markup; a key shows its details."""
        level: Any = severity
        more = f"\n{DETAILS_HINT}" if details else ""
        self.notify(f"{one_line(text)}{more}", severity=level, markup=False)
        if details:
            self.deck.notices.detail(details)

    def say_error(self, error: AgentDeckError, asked: str) -> None:
        """Say what went wrong; what was asked and what the host knows are details."""
        self.say(error.message, "error", details_of(error, asked))

    def action_show_diff(self) -> None:
        from agentdeck.tui.screens.review import ReviewScreen

        session = self.session_at_cursor()
        if session is not None:
            self.app.push_screen(ReviewScreen(self.deck, session))

    def action_explain(self) -> None:
        from agentdeck.tui.screens.explain import ExplainScreen

        session = self.session_at_cursor()
        if session is not None:
            self.app.push_screen(ExplainScreen(self.deck, session))

    def action_show_timeline(self) -> None:
        from agentdeck.tui.screens.timeline import TimelineScreen

        session = self.session_at_cursor()
        if session is not None:
            self.app.push_screen(TimelineScreen(self.deck, session))

    def action_find(self) -> None:
        from agentdeck.tui.screens.find import FindScreen

        self.app.push_screen(FindScreen(self.deck, self.go_to))

    def action_show_replay(self) -> None:
        from agentdeck.tui.screens.replay import ReplayScreen

        session = self.session_at_cursor()
        if session is not None:
            self.app.push_screen(ReplayScreen(self.deck, session))

    def action_open_editor(self) -> None:
        session = self.session_at_cursor()
        if session is not None:
            from agentdeck.tui.editor import open_worktree

            self._say_problem(open_worktree(self.app, self.deck, session))

    def action_open_shell(self) -> None:
        session = self.session_at_cursor()
        if session is not None:
            from agentdeck.tui.editor import open_shell

            self._say_problem(open_shell(self.app, self.deck, session))

    def _say_problem(self, problem: str | None) -> None:
        if problem:
            self.say(problem, "error")

    @opens_dialog
    async def action_merge(self) -> None:
        from agentdeck.tui.screens.merge import MergeScreen

        sessions = self.meant_sessions()
        if sessions:
            await self.app.push_screen_wait(MergeScreen(self.deck, sessions))

    @opens_dialog
    async def action_stop(self) -> None:
        sessions = [s for s in self.meant_sessions() if not s.is_over]
        if not sessions:
            self.say("It is over already; `x` discards it.")
            return
        lines = ["Branch, worktree and commits stay.", "", *_named(sessions)]
        if await self._confirms("Stop", sessions, lines):
            await self._act("session.stop", sessions, "Stopping")

    @opens_dialog
    async def action_discard(self) -> None:
        sessions = self.meant_sessions()
        if not sessions:
            return
        unmerged = sum(bool(s.ahead) and not s.is_merged for s in sessions)
        dirty = sum(s.dirty for s in sessions)
        lines = ["Worktree and branch go; `ctrl+z` or `X` brings all back for 30 days."]
        if unmerged:
            lines.append(f"{unmerged} with commits that are not merged.")
        if dirty:
            lines.append(f"{dirty} with uncommitted changes.")
        lines += ["", *_named(sessions)]
        if await self._confirms("Discard", sessions, lines, is_grave=True):
            await self._act("session.discard", sessions, "Discarded")

    @work(group="action", exit_on_error=False)
    async def action_undo(self) -> None:
        try:
            done = await self.deck.link.call("landing.undo")
        except AgentDeckError as error:
            self.say_error(error, "landing.undo")
            return
        names = ", ".join(str(name) for name in done["names"][:MAX_NAMED])
        what = "going back" if done["undone"] == "rewind" else done["undone"]
        self.say(f"The {what} of {names} is undone")

    @opens_dialog
    async def action_show_trash(self) -> None:
        from agentdeck.tui.screens.trash import TrashScreen

        restored = await self.app.push_screen_wait(TrashScreen(self.deck))
        if restored is not None:
            self.go_to(restored)

    @opens_dialog
    async def action_show_overlaps(self) -> None:
        from agentdeck.tui.screens.matrix import MatrixScreen

        session = self.session_at_cursor()
        if session is not None:
            screen = MatrixScreen(self.deck, session)
            chosen = await self.app.push_screen_wait(screen)
            if chosen is not None:
                self.go_to(chosen)

    @opens_dialog
    async def action_show_pulls(self) -> None:
        from agentdeck.tui.screens.pulls import PullsScreen

        sessions = self.meant_sessions()
        if sessions:
            await self.app.push_screen_wait(PullsScreen(self.deck, sessions))

    @opens_dialog
    async def action_show_turns(self) -> None:
        from agentdeck.tui.screens.turns import TurnsScreen

        session = self.session_at_cursor()
        if session is not None:
            done = await self.app.push_screen_wait(TurnsScreen(self.deck, session))
            if done is not None:
                self.say(done)

    @work(group="action", exit_on_error=False)
    async def action_resume(self) -> None:
        await self._act("session.resume", self.meant_sessions(), "Resumed")

    @work(group="action", exit_on_error=False)
    async def action_toggle_unread(self) -> None:
        sessions = self.meant_sessions()
        unread = not any(session.unread for session in sessions)
        if unread:
            self.keep_unread()
        await self._act("session.mark_read", sessions, "", unread=unread)

    @work(group="action", exit_on_error=False)
    async def action_switch_rules(self) -> None:
        sessions = self.meant_sessions()
        if not sessions:
            return
        as_set = bool(self.deck.store.app.get("auto_answers"))
        own = (session.auto_answers for session in sessions)
        wanted = not any(as_set if each is None else each for each in own)
        ids = [session.id for session in sessions]
        try:
            answer = await self.deck.link.call(
                "session.rules", ids=ids, automatic=wanted
            )
        except AgentDeckError as error:
            self.say_error(error, "session.rules")
            return
        names = ", ".join(session.name for session in sessions[:MAX_NAMED])
        if wanted and not any(result.get("on") for result in answer["results"]):
            self.say("There are no rules: `agentdeck rules` says how to make one.")
        else:
            self.say(f"Rules {'answer' if wanted else 'do not answer'} for {names}.")

    def action_show_messages(self) -> None:
        from agentdeck.tui.screens.outbox import OutboxScreen

        session = self.session_at_cursor()
        if session is None or session.is_over:
            self.say("Messages wait only for a session that is not over.")
        else:
            self.app.push_screen(OutboxScreen(self.deck, session))

    @opens_dialog
    async def action_reply(self) -> None:
        from agentdeck.tui.screens.confirm import ReplyScreen

        sessions = [s for s in self.meant_sessions() if s.phase is Phase.RUNNING]
        if not sessions:
            self.say("No running session is meant, so there is nobody to reply to.")
            return
        only = sessions[0] if len(sessions) == 1 else None
        title = f"Reply to {only.name if only else f'{len(sessions)} sessions'}"
        question = only.needs.text if only and only.needs else ""
        text = await self.app.push_screen_wait(ReplyScreen(title, question))
        if text is None:
            return
        words = text

        async def send(meant: list[Session]) -> list[dict[str, Any]]:
            return await send_each_its_way(self.deck, meant, words)

        await self._do_to_each(send, sessions, "Sent to", "session.send")

    def action_answer(self, choice: int) -> None:
        sessions = self.meant_sessions()
        asking = [s for s in sessions if s.needs and choice <= len(s.needs.choices)]
        self._answer_all(asking, choice=choice)

    def action_approve(self) -> None:
        asking = [s for s in self.meant_sessions() if s.needs_attention]
        if not asking:
            self.say("Nothing is asked here.")
        self._answer_all(asking, action="approve")

    def action_deny(self) -> None:
        asking = [s for s in self.meant_sessions() if s.needs_attention]
        if not asking:
            self.say("Nothing is asked here.")
        self._answer_all(asking, action="deny")

    @work(group="dialog", exit_on_error=False)
    async def _answer_all(self, asking: list[Session], **how: Any) -> None:
        """Answer; of several, only after a look at what each gets."""
        since = shown(*asking)
        if len(asking) > 1:
            try:
                asking, lines = await previewed(self.deck, asking, since, **how)
            except AgentDeckError as error:
                self.say_error(error, "session.answer")
                return
            if not asking:
                self.say("None of them can be answered so.")
                return
            if not await self._confirms("Answer", asking, lines):
                return
        await self._act("session.answer", asking, "", since=since, **how)

    @work(group="action", exit_on_error=False)
    async def action_toggle_pool(self) -> None:
        try:
            paused = not self.deck.store.pool.paused
            await self.deck.link.call("pool.set", paused=paused)
        except AgentDeckError as error:
            self.say_error(error, "pool.set")

    async def _confirms(
        self,
        verb: str,
        sessions: list[Session],
        lines: list[str],
        *,
        is_grave: bool = False,
    ) -> bool:
        from agentdeck.tui.screens.confirm import ConfirmScreen

        count = len(sessions)
        title = f"{verb} {count} sessions?" if count > 1 else f"{verb} this session?"
        screen = ConfirmScreen(title, lines, verb, is_grave=is_grave)
        return await self.app.push_screen_wait(screen)

    async def _act(
        self, method: str, sessions: list[Session], done: str, **params: Any
    ) -> None:
        async def call(meant: list[Session]) -> list[dict[str, Any]]:
            return await self.deck.call_many(method, meant, **params)

        await self._do_to_each(call, sessions, done, method)

    async def _do_to_each(
        self, call: Call, sessions: list[Session], done: str, asked: str
    ) -> None:
        """Do something to each; those that it fails for can be tried again."""
        while sessions:
            try:
                results = await call(sessions)
            except AgentDeckError as error:
                self.say_error(error, asked)
                return
            failed = [result for result in results if not result["ok"]]
            fine = [str(result["name"]) for result in results if result["ok"]]
            if fine and done:
                self.say(f"{done} {_listed(fine)}")
            if len(results) == 1 or not failed:
                for result in failed:
                    details = details_of_result(result, asked)
                    self.say(_message_of(result), "error", details)
                return
            if not await self._wants_again(failed, len(fine), asked):
                return
            sessions = self.deck.store.chosen(str(result["id"]) for result in failed)

    async def _wants_again(
        self, failed: list[dict[str, Any]], fine: int, asked: str
    ) -> bool:
        from agentdeck.tui.screens.results import ResultsScreen

        for result in failed:
            text = f"{one_line(str(result['name']))}: {one_line(_message_of(result))}"
            details = details_of_result(result, asked)
            now = self.deck.clock()
            self.deck.notices.add(Notice(now, "error", text, details))
        screen = ResultsScreen(failed, fine, self.deck.look)
        return await self.app.push_screen_wait(screen)


def _message_of(result: dict[str, Any]) -> str:
    return str((result.get("error") or {}).get("message"))


def _listed(names: list[str]) -> str:
    more = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")


def _named(sessions: list[Session]) -> list[str]:
    lines = [f"  {session.name}" for session in sessions[:MAX_NAMED]]
    if len(sessions) > MAX_NAMED:
        lines.append(f"  and {len(sessions) - MAX_NAMED} more")
    return lines
