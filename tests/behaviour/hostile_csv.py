"""Hostile CSV tables, and exactly what must be read from each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEAD = b"id,email,note\n"
BIG = b"x" * (1 << 20) + b"y"
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


CSV_CASES = [
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
        claim="a_line_ending_parted_by_two_reads",
        content=b"id,email,note\r\n1,a," + b"x" * ((1 << 18) - 20) + b"\r\n2,a\r\n3,a,b\r\n",
        ids=["1", "3"],
        issues=[("DQ_ROW_TOO_SHORT", 3, "note")],
        note="b",
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
        content=HEAD + b'1,"open,b\n' + b"2,a,b\n" + b"," * (1 << 20) + b'\n3,a",b\n',
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
]
