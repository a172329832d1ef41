"""Reads which lists contacts are in, for up to 1,000 contacts a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from connectors.hubspot import paths
from connectors.hubspot.transport import Transport
from connectors.shared.commands import chunks

PREFIX = "lists."
MOST_MEMBERS = 1000
_CONTACTS = "0-1"


class _Membership(msgspec.Struct, rename="camel"):
    list_id: str | int


class _Member(msgspec.Struct, rename="camel"):
    record_id: str | int
    record_list_memberships: list[_Membership] = []


class _Members(msgspec.Struct):
    results: list[_Member] = []


def read_memberships(transport: Transport, ids: Sequence[str]) -> Mapping[str, frozenset[str]]:
    """Give the ids of the lists each contact is in; one that HubSpot says nothing of is left out."""
    found: dict[str, frozenset[str]] = {}
    for part in chunks(ids, MOST_MEMBERS):
        inputs = [{"objectTypeId": _CONTACTS, "recordId": one} for one in part]
        page = transport.call(paths.MEMBERSHIP_BATCH_READ, _Members, body={"inputs": inputs})
        for one in page.results:
            lists = (str(membership.list_id) for membership in one.record_list_memberships)
            found[str(one.record_id)] = frozenset(lists)
    return found
