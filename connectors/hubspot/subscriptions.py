"""Reads what addresses have chosen for types of subscription, 100 addresses a call.

The addresses stand in the body of the request and not in a URL. What HubSpot says nothing of, or calls
NOT_SPECIFIED, is passed on as such: it is no consent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from connectors.hubspot import paths
from connectors.hubspot.transport import Transport
from connectors.shared.commands import chunks

PREFIX = "subscriptions."
_BATCH = 100


class _Status(msgspec.Struct, rename="camel"):
    subscription_id: str | int
    status: str


class _Subscriber(msgspec.Struct, rename="camel"):
    subscriber_id_string: str
    statuses: list[_Status] = []


class _Subscribers(msgspec.Struct):
    results: list[_Subscriber] = []


def read_statuses(transport: Transport, emails: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    """Give the status by type of subscription, by address in lower case; refused ones are left out."""
    found: dict[str, dict[str, str]] = {}
    wanted = list(dict.fromkeys(email.lower() for email in emails))
    for part in chunks(wanted, _BATCH):
        page = transport.call(
            paths.STATUS_BATCH_READ,
            _Subscribers,
            query={"channel": "EMAIL"},
            body={"inputs": list(part)},
        )
        for one in page.results:
            statuses = {str(status.subscription_id): status.status for status in one.statuses}
            found[one.subscriber_id_string.lower()] = statuses
    return found
