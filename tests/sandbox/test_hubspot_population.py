"""The twin becomes an account of the tables that ``leadtriage sample`` writes, always the same one."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path

import msgspec
import pytest

from connectors.sandbox.hubspot.app import open_twin
from connectors.sandbox.hubspot.forms import form_named
from connectors.sandbox.hubspot.population import (
    DATES,
    FLAGS,
    INSTANTS,
    NUMBERS,
    RENAMED,
    TEXTS,
    Populated,
    populate,
)
from worker.sample import write_sample
from worker.sample.columns import CONTACT_COLUMNS, MANAGED_COLUMNS
from worker.sample.words import DISPOSABLE_DOMAINS, TYPO_DOMAINS

CONTACTS = "/crm/v3/objects/contacts"


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small base."""
    folder = tmp_path_factory.mktemp("base")
    write_sample(folder, 300, 1, date(2026, 11, 2))
    return folder


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    """Read a table."""
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_column_a_person_fills_has_a_property() -> None:
    stamps = {"contact_id", "created_at", "updated_at"}
    known = {*RENAMED, *TEXTS, *NUMBERS, *FLAGS, *INSTANTS, *DATES}
    assert known | stamps | set(MANAGED_COLUMNS) == set(CONTACT_COLUMNS)


def test_contacts_keep_their_ids_values_and_stamps(web, twin, tables) -> None:
    with twin.lock:
        done = populate(twin.account, tables)
    table = rows(tables, "contacts.csv")
    assert done.contacts == len(table) == 300
    row = next(row for row in table if row["owner_id"] and row["lifecycle_stage"] == "Opportunity")
    names = "firstname,lastname,lifecyclestage,hubspot_owner_id,lead_type,received_at"
    shown = web("GET", f"{CONTACTS}/{row['contact_id']}?properties={names}").body
    assert shown["createdAt"] == row["created_at"].replace("Z", ".000Z")
    assert shown["updatedAt"] == row["updated_at"].replace("Z", ".000Z")
    properties = shown["properties"]
    assert properties["lifecyclestage"] == "opportunity"
    assert properties["hubspot_owner_id"] == row["owner_id"]
    assert properties["received_at"] == row["received_at"].replace("Z", ".000Z")
    assert (properties["firstname"] or "") == row["first_name"]


def test_what_an_account_could_not_hold_is_left_out_and_counted(twin, tables) -> None:
    done = populate(twin.account, tables)
    addresses = [row["email"].strip().lower() for row in rows(tables, "contacts.csv")]
    given = [address for address in addresses if address]
    kept = twin.account.store.sql.execute("SELECT COUNT(*) FROM keys").fetchone()[0]
    assert done.left_out["email"] == len(given) - kept
    assert 0 < done.left_out["email"] < 30


def test_actions_are_engagements_with_links_or_submissions_newest_first(client, web, twin, tables):
    with twin.lock:
        done = populate(twin.account, tables)
    actions = rows(tables, "activities.csv")
    assert done.engagements + done.submissions == len(actions)
    calls = [row for row in actions if row["type"] in {"inbound_call", "outbound_call"}]
    listed = client.crm.objects.get_all("calls", properties=["hs_call_direction"])
    assert len(listed) == len(calls)
    linked = client.crm.associations.v4.batch_api.get_page(
        "calls", "contacts", {"inputs": [{"id": one.id} for one in listed]}
    )
    assert sorted(one.to[0].to_object_id for one in linked.results) == sorted(
        row["contact_id"] for row in calls
    )
    views = [row for row in actions if row["type"] == "article_view"]
    assert len(views) > 50
    path = f"/form-integrations/v1/submissions/forms/{form_named('article_view').id}?limit=50"
    seen, after = [], ""
    while after is not None:
        page = web("GET", path + after).body
        seen += page["results"]
        after = f"&after={page['paging']['next']['after']}" if "paging" in page else None
    assert len(seen) == len(views)
    assert len({one["conversionId"] for one in seen}) == len(seen)
    stamps = [one["submittedAt"] for one in seen]
    assert stamps == sorted(stamps, reverse=True)
    joined = [
        next(field["value"] for field in one["values"] if field["name"] == "hs_object_id")
        for one in seen
    ]
    assert sorted(joined) == sorted(row["contact_id"] for row in views)


def test_the_same_tables_give_the_same_account(tables) -> None:
    def dump() -> list[str]:
        twin = open_twin()
        populate(twin.account, tables)
        lines = list(twin.account.store.sql.iterdump())
        twin.account.store.close()
        return lines

    assert dump() == dump()


def test_a_twin_kept_in_a_file_is_as_it_was(tmp_path, tables) -> None:
    path = str(tmp_path / "twin.db")
    first = open_twin(path)
    populate(first.account, tables)
    first.account.store.close()
    again = open_twin(path)
    (count,) = again.account.store.sql.execute("SELECT COUNT(*) FROM objects").fetchone()
    assert count > 300
    assert again.account.definitions.find("contacts", "lead_type") is not None
    again.account.store.close()


def test_a_broken_table_fills_nothing(twin, tmp_path) -> None:
    (tmp_path / "owners.csv").write_text("owner_id,email,active,kind\n1,a@b.example,true,person\n")
    with pytest.raises(FileNotFoundError):
        populate(twin.account, tmp_path)
    assert twin.account.store.document("owner", "1") is None
    assert Populated().contacts == 0


def test_f71_nobody_in_the_account_can_be_reached(twin, tables) -> None:
    """Addresses are of domains reserved for examples, or damaged; numbers are those of fiction."""
    populate(twin.account, tables)
    kept = twin.account.store.sql.execute("SELECT properties FROM objects WHERE type='contacts'")
    people = [msgspec.json.decode(text) for (text,) in kept]
    domains = {one["email"].rpartition("@")[2] for one in people if "email" in one}
    real = {one for one in domains if not re.search(r"(^|\.)example\.(com|net|org)$", one)}
    assert real <= {*TYPO_DOMAINS, *DISPOSABLE_DOMAINS}
    digits = [re.sub(r"\D", "", one.get("phone", "")) for one in people]
    assert not [
        one for one in digits if len(one) >= 10 and set(one) != {"0"} and "55501" not in one
    ]
