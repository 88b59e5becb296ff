"""What clients may ask of the host, method by method; validated by the host.

The results are plain JSON objects: sessions as `wire.session_to_wire`, and for a
method that acts on many sessions a list of `{id, name, ok, error?, …}`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from agentdeck.core.merge_queue import Strategy

CheckLine = Annotated[str, Field(min_length=1, max_length=4000, pattern=r"^[^\x00]*\S")]
SessionIds = Annotated[list[str], Field(max_length=10_000)]


class Params(BaseModel):
    """The parameters of a method. A newer client may send more."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Nothing(Params):
    """No parameters."""


class Hello(Params):
    """`host.hello`: the snapshot, or the events since a number."""

    client: str
    version: str
    events: bool = False
    since: int | None = None


class SetPool(Params):
    """`pool.set`: change the pool until the host ends."""

    limit: int | None = Field(default=None, ge=1, le=1000)
    paused: bool | None = None


class CreateSession(Params):
    """`session.create`: queue a session in a repository."""

    repo: str
    prompt: str = ""
    agent: str | None = None
    command: list[str] = []
    base: str | None = None
    name: str | None = None
    title: str | None = None
    model: str | None = None
    mode: str | None = None
    custom: str | None = None
    """A custom agent's name, or the path of its file."""
    images: list[str] = []
    checks: Annotated[list[CheckLine], Field(max_length=50)] = []
    """Its own verification commands, for the shell."""
    auto_commit: bool | None = None
    """Whether the end of a turn commits; None as the settings say."""
    group: Annotated[str, Field(max_length=200)] = ""
    """The variants that it is one of."""
    variant: Annotated[str, Field(max_length=400)] = ""
    number: int | None = Field(default=None, ge=1, le=1000)
    """Its number among its variants; ends its name."""
    limit_minutes: float | None = Field(default=None, gt=0, le=1_000_000)
    limit_tokens: int | None = Field(default=None, gt=0)
    limit_cost_usd: float | None = Field(default=None, gt=0, le=1_000_000)
    type: Literal["background", "local"] = "background"
    in_checkout: bool = False
    """Work in the checkout that `repo` is in; only a local session may."""
    env: dict[str, str] = {}
    started_by: Literal["person", "mcp"] = "person"
    """What is started by MCP is held to the limits of the settings' `[mcp]`."""
    parent: Annotated[str, Field(max_length=100)] = ""
    """The session in which the one who asks says to run, by id."""

    @model_validator(mode="after")
    def _only_local_in_a_checkout(self) -> CreateSession:
        if self.in_checkout and self.type != "local":
            raise ValueError("Only a local session works in your own checkout.")
        return self


class ListSessions(Params):
    """`session.list`: the sessions that a query selects."""

    filter: str = ""
    everything: bool = False
    """Archived ones too, whatever the query."""


class OneSession(Params):
    """A method on one session."""

    id: str


class ManySessions(Params):
    """A method on any number of sessions."""

    ids: SessionIds


class StopSessions(ManySessions):
    """`session.stop`."""

    force: bool = False


class MergeSessions(ManySessions):
    """`session.merge`: in the order given, each on top of the one before."""

    strategy: Strategy = "merge"
    into: str | None = None
    message: str | None = None
    dry_run: bool = False
    stop_on_conflict: bool = False
    discard: bool = False
    """Discard the sessions that landed and whose agent is over."""
    check: bool | None = None
    """Check the merged files of each before it lands; None as the settings say."""
    messages: dict[str, Annotated[str, Field(max_length=100_000)]] = {}
    """The messages of some sessions' commits, by id."""
    batch: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    """What the client calls this merge, to follow its progress and to cancel it."""


class OneMerge(Params):
    """`merge.cancel`, `merge.resume`, `merge.drop`: a merge under way or interrupted."""

    batch: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class PruneTrash(Params):
    """`trash.prune`: remove for good what was discarded longer ago."""

    older_than_days: float = Field(default=30, ge=0)


class SendText(ManySessions):
    """`session.send`: type a text into each, and Enter.

    `when`: now, at the end of the turn (queued), or at once after an interruption.
    """

    text: Annotated[str, Field(max_length=1_000_000)]
    submit: bool = True
    when: Literal["now", "queue", "interrupt"] = "now"
    by: Literal["person", "agent"] = "person"
    """Whether a person sends it, or an agent by MCP."""


