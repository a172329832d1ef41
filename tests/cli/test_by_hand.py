"""What the README has a newcomer type works as it stands: two terminals, from nothing to a second sync."""

from __future__ import annotations

import csv
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
PORT = "8710"


def terminals() -> tuple[list[str], list[str]]:
    """The lines of both terminals, as they are pasted."""
    block = README.partition("## The same by hand")[2].split("```")[1]
    one, two = block.split("# in another, likewise\n")
    first, second = ([re.sub(r"\s+# .*", "", n) for n in part.splitlines()] for part in (one, two))
    return [line for line in first if line.startswith("lead")], second


@pytest.fixture
def place(tmp_path: Path) -> dict[str, str]:
    """The variables of a fresh shell in which the command is installed; few contacts, and no limits."""
    command = tmp_path / "bin" / "leadtriage"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m worker "$@"\n')
    command.chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {k: v for k, v in os.environ.items() if not k.startswith("LEADTRIAGE_")}
    return {
        **own,
        "PATH": f"{command.parent}:{own['PATH']}",
        "HOME": str(tmp_path),
        "LEADTRIAGE_CONTACTS": "60",
        "LEADTRIAGE_SANDBOX_LIMITS": "false",
        "LEADTRIAGE_HUBSPOT__CALLS_PER_10_SECONDS": "100000",
        "LEADTRIAGE_SANDBOX_PORT": str(port),
    }


def typed(lines: list[str], place: dict[str, str]) -> str:
    """Paste lines into a shell of their own, which stops at the first that fails."""
    text = "\n".join(["set -e", *lines]).replace(f":{PORT}", f":{place['LEADTRIAGE_SANDBOX_PORT']}")
    done = subprocess.run(
        ["/bin/sh", "-c", text],
        cwd=place["HOME"],
        env=place,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def serving(line: str, place: dict[str, str]) -> Iterator[str]:
    """Leave a command running; gives what it said until it served."""
    words = ["/bin/sh", "-c", f"exec {line}"]
    with subprocess.Popen(
        words, cwd=place["HOME"], env=place, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        said = ""
        while "export " not in said:
            told = running.stdout.readline()
            assert told, "it ended before it served"
            said += told
        yield said
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=20) == 0


def test_what_the_readme_says_to_type_works_as_it_stands(place: dict[str, str]) -> None:
    (sample, sandbox), (point, init, setup, sync, explain) = terminals()
    typed([sample], place)
    with (Path(place["HOME"]) / "base" / "contacts.csv").open(encoding="utf-8") as table:
        contact_id = next(csv.DictReader(table))["contact_id"]
    with serving(sandbox, place) as said:
        assert said.splitlines()[-1].strip() == point.replace(
            PORT, place["LEADTRIAGE_SANDBOX_PORT"]
        )
        shown = typed([point, init, setup, "leadtriage check --live --config my-org", sync], place)
        assert "applied" in shown
        asked = explain.replace("CONTACT_ID", contact_id)
        again = typed([point, sync, asked], place)
    assert "applied" not in again
    assert f"\n{contact_id}\n" in again
