"""The daemon: the same run as ``leadtriage sync``, on a schedule, drained when asked to stop.

APScheduler decides when; a run that is still going is never started a second time. On SIGTERM the
batch in hand is finished and settled, nothing more is begun, and the next start goes on from there.
A CRM whose calls of the day are used up is not asked again before its reset.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import TypeAlias

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from worker.errors import (
    DailyLimitError,
    FixConfigurationError,
    LeadtriageError,
    RunStatus,
    recovery_of,
)
from worker.log import frames_of, get_logger

log = get_logger()


Job: TypeAlias = Callable[[Callable[[], bool]], None]
"""One run; it asks what it is given whether to stop, between batches."""


def run_forever(job: Job, every: timedelta) -> None:
    """Run now and then every ``every``, until SIGTERM or SIGINT."""
    stopping = threading.Event()
    scheduler = BackgroundScheduler(
        timezone=UTC, executors={"default": ThreadPoolExecutor(max_workers=1)}
    )

    def run() -> None:
        wait = run_once(job, stopping)
        if wait is not None and wait > every:
            at = datetime.now(UTC) + wait
            scheduler.modify_job(_JOB, next_run_time=at)
            log.warning("daemon_paused", until=at.isoformat(timespec="seconds"))

    scheduler.add_job(
        run,
        IntervalTrigger(seconds=every.total_seconds(), timezone=UTC),
        id=_JOB,
        max_instances=1,
        coalesce=True,
        misfire_grace_time=None,
        next_run_time=datetime.now(UTC),
    )
    with _on_signal(stopping):
        scheduler.start()
        log.info("daemon_started", seconds=every.total_seconds())
        stopping.wait()
        log.info("daemon_draining")
        scheduler.shutdown(wait=True)
        log.info("daemon_stopped")


def run_once(job: Job, stopping: threading.Event) -> timedelta | None:
    """Run the job once, and say how long to wait where a day's calls are used up.

    An error ends this run, not the daemon: the next run goes on from there.
    """
    try:
        job(stopping.is_set)
    except FixConfigurationError as error:
        log.critical("configuration_unusable", count=len(error.problems))
    except LeadtriageError as error:
        recovery = recovery_of(error)
        is_stopped = recovery.run_status is RunStatus.STOPPED
        event = "run_stopped" if is_stopped else "run_failed"
        log.log(_LEVELS[recovery.log_level], event, error=type(error).__name__)
        return error.retry_after if isinstance(error, DailyLimitError) else None
    except Exception as error:  # noqa: BLE001  # the boundary of a run: a bug ends it as well
        log.critical("run_failed", error=type(error).__name__, stack=frames_of(error))
    return None


_JOB = "sync"
_LEVELS = {"info": 20, "warning": 30, "error": 40, "critical": 50}


@contextmanager
def _on_signal(stopping: threading.Event) -> Iterator[None]:
    """Turn SIGTERM and SIGINT into a request to stop, and put the handlers back afterwards."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
