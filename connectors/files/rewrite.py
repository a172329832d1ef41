"""Replaces a table by a changed copy, all or nothing.

The copy is written beside the table, synced, and moved over it in one step, so that a reader sees
the old table or the new one and a crash leaves one of them whole. Workers keep out of each other's
way with a lock; other programs do not know it, so the table is compared once more just before it
is replaced.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from connectors.files.encodings import TextEncoding
from connectors.files.faults import os_faults
from connectors.files.lines import LineReader
from connectors.files.rows import Row, RowKind
from connectors.files.tables import Layout, Version, version_of
from worker.core.records import RawValue

LOCK_NAME = ".leadtriage.lock"
_BATCH_CHARS = 1 << 18


@dataclass(slots=True, kw_only=True)
class Edits:
    """What is to change in one version of a table: cells by line, and columns to add."""

    version: Version
    digest: str
    by_line: dict[int, dict[str, RawValue]] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; it is freed by the system even if we are killed."""
    with os_faults(name="the table folder", doing="write in"):
        handle = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def replace_table(path: Path, layout: Layout, edits: Edits) -> bool:
    """Write the edits; False when the table is no longer the one they were made for."""
    copy = path.with_name(f".{path.name}.leadtriage")
    with os_faults(name=path.name, doing="write"):
        try:
            with path.open("rb") as source, _create(copy) as target:
                digest = _copy(source, target, layout, edits)
                _take_over_rights(source, target)
                os.fsync(target.fileno())
            if digest != edits.digest or version_of(path) != edits.version:
                return False
            copy.replace(path)
            _sync_folder(path.parent)
        finally:
            copy.unlink(missing_ok=True)
    return True


def _create(copy: Path) -> BinaryIO:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(copy, flags, 0o600), "wb")


def _copy(source: BinaryIO, target: BinaryIO, layout: Layout, edits: Edits) -> str:
    lines = LineReader(source, layout.encoding)
    target.write(layout.encoding.bom)
    for text in _edited(layout, lines, edits):
        target.write(_bytes_of(text, layout.encoding))
    target.write(lines.tail)
    target.flush()
    return lines.digest


def _edited(layout: Layout, lines: LineReader, edits: Edits) -> Iterator[str]:
    """Yield the new text in large parts."""
    batch: list[str] = []
    size = 0
    for row in layout.format.rows(lines.chunks()):
        text = _text_of(row, layout, edits.by_line, edits.added)
        batch.append(text)
        size += len(text)
        if size >= _BATCH_CHARS:
            yield "".join(batch)
            batch, size = [], 0
    yield "".join(batch)


def _text_of(
    row: Row, layout: Layout, by_line: Mapping[int, Mapping[str, RawValue]], added: Sequence[str]
) -> str:
    changes = by_line.get(row.line, {}) if row.kind is RowKind.DATA else {}
    return layout.format.edited(row, changes, added) if changes or added else row.text


def _bytes_of(text: str, encoding: TextEncoding) -> bytes:
    return (
        text.encode("ascii") if text.isascii() and not encoding.is_wide else encoding.encode(text)
    )


def _take_over_rights(source: BinaryIO, target: BinaryIO) -> None:
    stat = os.fstat(source.fileno())
    with suppress(PermissionError):  # only root may give a file away
        os.fchown(target.fileno(), stat.st_uid, stat.st_gid)
    os.fchmod(target.fileno(), stat.st_mode & 0o7777)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
