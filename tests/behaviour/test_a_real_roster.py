"""A hundred owners of a real account, nearly all of them archived, stand on a team as they are.

The table is public, but no part of the project: these tests run where it lies beside it.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.support.organisation import NOW, Organisation, add_qualified, make_empty
from worker.core.records import WriteOutcome

TABLE = Path(__file__).parents[3] / "shared/data/hubspot_tables/owner_data.csv"
pytestmark = pytest.mark.skipif(not TABLE.exists(), reason="the public owner table is not here")
LEADS = 40


def owner_rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def active_owners() -> frozenset[str]:
    """An archived owner of HubSpot has no active user."""
    return frozenset(row["owner_id"] for row in owner_rows() if row["active_user_id"])


@pytest.fixture
def organisation(tmp_path: Path) -> Organisation:
    """All hundred are on the scheduling team, in equal shares, whatever became of them."""
    made = make_empty(tmp_path / "organisation")
    (made.folder / "data" / "owners.csv").write_bytes(TABLE.read_bytes())
    made.reconfigure(
        "systems/files.yaml",
        "options:\n  folder: data",
        "options:\n  owner_active: active_user_id\n  owner_active_when: filled\n  folder: data",
    )
    path = made.folder / "routing.yaml"
    yaml = YAML()
    document = yaml.load(path.read_text(encoding="utf-8"))
    document["teams"]["scheduling"]["members"] = [
        {"id": f"m-{row['owner_id']}", "owner": {"files": row["owner_id"]}} for row in owner_rows()
    ]
    document["teams"]["scheduling"]["overflow"] = ["intake"]
    out = io.StringIO()
    yaml.dump(document, out)
    path.write_text(out.getvalue(), encoding="utf-8")
    for number in range(LEADS):
        add_qualified(made, f"q{number:02}", email=f"lead{number}@example.org", phone="")
    return made


def owners_of_leads(organisation: Organisation) -> Mapping[str, str]:
    return {name: row["owner_id"] for name, row in organisation.contacts().items()}


def archive(organisation: Organisation, gone: str) -> None:
    path = organisation.folder / "data" / "owners.csv"
    rows = owner_rows()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            is_gone = row["owner_id"] == gone
            writer.writerow({**row, "active_user_id": ""} if is_gone else row)


def test_no_archived_owner_is_assigned(organisation: Organisation) -> None:
    report = organisation.sync()
    assert report.writes == {WriteOutcome.APPLIED.value: LEADS}
    given = owners_of_leads(organisation)
    assert len(given) == LEADS
    assert set(given.values()) == active_owners()


def test_those_who_are_there_share_alike(organisation: Organisation) -> None:
    organisation.sync()
    count = len(active_owners())
    assert count == 4
    assert set(Counter(owners_of_leads(organisation).values()).values()) == {LEADS // count}


def test_the_leads_of_one_who_is_archived_go_to_the_rest_and_no_other_moves(
    organisation: Organisation,
) -> None:
    organisation.sync()
    before = owners_of_leads(organisation)
    gone = min(active_owners())
    archive(organisation, gone)
    organisation.sync(NOW + timedelta(hours=1))
    after = owners_of_leads(organisation)
    assert {name for name in before if after[name] != before[name]} == {
        name for name, owner in before.items() if owner == gone
    }
    assert set(after.values()) == active_owners() - {gone}
