"""``--json`` on the commands whose JSON is no promise: one object, and nothing else on stdout."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from worker.cli.main import app


def ask(*words: str) -> dict[str, object]:
    result = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    answer: dict[str, object] = json.loads(result.stdout)
    return answer


def test_init_says_how_much_it_wrote_and_then_how_much_it_left(tmp_path: Path) -> None:
    first = ask("init", str(tmp_path / "new"))
    again = ask("init", str(tmp_path / "new"))
    assert (first["left"], again["written"]) == (0, 0)
    assert first["written"] == again["left"]
