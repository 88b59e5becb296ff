"""`python -m tests.fakes.model PORT`: the scripted model, for trying CLIs by hand."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from tests.fakes.model.server import model_server

if __name__ == "__main__":
    with model_server(int(sys.argv[1]) if len(sys.argv) > 1 else 0) as model:
        model.keeps_bodies = True
        print(model.url, flush=True)
        told = 0
        while True:
            time.sleep(0.5)
            for turn, body in zip(model.turns[told:], model.bodies[told:], strict=True):
                print(turn, flush=True)
                if len(sys.argv) > 2:
                    with Path(sys.argv[2]).open("a", encoding="utf-8") as file:
                        file.write(json.dumps(body) + "\n")
            told = len(model.turns)
            for path in model.unknown:
                print("unknown", path, flush=True)
            model.unknown.clear()
