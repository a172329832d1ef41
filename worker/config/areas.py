"""Builds the areas of the catalog: by state, by ZIP code, and by distance from a site or a ZIP code.

A distance becomes a set of ZIP codes here, once, so that nothing is measured while leads are decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from worker.config.documents import AreaEntry, AroundEntry, CatalogDocument, CatalogEntry
from worker.config.findings import Findings
from worker.config.messages import value_at
from worker.config.vocabulary import check_name
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.conditions import Area
from worker.core.postal_codes import KILOMETERS_PER_MILE, Point, PostalCodes, is_zip_code

SITES = "sites"
"""The list of the catalog whose entries an area may lie around."""
MOST_MILES = 500
"""A radius beyond this is a mistake: it would hold half the country."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaReader:
    """Builds the areas of one catalog. Without ``postal_codes`` distances are not worked out."""

    document: CatalogDocument
    sheet: Sheet
    findings: Findings
    postal_codes: PostalCodes | None

    def build(self) -> Mapping[str, Area]:
        for list_name, entries in (self.document.__pydantic_extra__ or {}).items():
            for entry_id, entry in entries.items():
                self._check_place(entry, (list_name, entry_id))
        return {name: self._build_area(name, e) for name, e in self.document.areas.items()}

    def _check_place(self, entry: CatalogEntry, path: KeyPath) -> None:
        if (entry.latitude is None) != (entry.longitude is None):
            there, missing = "latitude", "longitude"
            if entry.latitude is None:
                there, missing = missing, there
            message = f"{there!r} says nothing without {missing!r}."
            self.findings.error(self.sheet.spot(*path, there), message)
        if entry.postal_code is not None:
            self._check_code(entry.postal_code, (*path, "postal_code"))

    def _check_code(self, code: str, path: KeyPath) -> bool:
        table = self.postal_codes
        if table is None or not is_zip_code(code) or table.find(code) is not None:
            return True
        message = f"there is no ZIP code {code!r}."
        self.findings.error(self.sheet.spot(*path), message)
        return False

    def _build_area(self, name: str, entry: AreaEntry) -> Area:
        path: KeyPath = ("areas", name)
        self._check_states(entry, path)
        if not (entry.states or entry.prefixes or entry.postal_codes or entry.around):
            hint = "give it states, prefixes, postal_codes or around"
            self.findings.error(self.sheet.spot(*path), f"the area {name!r} is empty.", hint=hint)
        for number, code in enumerate(entry.postal_codes):
            self._check_code(code, (*path, "postal_codes", number))
        near = frozenset(code for circle in self._circles(entry, path) for code in circle)
        return Area(
            name=name,
            postal_codes=near | frozenset(entry.postal_codes),
            prefixes=tuple(entry.prefixes),
            states=frozenset(entry.states) | self._states_of(near),
        )

    def _check_states(self, entry: AreaEntry, path: KeyPath) -> None:
        for number, state in enumerate(entry.states):
            if state != state.upper():
                spot = self.sheet.spot(*path, "states", number)
                message = f"{state!r} never matches: states are codes in capital letters."
                self.findings.error(spot, message, hint=f"write {state.upper()!r}")

    def _states_of(self, codes: frozenset[str]) -> frozenset[str]:
        """A circle may cross a state line: a lead of which only the state is known may be in it."""
        found = (self.postal_codes.find(code) for code in codes) if self.postal_codes else ()
        return frozenset(place.state for place in found if place)

    # --- distances

    def _circles(self, entry: AreaEntry, path: KeyPath) -> Iterator[frozenset[str]]:
        place: KeyPath = (*path, "around")
        is_list = isinstance(value_at(self.sheet.value, place), list)
        for number, item in enumerate(entry.around):
            spot_path = (*place, number) if is_list else place
            center = self._center(item, spot_path)
            miles = self._miles(item, spot_path)
            if center is None or miles is None or self.postal_codes is None:
                continue
            codes = self.postal_codes.within(center, miles)
            if not codes:
                self.findings.error(
                    self.sheet.spot(*spot_path),
                    "no ZIP code lies within this distance, so the area holds nobody.",
                    hint="take a greater distance",
                )
            yield codes

    def _center(self, item: AroundEntry, path: KeyPath) -> Point | None:
        if (item.site is None) == (item.postal_code is None):
            message = "a distance is measured from a `site` or from a `postal_code`, one of them."
            self.findings.error(self.sheet.spot(*path), message)
            return None
        if item.postal_code is not None:
            return self._point_of(item.postal_code, (*path, "postal_code"))
        return self._point_of_site(str(item.site), (*path, "site"))

    def _point_of_site(self, site: str, path: KeyPath) -> Point | None:
        sites = (self.document.__pydantic_extra__ or {}).get(SITES, {})
        spot = self.sheet.spot(*path)
        if not check_name(self.findings, spot, "site", site, frozenset(sites)):
            return None
        entry = sites[site]
        if entry.latitude is not None and entry.longitude is not None:
            return Point(entry.latitude, entry.longitude)
        if entry.postal_code is None:
            message = f"the site {site!r} has no place to measure from."
            hint = "give it a postal_code, or latitude and longitude"
            self.findings.error(spot, message, hint=hint)
            return None
        return self._point_of(entry.postal_code, (SITES, site, "postal_code"))

    def _point_of(self, code: str, path: KeyPath) -> Point | None:
        if self.postal_codes is None or not self._check_code(code, path):
            return None
        place = self.postal_codes.find(code)
        if place is None or place.point is None:
            message = f"the place of {code!r} is not known, so nothing can be measured from it."
            hint = "a site may have latitude and longitude"
            self.findings.error(self.sheet.spot(*path), message, hint=hint)
            return None
        return place.point

    def _miles(self, item: AroundEntry, path: KeyPath) -> float | None:
        if (item.miles is None) == (item.kilometers is None):
            message = "a distance is given in `miles` or in `kilometers`, one of them."
            self.findings.error(self.sheet.spot(*path), message)
            return None
        key = "miles" if item.miles is not None else "kilometers"
        miles = item.miles or (item.kilometers or 0) / KILOMETERS_PER_MILE
        if miles <= MOST_MILES:
            return miles
        self.findings.error(
            self.sheet.spot(*path, key),
            f"{key!r} is too far for an area.",
            allowed=f"up to {MOST_MILES} miles ({MOST_MILES * KILOMETERS_PER_MILE:.0f} kilometers)",
            hint="name the states instead",
        )
        return None
