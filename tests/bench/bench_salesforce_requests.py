"""How many calls a run asks of Salesforce, each beside the fewest that its pages and batches allow.

``python -m tests.bench.bench_salesforce_requests [PEOPLE] [ACTIVITIES] [WRITES]`` prints counts from
the twin's journal, and what both sides cost in time and memory; nothing here is a test. How the
fewest are counted stands in ``salesforce_fewest.py``.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sandbox.salesforce.sessions import Sessions
from tests.bench.requests_shown import Subject, measure
from tests.bench.salesforce_fewest import by_change, by_list, of_every_run, of_writing
from tests.bench.salesforce_org import fill_org
from tests.support.salesforce_organisation import lay_out


def variables(url: str) -> Mapping[str, str]:
    """Name what the worker needs to reach the twin."""
    known = Sessions()
    return {
        "LEADTRIAGE_SALESFORCE__INSTANCE_URL": url,
        "LEADTRIAGE_SALESFORCE__LOGIN_URL": url,
        "LEADTRIAGE_SALESFORCE__CLIENT_ID": known.client_id,
        "LEADTRIAGE_SALESFORCE__CLIENT_SECRET": known.client_secret,
    }


if __name__ == "__main__":
    measure(
        Subject(
            sizes=(50_000, 200_000, 5_500),
            lay_out=lay_out,
            fill=fill_org,
            variables=variables,
            by_list=by_list,
            by_change=by_change,
            of_every_run=of_every_run,
            of_writing=of_writing,
        )
    )
