"""A person's settings: `config.toml`, then `AGENTDECK_*` in the environment."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from agentdeck.config.repository_settings import When
from agentdeck.config.review_settings import ReviewSettings
from agentdeck.core.calling import quiet_hours
from agentdeck.core.errors import UsageError
from agentdeck.core.hook_events import checked_pattern
from agentdeck.core.turns import CommitPolicy


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PoolSettings(_Section):
    """How many agents work at once."""

    limit: int = Field(default=8, ge=1, le=1000)
    """Agents mostly wait for their model, so this may exceed the cores."""


class WorktreeSettings(_Section):
    """Where a session's worktree and branch go. `{slug}` is the session's name."""

    branch: str = "agentdeck/{slug}"
    path: str = "{repo}.worktrees/{slug}"


class TerminalSettings(_Section):
    """The agents' terminals, and what is kept of them."""

    columns: int = Field(default=120, ge=20, le=500)
    rows: int = Field(default=36, ge=5, le=300)
    recording_cap_mb: int = Field(default=64, ge=1, le=100_000)


class StopSettings(_Section):
    """How long a stop stays polite before it kills."""

    grace_s: float = Field(default=5.0, ge=0, le=600)


class StatusSettings(_Section):
    """How a status is found."""

    stuck_after_s: float = Field(default=180, ge=0, le=86400)
    """A working agent without a byte, CPU time or child for so long is *stuck?*; 0
    never says so."""


class NotifySettings(_Section):
    """How a person is called when somebody comes to need them."""

    bell: bool = True
    """Ring the terminal's bell while the app is open."""
    terminal: bool = True
    """Have the terminal notify (OSC 9) while the app is open."""
    urls: list[str] = []
    """Where else to, by any URL of apprise: the desktop, ntfy, Slack, Telegram, …"""
    quiet: str = ""
    """Hours in which nobody is called, such as `22:00-07:30`."""
    coalesce_s: float = Field(default=2.0, ge=0, le=3600)
    """What comes within so long is one message to the URLs."""

    @field_validator("quiet")
    @classmethod
    def _is_hours(cls, value: str) -> str:
        quiet_hours(value)
        return value


class RuleSettings(_Section):
    """What may be answered without a person; deny wins, whichever rule holds it."""

    agent: str = ""
    """The agent's name; empty for any."""
    repository: str = ""
    """The repository's folder or a glob of it; empty for any."""
    allow: list[str] = []
    """Regular expressions; one that matches all of what is asked approves it."""
    deny: list[str] = []
    """Regular expressions; one that is found in what is asked denies it."""

    @field_validator("repository")
    @classmethod
    def _is_folder(cls, value: str) -> str:
        return str(Path(value).expanduser()) if value else value

    @field_validator("allow", "deny")
    @classmethod
    def _are_patterns(cls, value: list[str]) -> list[str]:
        for pattern in value:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(
                    f"{pattern!r} is no regular expression: {error}"
                ) from error
        return value


class AnswerSettings(_Section):
    """Answers to permissions by rules."""

    automatic: bool = False
    """Whether rules answer in sessions that do not say otherwise."""
    rules: list[RuleSettings] = []


class TurnSettings(_Section):
    """What happens at the end of an agent's turn."""

    commit: CommitPolicy = "auto"
    """Commit what is uncommitted: for agents that cannot by themselves, always, or
    never. A session may say otherwise."""


class AppSettings(_Section):
    """The full-screen app."""

    theme: str = "agentdeck-dark"
    release_key: str = "ctrl+]"
    """Gives the keyboard back from a session to the list."""
    ascii: bool = False
    """Plain ASCII glyphs, for fonts and terminals without the others."""
    motion: bool = True
    """Whether anything moves by itself, such as the sign of a session that works."""
    keys: dict[str, str] = {}
    """Keys by the id of an action, several parted by spaces; `agentdeck bindings`
    lists the ids."""


class CheckSettings(_Section):
    """Checks: commands that say whether a session's work is right."""

    limit: int = Field(default=2, ge=1, le=64)
    """How many sessions are checked at once; checks use the cores."""
    timeout_s: float = Field(default=900, gt=0, le=86_400)
    """How long each command may take, where the repository does not say."""
    when: When = "by-hand"
    """When they run by themselves, where the repository does not say."""


class HookSettings(_Section):
    """A command that runs when something happens; the event is its standard input."""

    on: list[str] = Field(min_length=1)
    """Events by name or pattern, such as `session.needs-input`, `merge.*` or `*`."""
    run: list[str] = Field(min_length=1)
    """The command and its arguments."""
    timeout_s: float = Field(default=30, gt=0, le=3600)

    @field_validator("on")
    @classmethod
    def _are_events(cls, value: list[str]) -> list[str]:
        return [checked_pattern(each) for each in value]

    @field_validator("run")
    @classmethod
    def _is_command(cls, value: list[str]) -> list[str]:
        if not value[0].strip() or any("\0" in each for each in value):
            raise ValueError("the command is empty, or has a null character")
        return [str(Path(value[0]).expanduser()), *value[1:]]


