"""Finds where each CSV row begins and ends, and finds its way back after an open quote.

A quote opens only at the start of a cell. One that is never closed, or closes in the middle of
text, would swallow the rows after it: then its first line alone is given up, and reading goes on
with the next line. The work stays linear, because any line that leaves a quote open itself closes
a quote left open above it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from connectors.files.lines import LINE_ENDS
from connectors.files.rows import MAX_FIELD, Row, RowCode, RowKind

QUOTE = '"'
_SEP_LINE = "sep="


class CsvSplitter:
    """Turns lines into rows. The first row that is not blank is the header."""

    __slots__ = ("_chunks", "_delimiter", "_has_header", "_is_in_rest", "_line", "_opening", "_queue")

    def __init__(self, chunks: Iterable[list[str]], *, delimiter: str, width: int) -> None:
        self._chunks = iter(chunks)
        self._delimiter = delimiter
        self._opening = delimiter + QUOTE
        self._queue: deque[str] = deque()
        self._line = 1
        self._has_header = False
        self._is_in_rest = False
        self._width = width

    def rows(self) -> Iterator[Row]:
        """Yield every row, blank lines and damaged rows included."""
        while (line := self._next()) is not None:
            if not line.endswith(LINE_ENDS) or self._is_in_rest:
                row = self._unended(line)
            elif QUOTE not in line:
                row = self._row([line])
            else:
                row = self._quoted(line)
            yield row

    def _next(self) -> str | None:
        while not self._queue:
            lines = next(self._chunks, None)
            if lines is None:
                return None
            self._queue.extend(lines)
        return self._queue.popleft()
