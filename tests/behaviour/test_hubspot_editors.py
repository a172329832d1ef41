"""HubSpot's history of a property tells who gave it the value it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from connectors.sandbox.hubspot.tokens import OWN_APP, Grant
from connectors.sandbox.hubspot.views import SOMEBODY
from tests.support.hubspot_twin import Account, serving_account
from worker.core.records import Edit, Editor, Record, RecordRef, WriteCommand
from worker.ports import Connector, TellsEdits

STAGE = "lifecyclestage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """An account with one contact, and the worker's connector."""

    account: Account
    connector: Connector
    contact: str

    def read(self) -> Record:
        ref = RecordRef("hubspot", "contacts", self.contact)
        return self.connector.fetch([ref], fields=[STAGE])[ref]

    def told_of(self, record: Record, connector: Connector | None = None) -> Edit | None:
        asked = connector or self.connector
        assert isinstance(asked, TellsEdits)
        return asked.edits("contacts", [record], fields=[STAGE])[record.ref].get(STAGE)

    def told(self) -> Edit | None:
        return self.told_of(self.read())

    def write(self, stage: str) -> None:
        ref = RecordRef("hubspot", "contacts", self.contact)
        self.connector.push([WriteCommand(command_id="w", ref=ref, changes={STAGE: stage})])


@pytest.fixture
def scene() -> Iterator[Scene]:
    with serving_account() as account:
        contact = account.add("contacts", email="kim@example.org", lifecyclestage="lead")
        account.wait(minutes=1)
        yield Scene(account=account, connector=account.connect(), contact=contact)


@pytest.mark.parametrize(
    ("source", "kind", "who"),
    [
        ("CRM_UI:77", Editor.PERSON, "77"),
        ("MOBILE_IOS", Editor.PERSON, str(SOMEBODY)),
        ("SALESFORCE:9", Editor.SYNC, "9"),
        ("WORKFLOWS:12", Editor.AUTOMATION, "12"),
        ("IMPORT:5", Editor.IMPORT, "5"),
        ("INTEGRATION:99", Editor.AUTOMATION, "99"),
        (f"INTEGRATION:{OWN_APP}", Editor.WORKER, str(OWN_APP)),
    ],
)
def test_the_source_tells_what_changed_it(
    scene: Scene, source: str, kind: Editor, who: str
) -> None:
    scene.account.change_by(source, "contacts", scene.contact, lifecyclestage="opportunity")
    at = scene.account.twin.clock.now()
    via = source.partition(":")[0]
    is_exact = kind is not Editor.WORKER  # somebody else may use our token
    assert scene.told() == Edit(by=kind, at=at, who=who, via=via, is_exact=is_exact)


def test_an_old_entry_with_an_address_gives_away_no_name(scene: Scene) -> None:
    source = "CONTACTS:kim@clinic.example"
    scene.account.change_by(source, "contacts", scene.contact, lifecyclestage="opportunity")
    told = scene.told()
    assert told is not None
    assert (told.by, told.who) == (Editor.PERSON, None)


def test_a_source_nobody_knows_tells_nothing(scene: Scene) -> None:
    source = "SOMETHING_NEW"
    scene.account.change_by(source, "contacts", scene.contact, lifecyclestage="opportunity")
    assert scene.told() is None


def test_our_own_write_is_ours_and_we_ask_once_who_we_are(scene: Scene) -> None:
    scene.write("marketingqualifiedlead")
    told = scene.told()
    assert told is not None
    assert told.by is Editor.WORKER
    changed = scene.read()
    scene.account.counts()
    scene.told_of(changed)
    assert sum(scene.account.counts().values()) == 1


def test_a_value_that_changed_since_we_read_it_tells_nothing(scene: Scene) -> None:
    scene.account.change("contacts", scene.contact, lifecyclestage="opportunity")
    assert scene.told_of(replace(scene.read(), values={STAGE: "lead"})) is None


def test_with_a_token_that_names_no_app_only_an_option_tells_us_from_others(scene: Scene) -> None:
    scene.write("marketingqualifiedlead")
    ends_at = scene.account.twin.clock.now() + timedelta(hours=1)
    grant = Grant(expires_at=ends_at, is_private_app=False)
    scene.account.twin.tokens.grants["oauth"] = grant
    blind = scene.account.connect(access_token="oauth")  # opens a twin
    assert scene.told_of(scene.read(), blind) is None
    told = scene.told_of(
        scene.read(), scene.account.connect(access_token="oauth", app_id=str(OWN_APP))
    )
    assert told is not None
    assert told.by is Editor.WORKER


def test_fifty_records_are_asked_for_at_a_time(scene: Scene) -> None:
    contacts = [scene.account.add("contacts", email=f"{n}@example.org") for n in range(51)]
    records = [replace(scene.read(), ref=RecordRef("hubspot", "contacts", n)) for n in contacts]
    assert isinstance(scene.connector, TellsEdits)
    scene.account.counts()
    assert len(scene.connector.edits("contacts", records, fields=[STAGE])) == 51
    assert sum(scene.account.counts().values()) == 2
