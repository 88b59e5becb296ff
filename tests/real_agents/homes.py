"""Homes for the real CLIs: settings that make each talk to the scripted model only."""

from __future__ import annotations

import json
from pathlib import Path

KEY = "sk-ant-test-0123456789012345678901234567890123456789"


def environment_of(agent: str, home: Path, url: str) -> dict[str, str]:
    """Make a home for one CLI; gives the variables that lead it there."""
    home.mkdir(parents=True, exist_ok=True)
    makers = {
        "claude": _claude,
        "codex": _codex,
        "gemini": _gemini,
        "copilot": _copilot,
        "opencode": _opencode,
        "aider": _aider,
    }
    return {"HOME": str(home), **makers[agent](home, url)}


def _claude(home: Path, url: str) -> dict[str, str]:
    folder = home / "claude"
    folder.mkdir()
    known = {"approved": [KEY[-20:]], "rejected": []}
    state = {"hasCompletedOnboarding": True, "customApiKeyResponses": known}
    (folder / ".claude.json").write_text(json.dumps(state))
    return {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": KEY,
        "CLAUDE_CONFIG_DIR": str(folder),
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
    }


def _codex(home: Path, url: str) -> dict[str, str]:
    folder = home / "codex"
    folder.mkdir()
    (folder / "config.toml").write_text(
        'model = "scripted"\nmodel_provider = "scripted"\n'
        "check_for_update_on_startup = false\n"
        f'[model_providers.scripted]\nname = "scripted"\nbase_url = "{url}/v1"\n'
        'wire_api = "responses"\nenv_key = "SCRIPTED_KEY"\n'
    )
    return {"CODEX_HOME": str(folder), "SCRIPTED_KEY": "x"}


def _gemini(home: Path, url: str) -> dict[str, str]:
    folder = home / ".gemini"
    folder.mkdir()
    (folder / "settings.json").write_text(
        json.dumps(
            {
                "security": {"auth": {"selectedType": "gemini-api-key"}},
                "general": {"disableAutoUpdate": True, "enableAutoUpdate": False},
                "privacy": {"usageStatisticsEnabled": False},
            }
        )
    )
    return {"GEMINI_API_KEY": "x", "GOOGLE_GEMINI_BASE_URL": url}


def _copilot(home: Path, url: str) -> dict[str, str]:
    return {
        "COPILOT_HOME": str(home / "copilot"),
        "COPILOT_PROVIDER_TYPE": "openai",
        "COPILOT_PROVIDER_BASE_URL": f"{url}/v1",
        "COPILOT_PROVIDER_API_KEY": "x",
        "COPILOT_MODEL": "scripted",
        "COPILOT_OFFLINE": "true",
    }


def _opencode(home: Path, url: str) -> dict[str, str]:
    folder = home / ".config" / "opencode"
    folder.mkdir(parents=True)
    model = {"name": "scripted", "limit": {"context": 100_000, "output": 8_000}}
    (folder / "opencode.json").write_text(
        json.dumps(
            {
                "autoupdate": False,
                "model": "scripted/scripted",
                "provider": {
                    "scripted": {
                        "npm": "@ai-sdk/openai-compatible",
                        "options": {"baseURL": f"{url}/v1", "apiKey": "x"},
                        "models": {"scripted": model},
                    }
                },
                "permission": {"edit": "ask", "bash": "ask"},
            }
        )
    )
    return {"OPENCODE_DISABLE_MODELS_FETCH": "1"}


def _aider(home: Path, url: str) -> dict[str, str]:
    return {
        "OPENAI_API_BASE": f"{url}/v1",
        "OPENAI_API_KEY": "x",
        "AIDER_MODEL": "openai/scripted",
        "AIDER_EDIT_FORMAT": "diff",
        "AIDER_ANALYTICS": "false",
        "AIDER_CHECK_UPDATE": "false",
        "AIDER_SHOW_MODEL_WARNINGS": "false",
        "AIDER_SHOW_RELEASE_NOTES": "false",
    }
