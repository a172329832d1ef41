"""``audit data``: the whole base through the checks of a single lead, and never a value of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.command import run
from tests.support.organisation import NOW, Organisation
from worker.errors import ExitCode

ROOT = Path(__file__).parents[2]
SECRET = "zzsecretzz"
SHAPE = {
    "leads", "without_fault", "quarantined", "previous", "findings", "dimensions", "severities", "systems",
    "pathways", "origins", "fields", "fix_first", "over_limit",
}  # fmt: skip


@pytest.fixture
def faulty(organisation: Organisation) -> Organisation:
    """Six leads of one form with a broken address, one of another origin, and three without a fault."""
    for number in range(6):
        organisation.add_contact(
            f"f{number}",
            first_name=SECRET,
            last_name=f"{SECRET}er",
            email=f"{SECRET}@broken",
            phone=f"617253012{number}",
            lead_type="Patient",
            origin="spring form",
        )
    organisation.add_contact(
        "g1", first_name=SECRET, last_name="Own", email="nothing", origin=f"{SECRET} origin"
    )
    organisation.sync()
    return organisation


def test_counts_shares_and_origins_are_told(faulty: Organisation) -> None:
    found = run("audit", "data", "--json", config=faulty.folder).json

    assert set(found) == SHAPE
    assert found["leads"] == 10
    (invalid,) = [f for f in found["findings"] if f["code"] == "DQ_EMAIL_INVALID"]
    assert (invalid["leads"], invalid["share"], invalid["share_before"]) == (7, 0.7, None)
    assert found["origins"] == [
        {"origin": "spring form", "code": "DQ_EMAIL_INVALID", "leads": 6, "share": 1.0}
    ]
    assert found["systems"]["files"]["findings"]["DQ_EMAIL_INVALID"] == 7
    assert found["pathways"]["patient"]["findings"]["DQ_EMAIL_INVALID"] == 6


def test_a_share_above_its_limit_ends_with_problems_found(faulty: Organisation) -> None:
    ended = run("audit", "data", "--json", config=faulty.folder)

    assert ended.exit_code == ExitCode.FOUND_PROBLEMS
    assert ended.json["over_limit"] == ["DQ_EMAIL_INVALID", "DQ_NO_CONTACT_POINT"]


def test_within_the_limits_it_ends_well(faulty: Organisation) -> None:
    faulty.reconfigure("quality.yaml", "DQ_EMAIL_INVALID: 5%", "DQ_EMAIL_INVALID: 70%")
    faulty.reconfigure("quality.yaml", "DQ_NO_CONTACT_POINT: 5%", "DQ_NO_CONTACT_POINT: 10%")

    assert run("audit", "data", config=faulty.folder).exit_code == 0


def test_the_next_audit_says_what_became_of_it(faulty: Organisation) -> None:
    run("audit", "data", config=faulty.folder)
    for number in range(3):
        faulty.edit(f"f{number}", email=f"mended{number}@example.org")
    faulty.sync()

    later = run("audit", "data", "--json", config=faulty.folder).json

    (invalid,) = [f for f in later["findings"] if f["code"] == "DQ_EMAIL_INVALID"]
    assert (invalid["share"], invalid["share_before"]) == (0.4, 0.7)
    assert later["previous"]["leads"] == 10
    said = run("audit", "data", config=faulty.folder).stdout
    assert "What to fix first" in said


def test_an_arrow_shows_the_way_a_share_went(faulty: Organisation) -> None:
    run("audit", "data", config=faulty.folder)
    for number in range(3):
        faulty.edit(f"f{number}", email=f"mended{number}@example.org")
    faulty.sync()

    said = run("audit", "data", config=faulty.folder).stdout

    (line,) = [line for line in said.splitlines() if line.startswith("DQ_EMAIL_INVALID ")]
    assert "▼ -30.0" in line


def test_a_trend_over_other_rules_says_so(faulty: Organisation) -> None:
    run("audit", "data", config=faulty.folder)
    same = run("audit", "data", "--json", config=faulty.folder).json
    faulty.reconfigure("quality.yaml", "DQ_EMAIL_INVALID: 5%", "DQ_EMAIL_INVALID: 6%")
    other = run("audit", "data", "--json", config=faulty.folder).json

    assert same["previous"]["is_same_configuration"] is True
    assert other["previous"]["is_same_configuration"] is False


def test_what_is_not_stored_is_no_beginning_of_a_trend(faulty: Organisation) -> None:
    run("audit", "data", "--no-store", config=faulty.folder)

    assert faulty.ask("SELECT count(*) FROM audits") == [(0,)]
    assert run("audit", "data", "--json", config=faulty.folder).json["previous"] is None


def test_what_is_stored_are_counts_and_codes(faulty: Organisation) -> None:
    run("audit", "data", config=faulty.folder)

    ((leads, codes, text),) = faulty.ask(
        "SELECT lead_count, codes, account || id || config_digest || codes FROM audits"
    )
    assert leads == 10
    assert '"DQ_EMAIL_INVALID":7' in str(codes)
    assert SECRET not in str(text)


def test_no_value_of_a_lead_is_shown(faulty: Organisation) -> None:
    shown = run("audit", "data", config=faulty.folder)
    told = run("audit", "data", "--json", config=faulty.folder)

    assert SECRET not in shown.stdout + shown.stderr + told.stdout + told.stderr


def test_an_audit_and_a_single_lead_say_the_same(organisation: Organisation) -> None:
    """One function checks both; here seen from outside."""
    organisation.add_contact(
        "z1", first_name="asdf", last_name="Own", email="z@gmial.com", lead_type="Patient"
    )
    organisation.sync()
    lead = run("explain", "files:contacts:z1", "--json", config=organisation.folder).json
    audit = run("audit", "data", "--json", config=organisation.folder).json

    of_lead = {finding["code"] for finding in lead["findings"]}
    assert {"DQ_NAME_PLACEHOLDER", "DQ_EMAIL_TYPO"} <= of_lead
    assert of_lead <= {finding["code"] for finding in audit["findings"]}


def test_an_owner_who_left_is_found(organisation: Organisation) -> None:
    organisation.add_contact("o1", owner_id="own-999", email="o@example.org", lead_type="Patient")
    organisation.sync()

    found = run("audit", "data", "--json", config=organisation.folder).json

    codes = {finding["code"]: finding["leads"] for finding in found["findings"]}
    assert codes["DQ_OWNER_UNKNOWN"] == 1


def test_a_damaged_id_is_put_aside_and_counted(organisation: Organisation) -> None:
    organisation.add_contact("4.46E+11", email="d@example.org", lead_type="Patient")
    organisation.sync(NOW)

    found = run("audit", "data", "--json", config=organisation.folder).json

    assert (found["leads"], found["quarantined"]) == (3, 1)
    assert "4.46E+11" not in organisation.contacts()["q1"].values()


def test_an_empty_ledger_says_what_to_do(organisation: Organisation) -> None:
    ended = run("audit", "data", config=organisation.folder)

    assert ended.exit_code == ExitCode.NOT_FOUND
    assert "There is no ledger" in ended.stderr


def _keys(value: object) -> object:
    """The keys of a JSON value, at every depth; those that are data are left out."""
    if isinstance(value, dict):
        return {
            key: _keys(item)
            for key, item in value.items()
            if key not in {"dimensions", "severities", "systems", "pathways"}
        }
    return _keys(value[0]) if isinstance(value, list) and value else None


def test_the_json_is_as_documented(faulty: Organisation) -> None:
    run("audit", "data", config=faulty.folder)
    found = run("audit", "data", "--json", config=faulty.folder).json
    text = (ROOT / "worker" / "cli" / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"## `audit data --json`.*?```json\n(.*?)```", text, re.DOTALL)

    assert _keys(json.loads(example)) == _keys(found)
