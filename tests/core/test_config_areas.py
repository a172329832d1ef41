"""Areas of the catalog, worked out as sets of ZIP codes."""

from __future__ import annotations

from typing import Any

import pytest

from worker.config.areas import AreaReader
from worker.config.documents import CatalogDocument
from worker.config.findings import Findings
from worker.config.yaml_text import Sheet
from worker.core.conditions import Area
from worker.core.postal_codes import BUNDLED, PostalCodes

BOSTON = {"title": "Boston", "postal_code": "02114"}


def area(
    entry: dict[str, Any],
    site: dict[str, Any] | None = None,
    postal_codes: PostalCodes | None = BUNDLED,
) -> Area:
    value = {"sites": {"main": site or BOSTON}, "areas": {"here": entry}}
    findings = Findings()
    reader = AreaReader(
        document=CatalogDocument.model_validate(value),
        sheet=Sheet(file="catalog.yaml", value=value, places={}),
        findings=findings,
        postal_codes=postal_codes,
    )
    built = reader.build()["here"]
    assert findings.errors == []
    return built


def test_a_circle_is_the_codes_inside_it_and_their_states() -> None:
    found = area({"around": {"site": "main", "miles": 25}})
    assert {"02114", "01850"} <= found.postal_codes
    assert "01608" not in found.postal_codes
    assert (found.states, found.prefixes) == ({"MA"}, ())


def test_a_circle_across_a_state_line_has_both_states() -> None:
    """Lowell lies six miles from New Hampshire."""
    assert area({"around": {"postal_code": "01850", "miles": 10}}).states == {"MA", "NH"}


def test_a_kilometer_is_shorter_than_a_mile() -> None:
    miles = area({"around": {"site": "main", "miles": 10}})
    kilometers = area({"around": {"site": "main", "kilometers": 16.09344}})
    assert kilometers == miles
    assert area({"around": {"site": "main", "kilometers": 10}}).postal_codes < miles.postal_codes


def test_circles_codes_and_prefixes_add_up() -> None:
    one = area({"around": {"site": "main", "miles": 5}})
    other = area({"around": {"postal_code": "01608", "miles": 5}})
    both = area(
        {
            "around": [
                {"site": "main", "miles": 5},
                {"postal_code": "01608", "miles": 5},
            ],
            "postal_codes": ["02903"],
            "prefixes": ["028"],
            "states": ["RI"],
        }
    )
    assert both.postal_codes == one.postal_codes | other.postal_codes | {"02903"}
    assert (both.prefixes, both.states) == (("028",), {"MA", "RI"})


def test_a_site_with_coordinates_is_measured_from_there() -> None:
    worcester = {"title": "W", "postal_code": "02114", "latitude": 42.2625, "longitude": -71.8023}
    found = area({"around": {"site": "main", "miles": 5}}, site=worcester)
    assert "01608" in found.postal_codes
    assert "02114" not in found.postal_codes


@pytest.mark.parametrize("miles", [500, 500.0])
def test_a_radius_may_be_500_miles(miles: float) -> None:
    assert "10001" in area({"around": {"site": "main", "miles": miles}}).postal_codes


def test_without_a_table_nothing_is_measured_or_complained_of() -> None:
    found = area({"around": {"site": "main", "miles": 25}}, postal_codes=None)
    assert found.postal_codes == frozenset()
