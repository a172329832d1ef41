"""The bundled table of ZIP codes, distances, and tables of one's own."""

from __future__ import annotations

import pytest

from worker.core.postal_codes import (
    BUNDLED,
    Place,
    Point,
    distance,
    is_zip_code,
    own_table,
)
from worker.core.regions import STATE_CODES
from worker.core.transforms import read_state

BOSTON, WORCESTER = Point(42.3611, -71.0682), Point(42.2625, -71.8023)


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("02114", "MA"),
        ("10001", "NY"),
        ("00501", "NY"),
        ("06390", "NY"),  # Fishers Island, among the codes of Connecticut
        ("83414", "WY"),  # Alta, reached by road from Idaho only
        ("81137", "CO"),
        ("09001", "AE"),
        ("00801", "VI"),
        ("96910", "GU"),
    ],
)
def test_a_zip_code_lies_in_its_state(code: str, state: str) -> None:
    place = BUNDLED.find(code)
    assert place is not None
    assert place.state == state


@pytest.mark.parametrize("code", ["00000", "99999", "02198", "X", "", "0211", "K1A 0B1", "٠٢١١٤"])
def test_what_is_no_zip_code_is_not_found(code: str) -> None:
    assert BUNDLED.find(code) is None


@pytest.mark.parametrize(
    ("code", "expected"), [("02114", True), ("K1A 0B1", False), ("٠٢١١٤", False), ("0211", False)]
)
def test_only_five_ascii_digits_are_a_zip_code(code: str, expected: bool) -> None:
    assert is_zip_code(code) is expected


def test_the_forces_abroad_have_a_state_but_no_place() -> None:
    assert BUNDLED.find("09001") == Place("AE", None)


def test_every_state_of_the_table_is_one_a_field_can_hold() -> None:
    states = {
        place.state
        for prefix in range(1000)
        for number in range(100)
        if (place := BUNDLED.find(f"{prefix:03}{number:02}"))
    }
    assert states == STATE_CODES


@pytest.mark.parametrize(
    ("text", "code"),
    [("Puerto Rico", "PR"), ("guam", "GU"), ("ae", "AE"), ("Armed Forces Europe", "AE")],
)
def test_territories_and_forces_are_read_as_states(text: str, code: str) -> None:
    assert read_state(text).value == code


@pytest.mark.parametrize(
    ("one", "other", "miles"),
    [
        (BOSTON, BOSTON, 0),
        (Point(0, 0), Point(0, 180), 12437),  # half the way round
        (Point(0, 0), Point(90, 0), 6218),
        (Point(42.0, -71.0), Point(43.0, -71.0), 69.1),  # one degree of latitude
        (Point(60.0, 0.0), Point(60.0, 1.0), 34.55),  # a degree of longitude is half as long there
    ],
)
def test_the_distance_is_that_of_the_great_circle(one: Point, other: Point, miles: float) -> None:
    assert distance(one, other) == pytest.approx(miles, rel=1e-3)
    assert distance(other, one) == pytest.approx(distance(one, other))


def test_a_radius_holds_what_lies_inside_it_and_nothing_else() -> None:
    near = BUNDLED.within(BOSTON, 25)
    assert {"02114", "02138", "01850", "02301"} <= near  # Cambridge, Lowell, Brockton
    assert near.isdisjoint({"01608", "02903", "03060"})  # Worcester, Providence, Nashua


def test_the_radius_counts_to_its_very_edge() -> None:
    worcester = BUNDLED.find("01608")
    assert worcester is not None
    assert worcester.point is not None
    miles = distance(BOSTON, worcester.point)
    assert "01608" in BUNDLED.within(BOSTON, miles)
    assert "01608" not in BUNDLED.within(BOSTON, miles - 0.01)


def test_a_table_of_ones_own_knows_only_its_own_codes() -> None:
    table = own_table(
        {
            "02114": Place("MA", BOSTON),
            "01608": Place("MA", WORCESTER),
            "K1A 0B1": Place("ON", None),
        }
    )
    assert table.find("K1A 0B1") == Place("ON", None)
    assert table.find("10001") is None
    assert table.within(BOSTON, 30) == {"02114"}
    assert table.within(BOSTON, 40) == {"02114", "01608"}
