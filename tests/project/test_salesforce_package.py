"""The package for Salesforce is what the shipped map writes, and an org takes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from xml.etree.ElementTree import Element, fromstring

import pytest

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.salesforce.app import open_twin
from connectors.sandbox.salesforce.metadata import deploy
from tests.project.salesforce_package import FOLDER, package
from tests.project.sources import ROOT

SPACE = "{http://soap.sforce.com/2006/04/metadata}"


@pytest.fixture(scope="module")
def files() -> Mapping[str, str]:
    return package()


def parsed(files: Mapping[str, str], suffix: str) -> dict[str, Element]:
    found = {
        name: fromstring(text) for name, text in files.items() if name.endswith(suffix)
    }  # our own
    assert found
    return found


def of_object(name: str) -> str:
    return PurePath(name).parts[-3]


def test_the_package_is_fresh_and_nothing_else_lies_there(files: Mapping[str, str]) -> None:
    there = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in (ROOT / FOLDER).rglob("*")
        if path.is_file() and path.name != "README.md"
    }
    assert there == files, "run `make docs`"


def test_a_field_keeps_to_the_lengths_that_salesforce_allows(files: Mapping[str, str]) -> None:
    for root in parsed(files, ".field-meta.xml").values():
        assert len(root.findtext(f"{SPACE}fullName", "")) <= 40 + len("__c")
        assert 0 < len(root.findtext(f"{SPACE}label", "")) <= 40
        assert len(root.findtext(f"{SPACE}description", "")) <= 1000
        for value in root.iter(f"{SPACE}value"):
            assert len(value.findtext(f"{SPACE}fullName", "")) <= 255
            assert len(value.findtext(f"{SPACE}label", "")) <= 255
        if root.findtext(f"{SPACE}type") == "LongTextArea":
            assert 256 <= int(root.findtext(f"{SPACE}length", "")) <= 131_072


def test_an_org_takes_each_field_as_the_map_writes_it() -> None:
    twin = open_twin(clock=SandboxClock())
    deploy(twin.org, ROOT / FOLDER / "force-app")
    for name in ("Lead", "Contact"):
        shape = twin.org.schema.seen(name)
        assert shape is not None
        fields = {key: (one.type, one.length) for key, one in shape.fields.items()}
        assert fields["leadtriage_hand_off_summary__c"] == ("textarea", 1000)
        assert fields["leadtriage_reason_codes__c"] == ("string", 255)
        assert fields["leadtriage_next_step_due_at__c"][0] == "datetime"
        stage = shape.fields["leadtriage_stage__c"]
        assert (stage.type, stage.is_restricted) == ("picklist", True)
        assert [option.value for option in stage.options][:2] == ["Subscriber", "Lead"]
        ours = [one for key, one in shape.fields.items() if key.startswith("leadtriage_")]
        assert len(ours) == 19
        assert all(one.is_updateable for one in ours)


def test_a_list_shows_and_filters_only_what_the_package_has(files: Mapping[str, str]) -> None:
    types = {
        (of_object(name), root.findtext(f"{SPACE}fullName")): root.findtext(f"{SPACE}type")
        for name, root in parsed(files, ".field-meta.xml").items()
    }
    for name, root in parsed(files, ".listView-meta.xml").items():
        named = [one.text for one in root.iter(f"{SPACE}columns")]
        named += [one.text for one in root.iter(f"{SPACE}field")]
        for field in named:
            if field not in ("FULL_NAME", "CORE.USERS.ALIAS"):
                assert types[of_object(name), field] != "LongTextArea", "cannot be filtered by"


def granted(files: Mapping[str, str], label: str) -> dict[str, str]:
    sets = parsed(files, f"{label}.permissionset-meta.xml")
    (root,) = sets.values()
    return {
        one.findtext(f"{SPACE}field", ""): one.findtext(f"{SPACE}editable", "")
        for one in root.iter(f"{SPACE}fieldPermissions")
    }


def test_our_user_may_write_what_the_map_writes_and_sees_consent(files: Mapping[str, str]) -> None:
    can_edit = granted(files, "Leadtriage_Integration")
    for name in parsed(files, ".field-meta.xml"):
        field = PurePath(name).name.removesuffix(".field-meta.xml")
        assert can_edit[f"{of_object(name)}.{field}"] == "true"
    for name in ("Lead", "Contact"):
        assert can_edit[f"{name}.HasOptedOutOfEmail"] == can_edit[f"{name}.DoNotCall"] == "true"
        assert can_edit[f"{name}.Email"] == "false"
    assert granted(files, "Leadtriage_Individual")["Lead.IndividualId"] == "false"


def test_no_set_names_what_salesforce_always_shows(files: Mapping[str, str]) -> None:
    """Such a line makes Salesforce refuse the whole package."""
    fields = granted(files, "Leadtriage_Integration")
    always = ("Id", "Name", "LastName", "Company", "OwnerId", "CreatedDate", "SystemModstamp")
    assert not {f"{kind}.{name}" for kind in ("Lead", "Contact") for name in always} & set(fields)


def test_sales_reads_all_of_it_and_edits_none(files: Mapping[str, str]) -> None:
    fields = granted(files, "Leadtriage_Sales")
    assert len(fields) == len(parsed(files, ".field-meta.xml"))
    assert set(fields.values()) == {"false"}
