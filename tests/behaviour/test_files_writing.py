"""A folder of tables is shared with people and other programs, and stays whole whatever they do."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.files import pushing
from connectors.files.rewrite import Edits, replace_table
from connectors.files.tables import Layout
from tests.behaviour.files_folder import TABLE, command, opened, pushed
from worker.core.records import (
    RecordRef,
    WriteCommand,
    WriteOutcome,
    WriteResult,
)
from worker.errors import FixAccessError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "contacts.csv").write_text(TABLE)
    return tmp_path


# Writing beside other programs.


def test_a_table_keeps_its_mode_and_leaves_nothing_beside_it(folder: Path) -> None:
    (folder / "contacts.csv").chmod(0o640)
    pushed(folder, command("1", {"stage": "mql"}))
    assert stat.S_IMODE((folder / "contacts.csv").stat().st_mode) == 0o640
    assert sorted(p.name for p in folder.iterdir()) == [".leadtriage.lock", "contacts.csv"]


def test_a_table_behind_a_link_is_changed_and_the_link_stays(folder: Path) -> None:
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (folder / "contacts.csv").rename(elsewhere / "real.csv")
    (folder / "contacts.csv").symlink_to(elsewhere / "real.csv")
    pushed(folder, command("1", {"stage": "mql"}))
    assert (folder / "contacts.csv").is_symlink()
    assert (elsewhere / "real.csv").read_text() == TABLE.replace("lead", "mql", 1)


def test_a_batch_that_changes_nothing_leaves_the_file_alone(folder: Path) -> None:
    before = (folder / "contacts.csv").stat()
    pushed(folder, command("1", {"stage": "lead", "new": None}), command("9", {"stage": "mql"}))
    assert (folder / "contacts.csv").stat() == before


Replace = Callable[[Path, Layout, Edits], bool]


def meddling(times: int, text: str) -> Replace:
    """Let another program change the table just before it is replaced, so many times."""
    real, left = replace_table, [times]

    def replace(path: Path, layout: Layout, edits: Edits) -> bool:
        if left[0]:
            left[0] -= 1
            path.write_text(path.read_text() + text.format(left[0]))
        return real(path, layout, edits)

    return replace


def test_a_table_changed_before_the_replacement_loses_neither_change(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "replace_table", meddling(1, "3{},c@example.org,lead\n"))
    assert pushed(folder, command("1", {"stage": "mql"})) == [(WriteOutcome.APPLIED, None)]
    expected = TABLE.replace("lead", "mql", 1) + "30,c@example.org,lead\n"
    assert (folder / "contacts.csv").read_text() == expected


def test_a_table_that_never_rests_is_not_written_and_the_outcome_is_unknown(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "replace_table", meddling(9, "3{},c@example.org,lead\n"))
    told = pushed(folder, command("1", {"stage": "mql"}))
    assert told == [(WriteOutcome.UNKNOWN, "WRITE_TABLE_CHANGED")]
    assert "mql" not in (folder / "contacts.csv").read_text()


CHILD = """
import os, sys
from pathlib import Path
from connectors.files.connector import open_connector
from worker.core.records import RecordRef, WriteCommand
from worker.ports import ConnectorContext, ObjectSource

folder, mine, how = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
if how == "die":
    os.fsync = lambda handle: os.kill(os.getpid(), 9)
if how == "drop":
    os.setgid(65534)
    os.setuid(65534)
connector = open_connector(ConnectorContext(system="files", base_dir=folder, options={"folder": "."},
    objects=[ObjectSource(object_type="contacts", id_field="id")]))
for n in range(int(sys.argv[4])):
    ref = RecordRef(system="files", object_type="contacts", id=mine)
    command = WriteCommand(command_id="1", ref=ref, changes={"stage": f"s{n}"})
    try:
        connector.push([command])
    except Exception as error:
        sys.exit(type(error).__name__)
