"""The lease of an account: one worker at a time, and no waiting for one that was killed.

The holder names its host and process. A holder on this host whose process is gone was killed; its
lease is taken over at once. One on another host has to run out.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from worker.errors import LeaseLostError, WorkerBusyError
from worker.ledger import leases
from worker.ledger.engine import Ledger
from worker.ledger.transaction import Transaction
from worker.log import get_logger
from worker.ports import Clock

NAME = "worker"
log = get_logger()


def holder_name() -> str:
    """Name this process as a holder of leases: its host, its number and when it started.

    The start tells it from a later process of the same number, such as the first of a container
    that was started again.
    """
    return f"{socket.gethostname()}:{os.getpid()}.{_started(os.getpid())}"


def _started(pid: int) -> str:
    """When a process started, in ticks; empty where the system does not say."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]


def is_gone(holder: str) -> bool:
    """Tell whether a holder is a process of this host that no longer runs."""
    host, _colon, process = holder.rpartition(":")
    pid, _dot, started = process.partition(".")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return bool(started) and started != _started(int(pid))


@contextmanager
def hold_lease(
    ledger: Ledger, clock: Clock, ttl: timedelta
) -> Iterator[Callable[[Transaction], None]]:
    """Hold the account's lease; yields the guard that prolongs it inside each transaction.

    Raises:
        WorkerBusyError: another worker has it.
    """
    token = _take(ledger, clock, ttl)

    def guard(tx: Transaction) -> None:
        if not leases.renew(tx, NAME, token, clock(), ttl):
            raise LeaseLostError

    try:
        yield guard
    finally:
        with ledger.begin() as tx:
            leases.release(tx, NAME, token)


def _take(ledger: Ledger, clock: Clock, ttl: timedelta) -> int:
    with ledger.begin() as tx:
        present = leases.holder_of(tx, NAME, clock())
        if present is not None and is_gone(present[0]):
            log.warning("lease_taken_over", holder=present[0])
            leases.release(tx, NAME, present[1])
        token = leases.acquire(tx, NAME, holder_name(), clock(), ttl)
    if token is None:
        raise WorkerBusyError
    return token