class McpSettings(_Section):
    """What agents may do with other agents by `agentdeck mcp`."""

    merge: bool = False
    """Whether they may merge."""
    max_depth: int = Field(default=2, ge=0, le=10)
    """How deep agents may start agents; 0 lets nobody start any."""
    max_sessions: int = Field(default=10, ge=0, le=1000)
    """How many sessions that agents started may be there that are not over."""


class PortSettings(_Section):
    """The ports of which each session gets a block of ten, as `AGENTDECK_PORT`."""

    first: int = Field(default=41_000, ge=1024, le=65_500)
    last: int = Field(default=48_999, ge=1033, le=65_535)


class AgentSettings(_Section):
    """An agent of the person's own, or one in place of a built-in one."""

    command: list[str] = Field(min_length=1)
    """The command and its arguments. `{prompt}` stands for the prompt."""
    title: str = ""
    """Its name for people; by default the section's."""
    prompt: Literal["argument", "typed", "none"] = "argument"
    """How the prompt reaches it: as the last argument, or typed at its terminal."""
    resume: list[str] = []
    """The command that goes on with a conversation; `{conversation}` is its id."""
    model: list[str] = []
    """Arguments that choose a model, with `{model}`."""
    image: list[str] = []
    """Arguments for each image, with `{image}`; without them its path ends the prompt."""
    instructions: list[str] = []
    """Arguments for a custom agent's text, with `{instructions}`; without them the
    text begins the prompt."""
    modes: dict[str, list[str]] = {}
    """Permission modes by name, with the arguments that ask for them."""
    needs_input: list[str] = []
    """Regular expressions: the settled screen asks something."""
    permission: list[str] = []
    """Regular expressions: the settled screen asks for a permission."""
    working: list[str] = []
    """Regular expressions: the settled screen says that it works."""
    idle: list[str] = []
    """Regular expressions: the settled screen says that the turn is over."""
    title_working: list[str] = []
    """Regular expressions on the terminal's title: it works."""
    title_idle: list[str] = []
    """Regular expressions on the terminal's title: the turn is over."""
    title_needs_input: list[str] = []
    """Regular expressions on the terminal's title: it asks something."""
    approve: list[str] = ["y", "enter"]
    """Keys that approve, such as `["1"]`."""
    deny: list[str] = ["n", "enter"]
    """Keys that deny."""
    interrupt: str = "ctrl+c"
    """The key that interrupts its turn."""


class Settings(BaseSettings):
    """Every setting, with its default."""

    model_config = SettingsConfigDict(
        env_prefix="AGENTDECK_", env_nested_delimiter="__", extra="ignore", frozen=True
    )

    agent: str = "claude"
    """The agent that `agentdeck run` starts when none is named."""
    pool: PoolSettings = PoolSettings()
    worktrees: WorktreeSettings = WorktreeSettings()
    terminal: TerminalSettings = TerminalSettings()
    stop: StopSettings = StopSettings()
    app: AppSettings = AppSettings()
    agents: dict[str, AgentSettings] = {}
    agent_folders: list[str] = []
    """More folders with custom agents' files."""
    status: StatusSettings = StatusSettings()
    notify: NotifySettings = NotifySettings()
    answers: AnswerSettings = AnswerSettings()
    checks: CheckSettings = CheckSettings()
    port_range: PortSettings = PortSettings()
    turns: TurnSettings = TurnSettings()
    mcp: McpSettings = McpSettings()
    hooks: dict[str, HookSettings] = {}
    """By name; only the person's own settings have any."""
    reviews: ReviewSettings = ReviewSettings()

    @field_validator("hooks", mode="before")
    @classmethod
    def _are_tables(cls, value: Any) -> Any:
        for name, hook in value.items() if isinstance(value, dict) else ():
            if not isinstance(hook, dict):
                raise ValueError(  # noqa: TRY004  # pydantic takes no TypeError for one
                    "a hook is a table of its own, such as [hooks.tell-me]"
                )
            if not re.fullmatch(r"[\w.-]{1,60}", str(name)):
                raise ValueError(
                    f"{name!r} names no hook: use letters, digits, '-', '_' and '.'"
                )
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, which is given at construction."""
        return env_settings, init_settings


def read_settings(file: Path) -> Settings:
    """The settings of a file, or the defaults where there is none.

    Raises:
        UsageError: If the file cannot be read, is not TOML, or has a setting that
            is not known or not possible.
    """
    values: dict[str, Any] = {}
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        pass
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"The settings in {file} cannot be read: {error}.") from error
    unknown = sorted(set(values) - set(Settings.model_fields))
    if unknown:
        raise UsageError(f"{file}: no setting is called {unknown[0]!r}. Remove it.")
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        raise UsageError(
            f"{file} (or AGENTDECK_* in the environment): {where}: {what}."
        ) from error
