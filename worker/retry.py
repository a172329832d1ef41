"""The only owner of retry: which calls are tried again, how often, and how long between.

SDKs and transports do not retry by themselves, so that the number of attempts and the waiting are
decided in one place, by the class of the error.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential_jitter,
)

from worker.errors import TryLaterError, recovery_of

T = TypeVar("T")
ATTEMPTS = 4
FIRST_WAIT = timedelta(seconds=0.5)
LONGEST_WAIT = timedelta(seconds=30)
PATIENCE = timedelta(minutes=5)
"""A CRM that asks for a longer pause than this is left alone until the next run."""


def _is_retried(error: BaseException) -> bool:
    """Tell whether another attempt may help; what was tried often enough inside is not tried anew."""
    if isinstance(error, TryLaterError):
        asks_too_much = error.retry_after is not None and error.retry_after > PATIENCE
        if error.is_spent or asks_too_much:
            return False
    return recovery_of(error).is_retried


def _wait(state: RetryCallState) -> float:
    """Wait as long as the CRM asks, else back off with jitter."""
    outcome = state.outcome
    error = outcome.exception() if outcome is not None else None
    if isinstance(error, TryLaterError) and error.retry_after is not None:
        return min(error.retry_after, LONGEST_WAIT).total_seconds()
    backoff = wait_exponential_jitter(
        multiplier=FIRST_WAIT.total_seconds(), max=LONGEST_WAIT.total_seconds()
    )
    return backoff(state)


def with_retry(call: Callable[[], T], sleep: Callable[[float], None]) -> T:
    """Call, and call again while the error says that it may succeed by itself.

    Only for calls that may be repeated without harm: reads. Raises the last error unchanged.
    """
    attempts = Retrying(
        retry=retry_if_exception(_is_retried),
        stop=stop_after_attempt(ATTEMPTS),
        wait=_wait,
        sleep=sleep,
        reraise=True,
    )
    try:
        return attempts(call)
    except TryLaterError as error:
        error.is_spent = True
        raise
