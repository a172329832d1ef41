"""The package for Salesforce is what the shipped map writes, and an org takes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePath
from xml.etree.ElementTree import Element, fromstring

import pytest

from connectors.salesforce.options import VERSION
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.salesforce.app import open_twin
from connectors.sandbox.salesforce.metadata import deploy
from tests.project import metadata_facts as facts
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
        assert len(ours) == 21
        assert all(one.is_updateable for one in ours)


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
    assert can_edit["Lead.Address"] == can_edit["Contact.AccountId"] == "false"


def test_no_set_names_what_salesforce_always_shows(files: Mapping[str, str]) -> None:
    """Such a line makes Salesforce refuse the whole package."""
    for label in ("Integration", "Sales", "Individual", "Own_Fields"):
        assert not facts.NEVER_NAMED & set(granted(files, f"Leadtriage_{label}"))


def test_sales_reads_all_of_it_and_edits_none(files: Mapping[str, str]) -> None:
    fields = granted(files, "Leadtriage_Sales")
    assert len(fields) == len(parsed(files, ".field-meta.xml"))
    assert set(fields.values()) == {"false"}


def test_our_user_sees_the_fields_of_the_organisation_itself_by_a_set_that_stands_apart(
    files: Mapping[str, str],
) -> None:
    """An org without one of them refuses the set, and takes the rest."""
    path = next(name for name in files if "Leadtriage_Own_Fields" in name)
    assert path.startswith(f"{FOLDER}/own-fields/main/default/permissionsets/")
    fields = granted(files, "Leadtriage_Own_Fields")
    assert {"Lead.Consent_Email__c", "Contact.Role__c", "Task.Service_Line__c"} <= set(fields)
    assert set(fields.values()) == {"false"}
    assert not any(name.partition(".")[2].startswith("Leadtriage_") for name in fields)


# --- what the Metadata API takes


def names(root: Element) -> list[str]:
    """The elements of a file in their order, each once."""
    return list(dict.fromkeys(one.tag.removeprefix(SPACE) for one in root))


def test_a_field_has_the_elements_of_its_type_by_name(files: Mapping[str, str]) -> None:
    for name, root in parsed(files, ".field-meta.xml").items():
        found = names(root)
        assert found == ["fullName", *sorted(found[1:])], name
        kind = root.findtext(f"{SPACE}type", "")
        assert set(found) == facts.OF_ANY_FIELD | facts.FIELD_ELEMENTS[kind], name
        assert PurePath(name).name == f"{root.findtext(f'{SPACE}fullName')}.field-meta.xml"
        for values in root.iter(f"{SPACE}valueSet"):
            assert names(values) == ["restricted", "valueSetDefinition"]
        for value in root.iter(f"{SPACE}value"):
            assert names(value) == ["fullName", "default", "label"]


def test_a_list_has_columns_and_filters_that_salesforce_knows(files: Mapping[str, str]) -> None:
    types = {
        (of_object(name), root.findtext(f"{SPACE}fullName")): root.findtext(f"{SPACE}type")
        for name, root in parsed(files, ".field-meta.xml").items()
    }
    for name, root in parsed(files, ".listView-meta.xml").items():
        assert tuple(names(root)) == facts.LIST_ELEMENTS
        assert root.findtext(f"{SPACE}filterScope") in facts.SCOPES
        columns = {one.text for one in root.iter(f"{SPACE}columns")}
        assert all((of_object(name), one) in types for one in columns - facts.COLUMNS)
        for one in root.iter(f"{SPACE}filters"):
            assert tuple(names(one)) == facts.FILTER_ELEMENTS
            kind = types[of_object(name), one.findtext(f"{SPACE}field")]
            assert kind in facts.OPERATIONS[one.findtext(f"{SPACE}operation", "")], name


def test_a_list_of_ready_leads_shows_those_that_are_qualified(files: Mapping[str, str]) -> None:
    for name, root in parsed(files, "Leadtriage_Ready.listView-meta.xml").items():
        assert [one.text for one in root.iter(f"{SPACE}value")] == ["Marketing Qualified"], name


def test_a_permission_set_has_its_elements_in_their_order(files: Mapping[str, str]) -> None:
    for name, root in parsed(files, ".permissionset-meta.xml").items():
        found = names(root)
        assert found == [one for one in facts.SET_ELEMENTS if one in found], name
        for kind, wanted in (
            ("fieldPermissions", facts.FIELD_PERMISSION),
            ("objectPermissions", facts.OBJECT_PERMISSION),
            ("userPermissions", facts.USER_PERMISSION),
        ):
            assert {tuple(names(one)) for one in root.iter(SPACE + kind)} <= {wanted}
        allowed = {one.findtext(f"{SPACE}name", "") for one in root.iter(f"{SPACE}userPermissions")}
        assert all(facts.NEEDS.get(one, frozenset()) <= allowed for one in allowed)


def test_the_project_is_of_the_version_that_the_connector_speaks(files: Mapping[str, str]) -> None:
    project = json.loads(files[f"{FOLDER}/sfdx-project.json"])
    assert project["sourceApiVersion"] == VERSION
    folders = [one["path"] for one in project["packageDirectories"]]
    assert folders == ["force-app", "individual", "own-fields", "inactive-owners"]
    assert {name.removeprefix(f"{FOLDER}/").partition("/")[0] for name in files} == {
        *folders, "sfdx-project.json",
    }  # fmt: skip
