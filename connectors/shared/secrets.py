"""Secrets in files: read, replaced and kept for one worker at a time. None is ever part of a message."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worker.errors import FixAccessError


def read_secret(path: Path, crm: str) -> str:
    """Read a token from a file; neither the content nor its length is ever told."""
    value = read_text(path, crm).strip()
    if not is_sendable(value):
        raise FixAccessError(f"The file {path.name} must hold {crm}'s token, and nothing else.")
    return value


def read_text(path: Path, crm: str) -> str:
    """Read a secret of several lines, as a key is."""
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, crm) from error


def is_open_to_all(path: Path) -> bool:
    """Tell whether every user of this machine can read a file. One that is not there is open to nobody."""
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False


def is_sendable(token: str) -> bool:
    """Tell whether a text can stand in a header as it is."""
    return bool(token) and token.isascii() and token.isprintable() and " " not in token


def replace_secret(path: Path, value: str, crm: str) -> None:
    """Write beside the file and rename, so that a reader never sees half a token."""
    draft = path.with_name(f".{path.name}.new")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(value + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise FixAccessError(
            f"{crm} gave a new refresh token, and the file {path.name} cannot be written."
        ) from error


@contextmanager
def alone_with(path: Path | None, crm: str) -> Iterator[None]:
    """Keep other workers that share the file waiting, from reading it until it is rewritten."""
    file = None if path is None else _locked(path, crm)
    try:
        yield
    finally:
        if file is not None:
            os.close(file)


def _locked(path: Path, crm: str) -> int:
    """Lock the file that has this name, and not one that was replaced while we waited for it."""
    while True:
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise _unreadable(path, crm) from error
        fcntl.flock(file, fcntl.LOCK_EX)
        if path.exists() and os.path.samestat(os.fstat(file), path.stat()):
            return file
        os.close(file)


def _unreadable(path: Path, crm: str) -> FixAccessError:
    return FixAccessError(f"The file {path.name} with {crm}'s token cannot be read.")
