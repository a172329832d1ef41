"""How many calls a run asks of HubSpot, each beside the fewest that its pages and batches allow.

``python -m tests.bench.bench_hubspot_requests [CONTACTS] [ACTIVITIES] [WRITES]`` prints counts from
the twin's journal, and what both sides cost in time and memory; nothing here is a test. How the
fewest are counted stands in ``hubspot_fewest.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from connectors.sandbox.hubspot.tokens import SANDBOX_TOKEN
from tests.bench.hubspot_account import fill_account
from tests.bench.hubspot_fewest import by_list, by_search, of_every_run, of_writing
from tests.bench.requests_shown import Subject, measure
from tests.support.hubspot_organisation import lay_out

UNHELD = "options: {calls_per_10_seconds: 100000, searches_per_second: 10000}"


def configure(folder: Path) -> Path:
    """Lay out a configuration that no limit holds up."""
    system = lay_out(folder) / "systems" / "hubspot.yaml"
    system.write_text(system.read_text("utf-8").replace("options: {}", UNHELD), "utf-8")
    return folder


def variables(url: str) -> Mapping[str, str]:
    """Name what the worker needs to reach the twin."""
    return {
        "LEADTRIAGE_HUBSPOT__BASE_URL": url,
        "LEADTRIAGE_HUBSPOT__ACCESS_TOKEN": SANDBOX_TOKEN,
    }


if __name__ == "__main__":
    measure(
        Subject(
            sizes=(50_000, 200_000, 5_500),
            lay_out=configure,
            fill=fill_account,
            variables=variables,
            by_list=by_list,
            by_change=by_search,
            of_every_run=of_every_run,
            of_writing=of_writing,
        )
    )
