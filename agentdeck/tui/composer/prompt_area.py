"""Where the prompt is typed. Enter is the composer's; so are up and down at the edges."""

from __future__ import annotations

from textual import events
from textual.actions import SkipAction
from textual.widgets import TextArea

from agentdeck.core.composing import Mention, image_data_in, images_in, mention_at
from agentdeck.tui.composer.messages import ImageDataPasted, ImagesPasted


class PromptArea(TextArea):
    """A text of several lines, with `@file` and pasted images told to its owner."""

    def __init__(self, placeholder: str, *, id: str | None = None) -> None:
        super().__init__(
            placeholder=placeholder, tab_behavior="focus", compact=True, id=id
        )
        self.lends_arrows = False
        """Whether up and down move in a list instead of in the text."""

    @property
    def mention(self) -> Mention | None:
        """The `@file` that ends at the cursor, if one does."""
        row, column = self.cursor_location
        return mention_at(self.document.get_line(row), column)

    def complete(self, mention: Mention, path: str) -> None:
        """Put a file's path in place of what was typed of it."""
        row, column = self.cursor_location
        word = f"@{path} " if " " not in path else f'@"{path}" '
        done = self.replace(word, (row, mention.start), (row, column))
        self.move_cursor(done.end_location)

    def set_text(self, text: str) -> None:
        """Have another text, with the cursor at its end."""
        self.load_text(text)
        self.move_cursor(self.document.end)

    async def on_key(self, event: events.Key) -> None:
        if self.app.focused is not self:
            # It was typed behind a key that gave the keyboard to another.
            event.prevent_default()
            return
        # Textual would take Alt with a letter for the letter.
        if event.key == "enter" or event.key.startswith("alt+"):
            event.prevent_default()
        bound = self.screen.active_bindings.get(event.key)
        if bound is None or bound.node is not self.parent:
            return
        # Here and now: by way of the app's bindings it would come after the letters
        # that were typed behind it, which go straight into the text.
        event.stop()
        event.prevent_default()
        await self.app.run_action(bound.binding.action, bound.node)

    def on_paste(self, event: events.Paste) -> None:
        paths, data = images_in(event.text), image_data_in(event.text)
        if not paths and data is None:
            return
        event.stop()
        event.prevent_default()
        if data is not None:
            self.post_message(ImageDataPasted(data))
        else:
            self.post_message(ImagesPasted(paths, event.text))

    def action_cursor_up(self, select: bool = False) -> None:
        if self.lends_arrows or (self.cursor_at_first_line and not select):
            raise SkipAction
        super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        if self.lends_arrows or (self.cursor_at_last_line and not select):
            raise SkipAction
        super().action_cursor_down(select)
