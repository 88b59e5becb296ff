"""The composer: a prompt, a row of chips, and what each of them offers.

It talks to its screen by messages and asks the host nothing itself. Hidden, it keeps
its draft.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from textual import events, getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static, TextArea

from agentdeck.core.errors import AgentDeckError, UsageError
from agentdeck.core.variants import MAX_VARIANTS, Variation, variation_from
from agentdeck.tui.actions import Scope, bindings_for
from agentdeck.tui.composer.brief_notes import BriefNote, note_on
from agentdeck.tui.composer.chip_values import HINTS, TAKES_ANY, chips_of, value_of
from agentdeck.tui.composer.chips import Chip, ChipRow
from agentdeck.tui.composer.chooser import Chooser
from agentdeck.tui.composer.draft import Draft, orders_from
from agentdeck.tui.composer.history import History
from agentdeck.tui.composer.messages import (
    Asked,
    BriefRequested,
    ComposerClosed,
    EditRequested,
    StartRequested,
)
from agentdeck.tui.composer.offer import (
    Offer,
    Option,
    first_choice,
    first_steps,
    fitting,
    options_of,
    role_notes,
)
from agentdeck.tui.composer.prompt_area import PromptArea
from agentdeck.tui.keymap import Keymap
from agentdeck.tui.look import Look
from agentdeck.tui.printable import one_line

SHORT_BELOW = 20


class Composer(Vertical):
    """Starts sessions. Its bindings hold while anything in it has the keyboard."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.COMPOSER)

    area = getters.query_one("#prompt", PromptArea)
    chips = getters.query_one("#chips", ChipRow)
    attached = getters.query_one("#attached", ChipRow)
    variants = getters.query_one("#varied", ChipRow)
    chooser = getters.query_one("#chooser", Chooser)

    def __init__(
        self, look: Look, repo: str, keymap: Keymap, *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._keymap = keymap
        self._look = look
        self._draft = Draft(repo=repo)
        self._offer = Offer()
        self._problem = ""
        self._choosing = ""
        self._history = History()
        self._note = BriefNote()
        self._unsent: list[tuple[Draft, bool]] = []
        self._is_sure = False
        """A person has seen what the brief lacks, and starts it."""

    def compose(self) -> ComposeResult:
        yield PromptArea("What should the agent do?", id="prompt")
        yield Chooser(id="chooser")
        yield ChipRow(self._look, id="attached")
        yield ChipRow(self._look, id="varied")
        yield ChipRow(self._look, id="chips")
        yield Static(id="note", markup=False)

    def on_mount(self) -> None:
        self.border_title = Content("New session")
        self.set_class(self._look.glyphs.is_ascii, "-ascii")
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(self.screen.size.height < SHORT_BELOW, "-short")

    def wear(self, look: Look) -> None:
        """Draw in another look."""
        self._look = look
        self.set_class(look.glyphs.is_ascii, "-ascii")
        self.chips.wear(look)
        self.attached.wear(look)
        self.variants.wear(look)

    @property
    def draft(self) -> Draft:
        """What is being composed now."""
        return replace(self._draft, prompt=self.area.text)

    @property
    def is_open(self) -> bool:
        """Whether it is shown."""
        return self.has_class("-open")

    def open(self, repo: str) -> None:
        """Show it with its draft; an empty one begins in this repository."""
        self.add_class("-open")
        self.area.read_only = False
        if not self.draft.prompt and repo:
            self._draft = replace(self._draft, repo=repo)
        # Now, not after what has been typed behind its key, as `focus` would.
        self.screen.set_focus(self.area)
        self._say("")
        self.post_message(Asked("repository", self._draft.repo))

    def show_offer(self, offer: Offer) -> None:
        """Offer what the host told of the repository; choices that fit stay."""
        is_other = offer.repo != self._offer.repo or not self._offer.is_known
        choice = first_choice(offer) if is_other else self._draft.choice
        repo = offer.repo or self._draft.repo
        if offer.is_known and not offer.repo:
            repo = ""
        self._offer = offer
        self._history.learn(offer.prompts)
        self._draft = replace(self._draft, repo=repo, choice=fitting(choice, offer))
        if self._choosing and not self.chooser.typed.startswith(("/", "~")):
            self.chooser.replace(
                options_of(self._choosing, offer, self._draft.choice),
                now=value_of(self._choosing, self._draft),
            )
        self._show()
        self._send_held()

    def show_files(self, query: str, files: list[str]) -> None:
        """Offer files for the `@` that is being typed, if it is still that one."""
        mention = self.area.mention
        if mention is None or mention.query != query or self._choosing:
            return
        if files:
            self.chooser.show_list([Option(file, file) for file in files])
        else:
            self.chooser.close()
        self.area.lends_arrows = self.chooser.is_open

    def show_folders(self, typed: str, folders: list[dict[str, Any]]) -> None:
        """Offer folders for the path that is being typed."""
        if self._choosing == "repo" and self.chooser.typed == typed:
            self.chooser.replace(
                [
                    Option(f["path"], f["path"], "git" if f["is_repository"] else "")
                    for f in folders
                ],
                narrow=False,
            )

    def attach(self, path: str) -> None:
        """Attach an image."""
        if path not in self._draft.images:
            images = (*self._draft.images, path)
            self._draft = replace(self._draft, images=images)
            self._show()

    def insert(self, text: str) -> None:
        """Put a text where the cursor is."""
        self.area.insert(text)

    def set_prompt(self, text: str) -> None:
        """Have another prompt."""
        self.area.set_text(text)
        self.area.focus()

    def complain(self, problem: str) -> None:
        """Say what is wrong."""
        for draft, _ in self._unsent:
            self.take_back(draft)
        self._unsent = []
        self._say(problem)

    def forget(self) -> None:
        """Begin anew after a start; the choices stay."""
        self._draft = replace(
            self._draft, images=(), count=1, name="", checks=(), variations=()
        )
        self._history.rewind()
        self.area.load_text("")
        self._say("")

    def take_back(self, draft: Draft, problem: str = "") -> None:
        """Compose again what did not start, and say why not.

        Where the next prompt is being written, it is left at that: the one that did
        not start is the first of the earlier ones.
        """
        if self.area.text:
            self._history.add(draft.prompt)
        else:
            self._draft = draft
            # Its news would take the problem away as if the person had gone on.
            with self.area.prevent(TextArea.Changed):
                self.area.set_text(draft.prompt)
            self._look_at(draft.prompt)
        self.open("")
        self._show()
        self._say(problem)

    def close(self) -> None:
        """Put it away; the draft stays."""
        self._end_choosing()
        # What is typed right behind the key that closes it is for the list.
        self.area.read_only = True
        self.screen.set_focus(None)
        self.remove_class("-open")
        self.post_message(ComposerClosed())

    # What the keys do

    def action_start(self, attach: bool = False) -> None:
        if self.chooser.is_open:
            self.chooser.take()
        elif self._note.is_asking and not self._is_sure:
            self._is_sure = True
            self._say(f"{self._note.text}. Start it anyway? Press the key again.")
        else:
            problem = self._send(self.draft, attach)
            if problem:
                self._say(problem)
            else:
                self.forget()
                self.close()

    def _send(self, draft: Draft, attach: bool) -> str:
        """Have a draft started; gives what is wrong with it.

        Until the host has told what there is to choose, it is held.
        """
        if not self._offer.is_known:
            self._unsent.append((draft, attach))
            return ""
        try:
            orders = orders_from(draft, self._keymap)
        except AgentDeckError as error:
            return error.message
        self.post_message(StartRequested(draft, orders, attach))
        return ""

    def _send_held(self) -> None:
        held, self._unsent = self._unsent, []
        for draft, attach in held:
            choice, repo = self._draft.choice, self._draft.repo or draft.repo
            problem = self._send(replace(draft, choice=choice, repo=repo), attach)
            if problem:
                self.take_back(draft, problem)

    def action_newline(self) -> None:
        if self.area.has_focus:
            self.area.insert("\n")

    def action_close(self) -> None:
        if self.chooser.is_open:
            self._end_choosing()
        elif not self.area.has_focus:
            self.area.focus()
        else:
            self.close()

    def action_chips(self) -> None:
        if self._choosing == "repo":
            self.chooser.fill_in()
        elif self.chooser.is_open:
            self.chooser.take()
        elif self.area.has_focus:
            self.chips.focus()
        else:
            self.area.focus()

    def action_choose(self, chip: str) -> None:
        self._open_chip(chip)

    def action_older(self) -> None:
        if self.chooser.is_open:
            self.chooser.move(-1)
        else:
            self._recall(1)

    def action_newer(self) -> None:
        if self.chooser.is_open:
            self.chooser.move(1)
        else:
            self._recall(-1)

    def action_edit_outside(self) -> None:
        self.post_message(EditRequested(self.area.text))

    def action_write_brief(self) -> None:
        if self._note.text:
            self.post_message(EditRequested(self.area.text))
        else:
            self.post_message(BriefRequested(self.area.text.strip(), self._draft.repo))

    def action_detach(self) -> None:
        if self._draft.images:
            self._drop_image(self._draft.images[-1])

    # What its parts tell

    @on(TextArea.Changed)
    def _take_prompt(self, event: TextArea.Changed) -> None:
        event.stop()
        self._look_at(self.area.text)
        self._problem = ""
        self._show_note()

    def _look_at(self, prompt: str) -> None:
        self._is_sure = False
        self._note = note_on(prompt)
        self.set_class(bool(self._note.text), "-brief")

    @on(TextArea.SelectionChanged)
    def _look_for_mention(self, event: TextArea.SelectionChanged) -> None:
        event.stop()
        mention = self.area.mention if self.area.has_focus else None
        if mention is not None and self._draft.repo:
            self.post_message(Asked("files", mention.query))
        elif self.chooser.is_open and not self._choosing:
            self._end_choosing()

    @on(ChipRow.Opened, "#chips")
    def _open_by_chip(self, event: ChipRow.Opened) -> None:
        event.stop()
        self._open_chip(event.name, event.typed)

    @on(ChipRow.Removed, "#chips")
    def _back_to_usual(self, event: ChipRow.Removed) -> None:
        event.stop()
        if event.name not in ("agent", "repo"):
            self._take(event.name, "")

    @on(ChipRow.Opened, "#attached")
    @on(ChipRow.Removed, "#attached")
    def _detach_by_chip(self, event: ChipRow.Opened | ChipRow.Removed) -> None:
        event.stop()
        self._drop_image(event.name)

    @on(Chooser.Typed)
    def _ask_for_folders(self, event: Chooser.Typed) -> None:
        event.stop()
        if self._choosing == "repo" and event.text.startswith(("/", "~")):
            self.post_message(Asked("folders", event.text))

    @on(Chooser.Chosen)
    def _take_chosen(self, event: Chooser.Chosen) -> None:
        event.stop()
        chip, mention = self._choosing, self.area.mention
        self._end_choosing()
        if chip:
            self._take(chip, event.value)
        elif mention is not None:
            self.area.complete(mention, event.value)

    def _open_chip(self, chip: str, typed: str = "") -> None:
        self._choosing = chip
        self.add_class("-choosing")
        self.area.lends_arrows = False
        options = options_of(chip, self._offer, self._draft.choice)
        self.chooser.open(
            options,
            now=value_of(chip, self._draft),
            hint=HINTS[chip],
            typed=typed,
            takes_any=chip in TAKES_ANY,
        )

    def _end_choosing(self) -> None:
        self._choosing = ""
        self.remove_class("-choosing")
        self.area.lends_arrows = False
        self.chooser.close()
        self.area.focus()

    def _take(self, chip: str, value: str) -> None:
        draft, choice = self._draft, self._draft.choice
        if chip == "repo":
            self._draft = replace(draft, repo=value)
            self.post_message(Asked("repository", value))
        elif chip == "name":
            self._draft = replace(draft, name=value.strip())
        elif chip == "check":
            checks = dict.fromkeys((*draft.checks, value.strip())) if value else ()
            self._draft = replace(draft, checks=tuple(checks))
        elif chip == "count":
            self._take_count(value or "1")
        else:
            choice = replace(choice, **{chip: value})
            if chip == "agent" and value != draft.choice.agent:
                choice = replace(choice, model="", mode="")
            self._draft = replace(draft, choice=choice)
        self._show()

    def _take_count(self, value: str) -> None:
        """A number of the same, or one more variant that differs."""
        if value.isdecimal():
            if not 1 <= int(value) <= MAX_VARIANTS:
                self._say(f"Variants are 1 to {MAX_VARIANTS}.")
                return
            self._draft = replace(self._draft, count=int(value), variations=())
            return
        try:
            variation = variation_from(value)
        except UsageError as error:
            self._say(error.message)
            return
        # The first that differs stands beside one that does not.
        known = self._draft.variations or (Variation(),) * self._draft.count
        if len(known) >= MAX_VARIANTS:
            self._say(f"Variants are 1 to {MAX_VARIANTS}.")
            return
        self._draft = replace(self._draft, variations=(*known, variation))

    @on(ChipRow.Opened, "#varied")
    @on(ChipRow.Removed, "#varied")
    def _drop_variant(self, event: ChipRow.Opened | ChipRow.Removed) -> None:
        event.stop()
        at = int(event.name)
        known = self._draft.variations
        left = (*known[:at], *known[at + 1 :])
        is_plain = not any(variation.label for variation in left)
        count = max(1, len(left)) if is_plain else 1
        self._draft = replace(
            self._draft, variations=() if is_plain else left, count=count
        )
        self.area.focus()
        self._show()

    def _drop_image(self, path: str) -> None:
        images = tuple(each for each in self._draft.images if each != path)
        self._draft = replace(self._draft, images=images)
        self.area.focus()
        self._show()

    def _recall(self, by: int) -> None:
        if self.area.has_focus:
            prompt = self._history.step(by, self.area.text)
            if prompt is not None:
                self.area.set_text(prompt)

    # What is shown

    def _show(self) -> None:
        self.chips.show_chips(chips_of(self._draft, self._offer))
        images = self._draft.images
        self.attached.set_class(bool(images), "-shown")
        self.attached.show_chips(
            [Chip(path, "image", value=Path(path).name) for path in images]
        )
        self.variants.set_class(bool(self._draft.variations), "-shown")
        self.variants.show_chips(
            [
                Chip(str(n), f"{n + 1}", value=variation.label or "as chosen below")
                for n, variation in enumerate(self._draft.variations)
            ]
        )
        self._show_note()

    def _say(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            self._show_note()

    def _show_note(self) -> None:
        note = self.query_one("#note", Static)
        lines = [self._problem] if self._problem else []
        brief = [self._note.text] if self._note.text else []
        note.set_class(bool(self._problem) or self._note.is_wrong, "-problem")
        lines = lines or [*brief, *role_notes(self._offer, self._draft.choice)]
        note.set_class(bool(lines) and not self._problem, "-warning")
        lines = lines or first_steps(self._offer, self._keymap)
        note.set_class(bool(lines), "-shown")
        note.update(Content("\n").join([Content(one_line(each)) for each in lines]))
