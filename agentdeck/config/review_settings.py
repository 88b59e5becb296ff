"""Rules for reviews that start by themselves, as settings write them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from agentdeck.core.briefs import Limits
from agentdeck.core.errors import UsageError
from agentdeck.core.filters import parse_filter
from agentdeck.core.review_rules import (
    DEFAULT_MINUTES,
    Bounds,
    ReviewEvent,
    ReviewRule,
)

DEFAULT_ROUNDS = 3


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReviewRuleEntry(_Part):
    """One rule: when which reviewer starts, on which sessions, and how far it may go."""

    name: str = Field(min_length=1, max_length=60, pattern=r"^[\w.-]+( [\w.-]+)*$")
    on: list[ReviewEvent] = [ReviewEvent.IDLE_GREEN]
    """`idle-green`, `idle`, `branch-moved`, `pull-request`, `manual`; one or a list."""
    filter: str = Field(default="", max_length=1000)
    """Which sessions, as the list's filter; empty for all."""
    agent: str = ""
    """The reviewing agent; empty for the one that sessions start with."""
    model: str = ""
    mode: str = ""
    """Its permission mode, where another than AgentDeck's own for reviewers."""
    custom: str = ""
    """The custom agent that it plays, such as `review-enforcer`."""
    prompt: str = Field(default="", max_length=20_000)
    """What it is told beside how to review."""
    minutes: float = Field(default=DEFAULT_MINUTES, gt=0, le=10_000)
    tokens: int | None = Field(default=None, gt=0)
    cost: float | None = Field(default=None, gt=0, le=1_000_000)
    rounds: int | None = Field(default=None, ge=1, le=50)
    """How often in a row it may find something before a person has to look."""

    @field_validator("on", mode="before")
    @classmethod
    def _is_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @field_validator("on")
    @classmethod
    def _is_something(cls, value: list[ReviewEvent]) -> list[ReviewEvent]:
        if not value:
            raise ValueError("name an event, such as idle-green")
        return list(dict.fromkeys(value))

    @field_validator("filter")
    @classmethod
    def _is_filter(cls, value: str) -> str:
        try:
            parse_filter(value)
        except UsageError as error:
            raise ValueError(error.message) from error
        return value


class ReviewSettings(_Part):
    """Reviews that start by themselves."""

    rules: list[ReviewRuleEntry] = Field(default=[], max_length=100)
    rounds: int = Field(default=DEFAULT_ROUNDS, ge=1, le=50)
    """How often in a row a rule may find something, where it does not say."""
    per_session_hour: int = Field(default=6, ge=1, le=1000)
    """How many reviews of one session may start by themselves within an hour."""
    per_hour: int = Field(default=30, ge=1, le=10_000)
    """How many in all."""

    @field_validator("rules")
    @classmethod
    def _have_names(cls, value: list[ReviewRuleEntry]) -> list[ReviewRuleEntry]:
        check_names(value)
        return value

    @property
    def bounds(self) -> Bounds:
        """What keeps reviews from starting without end."""
        return Bounds(self.per_session_hour, self.per_hour)


def check_names(rules: list[ReviewRuleEntry]) -> None:
    """Make sure that each rule can be named.

    Raises:
        ValueError: If two have one name.
    """
    names = [rule.name for rule in rules]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"two rules are called {twice[0]!r}")


def rule_from(entry: ReviewRuleEntry, rounds: int, repo: str = "") -> ReviewRule:
    """A rule as the host follows it.

    Args:
        entry: The rule as written.
        rounds: How many rounds it has where it does not say.
        repo: The repository whose settings it is from.
    """
    return ReviewRule(
        name=entry.name,
        on=tuple(entry.on),
        filter=entry.filter,
        agent=entry.agent,
        model=entry.model,
        mode=entry.mode,
        custom=entry.custom,
        prompt=entry.prompt,
        limits=Limits(entry.minutes, entry.tokens, entry.cost),
        rounds=entry.rounds or rounds,
        repo=repo,
    )
