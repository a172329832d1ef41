"""Turns what the operating system says into our errors, and words every sentence about a table.

Sentences name files and columns, never a cell: the first line of a table without a header is data,
so even "the columns found" would be a leak.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from worker.errors import FixAccessError, FixDataError, LeadtriageError, UnavailableError

_REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR})


def fault_of(error: OSError, *, name: str, doing: str) -> LeadtriageError:
    """Name the error by what to do about it; ``doing`` is the verb, as in "read" or "write"."""
    if error.errno in _REFUSED:
        return FixAccessError(
            f"No permission to {doing} {name}. Grant it to the user the worker runs as."
        )
    if error.errno in _ABSENT:
        return FixDataError(f"{name} is not there. Put it in the folder or correct the field map.")
    if error.errno == errno.EISDIR:
        return FixDataError(f"{name} is a folder, not a table.")
    reason = errno.errorcode.get(error.errno or 0, "unknown reason")
    return UnavailableError(f"Could not {doing} {name} ({reason}). Nothing was lost.")


@contextmanager
def os_faults(*, name: str, doing: str) -> Iterator[None]:
    """Let no bare ``OSError`` out of the block."""
    try:
        yield
    except OSError as error:
        raise fault_of(error, name=name, doing=doing) from error
