"""What the files of the sample promise: the same bytes, known words, and nobody real."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
from ruamel.yaml import YAML

from tests.core.sample_tables import UNTIL, Sample, luhn_holds, make_sample, read_table
from worker.core.email_domains import compile_domain_check
from worker.sample import write_sample
from worker.sample.columns import ACTIVITY_COLUMNS, CONTACT_COLUMNS, MANAGED_COLUMNS
from worker.sample.people import make_npi

MAPPINGS = Path(__file__).parents[2] / "mappings"
FILES = ("contacts.csv", "activities.csv", "owners.csv", "truth.jsonl")


def load(name: str) -> Any:
    return YAML(typ="safe").load((MAPPINGS / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return make_sample(tmp_path_factory.mktemp("sample"))


def bytes_of(folder: Path, *, contacts: int = 300, seed: int = 7) -> dict[str, bytes]:
    write_sample(folder, contacts, seed, UNTIL)
    return {name: (folder / name).read_bytes() for name in FILES}


def contacts_map() -> Any:
    return load("systems/files.yaml")["objects"]["contacts"]


# The files


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")


def test_another_seed_gives_other_contacts(tmp_path: Path) -> None:
    one, two = bytes_of(tmp_path / "a", seed=1), bytes_of(tmp_path / "b", seed=2)
    assert one["contacts.csv"] != two["contacts.csv"]


@pytest.mark.parametrize("contacts", [0, 1, 2, 511, 513, 1000])
def test_exactly_as_many_contacts_as_asked_for(tmp_path: Path, contacts: int) -> None:
    write_sample(tmp_path, contacts, 3, UNTIL)
    assert len(read_table(tmp_path / "contacts.csv")) == contacts


def test_lines_end_in_a_line_feed_only(tmp_path: Path) -> None:
    assert not [name for name, content in bytes_of(tmp_path).items() if b"\r" in content]


def test_progress_ends_with_the_number_of_contacts(tmp_path: Path) -> None:
    seen: list[int] = []
    write_sample(tmp_path, 2_500, 3, UNTIL, seen.append)
    assert seen == [1_000, 2_000, 2_500]


def test_some_organisation_names_contain_quotes_commas_accents_and_line_breaks(
    sample: Sample,
) -> None:
    names = "".join(row["organization"] for row in sample.contacts)
    assert all(mark in names for mark in ('"', ",", "í", "\n"))


# The columns and the words


def test_the_columns_are_exactly_those_of_the_field_map() -> None:
    mapping = contacts_map()
    read = {field["from"] for field in mapping["fields"].values()}
    written = {field["to"] for field in mapping["writes"].values()}
    assert set(CONTACT_COLUMNS) == read | written | {mapping["id"], mapping["modified_at"]}


def test_activity_columns_are_those_of_the_field_map() -> None:
    activity = load("systems/files.yaml")["objects"]["activities"]["activity"]
    named = {activity[key] for key in ("at", "kind", "excluded")}
    named |= {activity["contact"]["from"], activity["service_line"]["from"], "activity_id"}
    assert set(ACTIVITY_COLUMNS) == named | {"owner_id"}  # which nothing reads


def test_columns_of_the_worker_are_empty(sample: Sample) -> None:
    assert not [row for row in sample.contacts if any(row[name] for name in MANAGED_COLUMNS)]


def test_activity_types_are_known(sample: Sample) -> None:
    known = set(load("activities.yaml")["activities"])
    assert {row["type"] for row in sample.activities} <= known


def known_words(section: Mapping[str, Any]) -> set[str]:
    words = set(section)
    for entry in section.values():
        words |= {entry["title"], *entry.get("synonyms", ())}
    return {word.casefold() for word in words}


@pytest.mark.parametrize("column", ["role", "site", "program"])
def test_words_outside_the_catalogue_are_placeholders_only(sample: Sample, column: str) -> None:
    fields = contacts_map()["fields"].values()
    catalog = next(field["catalog"] for field in fields if field["from"] == column)
    known = known_words(load("catalog.yaml")[catalog])
    missing = {word.casefold() for word in contacts_map()["missing"]}
    assert {row[column].casefold() for row in sample.contacts} <= known | missing | {""}


def test_every_catalogued_service_line_is_asked_for(sample: Sample) -> None:
    titles = {entry["title"] for entry in load("catalog.yaml")["service_lines"].values()}
    assert titles <= {row["service_line"] for row in sample.contacts}


def test_stages_are_those_of_the_field_map(sample: Sample) -> None:
    known = set(contacts_map()["fields"]["lifecycle_stage"]["values"])
    assert {row["lifecycle_stage"] for row in sample.contacts} <= known | {""}


def test_every_owner_named_in_routing_exists_and_is_active(sample: Sample) -> None:
    routing = load("routing.yaml")
    named = {m["owner"]["files"] for team in routing["teams"].values() for m in team["members"]}
    named |= {queue["owner"]["files"] for queue in routing["queues"].values()}
    assert named <= {row["owner_id"] for row in sample.owners if row["active"] == "true"}


def test_every_owner_of_a_record_is_listed(sample: Sample) -> None:
    owners = {row["owner_id"] for row in sample.owners} | {""}
    assert {row["owner_id"] for row in (*sample.contacts, *sample.activities)} <= owners


# Nobody is real


def test_every_dialable_number_is_reserved_for_fiction(sample: Sample) -> None:
    for row in sample.contacts:
        try:
            number = phonenumbers.parse(row["phone"], "US")
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            assert re.fullmatch(r"[2-9]\d\d55501\d\d", str(number.national_number))


def test_numbers_are_valid_unless_the_truth_says_otherwise(sample: Sample) -> None:
    broken = {row["contact_id"] for row in sample.with_defect("phone_invalid")}
    for row in sample.contacts:
        if row["phone"] and row["contact_id"] not in broken:
            assert phonenumbers.is_valid_number(phonenumbers.parse(row["phone"], "US"))


def test_domains_are_reserved_or_found_to_be_bad(sample: Sample) -> None:
    check = compile_domain_check(disposable=frozenset(), not_disposable=frozenset(), typos={})
    domains = {row["email"].rpartition("@")[2].casefold() for row in sample.contacts}
    stray = {d for d in domains if d and not re.search(r"(^|[.,])example\.(com|org|net)$", d)}
    assert stray
    assert {domain for domain in stray if not check(domain)} == set()


@pytest.mark.parametrize("number", [1, 17, 99_999, 123_456])
def test_an_npi_has_its_check_digit_and_an_unissued_range(number: int) -> None:
    npi = make_npi(number)
    assert luhn_holds(npi)
    assert npi.startswith("1000")
