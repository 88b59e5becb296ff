"""Which block of ports a session gets."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from agentdeck.config.paths import Paths
from agentdeck.config.settings import PortSettings, Settings, read_settings
from agentdeck.core.session import Phase, Session
from agentdeck.host.environment import environment_of
from agentdeck.host.ports import port_for
from tests.fakes.fake_client import a_session

RANGE = PortSettings(first=47_100, last=47_139)


def of(name: str, port: int = 0, phase: Phase = Phase.RUNNING) -> Session:
    return a_session(name, port=port, phase=phase)


def test_each_gets_the_lowest_that_no_other_has() -> None:
    first = of("a", 47_100)
    over = of("b", 47_110, Phase.ENDED)
    assert port_for(of("c"), [first, over], RANGE) == 47_120


def test_it_is_kept_over_a_resume_unless_a_live_one_has_it() -> None:
    mine = of("a", 47_110)
    assert port_for(mine, [mine, of("b", 47_100)], RANGE) == 47_110
    assert port_for(mine, [mine, of("b", 47_110, Phase.ENDED)], RANGE) == 47_110
    assert port_for(mine, [mine, of("b", 47_110)], RANGE) == 47_100


def test_when_all_are_given_those_of_sessions_that_are_over_are_taken() -> None:
    others = [of(f"s{n}", 47_100 + 10 * n) for n in range(4)]
    assert port_for(of("new"), others, RANGE) == 0
    others[2] = replace(others[2], phase=Phase.ENDED)
    assert port_for(of("new"), others, RANGE) == 47_120


def test_a_block_with_a_port_in_use_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 47_105)):
        assert port_for(of("a"), [], RANGE) == 47_110
    assert port_for(of("a"), [], RANGE) == 47_100


def test_a_host_that_a_session_starts_reads_no_settings_from_its_variables(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    paths = Paths(tmp_path, tmp_path, tmp_path)
    ours = environment_of(paths, of("a", 47_100))
    assert {"AGENTDECK_PORT", "AGENTDECK_PORTS", "AGENTDECK_REPO"} <= set(ours)
    for name, value in ours.items():
        if name.startswith("AGENTDECK_"):
            monkeypatch.setenv(name, value)
    assert read_settings(tmp_path / "config.toml") == Settings()
    assert Settings().port_range == PortSettings()
