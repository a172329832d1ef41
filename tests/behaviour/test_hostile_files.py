"""A damaged table costs exactly its damaged rows, each of them named; every other row is read.

Each case is a whole file, with the issues it must give as (code, line, column), the ids that must
survive, and what the last page must claim.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from connectors.files.connector import open_connector
from tests.behaviour.hostile_csv import CSV_CASES, Hostile
from tests.behaviour.hostile_jsonl import JSONL_CASES
from worker.core.records import Page, RecordRef
from worker.errors import FixDataError
from worker.ports import Connector, ConnectorContext, ObjectSource

CASES = [*CSV_CASES, *JSONL_CASES]
FIELDS = ("email", "note")


def opened(folder: Path, **options: str) -> Connector:
    """Open a folder whose only table is ``contacts``."""
    return open_connector(
        ConnectorContext(
            system="files",
            base_dir=folder,
            options={"folder": "."},
            objects=[ObjectSource(object_type="contacts", id_field="id", options=options)],
        )
    )


def pulled(folder: Path) -> list[Page]:
    return list(opened(folder).pull("contacts", fields=FIELDS, since=None))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.claim)
def test_a_damaged_table_costs_exactly_its_damaged_rows(case: Hostile, tmp_path: Path) -> None:
    (tmp_path / f"contacts.{case.suffix}").write_bytes(case.content)
    pages = pulled(tmp_path)
    records = [record for page in pages for record in page.records]
    issues = [(i.code, i.row, i.column) for page in pages for i in page.issues]
    assert [record.ref.id for record in records] == list(case.ids)
    assert issues == list(case.issues)
    assert records[-1].values.get("note") == case.note


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.claim)
def test_a_pull_is_complete_only_when_no_row_was_lost(case: Hostile, tmp_path: Path) -> None:
    (tmp_path / f"contacts.{case.suffix}").write_bytes(case.content)
    last = pulled(tmp_path)[-1]
    assert (last.is_complete, last.bookmark is None) == (case.is_complete, case.is_truncated)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.claim)
def test_fetch_finds_the_same_records_as_pull(case: Hostile, tmp_path: Path) -> None:
    (tmp_path / f"contacts.{case.suffix}").write_bytes(case.content)
    expected = {record.ref: record for page in pulled(tmp_path) for record in page.records}
    refs = [RecordRef(system="files", object_type="contacts", id=one) for one in (*case.ids, "?")]
    assert opened(tmp_path).fetch(refs, fields=FIELDS) == expected


REFUSED = {
    "empty": (b"", "contacts.csv is empty: not even a header. Export it again."),
    "only_a_bom": (
        b"\xef\xbb\xbf",
        "contacts.csv has no readable header. Its first row must name columns.",
    ),
    "only_blank_lines": (
        b"\n\r\n\n",
        "contacts.csv has no readable header. Its first row must name columns.",
    ),
    "header_missing": (
        b"1,ann@example.org,b\n2,a,b\n",
        "contacts.csv has no column 'id', which holds the record's id.",
    ),
    "id_in_other_letters": (
        b"ID,email,note\n1,a,b\n",
        (
            "contacts.csv has no column 'id', which holds the record's id."
            " It has 'ID': correct the field map."
        ),
    ),
    "a_requested_column_doubled": (
        b"id,email,note,email\n1,a,b,c\n",
        "contacts.csv has the column 'email' more than once, so its values are ambiguous.",
    ),
    "the_id_column_doubled": (
        b"id,id,email,note\n1,2,a,b\n",
        "contacts.csv has the column 'id' more than once, so its values are ambiguous.",
    ),
    "a_workbook": (
        b"PK\x03\x04" + bytes(100),
        (
            "contacts.csv is an Excel workbook or a zip file, not a text table."
            " Export it as CSV in UTF-8."
        ),
    ),
    "a_gzip_file": (
        gzip.compress(b"id,email\n1,a\n"),
        "contacts.csv is a gzip file, not a text table. Export it as CSV in UTF-8.",
    ),
    "zeros": (
        b"id,email,note\n" + bytes(1000),
        (
            "contacts.csv is not text: too many of its bytes are zero. If it is UTF-16 without a"
            " byte-order mark, set the option `encoding`; else export it again."
        ),
    ),
    "header_quote_open": (
        b'"id,email,note\n1,a,b\n2,a,b\n',
        "contacts.csv has no readable header. Its first row must name columns.",
    ),
}


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_a_table_that_cannot_be_read_is_refused_in_one_sentence(
    content: bytes, message: str, tmp_path: Path
) -> None:
    (tmp_path / "contacts.csv").write_bytes(content)
    with pytest.raises(FixDataError) as caught:
        pulled(tmp_path)
    assert str(caught.value) == message


def test_an_absent_table_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FixDataError) as caught:
        pulled(tmp_path)
    expected = "contacts.csv is not there. Put it in the folder or correct the field map."
    assert str(caught.value) == expected


def test_utf16_without_a_mark_is_read_when_declared(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_bytes("id,email,note\n1,a,ł\n".encode("utf-16-be"))
    pages = opened(tmp_path, encoding="utf-16-be").pull("contacts", fields=FIELDS, since=None)
    assert [record.values["note"] for page in pages for record in page.records] == ["ł"]
