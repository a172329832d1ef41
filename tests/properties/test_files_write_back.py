"""A write-back to a table changes the bytes of the changed cells and of nothing else.

What the file must become is put together from the same raw cells as the file was, not computed by the
code under test.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.files_tables import (
    COLUMNS,
    SLOW_DISK,
    TEXT,
    RawTable,
    opened,
    raw_cell,
    tables,
    values_in,
)
from worker.core.records import RawValue, RecordRef, WriteCommand, WriteOutcome
from worker.errors import FixDataError

CHANGES = st.dictionaries(
    st.tuples(st.integers(0, 5), st.sampled_from(COLUMNS)), st.none() | TEXT, max_size=6
)


def commands_for(changes: dict[tuple[int, str], RawValue]) -> list[WriteCommand]:
    return [
        WriteCommand(
            command_id=str(n),
            ref=RecordRef(system="files", object_type="contacts", id=str(100 + row)),
            changes={column: value},
        )
        for n, ((row, column), value) in enumerate(changes.items())
    ]


@SLOW_DISK
@given(table=tables(), changes=CHANGES)
def test_only_the_changed_cells_bytes_change(
    table: RawTable, changes: dict[tuple[int, str], RawValue]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "contacts.csv"
        path.write_bytes(table.content())
        before = values_in(Path(name))
        results = opened(Path(name)).push(commands_for(changes))
        applied = {
            place: value
            for (place, value), result in zip(changes.items(), results, strict=True)
            if result.outcome is WriteOutcome.APPLIED
        }
        assert applied == {
            place: value
            for place, value in changes.items()
            if place in before and before[place] != (value or None)
        }
        replaced = {
            (row, column): raw_new(table.rows[row][column], value, table.delimiter)
            for (row, name_of), value in applied.items()
            for column in [1 + COLUMNS.index(name_of)]
        }
        assert path.read_bytes() == table.content(replaced)
        assert values_in(Path(name)) == before | {p: v or None for p, v in applied.items()}


def raw_new(old: str, value: RawValue, delimiter: str) -> str:
    """Quote a new cell where it has to be, where the old one was, and around outer blanks."""
    text = value or ""
    keeps = old.startswith('"') or text != text.strip()
    return raw_cell(text, is_quoted=keeps, delimiter=delimiter)


@SLOW_DISK
@given(table=tables(), value=TEXT.filter(bool))
def test_a_new_column_goes_to_the_end_of_every_row(table: RawTable, value: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "contacts.csv"
        path.write_bytes(table.content())
        ref = RecordRef(system="files", object_type="contacts", id="100")
        command = WriteCommand(command_id="1", ref=ref, changes={"owner": value})
        assert [r.outcome for r in opened(Path(name)).push([command])] == [WriteOutcome.APPLIED]
        new = [raw_new("", value, table.delimiter)] + [""] * (len(table.rows) - 1)
        wider = RawTable(
            encoding=table.encoding,
            bom=table.bom,
            delimiter=table.delimiter,
            header=(*table.header, "owner"),
            rows=tuple((*row, cell) for row, cell in zip(table.rows, new, strict=True)),
            ends=table.ends,
        )
        assert path.read_bytes() == wider.content()


@SLOW_DISK
@given(noise=st.binary(max_size=200), value=st.sampled_from(["new", "a,b", "é", 'say "hi"']))
def test_bytes_that_make_no_sense_are_kept(noise: bytes, value: str) -> None:
    head = b"id,stage\n1,old"
    ref = RecordRef(system="files", object_type="contacts", id="1")
    command = WriteCommand(command_id="1", ref=ref, changes={"stage": value})
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "contacts.csv"
        path.write_bytes(head + b"\n" + noise)
        is_applied = False
        with suppress(FixDataError):
            [result] = opened(Path(name)).push([command])
            is_applied = result.outcome is WriteOutcome.APPLIED
        written = path.read_bytes()
        cell = raw_cell(value, is_quoted=False, delimiter=",")
        new = {
            b"id,stage\n1," + cell.encode(codec) + b"\n" + noise for codec in ("utf-8", "cp1252")
        }
        assert written in (new if is_applied else {head + b"\n" + noise})


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


@SLOW_DISK
@given(
    rows=st.lists(
        st.dictionaries(st.sampled_from(["a", "b", "stage", "é"]), JSON_VALUES), min_size=1
    ),
    value=TEXT.filter(bool),
    is_compact=st.booleans(),
    end=st.sampled_from(["\n", "\r\n", ""]),
)
def test_jsonl_members_that_are_not_changed_keep_their_text(
    rows: list[dict[str, object]], value: str, is_compact: bool, end: str
) -> None:
    separators = (",", ":") if is_compact else (", ", ": ")
    full = [{"id": str(100 + n)} | row for n, row in enumerate(rows)]
    lines = [json.dumps(row, separators=separators, ensure_ascii=False) for row in full]
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "contacts.jsonl"
        path.write_bytes(("\n".join(lines) + end).encode())
        command = WriteCommand(
            command_id="1",
            ref=RecordRef(system="files", object_type="contacts", id="100"),
            changes={"stage": value},
        )
        [result] = opened(Path(name)).push([command])
        after = path.read_bytes().decode()
        changed, *others = after.removesuffix(end).split("\n") if end else after.split("\n")
        assert others == lines[1:]
        kept = {key: text for key, text in members(changed).items() if key != "stage"}
        assert kept == {k: t for k, t in members(lines[0]).items() if k != "stage"}
        assert values_of(Path(name), "stage") == value
        assert result.outcome in (WriteOutcome.APPLIED, WriteOutcome.UNCHANGED)


def members(line: str) -> dict[str, str]:
    """Give the members of an object with numbers as they are written."""
    pairs = json.loads(
        line, object_pairs_hook=list, parse_float=lambda t: ("n", t), parse_int=lambda t: ("n", t)
    )
    return {key: repr(value) for key, value in pairs}


def values_of(folder: Path, field: str) -> RawValue:
    ref = RecordRef(system="files", object_type="contacts", id="100")
    return opened(folder).fetch([ref], fields=[field])[ref].values[field]
