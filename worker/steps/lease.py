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

from worker.errors import LeaseLostError, WorkerBusyError
from worker.ledger import leases
from worker.ledger.engine import Ledger
from worker.ledger.transaction import Transaction
from worker.log import get_logger
from worker.ports import Clock

NAME = "worker"
log = get_logger()


def holder_name() -> str:
    """Name this process as a holder of leases."""
    return f"{socket.gethostname()}:{os.getpid()}"


def is_gone(holder: str) -> bool:
    """Tell whether a holder is a process of this host that no longer runs."""
    host, _colon, pid = holder.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


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
