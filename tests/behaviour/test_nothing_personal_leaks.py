"""Contact values stay in the CRM and in the ledger's cells for them, encrypted when a key is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import run
from tests.support.organisation import Organisation, read_table
from worker.ledger.codec import new_key
from worker.log import configure_logging

PERSONAL = ("email", "phone", "first_name", "last_name", "organization", "consent_proof")
SHORT = 6
"""Shorter values, such as a first name of four letters, also occur in ordinary words."""
OPEN_TABLES = {
    "decisions": "body",
    "intents": "causes",
    "runs": "summary",
    "quarantine": "code || coalesce(record_id, '') || coalesce(column_name, '')",
    "profiles": "memory",
    "outcomes": "coalesce(code, '') || coalesce(matches, '')",
    "activities": "id || kind || coalesce(service_line, '')",
    "bookmarks": "value",
    "match_keys": "match_key",
}


def personal_values(organisation: Organisation) -> set[str]:
    rows = read_table(organisation.contacts_file)
    return {row[name] for row in rows for name in PERSONAL if len(row[name]) >= SHORT}


def found_in(text: str, values: set[str]) -> set[str]:
    return {value for value in values if value in text}


@pytest.fixture
def encrypted(
    sample: Organisation, monkeypatch: pytest.MonkeyPatch
) -> tuple[Organisation, set[str]]:
    """A base synced into an encrypted ledger, and the values that must not be read there."""
    monkeypatch.setenv("LEADTRIAGE_LEDGER__KEY", new_key())
    values = personal_values(sample)
    sample.sync()
    return sample, values


def test_an_encrypted_ledger_shows_no_contact_value(
    encrypted: tuple[Organisation, set[str]],
) -> None:
    organisation, values = encrypted
    files = (organisation.folder / "state").iterdir()
    text = b"".join(path.read_bytes() for path in files).decode("latin-1")
    assert found_in(text, values) == set()


def test_an_encrypted_ledger_leads_to_the_same_tables(
    encrypted: tuple[Organisation, set[str]], synced_template: Organisation
) -> None:
    organisation, _values = encrypted
    assert organisation.contacts_file.read_bytes() == synced_template.contacts_file.read_bytes()


def test_a_second_run_on_an_encrypted_ledger_writes_nothing(
    encrypted: tuple[Organisation, set[str]],
) -> None:
    assert encrypted[0].sync().writes == {}


def test_a_lead_is_explained_from_an_encrypted_ledger(
    encrypted: tuple[Organisation, set[str]],
) -> None:
    organisation, _values = encrypted
    known = min(organisation.contacts())
    explained = run("explain", known, "--json", config=organisation.folder).json
    assert explained["decision"] is not None


def test_the_chain_of_an_encrypted_ledger_is_whole(
    encrypted: tuple[Organisation, set[str]],
) -> None:
    assert run("audit", "verify", config=encrypted[0].folder, now=None).exit_code == 0


@pytest.mark.parametrize("table", OPEN_TABLES)
def test_no_contact_value_is_in_a_table_of_codes(synced: Organisation, table: str) -> None:
    rows = synced.ask(f"SELECT {OPEN_TABLES[table]} FROM {table}")
    text = "\n".join(str(row[0]) for row in rows)
    assert found_in(text, personal_values(synced)) == set()


def test_no_contact_value_is_logged(
    sample: Organisation, capfd: pytest.CaptureFixture[str]
) -> None:
    configure_logging("debug", as_json=True)
    sample.sync()
    assert found_in(capfd.readouterr().err, personal_values(sample)) == set()


@pytest.mark.parametrize("damage", [b'\n"unclosed', b"\xff\xfe\x00broken", b"PK\x03\x04"])
def test_no_contact_value_is_in_what_a_damaged_table_is_told_with(
    synced: Organisation, damage: bytes
) -> None:
    content = synced.contacts_file.read_bytes()
    values = personal_values(synced)
    damaged = damage + content if damage.startswith(b"PK") else content[:3000] + damage
    synced.contacts_file.write_bytes(damaged)
    ended = run("sync", config=synced.folder)
    assert found_in(ended.stdout + ended.stderr, values) == set()


def test_the_ledger_can_be_read_by_its_owner_only(synced_template: Organisation) -> None:
    made: Path = synced_template.ledger_file
    assert made.stat().st_mode & 0o077 == 0
