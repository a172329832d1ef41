"""A table is read as the csv module would read it, and whatever stands in it is accounted for."""

from __future__ import annotations

import csv
import io
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from connectors.files.csv_splitter import CsvSplitter
from connectors.files.encodings import TextEncoding
from connectors.files.lines import LineReader, split_lines
from tests.properties.files_tables import COLUMNS, SLOW_DISK, RawTable, opened, tables, values_in
from worker.errors import FixDataError


@SLOW_DISK
@given(table=tables())
def test_a_sound_table_reads_as_the_csv_module_reads_it(table: RawTable) -> None:
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "contacts.csv").write_bytes(table.content())
        text = table.content()[len(table.bom) :].decode(table.encoding)
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=table.delimiter))[1:]
        expected = {
            (n, column): row[at] or None
            for n, row in enumerate(rows)
            for at, column in enumerate(COLUMNS, start=1)
        }
        assert values_in(Path(name)) == expected


@SLOW_DISK
@given(
    content=st.binary(max_size=60)
    | st.text(alphabet="a\r\né😀\u2028", max_size=40).map(str.encode),
    codec=st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "cp1252"]),
    chunk_bytes=st.integers(1, 9),
)
def test_lines_lose_no_byte_and_do_not_depend_on_how_they_are_read(
    content: bytes, codec: str, chunk_bytes: int
) -> None:
    encoding = TextEncoding(codec=codec)
    reader = LineReader(io.BytesIO(content), encoding, chunk_bytes=chunk_bytes)
    lines = [line for chunk in reader.chunks() for line in chunk]
    at_once = LineReader(io.BytesIO(content), encoding)
    assert lines == [line for chunk in at_once.chunks() for line in chunk]
    assert encoding.encode("".join(lines)) + reader.tail == content
    assert all(line.endswith(("\n", "\r")) for line in lines[:-1])


@SLOW_DISK
@given(text=st.text(alphabet='a",\r\n', max_size=60), width=st.integers(1, 4))
def test_rows_lose_no_character_and_know_their_line(text: str, width: int) -> None:
    lines = split_lines(text)
    at = 0
    for row in CsvSplitter([lines], delimiter=",", width=width).rows():
        assert row.text == text[at : at + len(row.text)]
        assert row.line == 1 + len(split_lines(text[:at]))
        at += len(row.text)
    assert at == len(text)


PIECES = st.sampled_from(
    [
        b'"',
        b"\n",
        b"\r",
        b",",
        b"{",
        b"}",
        b"[",
        b":",
        b'"id"',
        b"id",
        b"1",
        b"\x00",
        b"\\ud800",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        "é".encode(),
        b" ",
        b'{"id":"7"}\n',
        b"8,x\n",
    ]
)


@SLOW_DISK
@given(
    content=st.lists(PIECES, max_size=30).map(b"".join) | st.binary(max_size=80),
    has_header=st.booleans(),
    suffix=st.sampled_from(["csv", "jsonl"]),
)
def test_no_content_makes_a_pull_fail_in_a_way_that_has_no_name(
    content: bytes, has_header: bool, suffix: str
) -> None:
    with tempfile.TemporaryDirectory() as name, suppress(FixDataError):
        (Path(name) / f"contacts.{suffix}").write_bytes((b"id,stage\n" * has_header) + content)
        pages = list(opened(Path(name)).pull("contacts", fields=["stage"], since=None))
        ids = [record.ref.id for page in pages for record in page.records]
        assert len(ids) == len(set(ids))
        is_lost = any(
            i.is_quarantined and i.code != "DQ_ID_DUPLICATE" for page in pages for i in page.issues
        )
        assert pages[-1].is_complete is not is_lost