"""


def child(folder: Path, record_id: str, how: str, times: int) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", CHILD, str(folder), record_id, how, str(times)]
    return subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, cwd=Path.cwd())


def test_two_workers_at_once_lose_no_write(folder: Path) -> None:
    workers = [child(folder, one, "write", 40) for one in ("1", "2")]
    assert [worker.communicate()[1] for worker in workers] == ["", ""]
    assert (folder / "contacts.csv").read_text() == TABLE.replace("lead", "s39")


def test_a_worker_killed_before_the_replacement_leaves_the_table_as_it_was(folder: Path) -> None:
    worker = child(folder, "1", "die", 1)
    worker.communicate()
    assert worker.returncode == -9
    assert (folder / "contacts.csv").read_text() == TABLE


def test_what_a_killed_worker_left_does_not_disturb_the_next(folder: Path) -> None:
    child(folder, "1", "die", 1).communicate()
    assert pushed(folder, command("1", {"stage": "mql"})) == [(WriteOutcome.APPLIED, None)]
    assert (folder / "contacts.csv").read_text() == TABLE.replace("lead", "mql", 1)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can start a worker as somebody else")
def test_a_read_only_folder_is_an_error_of_access() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "contacts.csv").write_text(TABLE)
        assert child(folder, "1", "drop", 1).communicate()[1].strip() == FixAccessError.__name__


# Commands that cannot be carried out.


def test_an_id_that_two_rows_claim_is_never_written(folder: Path) -> None:
    (folder / "contacts.csv").write_text(TABLE + "1,c@example.org,lead\n")
    told = pushed(folder, command("1", {"stage": "mql"}), command("2", {"stage": "mql"}))
    assert told == [(WriteOutcome.REJECTED, "WRITE_ID_AMBIGUOUS"), (WriteOutcome.APPLIED, None)]


def test_a_record_that_may_be_in_an_unreadable_row_is_not_called_missing(folder: Path) -> None:
    (folder / "contacts.csv").write_text(TABLE + "3,Smith, Ann,c@example.org,lead\n")
    told = pushed(folder, command("3", {"stage": "mql"}))
    assert told == [(WriteOutcome.REJECTED, "WRITE_ROW_UNREADABLE")]


def test_a_row_too_long_stays_too_long_when_a_column_is_added(folder: Path) -> None:
    (folder / "contacts.csv").write_text(TABLE + "3,Smith, Ann,lead\n")
    pushed(folder, command("1", {"owner": "7"}))
    pages = list(opened(folder).pull("contacts", fields=["owner"], since=None))
    assert [(i.code, i.row) for page in pages for i in page.issues] == [("DQ_ROW_TOO_LONG", 4)]


def test_a_new_column_stands_behind_unnamed_ones_in_every_row(folder: Path) -> None:
    (folder / "contacts.csv").write_text("id,stage,\n1,lead\n2,lead,\n")
    pushed(folder, command("2", {"owner": "7"}))
    expected = "id,stage,,owner\n1,lead,,\n2,lead,,7\n"
    assert (folder / "contacts.csv").read_text() == expected


def test_a_jsonl_row_with_nul_bytes_is_not_rewritten(tmp_path: Path) -> None:
    (tmp_path / "contacts.jsonl").write_bytes(b'{"id":"1","stage":"a\0b"}\n')
    told = pushed(tmp_path, command("1", {"stage": "mql"}))
    assert told == [(WriteOutcome.REJECTED, "WRITE_ROW_UNREADABLE")]


def test_a_value_the_tables_encoding_lacks_is_rejected(folder: Path) -> None:
    (folder / "contacts.csv").write_bytes(b"id,stage\n1,caf\xe9\n")
    told = pushed(folder, command("1", {"stage": "Łódź"}))
    assert told == [(WriteOutcome.REJECTED, "WRITE_NOT_ENCODABLE")]


@pytest.mark.parametrize("value", ["a\0b", "half \ud800"])
def test_a_value_that_could_not_be_read_back_is_rejected(folder: Path, value: str) -> None:
    told = pushed(folder, command("1", {"stage": value}))
    assert told == [(WriteOutcome.REJECTED, "WRITE_NOT_ENCODABLE")]


def test_a_value_too_large_to_be_read_back_is_rejected(folder: Path) -> None:
    told = pushed(folder, command("1", {"stage": "x" * (1 << 20)}))
    assert told == [(WriteOutcome.REJECTED, "WRITE_TOO_LARGE")]


def test_the_id_itself_is_never_written(folder: Path) -> None:
    assert pushed(folder, command("1", {"id": "5"})) == [(WriteOutcome.REJECTED, "WRITE_ID_FIELD")]


def test_an_object_type_that_is_not_configured_is_rejected(folder: Path) -> None:
    ref = RecordRef(system="files", object_type="invoices", id="1")
    [result] = opened(folder).push([WriteCommand(command_id="1", ref=ref, changes={"stage": "x"})])
    assert result == WriteResult(
        command_id="1", outcome=WriteOutcome.REJECTED, code="WRITE_OBJECT_UNKNOWN"
    )


def test_a_jsonl_value_stays_the_kind_of_json_it_was(tmp_path: Path) -> None:
    row = '{"id": 1, "n": 67340.0, "b": true, "l": ["x"], "s": "y", "kept": 1e2}\n'
    (tmp_path / "contacts.jsonl").write_text(row)
    changes = {"n": "12.50", "b": "false", "l": "y;z", "s": None, "new": "1"}
    assert pushed(tmp_path, command("1", changes)) == [(WriteOutcome.APPLIED, None)]
    assert (tmp_path / "contacts.jsonl").read_text() == (
        '{"id": 1, "n": 12.50, "b": false, "l": ["y", "z"], "s": null, "kept": 1e2, "new": "1"}\n'
    )
