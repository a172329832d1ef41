"""What people see: nothing cut off, nothing that cannot be shown, and hints that fit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from tests.support.command import run
from tests.support.organisation import NOW, Organisation
from worker.cli.main import app
from worker.core.model import Stage
from worker.report.funnel import SHORT, SHORTEST
from worker.report.shapes import FunnelLine
from worker.report.text import show_funnel

ROOT = Path(__file__).parents[2]
COMMAND = "from worker.cli.main import main; main()"
STAGES = ["none", *(stage.value for stage in Stage)]


def funnel_at(width: int, count: int = 123) -> list[str]:
    """Show a funnel of four pathways with leads at every stage."""
    lines = [
        FunnelLine(pathway=pathway, stage=stage, count=count)
        for pathway in ("b2b", "patient", "referral", "unclear")
        for stage in STAGES
    ]
    console = Console(width=width, record=True, file=StringIO())
    console.print(show_funnel(lines))
    return console.export_text().splitlines()


def test_a_wide_terminal_shows_whole_heads() -> None:
    assert funnel_at(120)[1].split() == ["pathway", *STAGES, "all"]


def test_a_terminal_of_80_columns_shows_short_heads_in_full() -> None:
    heads = ["pathway", *(SHORT.get(stage, stage) for stage in STAGES), "all"]

    assert funnel_at(80)[1].split() == heads


def test_pathways_are_named_in_full_at_80_columns() -> None:
    names = [line.split()[0] for line in funnel_at(80)[2:6]]

    assert names == ["b2b", "patient", "referral", "unclear"]


def test_large_figures_shorten_the_heads_further() -> None:
    heads = ["pathway", *(SHORTEST.get(stage, stage) for stage in STAGES), "all"]

    assert funnel_at(80, count=12345)[1].split() == heads


def test_nothing_to_decide_is_said_with_zeros(synced: Organisation) -> None:
    ended = run("sync", config=synced.folder)

    assert "looked_at 0, decided 0, planned 0" in ended.stdout


def test_one_problem_is_singular(organisation: Organisation) -> None:
    (organisation.folder / "routings.yaml").write_text("rules: []\n", encoding="utf-8")

    said = run("check", config=organisation.folder, now=None).stdout
    assert said == "1 problem, 0 warnings.\n"


def test_the_hint_after_an_example_fits_its_tables(tmp_path: Path) -> None:
    folder = tmp_path / "school"

    said = CliRunner().invoke(app, ["init", str(folder), "--example", "education"]).stdout
    assert "leadtriage sample" not in said
    assert "LEADTRIAGE_FILES__FOLDER" in said


def ascii_only(organisation: Organisation, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command on a terminal that shows ASCII only."""
    return subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments, "--config", str(organisation.folder)],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)}
        | {"LEADTRIAGE_NOW": NOW.isoformat()},
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("command", [["sync"], ["explain", "q1"]], ids=["sync", "explain"])
def test_a_terminal_without_the_characters_ends_no_command(
    command: list[str], organisation: Organisation
) -> None:
    done = ascii_only(organisation, *command)

    assert (done.returncode, done.stderr) == (0, b"")


def test_json_loses_nothing_where_only_ascii_can_be_shown(organisation: Organisation) -> None:
    organisation.edit("q1", organization="Práctica")

    done = ascii_only(organisation, "explain", "q1", "--json")

    assert json.loads(done.stdout)["facts"]["organisation"]["value"] == "Práctica"
