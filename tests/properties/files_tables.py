"""Tables made of raw cells, so that a test knows where every byte of them came from."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st

from connectors.files.connector import open_connector
from worker.core.records import RawValue
from worker.ports import Connector, ConnectorContext, ObjectSource

SLOW_DISK = settings(deadline=None)
"""These properties write files; how long that takes says nothing about the code."""

COLUMNS = ("email", "stage", "note")
TEXT = st.text(alphabet=st.sampled_from(list("ab,;\t|\"'\n\r =é\u2028\x85")), max_size=8)
ENCODINGS = st.sampled_from(
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTable:
    """A table as raw cells: what stands between the delimiters, quotes included."""

    encoding: str
    bom: bytes
    delimiter: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    ends: tuple[str, ...]

    def content(self, replaced: dict[tuple[int, int], str] | None = None) -> bytes:
        """Put the file together, with some cells replaced by other raw text."""
        new = replaced or {}
        lines = [self.delimiter.join(self.header)] + [
            self.delimiter.join(new.get((r, c), cell) for c, cell in enumerate(row))
            for r, row in enumerate(self.rows)
        ]
        text = "".join(line + end for line, end in zip(lines, self.ends, strict=True))
        return self.bom + text.encode(self.encoding)


def raw_cell(text: str, *, is_quoted: bool, delimiter: str) -> str:
    needs = any(mark in text for mark in (delimiter, '"', "\r", "\n"))
    return '"' + text.replace('"', '""') + '"' if needs or is_quoted else text


@st.composite
def tables(draw: st.DrawFn) -> RawTable:
    encoding, bom = draw(ENCODINGS)
    delimiter = draw(st.sampled_from([",", ";", "\t", "|"]))
    amount = draw(st.integers(1, 6))
    rows = tuple(
        tuple(
            raw_cell(text, is_quoted=draw(st.booleans()), delimiter=delimiter)
            for text in (str(100 + n), draw(TEXT), draw(TEXT), draw(TEXT))
        )
        for n in range(amount)
    )
    ends = [draw(st.sampled_from(["\n", "\r\n", "\r"])) for _ in range(amount)]
    last = draw(st.sampled_from(["\n", "\r\n", "\r", ""]))
    return RawTable(
        encoding=encoding,
        bom=bom,
        delimiter=delimiter,
        header=("id", *COLUMNS),
        rows=rows,
        ends=(*ends, last),
    )


def opened(folder: Path) -> Connector:
    source = ObjectSource(object_type="contacts", id_field="id")
    return open_connector(
        ConnectorContext(system="files", base_dir=folder, options={"folder": "."}, objects=[source])
    )


def values_in(folder: Path) -> dict[tuple[int, str], RawValue]:
    pages = opened(folder).pull("contacts", fields=COLUMNS, since=None)
    return {
        (int(record.ref.id) - 100, name): value
        for page in pages
        for record in page.records
        for name, value in record.values.items()
    }
