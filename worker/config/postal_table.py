"""Reads an organisation's own table of postal codes, which takes the place of the bundled one.

A CSV file beside the configuration, with the columns ``postal_code``, ``state``, ``latitude`` and
``longitude``. Every row that cannot be used is reported at its line; no row is passed over.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from worker.config.documents import OrganisationDocument
from worker.config.findings import Findings, Spot, in_words
from worker.config.yaml_text import Sheet
from worker.core.postal_codes import BUNDLED, Place, Point, PostalCodes, own_table
from worker.core.transforms import read_number, read_postal_code

COLUMNS = ("postal_code", "state", "latitude", "longitude")
_LIMITS: Mapping[str, float] = {"latitude": 90, "longitude": 180}


def read_postal_codes(
    folder: Path, document: OrganisationDocument, sheet: Sheet, findings: Findings
) -> PostalCodes | None:
    """Read the organisation's table, or take the bundled one; None when the table has mistakes."""
    if document.postal_codes is None:
        return BUNDLED
    name, spot = document.postal_codes.table, sheet.spot("postal_codes", "table")
    if Path(name).is_absolute() or ".." in Path(name).parts:
        message = f"the table {name!r} lies outside the configuration folder."
        findings.error(spot, message, hint="put it beside this file and write its name alone")
        return None
    try:
        data = (folder / name).read_bytes()
        text = data.decode("utf-8-sig")
    except OSError:
        findings.error(spot, f"the table {name!r} cannot be read.")
        return None
    except UnicodeDecodeError:
        findings.error(spot, f"the table {name!r} is not UTF-8.", hint="save it as CSV UTF-8")
        return None
    places = _TableReader(name=name, findings=findings).read(text)
    digest = hashlib.blake2b(data, digest_size=12).hexdigest()
    return own_table(places, digest) if places is not None else None


@dataclass(slots=True, kw_only=True)
class _TableReader:
    name: str
    findings: Findings
    lines: dict[str, int] = field(default_factory=dict)

    def read(self, text: str) -> Mapping[str, Place] | None:
        rows = csv.reader(StringIO(text, newline=""), strict=True)
        before = len(self.findings.errors)
        places: dict[str, Place] = {}
        try:
            header = [cell.strip() for cell in next(rows, [])]
            if not self._check_header(header):
                return None
            for row in rows:
                places.update(self._read_row(header, row, rows.line_num))
        except csv.Error:
            self._error(rows.line_num, "", "the row is not valid CSV: look at its quotes.")
        if not places and len(self.findings.errors) == before:
            self._error(1, "", "the table has no rows.")
        return places if len(self.findings.errors) == before else None

    def _check_header(self, header: list[str]) -> bool:
        missing = [column for column in COLUMNS if column not in header]
        for column in missing:
            message = f"the column {column!r} is missing."
            self.findings.error(self._spot(1, column), message, allowed=in_words(COLUMNS))
        return not missing

    def _read_row(
        self, header: list[str], row: list[str], line: int
    ) -> Iterator[tuple[str, Place]]:
        if not any(cell.strip() for cell in row):
            return
        if len(row) != len(header):
            message = f"the row has {len(row)} cells, and the header {len(header)}."
            self._error(line, "", message)
            return
        cells = dict(zip(header, (cell.strip() for cell in row), strict=True))
        code, state = self._read_code(cells, line), self._read_state(cells, line)
        point, is_good = self._read_point(cells, line)
        if code is not None and state is not None and is_good:
            yield code, Place(state, point)

    def _read_code(self, cells: Mapping[str, str], line: int) -> str | None:
        code = read_postal_code(cells["postal_code"]).value
        if not isinstance(code, str):
            hint = "a spreadsheet takes the zero from 02114; write it as text"
            self._error(line, "postal_code", "this is not a postal code.", hint)
            return None
        first = self.lines.setdefault(code, line)
        if first != line:
            self._error(line, "postal_code", f"the postal code stands in line {first} already.")
            return None
        return code

    def _read_state(self, cells: Mapping[str, str], line: int) -> str | None:
        state = cells["state"]
        if len(state) == 2 and state.isascii() and state.isalpha() and state.isupper():
            return state
        self._error(line, "state", "a state is a code of two capital letters, such as MA.")
        return None

    def _read_point(self, cells: Mapping[str, str], line: int) -> tuple[Point | None, bool]:
        """Read where the code lies; both columns may be empty. The second value: is this right?"""
        if not cells["latitude"] and not cells["longitude"]:
            return None, True
        numbers = [self._read_degrees(cells, column, line) for column in _LIMITS]
        latitude, longitude = numbers
        if latitude is None or longitude is None:
            return None, False
        return Point(latitude, longitude), True

    def _read_degrees(self, cells: Mapping[str, str], column: str, line: int) -> float | None:
        limit = _LIMITS[column]
        value = read_number(cells[column]).value if cells[column] else None
        if isinstance(value, float) and -limit <= value <= limit:
            return value
        self._error(line, column, f"the {column} must be a number from -{limit:g} to {limit:g}.")
        return None

    def _spot(self, line: int, column: str) -> Spot:
        return Spot(file=self.name, line=line, key=column or "(row)")

    def _error(self, line: int, column: str, message: str, hint: str = "") -> None:
        self.findings.error(self._spot(line, column), message, hint=hint)
