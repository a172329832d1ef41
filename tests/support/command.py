"""The command line as an operator meets it: arguments in, exit code and two streams out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from worker.cli.main import app
from worker.log import configure_logging

AT = "2026-11-02T15:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended and what it said."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


def run(
    *arguments: str, config: Path, now: str | None = AT, env: Mapping[str, str] | None = None
) -> Ended:
    """Run ``leadtriage`` on a configuration folder."""
    moment = [] if now is None else ["--now", now]
    result = CliRunner().invoke(app, [*arguments, "--config", str(config), *moment], env=env)
    configure_logging("warning", as_json=True)  # the command logs to a stderr that is closed now
    return Ended(exit_code=result.exit_code, stdout=result.stdout, stderr=result.stderr)
