"""Clients that know nothing of the twin work with it: simple-salesforce, and jsforce where it is there."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest

from connectors.sandbox.salesforce.sessions import SANDBOX_SESSION
from connectors.sandbox.serving import serving
from tests.support.node import node_modules, run_node
from tests.support.salesforce_asking import Asking, ToTwin, plain_session


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


def test_simple_salesforce_logs_in_by_an_assertion_and_reads_in_bulk(url, asking) -> None:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    asking.twin.sessions.public_key = key.public_key()
    asking.twin.clock.advance(datetime.now(UTC) - asking.twin.clock.now())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with plain_session(url) as session:
        session.mount("https://login.salesforce.com", ToTwin(url))
        client = Salesforce(
            username="integration@sandbox.example",
            consumer_key="sandbox-client",
            privatekey=pem,
            session=session,
            version="66.0",
        )
        for number in range(3):
            asking.lead(LastName=f"Lead {number}")
        asking.twin.jobs.polls = 0
        pages = [*client.bulk2.Lead.query("SELECT LastName FROM Lead ORDER BY Id", wait=0)]
    rows = [row["LastName"] for page in pages for row in csv.DictReader(io.StringIO(page))]
    assert rows == ["Lead 0", "Lead 1", "Lead 2"]


# jsforce


PROGRAM = """
const { Connection } = require('jsforce');
const [instanceUrl, accessToken] = process.argv.slice(1);
const oauth2 = { loginUrl: instanceUrl, clientId: 'sandbox-client', clientSecret: 'sandbox-secret' };
const version = '66.0';
const names = (found) => found.map((one) => one.LastName);
(async () => {
  const connection = new Connection({ instanceUrl, accessToken, version });
  const found = await connection.query('SELECT Id, Name, Owner.Name FROM Lead ORDER BY Id', {
    autoFetch: true, maxFetch: 5000, headers: { 'Sforce-Query-Options': 'batchSize=200' } });
  const changes = found.records.slice(0, 3).map((row) => ({ Id: row.Id, City: 'Lund' }));
  changes[1].Email = 'nobody';
  const results = await connection.sobject('Lead').update(changes, { allOrNone: false });
  const described = await connection.sobject('Lead').describe();
  const refused = await connection.query('SELECT Nothing FROM Lead').catch((e) => e.errorCode);

  const app = new Connection({ instanceUrl, version, oauth2 });
  await app.authorize({ grant_type: 'client_credentials' });
  const who = await app.identity();
  const some = await app.sobject('Lead').find({ LastName: { $like: 'Lead 00%' } }, 'LastName')
    .sort({ LastName: 1 }).limit(2);
  const ids = found.records.slice(0, 2).map((row) => row.Id);
  const read = await app.sobject('Lead').retrieve(ids);
  const rows = await (await app.bulk2.query('SELECT Id FROM Lead', { pollInterval: 1 })).toArray();
  const loaded = await app.bulk2.loadAndWaitForResults({ object: 'Lead', operation: 'insert',
    input: [{ LastName: 'New', Company: 'A' }, { LastName: 'None' }], pollInterval: 1 });
  const removed = await app.sobject('Lead').destroy(ids);

  const ended = new Connection({ instanceUrl, accessToken: 'over', version, oauth2,
    refreshToken: 'sandbox-refresh' });
  const again = await ended.query('SELECT Id FROM Lead LIMIT 1');
  console.log(JSON.stringify({
    rows: found.records.length,
    owner: found.records[0].Owner.Name,
    results: results.map((one) => one.success),
    fields: described.fields.map((field) => field.name),
    children: described.childRelationships.map((one) => one.childSObject),
    refused,
    who: who.user_id,
    some: names(some),
    read: names(read),
    bulk: [rows.length, loaded.successfulResults.length, loaded.failedResults.length],
    removed: removed.map((one) => one.success),
    again: again.records.length,
    used: app.limitInfo.apiUsage.limit,
  }));
})().catch((error) => { console.error(error); process.exit(1); });
"""


def test_jsforce_logs_in_reads_pages_writes_a_collection_and_describes(url, asking) -> None:
    modules = node_modules("jsforce")
    for number in range(450):
        asking.lead(LastName=f"Lead {number:03d}")
    told = json.loads(run_node(modules, "-e", PROGRAM, url, SANDBOX_SESSION))
    assert {"Status", "OwnerId", "SystemModstamp"} <= set(told.pop("fields"))
    assert {"Task", "CampaignMember"} <= set(told.pop("children"))
    assert told == {
        "rows": 450,
        "owner": "Integration",
        "results": [True, False, True],
        "refused": "INVALID_FIELD",
        "who": asking.twin.org.integration_user,
        "some": ["Lead 000", "Lead 001"],
        "read": ["Lead 000", "Lead 001"],
        "bulk": [450, 1, 1],
        "removed": [True, True],
        "again": 1,
        "used": 100_000,
    }
    written = asking.query("SELECT COUNT() FROM Lead WHERE City = 'Lund'", "queryAll")
    assert written.body["totalSize"] == 2
    assert asking.twin.journal.counts()["PATCH /composite/sobjects"] == 1
