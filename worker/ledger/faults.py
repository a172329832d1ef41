"""Turns database errors into ours.

The database's own message is dropped on purpose: PostgreSQL puts the offending values into it.
What is kept is the error's name or SQLSTATE, which says the same thing to whoever repairs it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from worker.errors import (
    FixAccessError,
    FixDataError,
    IntegrityError,
    LeadtriageError,
    UnavailableError,
)

NOT_A_LEDGER = (
    "The configured file is not a ledger of leadtriage, or it is damaged. "
    "Point the ledger's URL to another file, or restore a backup."
)
LOCKED = "The ledger is locked by another process. Nothing was lost; the next run continues."
FULL = "The ledger's disk is full. Make room; nothing was lost."
NOT_WRITABLE = "The ledger cannot be opened or written. Check its folder and the permissions on it."
REFUSED = "The ledger refused a change that would break its rules. Nothing was changed."
UNREACHABLE = (
    "The ledger's database cannot be reached. Check that it runs, and its URL, user and password; "
    "nothing was lost."
)

Fault: TypeAlias = tuple[type[LeadtriageError], str]

_SQLITE: dict[str, Fault] = {
    "SQLITE_BUSY": (UnavailableError, LOCKED),
    "SQLITE_LOCKED": (UnavailableError, LOCKED),
    "SQLITE_FULL": (UnavailableError, FULL),
    "SQLITE_IOERR": (UnavailableError, "The ledger's disk does not answer. Nothing was lost."),
    "SQLITE_NOTADB": (FixDataError, NOT_A_LEDGER),
    "SQLITE_CORRUPT": (FixDataError, NOT_A_LEDGER),
    "SQLITE_READONLY": (FixAccessError, NOT_WRITABLE),
    "SQLITE_CANTOPEN": (FixAccessError, NOT_WRITABLE),
    "SQLITE_PERM": (FixAccessError, NOT_WRITABLE),
    "SQLITE_CONSTRAINT": (IntegrityError, REFUSED),
}
"""By primary result code; extended codes such as SQLITE_BUSY_SNAPSHOT share their prefix."""

_POSTGRESQL: dict[str, Fault] = {
    "08": (UnavailableError, UNREACHABLE),
    "23": (IntegrityError, REFUSED),
    "25006": (FixAccessError, NOT_WRITABLE),
    "40": (UnavailableError, LOCKED),
    "42501": (FixAccessError, NOT_WRITABLE),
    "53": (UnavailableError, "PostgreSQL has run out of room or connections. Nothing was lost."),
    "55P03": (UnavailableError, LOCKED),
    "57": (UnavailableError, UNREACHABLE),
}
"""By SQLSTATE, or by its class (the first two characters)."""


@contextmanager
def translated() -> Iterator[None]:
    """Let no database error out as it is.

    The cause is suppressed, unlike elsewhere, because a traceback would print its message.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as exc:
        raise _translate(exc) from None


def _translate(exc: SQLAlchemyError | sqlite3.Error) -> LeadtriageError:
    if isinstance(exc, PoolTimeoutError):
        return UnavailableError(UNREACHABLE)
    original = exc.orig if isinstance(exc, DBAPIError) else exc
    name = getattr(original, "sqlite_errorname", None)
    state = getattr(original, "sqlstate", None)
    if name is not None:
        fault = _find_sqlite(name)
    elif state is not None:
        fault = _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2])
    else:
        fault = _without_code(exc)
    if fault is None:
        code = name or state or type(original).__name__
        return LeadtriageError(f"The ledger could not do what it was asked ({code}).")
    cls, message = fault
    return cls(message)


def _find_sqlite(name: str) -> Fault | None:
    return next((fault for prefix, fault in _SQLITE.items() if name.startswith(prefix)), None)


def _without_code(exc: BaseException) -> Fault | None:
    """A connection that failed has no code at all, not even for a wrong password."""
    is_connection = isinstance(exc, OperationalError | InterfaceError)
    return (UnavailableError, UNREACHABLE) if is_connection else None
