"""The daemon runs the same job again and again, and drains when asked to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.interposed import files_with, once
from tests.support.organisation import NOW, Organisation
from worker.app import open_app
from worker.errors import StoppedError

ROOT = Path(__file__).parents[2]
COMMAND = "from worker.cli.main import main; main()"


@contextmanager
def daemon(organisation: Organisation) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "LEADTRIAGE_RUN__EVERY": "1 seconds"}
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, "run", "--config", str(organisation.folder)],
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(process: subprocess.Popen[str], event: str, times: int) -> None:
    """Read the log until an event has been told so often."""
    assert process.stderr is not None
    for line in process.stderr:
        times -= f'"{event}"' in line
        if times == 0:
            return
    pytest.fail(f"the daemon ended before {event}")


def test_the_daemon_repeats_its_run_and_ends_well_on_sigterm(qualified: Organisation) -> None:
    with daemon(qualified) as process:
        wait_for(process, "run_ended", 2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    statuses = {row[0] for row in qualified.ask("SELECT status FROM runs")}
    assert statuses <= {"succeeded", "stopped"}


def test_a_batch_in_hand_is_settled_before_stopping(qualified: Organisation) -> None:
    asked: list[bool] = []

    def ask() -> None:
        asked.append(True)

    connectors = files_with(after=once("push", ask))
    with (
        open_app(
            qualified.folder, now=NOW, connectors=connectors, should_stop=lambda: bool(asked)
        ) as app,
        pytest.raises(StoppedError),
    ):
        app.sync()
    assert qualified.ask("SELECT outcome FROM outcomes") == [("applied",)]


def test_what_a_stopped_run_did_not_get_to_is_done_by_the_next(qualified: Organisation) -> None:
    with (
        open_app(qualified.folder, now=NOW, should_stop=lambda: True) as app,
        pytest.raises(StoppedError),
    ):
        app.sync()
    assert qualified.sync(NOW + timedelta(hours=1)).writes == {"applied": 1}
