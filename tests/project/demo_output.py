"""What ``leadtriage demo`` prints, and the part of it that the README quotes.

The demonstration has a fixed seed, and is run at a fixed instant, so that a quotation can be held to it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

WIDTH = "80"
COMMAND = ("demo", "demo", "--contacts", "400", "--now", "2026-11-02T15:00Z")
QUOTED = (
    ("An invented HubSpot account and Salesforce org", 3),
    ("Truth before the sync", 2),
    ("Plan:", 2),
    ("Sync ", 2),
    ("Three leads, explained", 4),
    ("Truth after the sync", 2),
    ("Sync again", 2),
)
"""How a quoted passage begins, and how many lines of it are quoted."""


@cache
def demo_output() -> str:
    """Run the demonstration in a folder that vanishes, and give what it prints."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("LEADTRIAGE_")}
        done = subprocess.run(
            [sys.executable, "-c", "from worker.cli.main import main; main()", *COMMAND],
            cwd=folder,
            env={**environment, "COLUMNS": WIDTH, "NO_COLOR": "1", "PYTHONUTF8": "1"}
            | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        )
    return done.stdout


def excerpt(output: str | None = None) -> str:
    """Quote the demonstration's output; an omission is shown as three dots."""
    lines = (output if output is not None else demo_output()).splitlines()
    quoted: list[str] = []
    last = 0
    for begins, count in QUOTED:
        place = next(n for n in range(last, len(lines)) if begins in lines[n])
        if place > last:
            quoted.append("...")
        quoted += [line.rstrip() for line in lines[place : place + count]]
        last = place + count
    return "```\n" + "\n".join([*quoted, "..."]) + "\n```\n"
