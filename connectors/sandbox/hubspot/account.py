"""One account of the twin: its data, its clock, and how it is set to behave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from connectors.sandbox.clock import SandboxClock, iso_of
from connectors.sandbox.hubspot import standard
from connectors.sandbox.hubspot.definitions import Definitions
from connectors.sandbox.hubspot.errors import not_found
from connectors.sandbox.hubspot.store import Store, StoredObject


@dataclass(slots=True, kw_only=True)
class Account:
    """What every endpoint works on.

    ``index_lag`` is how long the search index stays behind a write. ``sorts_ids_as_text`` makes
    searches sort and compare ids as text, as HubSpot is suspected to do. ``dice`` shuffles the
    results of batches; ids of correlation come from it as well, so that a run repeats exactly.
    """

    store: Store
    clock: SandboxClock
    dice: Random
    definitions: Definitions
    index_lag: timedelta = timedelta()
    sorts_ids_as_text: bool = False
    portal_id: int = 4_242_424
    time_zone: str = "US/Eastern"
    most_custom_properties: int = 1_000

    def object_type(self, given: str) -> str:
        """Find the plural name of an object type; 404 for one the account does not have."""
        name = standard.TYPE_IDS.get(given, given.lower())
        for candidate in (name, f"{name}s", f"{name.removesuffix('y')}ies"):
            if self.definitions.knows(candidate):
                return candidate
        raise not_found(f"Unable to infer object type from: {given}")

    def custom_properties(self, object_type: str) -> int:
        """Count the properties in use that HubSpot did not bring."""
        found = self.definitions.of(object_type).values()
        return sum(not (one.hubspot_defined or one.archived) for one in found)

    def find(self, object_type: str, given: str) -> StoredObject | None:
        """Find a record that is not archived by its id, or by the id of one merged into it."""
        if not given.isdecimal():
            return None
        found = self.store.get(object_type, self.store.resolve(object_type, int(given)))
        return None if found is None or found.archived is not None else found

    def stamp(self) -> str:
        """Write the present instant as HubSpot does."""
        return iso_of(self.clock.now_ms())

    def correlation_id(self) -> str:
        """Make an id like the ones that name a request in HubSpot's logs."""
        text = f"{self.dice.getrandbits(128):032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def open_account(path: str, clock: SandboxClock, seed: int) -> Account:
    """Open an account on a file, or on ``:memory:``, and give it the standard properties."""
    store = Store(path)
    definitions = Definitions(store)
    standard.install(definitions)
    # Not for secrets: order and ids must repeat with the seed.
    dice = Random(seed)  # noqa: S311  # not for secrets: a run must repeat
    return Account(store=store, clock=clock, dice=dice, definitions=definitions)
