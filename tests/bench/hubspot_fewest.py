"""The fewest calls in which HubSpot can be asked what a run must know, by endpoint.

Counted from the largest pages and batches it allows: 100 records in a list, 200 in a search, 1,000
activities in a read of associations, 50 submissions in a page of one form, 100 addresses, records or
updates in a batch, and one degree of sensitivity in a list of properties. A thing that must be
looked at costs one call at least, though nothing may be there: each form, each recycle bin.
"""

from __future__ import annotations

from collections import Counter

from tests.bench.hubspot_account import ENGAGEMENTS, Base
from tests.bench.requests_shown import Calls, pages

_OBJECTS = "/crm/v3/objects"
_LINKS = "POST /crm/v4/associations/{}/contacts/batch/read"
_DEGREES = 3


def by_list(base: Base) -> Calls:
    """Count for reading everything."""
    calls = _submitted(base)
    calls[f"GET {_OBJECTS}/contacts"] = pages(base.contacts, 100)
    for name, amount in base.engagements.items():
        calls[f"GET {_OBJECTS}/{name}"] = pages(amount, 100)
        calls[_LINKS.format(name)] = pages(amount, 1000)
    return calls


def by_search(changed: Base) -> Calls:
    """Count for reading what changed, and the recycle bins, which are empty."""
    calls = _submitted(changed)
    for name, amount in {"contacts": changed.contacts, **changed.engagements}.items():
        calls[f"POST {_OBJECTS}/{name}/search"] = pages(amount, 200)
        calls[f"GET {_OBJECTS}/{name}"] = 1
    for name, amount in changed.engagements.items():
        calls[_LINKS.format(name)] = pages(amount, 1000)
    return calls


def _submitted(base: Base) -> Calls:
    """Count for submissions: the forms, the pages of each, and whose the addresses are."""
    return Counter(
        {
            "GET /marketing/v3/forms": pages(len(base.submissions), 100),
            "GET /form-integrations/v1/submissions/forms/{formId}": sum(
                pages(amount, 50) for amount in base.submissions.values()
            ),
            f"POST {_OBJECTS}/contacts/batch/read": pages(base.addresses, 100),
        }
    )


def of_every_run(base: Base) -> Calls:
    """Count for what every run asks: which properties there are, and who can own a record."""
    calls = Counter({f"GET /crm/v3/properties/{n}": _DEGREES for n in ("contacts", *ENGAGEMENTS)})
    calls["GET /crm/v3/owners"] = sum(pages(amount, 100) for amount in base.owners.values())
    return calls


def of_writing(_base: Base, amount: int) -> Calls:
    """Count for writing to contacts: HubSpot writes unconditionally, so each is looked at before."""
    batches = pages(amount, 100)
    return Counter(
        {
            f"POST {_OBJECTS}/contacts/batch/read": batches,
            f"POST {_OBJECTS}/contacts/batch/update": batches,
        }
    )
