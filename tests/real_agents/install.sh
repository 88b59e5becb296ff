#!/usr/bin/env bash
# Installs the agent CLIs that the tests in this folder drive, into one folder:
#   bash tests/real_agents/install.sh ~/.cache/agentdeck-agents
#   AGENTDECK_TEST_AGENTS=~/.cache/agentdeck-agents pytest tests/real_agents
# Versions are those that the tests were last seen green with; `latest` as a second
# argument takes the newest of each.
set -euo pipefail
folder="${1:?a folder to install into}"
latest="${2:-}"
pin() { if [ "$latest" = latest ]; then echo "$1"; else echo "$1@$2"; fi; }
mkdir -p "$folder"
npm install --prefix "$folder" --no-audit --no-fund \
  "$(pin @anthropic-ai/claude-code 2.1.197)" \
  "$(pin @openai/codex 0.169.0)" \
  "$(pin @google/gemini-cli 0.61.0)" \
  "$(pin @github/copilot 1.0.102)" \
  "$(pin opencode-ai 1.18.33)"
if [ ! -x "$folder/aider/bin/aider" ]; then
  "${PYTHON:-python3}" -m venv "$folder/aider"
fi
aider=aider-chat==0.86.2
if [ "$latest" = latest ]; then aider=aider-chat; fi
"$folder/aider/bin/pip" install --quiet "$aider"
