"""The fewest calls in which Salesforce can be asked what a run must know, by endpoint.

Counted from the largest pages and batches it allows. A list is a query and its further pages, of 2,000
rows, or of 1,000 where a row is wide (over 60 columns). Above 20,000 rows, where the connector turns to
the Bulk API, it is a job: begun, looked at until it is done (the twin has it done at the third look),
read in parts of 50,000, and removed, as its result would hold what people said for seven days more.
A change is asked for by the stamp of each object and, apart, of each related one that is read along: no
index serves a condition on either. Writes go out in collections of 200; each record is looked at before,
as a collection is written unconditionally, and after, as its answer does not say what triggers left
standing: 2,000 a query, of which wide rows take two pages, in the body of a composite call, as an
address is too short for that many ids. A thing that must be looked at costs one call at least, though
nothing may be there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tests.bench.requests_shown import Calls, pages
from tests.bench.salesforce_org import OBJECTS, Base

_PAGE, _WIDE_PAGE, _BULK, _BULK_PAGE, _COLLECTION = 2_000, 1_000, 20_000, 50_000, 200
_LOOKS = 3
_WIDE = frozenset({"leads", "contacts"})
_ARCHIVED = frozenset({"Task", "Event"})
_DESCRIBED = (
    *("Account", "Campaign", "CampaignMember", "Contact", "EmailMessage", "EmailMessageRelation"),
    *("Event", "Individual", "Lead", "Task"),
)
_RELATED = {"Lead": 1, "Contact": 2, "CampaignMember": 1, "EmailMessageRelation": 1}
"""How many related objects are read along: Individual; that and Account; Campaign; EmailMessage."""


def by_list(base: Base) -> Calls:
    """Count for reading everything."""
    calls: Calls = Counter()
    for name, amount in base.rows.items():
        if amount > _BULK:
            calls.update(_by_bulk(amount))
        else:
            is_hidden = OBJECTS[name] in _ARCHIVED
            calls.update(_by_query(amount, _page(name), has_gone=is_hidden))
    return calls


def _by_bulk(amount: int) -> Calls:
    return Counter(
        {
            "POST /jobs/query": 1,
            "GET /jobs/query/{id}": _LOOKS,
            "GET /jobs/query/{id}/results": pages(amount, _BULK_PAGE),
            "DELETE /jobs/query/{id}": 1,
        }
    )


def _by_query(amount: int, size: int, *, has_gone: bool) -> Calls:
    first = "GET /queryAll" if has_gone else "GET /query"
    return Counter({first: 1, "GET /query/{locator}": pages(amount, size) - 1})


def _page(name: str) -> int:
    return _WIDE_PAGE if name in _WIDE else _PAGE


def by_change(base: Base) -> Calls:
    """Count for reading what changed, what was deleted included."""
    calls: Calls = Counter()
    for name, reads in OBJECTS.items():
        calls.update(_by_query(base.changed[reads], _page(name), has_gone=True))
        calls["GET /queryAll"] += _RELATED.get(reads, 0)
    return calls


def of_every_run(base: Base) -> Calls:
    """Count for what every run asks: a session, what there is, which labels and statuses, who owns."""
    calls: Calls = Counter({f"GET /sobjects/{name}/describe": 1 for name in _DESCRIBED})
    calls["POST /services/oauth2/token"] = 1
    calls["GET /query"] = 2 + _all_pages(base.owners.values(), _PAGE)
    return calls


def of_writing(base: Base, amount: int) -> Calls:
    """Count for writing to leads and contacts: reads of each before and after, and collections."""
    people = (base.rows["leads"], base.rows["contacts"])
    queries = _all_pages(people, _PAGE)
    return Counter(
        {
            "POST /composite": 2 * queries,
            "GET /query/{locator}": 2 * (_all_pages(people, _WIDE_PAGE) - queries),
            "PATCH /composite/sobjects": pages(amount, _COLLECTION),
        }
    )


def _all_pages(amounts: Iterable[int], size: int) -> int:
    return sum(pages(amount, size) for amount in amounts)
