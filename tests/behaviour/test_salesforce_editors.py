"""Salesforce tells who changed a field: by its field history exactly, by the row alone as a hint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from connectors.sandbox.salesforce.fields import Field
from connectors.sandbox.script import Fault, FaultKind
from tests.support.salesforce_twin import Org, serving_org
from worker.core.records import Edit, Editor, Record, RecordRef, WriteCommand
from worker.ports import Connector, TellsEdits

STAGE, PLAIN = "Stage__c", "Plain__c"
FIELDS = (STAGE, PLAIN, "OwnerId")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """An org with one lead, whose stage and owner are tracked, and the worker's connector."""

    org: Org
    connector: Connector
    lead: str

    def told(self) -> dict[str, Edit]:
        """What is told of the lead as it is now."""
        return self.told_of(self.read())

    def read(self) -> Record:
        ref = RecordRef("salesforce", "Lead", self.lead)
        return self.connector.fetch([ref], fields=FIELDS)[ref]

    def told_of(self, record: Record) -> dict[str, Edit]:
        assert isinstance(self.connector, TellsEdits)
        return dict(self.connector.edits("Lead", [record], fields=FIELDS).get(record.ref, {}))

    def write(self, **values: str) -> None:
        ref = RecordRef("salesforce", "Lead", self.lead)
        self.connector.push([WriteCommand(command_id="w", ref=ref, changes=values)])


@pytest.fixture
def scene() -> Iterator[Scene]:
    with serving_org() as org:
        kinds = {STAGE: True, PLAIN: False}
        org.add_fields(
            "Lead",
            *(
                Field(name=name, type="string", label=name, length=255, is_tracked=tracked)
                for name, tracked in kinds.items()
            ),
        )
        fields = org.twin.org.schema.of("Lead").fields
        assert isinstance(fields, dict)
        fields["ownerid"] = replace(fields["ownerid"], is_tracked=True)
        lead = org.lead(Stage__c="Lead", Plain__c="a")
        org.wait(minutes=1)
        yield Scene(org=org, connector=org.connect(), lead=lead)


def test_history_tells_of_each_field_who_changed_it_and_when(scene: Scene) -> None:
    kim, org = scene.org.user("kim"), scene.org.twin.org
    scene.org.change("Lead", scene.lead, Stage__c="MQL", OwnerId=kim)
    changed_at = scene.org.twin.clock.now()
    scene.org.wait(minutes=1)
    scene.write(Stage__c="SQL")
    told = scene.told()
    assert told["OwnerId"] == Edit(
        by=Editor.PERSON, at=changed_at, who=org.person, via="field history"
    )
    assert (told[STAGE].by, told[STAGE].who) == (Editor.WORKER, org.integration_user)
    assert not told[STAGE].is_exact  # a person may have lent us the session
    scene.org.counts()
    scene.told_of(scene.read())
    assert sum(scene.org.counts().values()) == 2  # the lead and its history; we know who we are


def test_a_person_who_sets_again_what_we_wrote_is_told(scene: Scene) -> None:
    scene.write(Stage__c="MQL")
    for text in ("Lead", "MQL"):
        scene.org.wait(minutes=1)
        scene.org.change("Lead", scene.lead, Stage__c=text)
    assert scene.told()[STAGE].by is Editor.PERSON


def test_of_two_changes_in_one_second_that_of_somebody_else_counts(scene: Scene) -> None:
    us = scene.org.twin.org.integration_user
    scene.org.change("Lead", scene.lead, Stage__c="MQL")
    scene.org.change_as(us, "Lead", scene.lead, Stage__c="SQL")
    scene.org.change_as(us, "Lead", scene.lead, Stage__c="MQL")
    assert scene.told()[STAGE].by is Editor.PERSON


def test_without_a_history_the_row_says_who_changed_it_last(scene: Scene) -> None:
    kim = scene.org.user("kim")
    scene.org.change_as(kim, "Lead", scene.lead, Plain__c="b")
    told = scene.told()[PLAIN]
    assert (told.by, told.who, told.is_exact) == (Editor.PERSON, kim, False)
    scene.org.twin.org.schema.hidden_types.add("LeadHistory")
    scene.org.change("Lead", scene.lead, Stage__c="MQL")
    assert not scene.told()[STAGE].is_exact
    scene.org.counts()
    scene.told_of(scene.read())
    assert sum(scene.org.counts().values()) == 1  # a history that is not there is asked for once


def test_an_outdated_history_tells_nothing(scene: Scene) -> None:
    scene.org.change("Lead", scene.lead, Stage__c="MQL")
    outdated = replace(scene.read(), values={STAGE: "SQL"})
    told = scene.told_of(outdated)
    assert (set(told), told[STAGE].is_exact) == ({STAGE}, False)


def test_nothing_is_told_where_we_may_not_ask_who_we_are(scene: Scene) -> None:
    scene.org.change("Lead", scene.lead, Stage__c="MQL")
    changed = scene.read()
    scene.org.twin.script.add(
        Fault(kind=FaultKind.STATUS, status=403, policy="INSUFFICIENT_ACCESS", endpoint="*")
    )
    assert scene.told_of(changed) == {}
