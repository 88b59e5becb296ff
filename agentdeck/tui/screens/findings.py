"""The reviews of a session by agents, and what they found: read, send, dismiss."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from agentdeck.core.comments import Place
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.findings import FindingState, Kept, comment_text
from agentdeck.core.review_rules import Review, ReviewState, review_from_wire
from agentdeck.core.session import Activity, Session
from agentdeck.tui.actions import Scope, bindings_for
from agentdeck.tui.attention import Attended
from agentdeck.tui.deck import Change, Deck
from agentdeck.tui.findings import COLOURS, finding_from_wire, place_words, state_words
from agentdeck.tui.printable import age, cell_text, one_line
from agentdeck.tui.screens.confirm import plain
from agentdeck.tui.screens.dialog import Dialog

KEYS = "enter shows · space picks · s sends · x dismisses · n reviews now"
NONE = "Nothing that was found stands."
NO_REVIEW = "No agent has reviewed it. n starts a review now."
MAX_REVIEWS = 5
MAX_MESSAGE = 600

Chosen = tuple[str, str]
"""What to do after the dialog: `show` a finding, or `review` the session."""


class FindingsScreen(Dialog[Chosen | None]):
    """Lists what stands and what was dismissed; gives what to do next."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.FINDINGS)
    DEFAULT_CSS = """
    FindingsScreen #found { max-height: 12; }
    FindingsScreen #message { height: 5; margin-bottom: 1; color: $foreground 80%; }
    FindingsScreen.-none #found, FindingsScreen.-none #message { display: none; }
    FindingsScreen #nothing { display: none; margin-bottom: 1; color: $foreground 60%; }
    FindingsScreen.-none #nothing { display: block; }
    FindingsScreen #reviews { height: auto; margin-bottom: 1; color: $foreground 60%; text-wrap: nowrap; text-overflow: ellipsis; }
    .-short FindingsScreen #message { height: 3; margin-bottom: 0; }
    """

    def __init__(self, deck: Deck, session: Session) -> None:
        super().__init__()
        self._deck = deck
        self._session = session
        self._found: list[tuple[Kept, Place | None]] = []
        self._picked: set[str] = set()

    @property
    def attended(self) -> Attended:
        """It is the session that a person reviews."""
        return Attended(self._session.id, "reviewing")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            title = one_line(self._session.title or self._session.name)
            dialog.border_title = Content(f"Reviews · {title}")
            dialog.border_subtitle = Content(KEYS)
            yield OptionList(id="found", markup=False, compact=True)
            yield Static(id="message", markup=False)
            yield Static(id="nothing", markup=False)
            yield Static(id="reviews", markup=False)
            yield Static(classes="problem", markup=False)

    def on_mount(self) -> None:
        self._deck.changed.subscribe(self, self._take_change)
        self._list.focus()
        self._fill()

    @property
    def _list(self) -> OptionList:
        return self.query_one("#found", OptionList)

    @property
    def _highlighted(self) -> Kept | None:
        at = self._list.highlighted
        is_there = at is not None and at < len(self._found)
        return self._found[at][0] if is_there and at is not None else None

    def _take_change(self, change: Change) -> None:
        session = self._deck.store.sessions.get(self._session.id)
        if session is None:
            self.dismiss(None)
            return
        self._session = session
        if change.is_reconnected or session.id in change.noted:
            self._fill()

    @work(exclusive=True, group="fill", exit_on_error=False)
    async def _fill(self) -> None:
        try:
            call = self._deck.link.call
            found = await call("findings.list", id=self._session.id)
            told = await call("reviews.list", id=self._session.id)
        except AgentDeckError as error:
            self._say(error.message)
            return
        listed = [finding_from_wire(each) for each in found["findings"]]
        listed = [each for each in listed if each[0].state is not FindingState.GONE]
        # What was dismissed is not in the way of what stands.
        self._found = sorted(listed, key=lambda each: not each[0].stands)
        self._picked &= {kept.id for kept, _ in self._found}
        reviews = [review_from_wire(each) for each in told["reviews"]]
        self._show(reviews)

    def _show(self, reviews: list[Review]) -> None:
        self.set_class(not self._found, "-none")
        at = self._list.highlighted or 0
        self._list.set_options(
            Option(self._line(kept, place), id=kept.id) for kept, place in self._found
        )
        count = len(self._found)
        self._list.highlighted = min(at, count - 1) if count else None
        nothing = NONE if reviews else NO_REVIEW
        self.query_one("#nothing", Static).update(Content(nothing))
        lines = [self._review_line(each) for each in reversed(reviews[-MAX_REVIEWS:])]
        shown = self.query_one("#reviews", Static)
        shown.update(Content("\n").join(lines))
        shown.display = bool(lines)
        self._show_message()

    def _line(self, kept: Kept, place: Place | None) -> Content:
        glyphs = self._deck.look.glyphs
        picked = glyphs.marked if kept.id in self._picked else " "
        finding = kept.finding
        colour = (
            f"bold ${COLOURS[finding.severity]}" if kept.stands else "$foreground 45%"
        )
        state = state_words(kept, place)
        ascii_only = glyphs.is_ascii
        return Content.assemble(
            (f"{picked} ", "bold $primary"),
            (f"{finding.severity.value:<8}", colour),
            (
                one_line(place_words(kept, place), ascii_only=ascii_only),
                "$foreground 70%",
            ),
            (f"  {state}" if state else "", "$warning"),
            f"  {one_line(finding.message, ascii_only=ascii_only)}",
        )

    def _review_line(self, review: Review) -> Content:
        now = self._deck.clock()
        ago = age(datetime.fromisoformat(review.at), now)
        word, colour = review.state.value, "$primary"
        if review.state is ReviewState.DONE:
            word = f"found {review.found}" if review.found else "clean"
            colour = "$warning" if review.found else "$success"
        if review.state is ReviewState.FAILED:
            word, colour = "failed", "$error"
        note = f"  {one_line(review.note)}" if review.note else ""
        return Content.assemble(
            f"{ago:>4}  ",
            (f"{one_line(review.rule)}", "$foreground 80%"),
            f"  {review.commit[:8]}  round {review.round}  ",
            (word, colour),
            note,
        )

    def _show_message(self) -> None:
        kept = self._highlighted
        text = ""
        if kept is not None:
            text = comment_text(kept)[:MAX_MESSAGE]
            if kept.dismissed_at:
                text = f"dismissed: {kept.reason}\n{text}"
        lines = [cell_text(line) for line in text.split("\n")]
        self.query_one("#message", Static).update(Content("\n".join(lines)))

    @on(OptionList.OptionHighlighted)
    def _follow(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self._show_message()

    @on(OptionList.OptionSelected)
    def _show_on_diff(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(("show", str(event.option_id)))

    def action_go(self, by: int) -> None:
        if by > 0:
            self._list.action_cursor_down()
        else:
            self._list.action_cursor_up()

    def action_pick(self) -> None:
        kept = self._highlighted
        if kept is None:
            return
        self._picked ^= {kept.id}
        at = self._list.highlighted or 0
        self._list.replace_option_prompt_at_index(at, self._line(*self._found[at]))
        self.action_go(1)

    def action_review(self) -> None:
        self.dismiss(("review", ""))

    def action_close(self) -> None:
        self.dismiss(None)

    @work(group="act", exit_on_error=False)
    async def action_send(self) -> None:
        from agentdeck.tui.screens.commenting import SendScreen

        ids = self._meant()
        asked: dict[str, Any] = {"id": self._session.id, "findings": ids}
        preview = await self._call("findings.send", {**asked, "preview": True})
        if preview is None:
            return
        chosen = list(preview["ids"])
        count = f"{len(chosen)} finding{'' if len(chosen) == 1 else 's'}"
        title = f"Send {count} to {self._session.name}"
        is_working = self._session.activity is Activity.WORKING
        screen = SendScreen(title, str(preview["message"]), is_working=is_working)
        how = await self.app.push_screen_wait(screen)
        if how is not None:
            await self._call(
                "findings.send", {**asked, "findings": chosen, "when": how}
            )
            self._picked.clear()
            self._fill()

    @work(group="act", exit_on_error=False)
    async def action_dismiss_found(self) -> None:
        from agentdeck.tui.screens.naming import NameScreen

        kept = self._highlighted
        if kept is None:
            return
        ids = self._meant() or [kept.id]
        asked: dict[str, Any] = {"id": self._session.id, "findings": ids}
        if kept.state is FindingState.DISMISSED:
            await self._call("findings.reopen", asked)
        else:
            what = "this finding" if len(ids) == 1 else f"{len(ids)} findings"
            screen = NameScreen(f"Dismiss {what}", "", "Why it needs nothing")
            reason = await self.app.push_screen_wait(screen)
            if not reason:
                return
            await self._call("findings.dismiss", {**asked, "reason": reason})
        self._picked.clear()
        self._fill()

    @work(group="act", exit_on_error=False)
    async def action_post(self) -> None:
        from agentdeck.tui.screens.confirm import ConfirmScreen

        ids = self._meant()
        pull = self._session.pull
        count = len(ids) if ids else sum(k.stands for k, _ in self._found)
        what = "1 finding" if count == 1 else f"{count} findings"
        where = f"#{pull.number}" if pull is not None else "its pull request"
        lines = [f"{what} as a review of {where}, for all who can read it."]
        screen = ConfirmScreen("Post to GitHub?", lines, "Post")
        if await self.app.push_screen_wait(screen):
            asked = {"id": self._session.id, "findings": ids}
            done = await self._call("findings.post", asked)
            if done is not None:
                self.notify(one_line(f"Posted: {done['url']}"), markup=False)
                self._fill()

    def _meant(self) -> list[str] | None:
        """Those that were picked, in their order; None for all."""
        picked = [kept.id for kept, _ in self._found if kept.id in self._picked]
        return picked or None

    async def _call(
        self, method: str, params: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        try:
            answer: dict[str, Any] = await self._deck.link.call(method, **params)
        except AgentDeckError as error:
            self._say(error.message)
            return None
        self.query_one(".problem", Static).remove_class("-shown")
        return answer

    def _say(self, message: str) -> None:
        line = self.query_one(".problem", Static)
        line.update(plain(message))
        line.add_class("-shown")
