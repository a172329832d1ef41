"""A folder of tables is read as it is, beside people and programs that change it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.behaviour.files_folder import TABLE, opened
from worker.core.records import (
    Owner,
    OwnerKind,
)
from worker.errors import FixConfigurationError, SourceChangedError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "contacts.csv").write_text(TABLE)
    return tmp_path


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


def test_a_table_that_goes_away_while_it_is_read_is_read_again_later(folder: Path) -> None:
    rows = "".join(f"{n},x@example.org,lead\n" for n in range(1500))
    (folder / "contacts.csv").write_text("id,email,stage\n" + rows)
    pages = opened(folder).pull("contacts", fields=["stage"], since=None)
    next(pages)
    (folder / "contacts.csv").unlink()
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


def test_an_owner_may_be_active_by_having_a_user(folder: Path) -> None:
    (folder / "owners.csv").write_text("owner_id,active_user_id\n1,12345\n2,\n3,0\n")
    system = {"owner_active": "active_user_id", "owner_active_when": "filled"}
    assert [(o.id, o.is_active) for o in opened(folder, system=system).owners()] == [
        ("1", True),
        ("2", False),
        ("3", True),
    ]


def test_no_other_way_of_being_active_is_known(folder: Path) -> None:
    assert refusal(folder, {"owner_active_when": "full"}) == (
        "'full' is no owner_active_when of system files. Did you mean 'filled'?"
        " Allowed: 'yes', 'filled'."
    )


def refusal(folder: Path, system: Mapping[str, str], **options: str) -> str:
    with pytest.raises(FixConfigurationError) as caught:
        opened(folder, system=system, **options)
    return str(caught.value)


def test_an_unknown_option_is_refused_with_the_nearest_and_the_allowed(folder: Path) -> None:
    assert refusal(folder, {"owner_mail": "x"}) == (
        "'owner_mail' is no option of system files. Did you mean 'owner_email'? Allowed: 'folder',"
        " 'owners', 'owner_id', 'owner_email', 'owner_active', 'owner_active_when',"
        " 'owner_kind'."
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
