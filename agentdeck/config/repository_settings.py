"""What a repository asks of AgentDeck: `.agentdeck.toml` at its root.

The file is read from the main checkout, or from HEAD in a bare repository, and never
from a session's worktree, where its agent could have written it. Whatever in it can
run code counts only while a person trusts exactly this file; `host/trust.py` says so.
"""

from __future__ import annotations

import hashlib
import re
import shlex
import tomllib
import unicodedata
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from agentdeck.config.review_settings import ReviewRuleEntry, check_names
from agentdeck.core.checks import Command, command_from_text
from agentdeck.core.errors import UsageError

FILE_NAME = ".agentdeck.toml"
MAX_BYTES = 64 * 1024

When = Literal["end-of-turn", "before-merge", "by-hand"]

_TABLE = re.compile(r"\s*\[\[?\s*([A-Za-z0-9_.\"' -]+?)\s*\]?\]")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _words(value: object) -> object:
    """A command as it may be written: a line for the shell, or a list of words."""
    words = value if isinstance(value, list) else [value]
    texts = [_seen(word) for word in words if isinstance(word, str)]
    if len(texts) != len(words) or not "".join(texts[:1]).strip():
        raise ValueError("a command is a text for the shell or a list of words")
    return value


def _seen(text: str) -> str:
    """Make sure that a person who is shown a text sees all of it."""
    if any(_is_hidden(character) for character in text):
        raise ValueError("it has a character that cannot be seen")
    return text


