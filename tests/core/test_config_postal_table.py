"""An organisation's own table of postal codes: read whole, or reported row by row."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.behaviour.broken_configurations import copy_shipped
from worker.config.documents import OrganisationDocument
from worker.config.findings import Findings
from worker.config.loader import load_configuration
from worker.config.postal_table import read_postal_codes
from worker.config.yaml_text import Sheet
from worker.core.postal_codes import BUNDLED, Place, Point, PostalCodes

SHEET = Sheet(file="organisation.yaml", value={}, places={})
HEADER = "postal_code,state,latitude,longitude\n"


def read(folder: Path, text: str | bytes) -> tuple[PostalCodes | None, list[str]]:
    data = text.encode() if isinstance(text, str) else text
    (folder / "zips.csv").write_bytes(data)
    document = OrganisationDocument.model_validate(
        {
            "account": "a",
            "time_zone": "UTC",
            "default_region": "US",
            "postal_codes": {"table": "zips.csv"},
        }
    )
    findings = Findings()
    table = read_postal_codes(folder, document, SHEET, findings)
    return table, [f"{p.line} {p.key}: {p.message}" for p in findings.errors]


def test_a_good_table_takes_the_place_of_the_bundled_one(tmp_path: Path) -> None:
    rows = "02114,MA,42.36,-71.07\n\nk1a0b1,ON,,\n"
    table, said = read(tmp_path, "\ufeff" + HEADER + rows)
    assert said == []
    assert table is not None
    assert table.find("02114") == Place("MA", Point(42.36, -71.07))
    assert table.find("K1A 0B1") == Place("ON", None)
    assert table.find("02115") is None


def test_columns_may_stand_in_any_order_beside_others(tmp_path: Path) -> None:
    table, said = read(
        tmp_path, "city,longitude,latitude,state,postal_code\nBoston,-71.07,42.36,MA,02114\n"
    )
    assert said == []
    assert table is not None
    assert table.find("02114") == Place("MA", Point(42.36, -71.07))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("2114,MA,42,-71", "postal_code: This is not a postal code."),
        (",MA,42,-71", "postal_code: This is not a postal code."),
        ("02114,Mass,42,-71", "state: A state is a code of two capital letters, such as MA."),
        ("02114,ma,42,-71", "state: A state is a code of two capital letters, such as MA."),
        ("02114,MA,91,-71", "latitude: The latitude must be a number from -90 to 90."),
        ("02114,MA,42,-181", "longitude: The longitude must be a number from -180 to 180."),
        ("02114,MA,42,", "longitude: The longitude must be a number from -180 to 180."),
        ("02114,MA,north,-71", "latitude: The latitude must be a number from -90 to 90."),
        ("02114,MA,42", "(row): The row has 3 cells, and the header 4."),
        ("02114,MA,42,-71,x", "(row): The row has 5 cells, and the header 4."),
    ],
)
def test_a_bad_row_is_reported_at_its_line(tmp_path: Path, row: str, expected: str) -> None:
    table, said = read(tmp_path, f"{HEADER}10001,NY,40.7,-74.0\n{row}\n")
    assert (table, said) == (None, [f"3 {expected}"])


def test_every_bad_row_is_reported(tmp_path: Path) -> None:
    _table, said = read(tmp_path, f"{HEADER}1,MA,,\n02114,MA,,\n02114,MA,,\n02115,x,,\n")
    assert said == [
        "2 postal_code: This is not a postal code.",
        "4 postal_code: The postal code stands in line 3 already.",
        "5 state: A state is a code of two capital letters, such as MA.",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [f"1 {c}: The column {c!r} is missing." for c in HEADER.strip().split(",")]),
        ("postal_code,state,latitude\n", ["1 longitude: The column 'longitude' is missing."]),
        (HEADER, ["1 (row): The table has no rows."]),
        (HEADER + '02114,"MA,1,1\n', ["2 (row): The row is not valid CSV: look at its quotes."]),
        (b"\xff\xfe\x00", ["1 postal_codes.table: The table 'zips.csv' is not UTF-8."]),
    ],
)
def test_a_table_that_is_none_is_reported(
    tmp_path: Path, text: str | bytes, expected: list[str]
) -> None:
    assert read(tmp_path, text) == (None, expected)


def test_without_a_table_the_bundled_one_is_used() -> None:
    document = OrganisationDocument(account="a", time_zone="UTC", default_region="US")
    assert read_postal_codes(Path(), document, SHEET, Findings()) is BUNDLED


def test_decisions_depend_on_the_table(tmp_path: Path) -> None:
    """A changed table is a changed configuration: its digest says so."""
    folder = copy_shipped(tmp_path / "config")
    path = folder / "organisation.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "postal_codes: {table: zips.csv}\n", encoding="utf-8")
    rows = "02114,MA,42.36,-71.07\n01608,MA,42.26,-71.8\n02903,RI,41.82,-71.41\n"
    digests = []
    for row in ("02115,MA,42.34,-71.09\n", "02115,NH,42.34,-71.09\n"):
        (folder / "zips.csv").write_text(HEADER + rows + row, encoding="utf-8")
        digests.append(load_configuration(folder).digest)
    assert digests[0] != digests[1]
