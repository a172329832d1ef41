"""Finds where each CSV row begins and ends, and finds its way back after an open quote.

A quote opens only at the start of a cell. One that is never closed, or closes in the middle of
text, would swallow the rows after it: then its first line alone is given up, and reading goes on
with the next line. The work stays linear, because any line that leaves a quote open itself closes
a quote left open above it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from connectors.files.csv_cells import cell_pattern, closed_pattern, split_cells
from connectors.files.lines import LINE_ENDS, MAX_LINE
from connectors.files.rows import MAX_FIELD, Row, RowCode, RowKind

QUOTE = '"'
_SEP_LINE = "sep="


class CsvSplitter:
    """Turns lines into rows. The first row that is not blank is the header."""

    __slots__ = (
        "_cell",
        "_chunks",
        "_closed",
        "_delimiter",
        "_has_header",
        "_is_in_rest",
        "_line",
        "_opening",
        "_queue",
        "_width",
    )

    def __init__(self, chunks: Iterable[list[str]], *, delimiter: str, width: int) -> None:
        self._chunks = iter(chunks)
        self._delimiter = delimiter
        self._cell = cell_pattern(delimiter)
        self._closed = closed_pattern(delimiter)
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

    def _row(self, lines: Sequence[str], fault: RowCode | None = None) -> Row:
        text = lines[0] if len(lines) == 1 else "".join(lines)
        row = Row(text, self._line, self._kind(text), fault)
        self._line += len(lines)
        return row

    def _kind(self, text: str) -> RowKind:
        if self._has_header:
            return RowKind.DATA if text.strip(self._delimiter + "\r\n") else RowKind.BLANK
        if not text.strip() or is_sep_line(text):
            return RowKind.BLANK
        self._has_header = True
        return RowKind.HEADER

    def _unended(self, line: str) -> Row:
        """Take the table's last line, or a piece of a line too long to be held in memory."""
        is_piece = self._is_in_rest
        if not is_piece and len(line) < MAX_LINE:
            return self._quoted(line) if QUOTE in line else self._row([line])
        self._is_in_rest = not line.endswith(LINE_ENDS)
        kind = RowKind.REST if is_piece else RowKind.DATA
        row = Row(line, self._line, kind, None if is_piece else RowCode.TOO_LARGE)
        self._line += 0 if self._is_in_rest else 1
        return row

    def _quoted(self, first: str) -> Row:
        if self._closed.fullmatch(first):
            return self._row([first])
        lines, size = [first], len(first)
        is_open = self._leaves_open(first, is_open=False)
        while is_open:
            line = self._next()
            if line is None:
                return self._at_end(lines)
            lines.append(line)
            size += len(line)
            if size > MAX_FIELD:
                return self._only_first(lines)
            is_open = self._leaves_open(line, is_open=True)
        if len(lines) > 1 and self._has_stray(lines):
            return self._only_first(lines)
        return self._row(lines)

    def _leaves_open(self, line: str, *, is_open: bool) -> bool:
        """Say whether a quote is still open after ``line``, given whether one was before it."""
        at = 0 if is_open else self._after_opening(line, 0)
        while at != -1:
            at = _after_closing(line, at)
            if at == -1:
                return True
            at = self._after_opening(line, at)
        return False

    def _after_opening(self, line: str, start: int) -> int:
        if start == 0 and line.startswith(QUOTE):
            return 1
        at = line.find(self._opening, start)
        return at if at == -1 else at + len(self._opening)

    def _has_stray(self, lines: Sequence[str]) -> bool:
        return split_cells("".join(lines), self._delimiter, self._cell) is None

    def _only_first(self, lines: Sequence[str]) -> Row:
        """Give up the first line and read the others again."""
        self._queue.extendleft(reversed(lines[1:]))
        return self._row(lines[:1], RowCode.QUOTE_OPEN)

    def _at_end(self, lines: Sequence[str]) -> Row:
        """Tell a table that was cut inside a quoted cell from a quote open since some rows."""
        enough = self._width - 1
        if any(line.count(self._delimiter) >= enough for line in lines[1:]):
            return self._only_first(lines)
        return self._row(lines, RowCode.TRUNCATED)


def is_sep_line(text: str) -> bool:
    """Recognise the line ``sep=;`` that Excel writes and reads before the header."""
    return len(text.strip()) == len(_SEP_LINE) + 1 and text.lower().startswith(_SEP_LINE)


def _after_closing(line: str, start: int) -> int:
    """Find the place after the quote that closes the cell; -1 when the cell goes on."""
    at = line.find(QUOTE, start)
    while at != -1 and line.startswith(QUOTE, at + 1):
        at = line.find(QUOTE, at + 2)
    return at if at == -1 else at + 1