def _is_hidden(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind in ("Cc", "Cf", "Zl", "Zp") and character not in "\n\t"


class CheckEntry(_Part):
    """A check with a name of its own."""

    name: str = Field(min_length=1, max_length=80)
    command: str | list[str]

    @field_validator("command", mode="before")
    @classmethod
    def _is_command(cls, value: object) -> object:
        return _words(value)


class WorktreePart(_Part):
    """How a new worktree is made ready."""

    include: list[str] = []
    """Ignored files to copy into it, as in a .gitignore."""
    link: list[str] = []
    """Ignored folders to link rather than copy, as in a .gitignore."""
    submodules: bool = False
    """Whether its submodules are checked out."""
    setup: list[str | list[str]] = []
    """Commands to run in it before the agent starts."""
    teardown: list[str | list[str]] = []
    """Commands to run in it before it is removed."""
    setup_timeout_s: float = Field(default=600, gt=0, le=86_400)
    """How long each of these commands may take."""
    on_setup_failure: Literal["stop", "start"] = "stop"
    """Whether the agent starts all the same when a setup command fails."""

    @field_validator("setup", "teardown", mode="before")
    @classmethod
    def _are_commands(cls, value: object) -> object:
        if not isinstance(value, list):
            raise ValueError("it has to be a list of commands")  # noqa: TRY004 - pydantic's way
        return [_words(each) for each in value]

    @field_validator("include", "link")
    @classmethod
    def _are_patterns(cls, value: list[str]) -> list[str]:
        for pattern in value:
            if ".." in pattern.split("/") or "\0" in pattern:
                raise ValueError(f"{pattern!r} leads out of the repository")
        return value


class ChecksPart(_Part):
    """Commands that say whether the work is right."""

    commands: list[str | list[str] | CheckEntry] = []
    timeout_s: float = Field(default=900, gt=0, le=86_400)
    """How long each may take."""
    when: When | None = None
    """When they run by themselves; None as the person's settings say."""

    @field_validator("commands", mode="before")
    @classmethod
    def _are_commands(cls, value: object) -> object:
        if not isinstance(value, list):
            raise ValueError("it has to be a list of commands")  # noqa: TRY004 - as above
        return [
            CheckEntry.model_validate(each) if isinstance(each, dict) else _words(each)
            for each in value
        ]


class ReviewsPart(_Part):
    """Reviews of its sessions that start by themselves."""

    rules: list[ReviewRuleEntry] = Field(default=[], max_length=50)

    @field_validator("rules")
    @classmethod
    def _can_be_read(cls, value: list[ReviewRuleEntry]) -> list[ReviewRuleEntry]:
        check_names(value)
        for rule in value:
            for text in (rule.filter, rule.prompt, rule.model, rule.custom):
                _seen(text)
            if rule.custom.startswith(("/", "~")):
                raise ValueError(f"{rule.custom!r} is a path; name a custom agent")
        return value


class RepositorySettings(_Part):
    """All of a repository's file."""

    worktree: WorktreePart = WorktreePart()
    checks: ChecksPart = ChecksPart()
    reviews: ReviewsPart = ReviewsPart()
    env: dict[str, str] = {}
    """Variables for the agent and for all commands."""

    @field_validator("env")
    @classmethod
    def _are_variables(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            _seen(text)
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                raise ValueError(f"{name!r} cannot be a variable")
            if name.startswith("AGENTDECK_"):
                raise ValueError(f"{name} is AgentDeck's own to set")
        return value

    @property
    def setup(self) -> tuple[Command, ...]:
        """The commands before the agent starts."""
        return tuple(_command(each) for each in self.worktree.setup)

    @property
    def teardown(self) -> tuple[Command, ...]:
        """The commands before the worktree goes."""
        return tuple(_command(each) for each in self.worktree.teardown)

    @property
    def check_commands(self) -> tuple[Command, ...]:
        """The checks."""
        return tuple(_command(each) for each in self.checks.commands)

    @property
    def needs_trust(self) -> bool:
        """Whether anything in it runs code or reaches out."""
        worktree = self.worktree
        return bool(
            worktree.setup
            or worktree.teardown
            or worktree.submodules
            or self.checks.commands
            or self.reviews.rules
            or self.env
        )

    def harmless(self) -> RepositorySettings:
        """The same without what runs code or reaches out."""
        worktree = WorktreePart(include=self.worktree.include, link=self.worktree.link)
        return RepositorySettings(worktree=worktree)


def read_repository_settings(data: bytes, name: str = FILE_NAME) -> RepositorySettings:
    """What a repository's file says.

    Raises:
        UsageError: If it is too large, not TOML, or has something that is not known
            or not possible; the message names the file, the key and the line.
    """
    if len(data) > MAX_BYTES:
        raise UsageError(f"{name} is larger than {MAX_BYTES // 1024} KB.")
    try:
        text = data.decode()
        values = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8 text.") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name} is not TOML: {error}.") from error
    except RecursionError as error:
        raise UsageError(f"{name} is nested too deep.") from error
    try:
        return RepositorySettings(**values)
    except (ValidationError, TypeError) as error:
        raise UsageError(_complaint(name, text, error)) from error


def hash_of(data: bytes) -> str:
    """What a trusted file is known by."""
    return hashlib.sha256(data).hexdigest()


def _command(given: str | list[str] | CheckEntry) -> Command:
    if isinstance(given, CheckEntry):
        return Command(given.name, _command(given.command).argv)
    if isinstance(given, str):
        return command_from_text(given)
    return Command(shlex.join(given), tuple(given))


def _complaint(name: str, text: str, error: ValidationError | TypeError) -> str:
    if isinstance(error, TypeError):
        return f"{name} has a key that is no name."
    first = error.errors()[0]
    parts = [str(part) for part in first["loc"] if isinstance(part, str)]
    what = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        what = "nothing is called that"
    line = _line_of(text, parts)
    where = f"{name}, line {line}" if line else name
    return f"{where}: {'.'.join(parts) or 'the file'}: {what}."


def _line_of(text: str, parts: list[str]) -> int | None:
    """The line in which a key stands, as far as a look at the text can tell."""
    best: int | None = None
    table: list[str] = []
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        header = _TABLE.match(line)
        if header is not None and "=" not in line:
            table = [word.strip(" \"'") for word in header[1].split(".")]
            key = table
        else:
            written = line.partition("=")[0]
            key = [*table, *(word.strip(" \"'\t") for word in written.split("."))]
        agreeing = len(key) if parts[: len(key)] == key else 0
        if agreeing > depth:
            best, depth = number, agreeing
    return best
