"""A damaged table costs exactly its damaged rows, each of them named; every other row is read.

Each case is a whole file, with the issues it must give as (code, line, column), the ids that must
survive, and what the last page must claim.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.files.connector import open_connector
from worker.core.records import Page, RecordRef
from worker.errors import FixDataError
from worker.ports import Connector, ConnectorContext, ObjectSource

HEAD = b"id,email,note\n"
BIG = b"x" * (1 << 20) + b"y"
FIELDS = ("email", "note")
RowFact = tuple[str, int, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """One file and all that must be read from it. ``note`` is the expected note of the last record."""

    claim: str
    content: bytes
    ids: Sequence[str]
    issues: Sequence[RowFact] = ()
    note: str | None = None
    is_complete: bool = False
    is_truncated: bool = False
    suffix: str = "csv"


CASES = [
    Hostile(
        claim="utf8_bom",
        content=b"\xef\xbb\xbfid,email,note\n1,a,b\n",
        ids=["1"],
        note="b",
        is_complete=True,
    ),
    Hostile(
        claim="utf16_little_endian",
        content=b"\xff\xfe" + "id,email,note\r\n1,a,ł\U0001f600\r\n".encode("utf-16-le"),
        ids=["1"],
        note="ł\U0001f600",
        is_complete=True,
    ),
    Hostile(
        claim="utf16_big_endian_with_tabs",
        content=b"\xfe\xff" + "id\temail\tnote\r\n1\ta\tł\r\n".encode("utf-16-be"),
        ids=["1"],
        note="ł",
        is_complete=True,
    ),
    Hostile(
        claim="utf16_cut_in_the_middle_of_a_character",
        content=b"\xff\xfe" + "id,email,note\n1,a,b\n2,a,b".encode("utf-16-le")[:-1],
        ids=["1"],
        issues=[("DQ_TABLE_TRUNCATED", 3, None)],
        note="b",
        is_truncated=True,
    ),
    Hostile(
        claim="utf16_with_an_odd_byte_after_the_last_line",
        content=b"\xff\xfe" + "id,email,note\n1,a,b\n".encode("utf-16-le") + b"2",
        ids=["1"],
        issues=[("DQ_TABLE_TRUNCATED", 3, None)],
        note="b",
        is_truncated=True,
    ),
    Hostile(
        claim="cp1252_is_guessed_and_announced",
        content=HEAD + b"1,a,caf\xe9\n2,a,\x93quote\x94\n",
        ids=["1", "2"],
        issues=[("DQ_TABLE_ENCODING_GUESSED", 0, None)],
        note="“quote”",
        is_complete=True,
    ),
    Hostile(
        claim="one_undecodable_byte_in_utf8_costs_its_row",
        content=HEAD + "1,a,ół\n".encode() + b"2,a,\xff\n" + "3,a,ż\n".encode(),
        ids=["1", "3"],
        issues=[("DQ_ROW_ENCODING", 3, "note")],
        note="ż",
    ),
    Hostile(
        claim="nul_bytes_are_removed",
        content=HEAD + b"1,a,b\x00c\n2,a,b\n",
        ids=["1", "2"],
        issues=[("DQ_ROW_NUL_REMOVED", 2, None)],
        note="b",
        is_complete=True,
    ),
    Hostile(
        claim="newlines_of_all_kinds_in_quotes",
        content=HEAD + b'1,a,"b\r\nc\rd\ne"\n2,a,"x\ry"\n',
        ids=["1", "2"],
        note="x\ry",
        is_complete=True,
    ),
    Hostile(
        claim="line_endings_mixed",
        content=b"id,email,note\r1,a,b\r\n2,a,b\n3,a,b\r4,a,b",
        ids=["1", "2", "3", "4"],
        note="b",
        is_complete=True,
    ),
    Hostile(
        claim="unicode_line_separators_are_text",
        content=HEAD + "1,a,b\u2028c\x0bd\x85e\n".encode(),
        ids=["1"],
        note="b\u2028c\x0bd\x85e",
        is_complete=True,
    ),
    Hostile(
        claim="doubled_quotes_and_delimiters_in_quotes",
        content=HEAD + b'1,"a,b","say ""hi"", ok"\n',
        ids=["1"],
        note='say "hi", ok',
        is_complete=True,
    ),
    Hostile(
        claim="a_quote_inside_a_plain_cell_is_text",
        content=HEAD + b'1,a,5" pipe\n2,a,6" pipe\n',
        ids=["1", "2"],
        note='6" pipe',
        is_complete=True,
    ),
    Hostile(
        claim="text_after_a_closing_quote",
        content=HEAD + b'1,"Ann "Annie" Smith",b\n2,a,b\n',
        ids=["2"],
        issues=[("DQ_ROW_QUOTE_STRAY", 2, None)],
        note="b",
    ),
    Hostile(
        claim="too_many_cells",
        content=HEAD + b"1,Smith, Ann,b\n2,a,b\n",
        ids=["2"],
        issues=[("DQ_ROW_TOO_LONG", 2, None)],
        note="b",
    ),
    Hostile(
        claim="too_few_cells",
        content=HEAD + b"1,a\n2,a,b\n",
        ids=["2"],
        issues=[("DQ_ROW_TOO_SHORT", 2, "note")],
        note="b",
    ),
    Hostile(
        claim="a_last_unnamed_column_may_be_empty_or_absent_but_not_filled",
        content=b"id,email,note,\n1,a,b,\n2,a,b\n3,a,b,c\n4,a,b,\n",
        ids=["1", "2", "4"],
        issues=[("DQ_ROW_TOO_LONG", 4, None)],
        note="b",
    ),
    Hostile(
        claim="blank_lines_and_rows_of_delimiters_are_nothing",
        content=b"\n" + HEAD + b"\n1,a,b\n,,\n\r\n2,a,b\n\n",
        ids=["1", "2"],
        note="b",
        is_complete=True,
    ),
    Hostile(
        claim="a_doubled_column_nobody_asked_for",
        content=b"id,email,note,x,x\n1,a,b,1,2\n",
        ids=["1"],
        issues=[("DQ_HEADER_DUPLICATE", 1, "x")],
        note="b",
        is_complete=True,
    ),
    Hostile(
        claim="ids_missing",
        content=HEAD + b",a,b\n  ,a,b\n3,a,b\n",
        ids=["3"],
        issues=[("DQ_ID_MISSING", 2, "id"), ("DQ_ID_MISSING", 3, "id")],
        note="b",
    ),
    Hostile(
        claim="a_doubled_id_keeps_its_first_row",
        content=HEAD + b"1,a,first\n2,a,b\n1,a,second\n",
        ids=["1", "2"],
        issues=[("DQ_ID_DUPLICATE", 4, "id")],
        note="b",
        is_complete=True,
    ),
    Hostile(
        claim="ids_damaged_by_spreadsheets",
        content=HEAD + b"4.46E+11,a,b\n67340.0,a,b\n#NAME?,a,b\n########,a,b\n1E+05,a,b\n9,a,b\n",
        ids=["9"],
        issues=[("DQ_ID_DAMAGED", line, "id") for line in range(2, 7)],
        note="b",
    ),
    Hostile(
        claim="ids_that_only_look_odd",
        content=HEAD + b"007,a,b\n 8 ,a,b\n1e5,a,b\nNone,a,b\nNA,a,b\n1.5,a,Null\n",
        ids=["007", " 8 ", "1e5", "None", "NA", "1.5"],
        note="Null",
        is_complete=True,
    ),
    Hostile(
        claim="formulas_stay_text",
        content=HEAD + b"1,a,\"=cmd|' /C calc'!A0\"\n",
        ids=["1"],
        note="=cmd|' /C calc'!A0",
        is_complete=True,
    ),
    Hostile(
        claim="cut_in_a_quoted_cell",
        content=HEAD + b'1,a,b\n2,a,"half',
        ids=["1"],
        issues=[("DQ_TABLE_TRUNCATED", 3, None)],
        note="b",
        is_truncated=True,
    ),
    Hostile(
        claim="cut_in_a_quoted_cell_of_several_lines",
        content=HEAD + b'1,a,b\n2,a,"half\nof a\nnote',
        ids=["1"],
        issues=[("DQ_TABLE_TRUNCATED", 3, None)],
        note="b",
        is_truncated=True,
    ),
    Hostile(
        claim="cut_before_the_last_cell",
        content=HEAD + b"1,a,b\n2,a",
        ids=["1"],
        issues=[("DQ_TABLE_TRUNCATED", 3, None)],
        note="b",
        is_truncated=True,
    ),
    Hostile(
        claim="a_quote_left_open_swallows_nothing_up_to_the_end",
        content=HEAD + b'1,"open,b\n2,a,b\n3,a,b\n',
        ids=["2", "3"],
        issues=[("DQ_ROW_QUOTE_OPEN", 2, None)],
        note="b",
    ),
    Hostile(
        claim="a_quote_left_open_swallows_no_quoted_row",
        content=HEAD + b'1,"open,b\n2,"a, c",b\n3,"two\nlines",b\n',
        ids=["2", "3"],
        issues=[("DQ_ROW_QUOTE_OPEN", 2, None)],
        note="b",
    ),
    Hostile(
        claim="a_quote_open_for_more_than_a_mebibyte",
        content=HEAD + b'1,"open,b\n' + b"2,a,b\n" + b"," * (1 << 20) + b'\n3,a,"b"\n',
        ids=["2", "3"],
        issues=[("DQ_ROW_QUOTE_OPEN", 2, None)],
        note="b",
    ),
    Hostile(
        claim="a_cell_of_more_than_a_mebibyte",
        content=HEAD + b"1,a," + BIG + b'\n2,"' + BIG + b'",b\n3,a,b\n',
        ids=["3"],
        issues=[("DQ_ROW_TOO_LARGE", 2, "note"), ("DQ_ROW_TOO_LARGE", 3, "email")],
        note="b",
    ),
    Hostile(
        claim="a_line_too_long_to_be_held",
        content=HEAD + b"1,a," + BIG * 9 + b"\n2,a,b\n",
        ids=["2"],
        issues=[("DQ_ROW_TOO_LARGE", 2, None)],
        note="b",
    ),
    Hostile(
        claim="the_sep_line_of_excel",
        content=b"sep=;\r\nid;email;note\r\n1;a,a;b\r\n",
        ids=["1"],
        note="b",
        is_complete=True,
    ),
    Hostile(
        claim="semicolons_with_commas_inside",
        content=b"id;email;note\n1;a,a,a;b\n",
        ids=["1"],
        note="b",
        is_complete=True,
    ),
    Hostile(
        claim="jsonl_lines_that_are_no_objects",
        content=b'\xef\xbb\xbf{"id":"1","note":"b"}\n[1]\n{"id":2,\nNaN\n"x"\n\n{"id":"6","note":""}\n',
        ids=["1", "6"],
        issues=[("DQ_ROW_NOT_JSON", line, None) for line in (2, 3, 4, 5)],
        suffix="jsonl",
    ),
    Hostile(
        claim="jsonl_numbers_stay_as_written",
        content=b'{"id":446642248919,"note":67340.0}\n{"id":12345678901234567890,"note":1e400}\n',
        ids=["446642248919", "12345678901234567890"],
        note="1e400",
        is_complete=True,
        suffix="jsonl",
    ),
    Hostile(
        claim="jsonl_ids_damaged_doubled_and_missing",
        content=b'{"id":67340.0}\n{"id":"1"}\n{"id":1}\n{"note":"b"}\n{"id":null}\n',
        ids=["1"],
        issues=[
            ("DQ_ID_DAMAGED", 1, "id"),
            ("DQ_ID_DUPLICATE", 3, "id"),
            ("DQ_ID_MISSING", 4, "id"),
            ("DQ_ID_MISSING", 5, "id"),
        ],
        suffix="jsonl",
    ),
    Hostile(
        claim="jsonl_last_line_cut",
        content=b'{"id":"1","note":"b"}\n{"id":"2","no',
        ids=["1"],
        issues=[("DQ_TABLE_TRUNCATED", 2, None)],
        note="b",
        is_truncated=True,
        suffix="jsonl",
    ),
    Hostile(
        claim="jsonl_keys_doubled",
        content=b'{"id":"1","note":"b","note":"c"}\n{"id":"2","z":1,"z":2,"note":"b"}\n',
        ids=["2"],
        issues=[("DQ_ROW_KEY_DUPLICATE", 1, "note")],
        note="b",
        suffix="jsonl",
    ),
    Hostile(
        claim="jsonl_half_a_character_and_nul_escapes",
        content=b'{"id":"1","note":"\\ud800"}\n{"id":"2","note":"b\\u0000c"}\n',
        ids=["2"],
        issues=[("DQ_ROW_ENCODING", 1, "note"), ("DQ_ROW_NUL_REMOVED", 2, None)],
        note="bc",
        suffix="jsonl",
    ),
    Hostile(
        claim="jsonl_nested_without_end",
        content=b'{"id":"1","note":' + b"[" * 100_000 + b"\n" + b'{"id":"2","note":["b","c"]}\n',
        ids=["2"],
        issues=[("DQ_ROW_NOT_JSON", 1, None)],
        note="b;c",
        suffix="jsonl",
    ),
    Hostile(
        claim="jsonl_value_of_more_than_a_mebibyte",
        content=b'{"id":"1","note":"' + BIG + b'"}\n{"id":"2","note":"b"}\n',
        ids=["2"],
        issues=[("DQ_ROW_TOO_LARGE", 1, "note")],
        note="b",
        suffix="jsonl",
    ),
]


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
