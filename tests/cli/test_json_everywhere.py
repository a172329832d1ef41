"""``--json`` on the commands whose JSON is no promise: one object, and nothing else on stdout."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from worker.cli.main import app

SHIPPED = Path(__file__).parents[2] / "mappings"


def ask(*words: str) -> dict[str, object]:
    result = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    answer: dict[str, object] = json.loads(result.stdout)
    return answer


def test_the_known_facts_are_told_to_programs_too() -> None:
    facts = ask("check", "--facts", "--config", str(SHIPPED))["facts"]
    assert isinstance(facts, list)
    assert facts[0] == {"fact": "first_name", "kind": "name", "meaning": "Given name"}


def test_init_says_how_much_it_wrote_and_then_how_much_it_left(tmp_path: Path) -> None:
    first = ask("init", str(tmp_path / "new"))
    again = ask("init", str(tmp_path / "new"))
    assert (first["left"], again["written"]) == (0, 0)
    assert first["written"] == again["left"]
