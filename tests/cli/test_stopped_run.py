"""A run that was asked to stop did not fail."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from worker.daemon.scheduler import run_once
from worker.errors import StoppedError, UnavailableError
from worker.log import configure_logging


def logged(error: Exception, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a job that ends with an error, and give what is logged."""

    def job(_should_stop: Callable[[], bool]) -> None:
        raise error

    configure_logging("info", as_json=True)
    run_once(job, threading.Event())
    return capsys.readouterr().err


def test_a_stopped_run_is_logged_as_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    said = logged(StoppedError(), capsys)

    assert '"event": "run_stopped"' in said
    assert "run_failed" not in said


def test_a_failed_run_is_logged_as_failed(capsys: pytest.CaptureFixture[str]) -> None:
    assert '"event": "run_failed"' in logged(UnavailableError(), capsys)