class SetQueue(OneSession):
    """`session.queue`: the messages that wait, in order, in place of those that do.

    `expected` are those that were shown; if others wait by now nothing is changed.
    """

    messages: Annotated[
        list[Annotated[str, Field(max_length=1_000_000)]], Field(max_length=100)
    ]
    expected: list[str] | None = None


class SetRules(ManySessions):
    """`session.rules`: whether rules may answer; None as the settings say."""

    automatic: bool | None = None


class SendKeys(ManySessions):
    """`session.keys`: press keys by name, such as `enter`, `ctrl+c`, `1`."""

    keys: Annotated[list[str], Field(max_length=10_000)]


class Answer(ManySessions):
    """`session.answer`: a choice (from 1), yes or no, or a text.

    `since` holds each session's `needs_since` as it was shown; a session that asks
    something else by now gets nothing. With `preview` none gets anything.
    """

    choice: int | None = Field(default=None, ge=1, le=99)
    action: Literal["approve", "deny"] | None = None
    reply: Annotated[str, Field(min_length=1, max_length=1_000_000)] | None = None
    since: dict[str, str] = {}
    preview: bool = False

    @model_validator(mode="after")
    def _is_one_answer(self) -> Answer:
        given = (self.choice, self.action, self.reply)
        if sum(each is not None for each in given) != 1:
            raise ValueError("give one of choice, action and reply")
        return self


class MarkRead(ManySessions):
    """`session.mark_read`."""

    unread: bool = False


class Rename(OneSession):
    """`session.rename`: another title; the name, branch and folder stay."""

    title: Annotated[str, Field(min_length=1, max_length=300)]


class ReadScreen(OneSession):
    """`session.screen`: the screen as it is now, or as it was at the end."""

    ansi: bool = False


class ReadLogs(OneSession):
    """`session.logs`: the recording from a position on; waits for more if asked."""

    position: str | None = None
    format: Literal["text", "raw", "cast"] = "text"
    cast_version: Literal[2, 3] = 3
    with_input: bool = False
    """Whether a cast also holds what was typed, which may be secret."""
    wait_s: float = Field(default=0, ge=0, le=60)


class ReadEvents(Params):
    """`events.since`: those after a number; None means from the oldest that is kept."""

    since: int | None = 0
    limit: int = Field(default=10_000, ge=1, le=100_000)


class Channel(Params):
    """A method on an open screen."""

    channel: int


class Ack(Channel):
    """`screen.ack`: the frame was drawn, the next may come."""

    n: int


class Resize(Channel):
    """`screen.resize`: the size of the pane that has the keyboard."""

    cols: int = Field(ge=2, le=1000)
    rows: int = Field(ge=2, le=1000)


class ScreenInput(Channel):
    """`screen.input`: a key, pasted text, a mouse event, focus, a scroll or copy mode.

    `event` is one of the runner's input messages without its `t`.
    """

    kind: Literal["key", "text", "paste", "mouse", "focus", "scroll", "copy"]
    event: dict[str, Any]


class KeepLayout(Params):
    """`app.keep_layout`: how the app is divided on terminals of one size."""

    size: Annotated[str, Field(pattern=r"^\d{1,5}x\d{1,5}$")]
    layout: dict[str, Any]


class ReplayControl(Channel):
    """`replay.control`: begin a replay at a time, seek, play or pause.

    The times are those that the replay gives; its longer pauses are shortened.
    """

    do: Literal["subscribe", "seek", "play", "pause"]
    at: float | None = Field(default=None, ge=0)
    speed: float | None = Field(default=None, ge=1, le=64)

    def message(self) -> dict[str, Any]:
        """What the replay is told."""
        given = {"t": self.do, "at": self.at, "speed": self.speed}
        return {name: value for name, value in given.items() if value is not None}


class ListAgents(Params):
    """`agents.list`: the agents, and the custom agents of a repository."""

    repo: str | None = None
    versions: bool = False
    """Ask each program for its version, which takes a moment."""
    path: str | None = None
    """The PATH to look on, as the asking person's may be another."""


class StartDemo(Params):
    """`demo.start`: a repository and six scripted sessions on it."""

    folder: str
