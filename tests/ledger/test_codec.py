"""Contact values are stored plain or encrypted, and only the right key opens them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.ledger.examples import decision, intent, profile, record, ref
from worker.errors import FixAccessError, FixConfigurationError
from worker.ledger import decisions, outbox, profiles, records
from worker.ledger.codec import PLAIN, EncryptingCodec, codec_from_key, new_key
from worker.ledger.engine import Ledger, open_ledger
from worker.ledger.tables import metadata

OLD = "b2xk" * 10 + "b2w="
NEW = "bmV3" * 10 + "bmU="
SECRET = "ann@example.org"


def fill(ledger: Ledger) -> None:
    """Store the same contact value everywhere one can be."""
    with ledger.begin() as tx:
        facts = {"email": SECRET}
        mapped = f'{{"email":"{SECRET}"}}'
        records.save_records(tx, [record("1", values=facts, mapped=mapped, written=facts)])
        records.save_match_keys(tx, {ref("1"): frozenset({f"email:{SECRET}"})})
        profiles.save_profiles(tx, [profile("p1", memory=mapped)])
        decisions.append_decisions(tx, [decision("d1", inputs=mapped)])
        outbox.add_intents(tx, [replace(intent("i1"), changes=facts, expected=facts)])


def test_without_a_key_values_are_stored_as_they_are() -> None:
    assert codec_from_key(None) is PLAIN
    assert codec_from_key("") is PLAIN
    assert PLAIN.decode(PLAIN.encode("ä")) == "ä"


def test_with_a_key_values_come_back() -> None:
    codec = codec_from_key(OLD)
    assert codec.decode(codec.encode("ä")) == "ä"


def test_a_new_key_can_be_used() -> None:
    codec = codec_from_key(new_key())
    assert codec.decode(codec.encode("a")) == "a"


def test_equal_values_are_encrypted_differently() -> None:
    codec = EncryptingCodec(OLD)
    assert codec.encode("a") != codec.encode("a")


def test_after_a_rotation_both_keys_open_and_the_new_one_closes() -> None:
    both = EncryptingCodec(f"{NEW},{OLD}")
    assert both.decode(EncryptingCodec(OLD).encode("a")) == "a"
    assert EncryptingCodec(NEW).decode(both.encode("a")) == "a"


def test_another_key_is_refused() -> None:
    with pytest.raises(FixAccessError, match="encrypted with another key"):
        EncryptingCodec(NEW).decode(EncryptingCodec(OLD).encode("a"))


@pytest.mark.parametrize("change", [lambda t: t[:-4], lambda t: t[:-1] + "!", lambda t: t + "AAAA"])
def test_a_damaged_value_is_refused(change: Callable[[str], str]) -> None:
    codec = EncryptingCodec(OLD)
    with pytest.raises(FixAccessError):
        codec.decode(change(codec.encode("a")))


@pytest.mark.parametrize("key", ["short", "ä" * 44, f"{OLD},", OLD[:-2]])
def test_a_key_of_another_shape_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(FixConfigurationError, match="32 random bytes") as caught:
        codec_from_key(key)
    assert key not in str(caught.value)


def test_an_encrypted_ledger_has_no_plain_value_in_any_file(sqlite_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{sqlite_path}", "acme", EncryptingCodec(OLD))
    fill(ledger)
    stored = b"".join(path.read_bytes() for path in sqlite_path.parent.iterdir())
    ledger.close()
    assert b"FIT_SERVICE_OFFERED" in stored
    assert SECRET.encode() not in stored
    assert SECRET.split("@", maxsplit=1)[0].encode() + b"@" not in stored


def test_an_encrypted_ledger_has_no_plain_value_in_any_column(
    opened: Callable[..., Ledger],
) -> None:
    ledger = opened(codec=EncryptingCodec(OLD))
    fill(ledger)
    with ledger.read() as tx:
        rows = [
            str(row)
            for table in metadata.tables
            for row in tx.connection.execute(text(f"SELECT * FROM {table}"))
        ]
    assert len(rows) >= 8
    assert not [row for row in rows if SECRET in row]


def test_match_keys_meet_in_an_encrypted_ledger_across_a_rotation(
    opened: Callable[..., Ledger],
) -> None:
    fill(opened(codec=EncryptingCodec(OLD)))
    with opened(codec=EncryptingCodec(f"{NEW},{OLD}")).begin() as tx:
        records.save_match_keys(tx, {ref("2"): frozenset({f"email:{SECRET}"})})
        found = records.records_sharing_keys(tx, [f"email:{SECRET}"])
    assert found == {f"email:{SECRET}": [ref("1"), ref("2")]}


@pytest.mark.parametrize(
    ("first", "then", "message"),
    [
        (OLD, NEW, "encrypted with another key"),
        (OLD, None, "no encryption key is configured"),
        (None, OLD, "written without encryption"),
    ],
)
def test_a_ledger_opens_only_with_the_key_it_was_written_with(
    opened: Callable[..., Ledger], first: str | None, then: str | None, message: str
) -> None:
    opened(codec=codec_from_key(first))
    with pytest.raises(FixAccessError, match=message):
        opened(codec=codec_from_key(then))
