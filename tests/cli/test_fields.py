"""``leadtriage fields``: what is asked of each CRM, and what reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.command import run
from tests.support.organisation import Organisation


def listed(organisation: Organisation, *flags: str) -> list[dict[str, Any]]:
    ended = run("fields", "--json", *flags, config=organisation.folder, now=None)
    assert ended.exit_code == 0
    found: list[dict[str, Any]] = ended.json["fields"]
    return found


def field(organisation: Organisation, name: str, *flags: str) -> dict[str, Any]:
    return next(item for item in listed(organisation, *flags) if item["field"] == name)


def said(organisation: Organisation, *flags: str) -> str:
    """The text on a terminal wide enough to fold no line, its gaps made small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("worker.cli.options.out.width", 400)
        text = run("fields", *flags, config=organisation.folder, now=None).stdout
    return " ".join(text.split())


@pytest.fixture
def untidy(organisation: Organisation) -> Organisation:
    """A map with a field nobody reads, one with a clinical name and a reason, and one not there."""
    organisation.reconfigure(
        "systems/files.yaml",
        "      not_now:",
        "      job_title: {from: job_title, as: text}\n"
        "      country: {from: birth_country, as: choice, values: {US: us},"
        ' allow_sensitive: "a country, not a date"}\n'
        "      not_now:",
    )
    organisation.reconfigure(
        "policies/patient.yaml",
        "hand_off: {facts: [service_line,",
        "hand_off: {facts: [country, service_line,",
    )
    return organisation


def test_a_field_is_listed_with_everything_that_reads_it(organisation: Organisation) -> None:
    assert field(organisation, "hubspot_id") == {
        "system": "files",
        "object_type": "contacts",
        "field": "hubspot_id",
        "says": "hubspot_id",
        "is_requested": True,
        "is_personal": False,
        "uses": ["identity"],
        "readers": [{"use": "identity", "what": "match by cross-reference"}],
        "written": None,
        "allow_sensitive": None,
        "crm": None,
    }


def test_a_field_that_is_only_written_says_what(organisation: Organisation) -> None:
    found = field(organisation, "hand_off_summary")
    assert (found["says"], found["readers"], found["written"]) == (None, [], "hand_off_summary")


def test_a_field_that_nothing_reads_is_marked(untidy: Organisation) -> None:
    assert field(untidy, "job_title")["is_requested"] is False
    assert "1 mapped and not requested" in said(untidy)


def test_what_is_allowed_by_name_stands_with_its_reason(untidy: Organisation) -> None:
    assert field(untidy, "birth_country")["allow_sensitive"] == "a country, not a date"
    assert "a country, not a date" in said(untidy)


def test_the_crm_is_asked_only_when_told_to(untidy: Organisation) -> None:
    assert field(untidy, "birth_country")["crm"] is None
    assert field(untidy, "birth_country", "--live")["crm"] == {
        "has_field": False,
        "sensitivity": None,
        "is_long_text": None,
    }
    assert field(untidy, "email", "--live")["crm"] == {
        "has_field": True,
        "sensitivity": "none",
        "is_long_text": False,
    }
    assert "not in the CRM" in said(untidy, "--live")


def test_every_reader_is_named_when_asked_for(organisation: Organisation) -> None:
    assert "patient.no_refusal" not in said(organisation)
    assert "patient.no_refusal" in said(organisation, "--verbose")


def test_the_list_reads_the_same_each_time(organisation: Organisation) -> None:
    names = [(f["object_type"], f["field"], f["says"] or "") for f in listed(organisation)]
    contacts = [name for name in names if name[0] == "contacts"]
    assert contacts == sorted(contacts)
    assert said(organisation) == said(organisation)


def test_the_totals_count_each_field_once(organisation: Organisation) -> None:
    """``updated_at`` fills two facts; stage, owner and opt-outs are read and written."""
    totals = run("fields", "--json", config=organisation.folder, now=None).json["totals"]
    found = listed(organisation)
    names = {(item["object_type"], item["field"]) for item in found}
    both = {item["field"] for item in found if item["readers"] and item["written"]}
    assert {"lifecycle_stage", "owner_id", "opt_out_email"} <= both
    assert totals["requested"] == len(names) < len(found)
    assert totals["read"] + totals["written"] - len(both) == totals["requested"]


def test_nothing_is_written_or_opened(organisation: Organisation) -> None:
    said(organisation)
    assert not Path(organisation.folder, "state").exists()
