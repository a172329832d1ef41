"""Clients that know nothing of the twin work with it: simple-salesforce, and jsforce where it is there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest

from connectors.sandbox.salesforce.sessions import SANDBOX_SESSION
from connectors.sandbox.serving import serving
from tests.support.salesforce_asking import Asking, plain_session


@pytest.fixture
def asking() -> Asking:
    """A twin of its own for each test."""
    return Asking()


@pytest.fixture
def url(asking: Asking) -> Iterator[str]:
    """The address of the served twin."""
    with serving(asking.twin) as address:
        yield address
    asking.twin.org.store.close()


@pytest.fixture
def client(url: str) -> Iterator[Salesforce]:
    """The vendor's client, with a session it was given."""
    with plain_session(url) as session:
        yield Salesforce(
            session_id=SANDBOX_SESSION, instance_url=url, session=session, version="66.0"
        )


def test_simple_salesforce_reads_pages_writes_and_describes(client, asking) -> None:
    client.headers["Sforce-Auto-Assign"] = "FALSE"
    made = client.Lead.create({"LastName": "One", "Company": "Acme", "Email": "one@example.com"})
    assert made["success"]
    for number in range(450):
        asking.lead(LastName=f"Lead {number}")
    found = [*client.query_all_iter("SELECT Id, Name FROM Lead ORDER BY Id")]
    assert len(found) == 451
    pages = client.query("SELECT Id FROM Lead", headers={"Sforce-Query-Options": "batchSize=200"})
    assert (len(pages["records"]), pages["done"], pages["totalSize"]) == (200, False, 451)
    assert client.Lead.update(made["id"], {"Status": "Working - Contacted"}) == 204
    records = [{"attributes": {"type": "Lead"}, "id": one["Id"], "City": "X"} for one in found[:2]]
    results = client.restful("composite/sobjects", method="PATCH", json={"records": records})
    assert [one["success"] for one in results] == [True, True]
    names = {field["name"] for field in client.Lead.describe()["fields"]}
    assert {"Status", "OwnerId", "HasOptedOutOfEmail", "SystemModstamp"} <= names
    assert client.limits()["DailyApiRequests"]["Max"] == 100_000
    assert client.api_usage["api-usage"].total == 100_000
    with pytest.raises(SalesforceMalformedRequest):
        client.query("SELECT Nothing FROM Lead")
