"""A folder of tables is shared with people and other programs, and stays whole whatever they do."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from connectors.files import pushing
from connectors.files.connector import open_connector
from connectors.files.rewrite import Edits
from connectors.files.tables import Layout
from worker.core.records import (
    Owner,
    OwnerKind,
    RawValue,
    RecordRef,
    WriteCommand,
    WriteOutcome,
    WriteResult,
)
from worker.errors import FixAccessError, FixConfigurationError, SourceChangedError
from worker.ports import Connector, ConnectorContext, ObjectSource

TABLE = "id,email,stage\n1,a@example.org,lead\n2,b@example.org,lead\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "contacts.csv").write_text(TABLE)
    return tmp_path


def opened(
    folder: Path,
    *,
    system: Mapping[str, str] | None = None,
    modified_at: str | None = None,
    **options: str,
) -> Connector:
    source = ObjectSource(
        object_type="contacts", id_field="id", modified_at_field=modified_at, options=options
    )
    return open_connector(
        ConnectorContext(
            system="files",
            base_dir=folder,
            options={"folder": ".", **(system or {})},
            objects=[source],
        )
    )


def command(record_id: str, changes: Mapping[str, RawValue], **expected: RawValue) -> WriteCommand:
    return WriteCommand(
        command_id=f"for-{record_id}",
        ref=RecordRef(system="files", object_type="contacts", id=record_id),
        changes=changes,
        expected=expected,
    )


def pushed(folder: Path, *commands: WriteCommand) -> list[tuple[WriteOutcome, str | None]]:
    return [(r.outcome, r.code) for r in opened(folder).push(commands)]


# Reading beside other programs.


def test_a_table_that_changes_while_it_is_read_gives_no_bookmark(folder: Path) -> None:
    rows = "".join(f"{n},x@example.org,lead\n" for n in range(3000))
    (folder / "contacts.csv").write_text("id,email,stage\n" + rows)
    pages = opened(folder).pull("contacts", fields=["stage"], since=None)
    next(pages)
    with (folder / "contacts.csv").open("a") as table:
        table.write("3000,x@example.org,lead\n")
    with pytest.raises(SourceChangedError):
        list(pages)


def test_a_table_that_is_replaced_while_it_is_read_gives_no_bookmark(folder: Path) -> None:
    rows = "".join(f"{n},x@example.org,lead\n" for n in range(1500))
    (folder / "contacts.csv").write_text("id,email,stage\n" + rows)
    pages = opened(folder).pull("contacts", fields=["stage"], since=None)
    next(pages)
    (folder / "new").write_text("id,email,stage\n" + rows)
    (folder / "new").replace(folder / "contacts.csv")
    with pytest.raises(SourceChangedError):
        list(pages)


def bookmark(folder: Path, *fields: str) -> str:
    last = list(opened(folder).pull("contacts", fields=fields, since=None))[-1]
    assert last.bookmark is not None
    return last.bookmark


def test_a_table_that_was_only_touched_is_not_given_again(folder: Path) -> None:
    since = bookmark(folder, "stage")
    os.utime(folder / "contacts.csv", (1, 1))
    [page] = opened(folder).pull("contacts", fields=["stage"], since=since)
    assert (page.records, page.is_complete) == ((), False)
    assert page.bookmark not in (None, since)


def test_an_edit_of_equal_length_with_its_time_put_back_is_seen(folder: Path) -> None:
    table = folder / "contacts.csv"
    before = table.stat()
    since = bookmark(folder, "stage")
    table.write_text(TABLE.replace("1,a@example.org,lead", "1,a@example.org,sold"))
    os.utime(table, ns=(before.st_atime_ns, before.st_mtime_ns))
    pages = list(opened(folder).pull("contacts", fields=["stage"], since=since))
    assert [r.values["stage"] for page in pages for r in page.records] == ["sold", "lead"]


def test_a_newly_requested_field_is_read_from_an_unchanged_table(folder: Path) -> None:
    since = bookmark(folder, "stage")
    pages = list(opened(folder).pull("contacts", fields=["stage", "email"], since=since))
    assert [r.values["email"] for p in pages for r in p.records] == [
        "a@example.org",
        "b@example.org",
    ]


@pytest.mark.parametrize("since", ["", "nonsense", "v1:1:2:3:4:zz:zz", "2026-01-01T00:00:00Z"])
def test_a_bookmark_that_is_not_ours_means_everything(folder: Path, since: str) -> None:
    pages = list(opened(folder).pull("contacts", fields=["stage"], since=since))
    assert sum(len(page.records) for page in pages) == 2


def test_the_revision_does_not_depend_on_the_order_of_columns(folder: Path) -> None:
    fields = ["email", "stage"]
    first = [
        r.revision
        for p in opened(folder).pull("contacts", fields=fields, since=None)
        for r in p.records
    ]
    (folder / "contacts.csv").write_text(
        "stage,id,email\nlead,1,a@example.org\nlead,2,b@example.org\n"
    )
    fields.reverse()
    again = [
        r.revision
        for p in opened(folder).pull("contacts", fields=fields, since=None)
        for r in p.records
    ]
    assert first == again


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00+00:00"),
        ("2026-03-01T10:00:00.5+02:00", "2026-03-01T08:00:00.500000+00:00"),
        ("2026-03-01 10:00:00", "2026-03-01T10:00:00+00:00"),
        ("2026-03-01", "2026-03-01T00:00:00+00:00"),
        ("1713702782", "2024-04-21T12:33:02+00:00"),
        ("1713702782727", "2024-04-21T12:33:02.727000+00:00"),
        ("1713702782727.0", "2024-04-21T12:33:02.727000+00:00"),
        ("yesterday", "None"),
        ("0001-01-01T00:00:00+14:00", "None"),
        ("", "None"),
    ],
)
def test_the_time_of_change_is_read_in_the_usual_notations(
    folder: Path, text: str, expected: str
) -> None:
    (folder / "contacts.csv").write_text(f"id,changed\n1,{text}\n")
    [page] = opened(folder, modified_at="changed").pull("contacts", fields=[], since=None)
    [record] = page.records
    assert (str(record.modified_at and record.modified_at.isoformat()), record.values) == (
        expected,
        {},
    )


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
    real, left = pushing.replace_table, [times]

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


def test_jsonl_reads_numbers_lists_and_objects_as_text(tmp_path: Path) -> None:
    row = {"id": "1", "b": True, "l": ["x", 1], "o": {"k": 1}, "e": [], "z": None}
    (tmp_path / "contacts.jsonl").write_text(json.dumps(row) + "\n")
    [page] = opened(tmp_path).pull("contacts", fields=["b", "l", "o", "e", "z", "q"], since=None)
    assert page.records[0].values == {
        "b": "true",
        "l": "x;1",
        "o": '{"k": 1}',
        "e": None,
        "z": None,
    }


# Owners, options and findings.


def test_an_owner_is_active_only_by_a_clear_yes_or_no_word_at_all(folder: Path) -> None:
    (folder / "owners.csv").write_text(
        "owner_id,email,active,kind\n1,a@example.org,TRUE,\n2,,maybe,person\n3,,,Queue\n4,,no,\n"
    )
    assert opened(folder).owners() == [
        Owner(id="1", email="a@example.org"),
        Owner(id="2", is_active=False),
        Owner(id="3", kind=OwnerKind.QUEUE),
        Owner(id="4", is_active=False),
    ]


def test_no_owners_table_means_no_owners(folder: Path) -> None:
    assert opened(folder).owners() == []


def test_owners_may_stand_in_columns_of_other_names(folder: Path) -> None:
    (folder / "people.csv").write_text("uid,mail\n007,a@example.org\n")
    system = {"owners": "people.csv", "owner_id": "uid", "owner_email": "mail"}
    assert opened(folder, system=system).owners() == [Owner(id="007", email="a@example.org")]


def refusal(folder: Path, system: Mapping[str, str], **options: str) -> str:
    with pytest.raises(FixConfigurationError) as caught:
        opened(folder, system=system, **options)
    return str(caught.value)


def test_an_unknown_option_is_refused_with_the_nearest_and_the_allowed(folder: Path) -> None:
    assert refusal(folder, {"owner_mail": "x"}) == (
        "'owner_mail' is no option of system files. Did you mean 'owner_email'? Allowed: 'folder',"
        " 'owners', 'owner_id', 'owner_email', 'owner_active', 'owner_kind'."
    )


def test_an_unknown_table_option_is_refused_likewise(folder: Path) -> None:
    assert refusal(folder, {}, delimeter=";") == (
        "'delimeter' is no option of contacts of system files. Did you mean 'delimiter'?"
        " Allowed: 'table', 'encoding', 'delimiter'."
    )


def test_a_missing_folder_option_is_refused(folder: Path) -> None:
    message = "system files needs the option 'folder': where its tables are."
    assert refusal(folder, {"folder": ""}) == message


def test_a_table_outside_the_folder_is_refused(folder: Path) -> None:
    assert refusal(folder, {}, table="../secret.csv") == (
        "'../secret.csv' is no file name for contacts of system files."
        " Give the name of a file in the folder, no path."
    )


def test_check_names_what_is_wrong_with_each_table(folder: Path) -> None:
    (folder / "contacts.csv").write_text("email,stage\na@example.org,lead\n")
    (folder / "owners.csv").write_text("")
    assert [(finding.message, finding.is_blocking) for finding in opened(folder).check()] == [
        ("contacts.csv has no column 'id', which holds the record's id.", True),
        ("owners.csv is empty: not even a header. Export it again.", True),
    ]


def test_check_counts_owners_that_cannot_be_read(folder: Path) -> None:
    (folder / "owners.csv").write_text("owner_id\n1\n1\n#NAME?\n")
    [finding] = opened(folder).check()
    assert (finding.message, finding.is_blocking) == (
        "owners.csv has 2 rows that cannot be read.",
        False,
    )


def test_check_says_when_the_folder_is_not_there(tmp_path: Path) -> None:
    [finding] = opened(tmp_path, system={"folder": "nowhere"}).check()
    assert (finding.message, finding.is_blocking) == ("The folder of tables is not there.", True)
