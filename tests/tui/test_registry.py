"""One registry of actions: bindings, help and palette say the same."""

from __future__ import annotations

from textual.binding import Binding
from textual.dom import DOMNode

from agentdeck.tui.actions import ACTIONS, ANSWER, Scope, actions_of, key_name, keys_of
from agentdeck.tui.app import AgentDeckApp
from agentdeck.tui.composer.composer import Composer
from agentdeck.tui.screens.compare import CompareScreen
from agentdeck.tui.screens.find import FindScreen
from agentdeck.tui.screens.findings import FindingsScreen
from agentdeck.tui.screens.handoff import HandoffScreen
from agentdeck.tui.screens.help import help_text
from agentdeck.tui.screens.links import LinksScreen
from agentdeck.tui.screens.log import LogScreen
from agentdeck.tui.screens.matrix import MatrixScreen
from agentdeck.tui.screens.metrics import MetricsScreen
from agentdeck.tui.screens.notices import NoticesScreen
from agentdeck.tui.screens.outbox import OutboxScreen
from agentdeck.tui.screens.output import OutputScreen
from agentdeck.tui.screens.peek import PeekScreen
from agentdeck.tui.screens.pipeline_run import RunScreen
from agentdeck.tui.screens.pipelines import PipelinesScreen
from agentdeck.tui.screens.pulls import PullsScreen
from agentdeck.tui.screens.reader import ReaderScreen
from agentdeck.tui.screens.replay import ReplayScreen
from agentdeck.tui.screens.results import ResultsScreen
from agentdeck.tui.screens.review import ReviewScreen
from agentdeck.tui.screens.saved_filters import SavedFiltersScreen
from agentdeck.tui.screens.sessions import SessionsScreen
from agentdeck.tui.screens.turns import TurnsScreen
from agentdeck.tui.widgets.copying import Copying
from agentdeck.tui.widgets.session_list import SessionList

OWNERS: dict[Scope, type[DOMNode]] = {
    Scope.LIST: SessionList,
    Scope.GROUP: SessionList,
    Scope.SESSION: SessionsScreen,
    Scope.VIEW: SessionsScreen,
    Scope.COPY: Copying,
    Scope.LINKS: LinksScreen,
    Scope.PEEK: PeekScreen,
    Scope.REVIEW: ReviewScreen,
    Scope.READER: ReaderScreen,
    Scope.OUTPUT: OutputScreen,
    Scope.LOG: LogScreen,
    Scope.FIND: FindScreen,
    Scope.REPLAY: ReplayScreen,
    Scope.FILTERS: SavedFiltersScreen,
    Scope.MESSAGES: OutboxScreen,
    Scope.NOTICES: NoticesScreen,
    Scope.RESULTS: ResultsScreen,
    Scope.TURNS: TurnsScreen,
    Scope.FINDINGS: FindingsScreen,
    Scope.MATRIX: MatrixScreen,
    Scope.COMPOSER: Composer,
    Scope.COMPARE: CompareScreen,
    Scope.HANDOFF: HandoffScreen,
    Scope.PULLS: PullsScreen,
    Scope.METRICS: MetricsScreen,
    Scope.PIPELINES: PipelinesScreen,
    Scope.RUN: RunScreen,
    Scope.APP: AgentDeckApp,
}


def test_every_action_can_be_run_where_its_keys_hold() -> None:
    for action in ACTIONS:
        name = action.action.partition("(")[0].removeprefix("app.")
        assert hasattr(OWNERS[action.scope], f"action_{name}"), action.id


def test_every_row_is_bound_and_nothing_else_is() -> None:
    for owner in set(OWNERS.values()):
        scopes = [scope for scope, each in OWNERS.items() if each is owner]
        wanted = {key for row in actions_of(*scopes) for key in row.keys.split(",")}
        bound = set()
        for binding in owner.BINDINGS:
            assert isinstance(binding, Binding)
            bound |= set(binding.key.split(","))
        assert bound == wanted


def test_no_key_means_two_things_at_once() -> None:
    for scopes in (
        (Scope.LIST, Scope.SESSION, Scope.VIEW, Scope.APP),
        (Scope.REVIEW,),
        (Scope.READER, Scope.OUTPUT),
        (Scope.READER,),
        (Scope.LOG,),
        (Scope.FIND,),
        (Scope.REPLAY,),
        (Scope.TURNS,),
        (Scope.MATRIX,),
        (Scope.FINDINGS,),
        (Scope.COPY,),
        (Scope.LINKS,),
        (Scope.COMPOSER,),
        (Scope.COMPARE,),
        (Scope.HANDOFF,),
        (Scope.PIPELINES,),
        (Scope.RUN,),
        (Scope.PULLS,),
        (Scope.METRICS,),
    ):
        keys = [key for row in actions_of(*scopes) for key in keys_of(row)]
        assert sorted(keys) == sorted(set(keys))


def test_ids_are_unique_and_every_row_has_words() -> None:
    assert len({row.id for row in ACTIONS}) == len(ACTIONS)
    assert all(row.title and row.help for row in ACTIONS)


def test_the_help_screen_has_every_row() -> None:
    shown = help_text("ctrl+]").plain
    assert all(row.help in shown for row in ACTIONS)
    assert "ctrl+]" in shown


def test_no_binding_of_the_app_comes_before_a_focused_session() -> None:
    for owner in set(OWNERS.values()):
        assert not any(isinstance(b, Binding) and b.priority for b in owner.BINDINGS)
    assert ANSWER in {row.id for row in ACTIONS}


def test_keys_are_named_as_textual_names_them() -> None:
    assert key_name("ctrl+]") == "ctrl+right_square_bracket"
    assert key_name("f12") == "f12"
    assert key_name("ctrl+\\") == "ctrl+backslash"
