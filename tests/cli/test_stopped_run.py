"""A run that was asked to stop did not fail."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from worker.daemon.scheduler import run_forever, run_once
from worker.errors import DailyLimitError, StoppedError, UnavailableError
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


def test_the_daemon_asks_no_more_until_the_calls_of_the_day_are_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    began: list[float] = []

    def job(_should_stop: Callable[[], bool]) -> None:
        began.append(time.monotonic())
        if len(began) == 1:
            raise DailyLimitError(retry_after=timedelta(seconds=0.5))
        os.kill(os.getpid(), signal.SIGTERM)

    configure_logging("info", as_json=True)
    run_forever(job, every=timedelta(milliseconds=20))
    assert began[1] - began[0] >= 0.5
    assert '"event": "daemon_paused"' in capsys.readouterr().err
