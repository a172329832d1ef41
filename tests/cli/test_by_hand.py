"""What the README has a newcomer type works as it stands, from nothing to a lead explained."""

from __future__ import annotations

import csv
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
PORTS = ("8710", "8720")


def terminals() -> list[list[str]]:
    """The lines of each terminal, as they are pasted."""
    block = README.partition("## The same by hand")[2].split("```")[1]
    parts = re.split(r"^# in .*$", block, flags=re.MULTILINE)[1:]
    lines = ([re.sub(r"\s+# .*", "", line) for line in part.splitlines()] for part in parts)
    return [[line for line in part if line] for part in lines]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def place(tmp_path: Path) -> dict[str, str]:
    """The variables of a fresh shell in which the command is installed; few contacts, and no limits."""
    command = tmp_path / "bin" / "leadtriage"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m worker "$@"\n')
    command.chmod(0o755)
    own = {k: v for k, v in os.environ.items() if not k.startswith("LEADTRIAGE_")}
    return {
        **own,
        "PATH": f"{command.parent}:{own['PATH']}",
        "HOME": str(tmp_path),
        "LEADTRIAGE_CONTACTS": "60",
        "LEADTRIAGE_SANDBOX_LIMITS": "false",
        "LEADTRIAGE_HUBSPOT__CALLS_PER_10_SECONDS": "100000",
        **{f"PORT_{one}": str(free_port()) for one in PORTS},
    }


def elsewhere(text: str, place: dict[str, str]) -> str:
    """The same at ports that are free."""
    for port in PORTS:
        text = text.replace(f":{port}", f":{place[f'PORT_{port}']}")
    return text


def typed(lines: list[str], place: dict[str, str]) -> str:
    """Paste lines into a shell of their own, which stops at the first that fails."""
    text = "\n".join(["set -e", *(elsewhere(line, place) for line in lines)])
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
def serving(line: str, port: str, place: dict[str, str]) -> Iterator[str]:
    """Leave a command running; gives the line that it says to type elsewhere."""
    place = {**place, "LEADTRIAGE_SANDBOX_PORT": place[f"PORT_{port}"]}
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
        yield said.splitlines()[-1].strip()
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=20) == 0


def test_what_the_readme_says_to_type_works_as_it_stands(place: dict[str, str]) -> None:
    (sample, hubspot), (salesforce,), (one, other, init, setup, sync, explain) = terminals()
    typed([sample], place)
    with (Path(place["HOME"]) / "base/hubspot/contacts.csv").open(encoding="utf-8") as table:
        contact_id = next(csv.DictReader(table))["contact_id"]
    twins = zip((hubspot, salesforce), PORTS, strict=True)
    with ExitStack() as stack:
        said = [stack.enter_context(serving(line, port, place)) for line, port in twins]
        assert said == [elsewhere(one, place), elsewhere(other, place)]
        asked = explain.replace("CONTACT_ID", contact_id)
        check = "leadtriage check --live --config my-org"
        shown = typed([one, other, init, setup, check, sync, asked], place)
    assert "applied" in shown
    assert f"\n{contact_id}\n" in shown
