"""A person's settings: `config.toml`, then `AGENTDECK_*` in the environment."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from agentdeck.core.errors import UsageError


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


class AppSettings(_Section):
    """The full-screen app."""

    theme: str = "agentdeck-dark"
    release_key: str = "ctrl+]"
    """Gives the keyboard back from a session to the list."""
    ascii: bool = False
    """Plain ASCII glyphs, for fonts and terminals without the others."""


class AgentSettings(_Section):
    """An agent of the person's own, or changes to a built-in one."""

    command: list[str] = Field(min_length=1)
    """The command and its arguments. `{prompt}` stands for the prompt."""
    prompt: Literal["argument", "typed", "none"] = "argument"
    """How the prompt reaches it: as the last argument, or typed at its terminal."""
    needs_input: list[str] = []
    """Regular expressions: the settled screen asks something."""
    idle: list[str] = []
    """Regular expressions: the settled screen says that the turn is over."""


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
        raise UsageError(
            f"{file} (or AGENTDECK_* in the environment): {where}: {first['msg']}."
        ) from error
