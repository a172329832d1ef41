"""Reads and writes the cells of one CSV row."""

from __future__ import annotations

import re

from connectors.files.rows import body_and_end
from worker.core.records import RawValue


def cell_pattern(delimiter: str) -> re.Pattern[str]:
    """Match one cell after the row's start or a delimiter; ``stray`` is text after a closing quote."""
    d = re.escape(delimiter)
    return re.compile(
        rf'(?:\A|{d})(?P<cell>"(?P<quoted>[^"]*+(?:""[^"]*+)*+)"(?P<stray>[^{d}]*+)'
        rf"|(?P<plain>[^{d}]*+))"
    )


def closed_pattern(delimiter: str) -> re.Pattern[str]:
    """Match a line that leaves no quote open."""
    d = re.escape(delimiter)
    cell = rf'(?:"[^"]*+(?:""[^"]*+)*+"[^{d}]*+|(?!")[^{d}]*+)'
    return re.compile(rf"{cell}(?:{d}{cell})*+")


def split_cells(text: str, delimiter: str, pattern: re.Pattern[str]) -> list[str] | None:
    """Read a row's cells; None when text stands between a closing quote and the delimiter."""
    body, _ = body_and_end(text)
    if '"' not in body:
        return body.split(delimiter)
    if body.startswith('"') and body.endswith('"'):
        cells = body[1:-1].split(f'"{delimiter}"')
        if body.count('"') == 2 * len(cells):  # every cell is quoted and none has a quote inside
            return cells
    cells = []
    for _, inside, stray, plain in pattern.findall(body):
        if stray and not stray.isspace():
            return None
        cells.append(inside.replace('""', '"') if inside else plain)
    return cells


def quoted(value: RawValue, delimiter: str, *, was_quoted: bool) -> str:
    """Write one cell, in quotes where it needs them or had them."""
    text = value or ""
    needs = any(mark in text for mark in (delimiter, '"', "\r", "\n")) or text != text.strip()
    if not (needs or was_quoted):
        return text
    return '"' + text.replace('"', '""') + '"'
