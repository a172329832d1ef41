"""Hostile JSONL tables, and exactly what must be read from each."""

from __future__ import annotations

from tests.behaviour.hostile_csv import BIG, Hostile

JSONL_CASES = [
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
        claim="jsonl_nul_bytes",
        content=b'{"id":"1","note":"b\x00c"}\n',
        ids=["1"],
        issues=[("DQ_ROW_NUL_REMOVED", 1, None)],
        note="bc",
        is_complete=True,
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
