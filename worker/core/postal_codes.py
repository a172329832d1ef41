"""Postal codes: the state each one lies in and where it is, for the state of a lead and for areas.

The bundled table holds every ZIP code of the United States, its territories and its forces abroad.
It is opened when the first code is looked up, and read one three-digit prefix at a time: a lead costs
two look-ups in dictionaries, and a command that meets no postal code pays nothing. An organisation
may give a table of its own instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

import zipcodes

EARTH_RADIUS_MILES = 3958.8
KILOMETERS_PER_MILE = 1.609344
_MARGIN = 1.01
"""The bundled table reckons with another radius of the earth; what it finds is measured again."""


class Point(NamedTuple):
    """A place on the earth, in degrees."""

    latitude: float
    longitude: float


class Place(NamedTuple):
    """Where a postal code lies. ``point`` is None where it has no place, as at sea."""

    state: str
    point: Point | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalCodes:
    """A table of postal codes. ``find`` answers None for a code that does not exist.

    ``digest`` tells one table of an organisation from another; the bundled one has none.
    """

    find: Callable[[str], Place | None]
    near: Callable[[Point, float], frozenset[str]]
    digest: str = ""

    def within(self, center: Point, miles: float) -> frozenset[str]:
        """List the codes whose point lies at most so many miles from the center."""
        return self.near(center, miles)


def is_zip_code(code: str) -> bool:
    """Tell a ZIP code, five digits, from the postal code of another country."""
    return len(code) == 5 and code.isascii() and code.isdigit()


def distance(one: Point, other: Point) -> float:
    """Measure the great circle between two points, in miles."""
    low, high = radians(one.latitude), radians(other.latitude)
    across = radians(other.longitude - one.longitude)
    chord = sin((high - low) / 2) ** 2 + cos(low) * cos(high) * sin(across / 2) ** 2
    return 2 * EARTH_RADIUS_MILES * asin(sqrt(min(1.0, chord)))


# --- the bundled table


@cache
def _places(prefix: str) -> Mapping[str, Place]:
    return {
        str(entry["zip_code"]): Place(str(entry["state"]), _point(entry))
        for entry in zipcodes.similar_to(prefix)
    }


def _point(entry: Mapping[str, object]) -> Point | None:
    """Codes of the forces and of some offices stand at 0, 0: they have no place."""
    latitude, longitude = float(str(entry["lat"])), float(str(entry["long"]))
    return Point(latitude, longitude) if latitude or longitude else None


def _find(code: str) -> Place | None:
    return _places(code[:3]).get(code) if is_zip_code(code) else None


@lru_cache(maxsize=256)
def _near(center: Point, miles: float) -> frozenset[str]:
    found = zipcodes.filter_by_coordinates(*center, miles * _MARGIN)
    points = ((str(entry["zip_code"]), _point(entry)) for entry in found)
    return frozenset(code for code, point in points if point and distance(center, point) <= miles)


BUNDLED = PostalCodes(find=_find, near=_near)


# --- a table of one's own


def own_table(places: Mapping[str, Place], digest: str = "") -> PostalCodes:
    """Make a table of the given places; no other postal code exists for it."""

    def near(center: Point, miles: float) -> frozenset[str]:
        return frozenset(
            code
            for code, place in places.items()
            if place.point and distance(center, place.point) <= miles
        )

    return PostalCodes(find=places.get, near=near, digest=digest)
