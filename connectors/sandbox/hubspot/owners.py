"""Owners: who may be named in ``hubspot_owner_id``.

A person who left is listed only with ``archived=true``: without names and without a user id.
"""

from __future__ import annotations

from typing import Final

import msgspec

from connectors.sandbox.exchange import Answer, Json, json_answer
from connectors.sandbox.hubspot.errors import invalid, not_found
from connectors.sandbox.hubspot.paging import Call, page_of
from connectors.sandbox.hubspot.store import Store

KIND: Final = "owner"
_CREATED: Final = "2020-01-01T00:00:00.000Z"


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """A team of an owner."""

    id: str
    name: str
    primary: bool = True


class Owner(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One owner."""

    id: str
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    type: str = "PERSON"
    user_id: int | None = None
    user_id_including_inactive: int | None = None
    created_at: str = _CREATED
    updated_at: str = _CREATED
    archived: bool = False
    teams: tuple[Team, ...] = ()


_DECODER: Final = msgspec.json.Decoder(Owner)


def put_owner(store: Store, owner: Owner) -> None:
    """Add or replace an owner. An archived one loses names and user id, as at HubSpot."""
    if owner.archived:
        owner = msgspec.structs.replace(owner, first_name="", last_name="", user_id=None)
    store.put_document(KIND, owner.id, owner)


def can_own(store: Store, id_: str) -> bool:
    """Whether an owner with this id exists and is active."""
    body = store.document(KIND, id_)
    return body is not None and not _DECODER.decode(body).archived


def all_owners(store: Store) -> list[Owner]:
    """List every owner, archived ones as well."""
    return [_DECODER.decode(body) for _, body in store.documents(KIND)]


def list_owners(call: Call) -> Answer:
    """GET /crm/v3/owners."""
    is_archived = call.flag("archived")
    email = call.request.one("email").lower()
    found = [
        owner
        for owner in all_owners(call.account.store)
        if owner.archived == is_archived and (not email or owner.email.lower() == email)
    ]
    return json_answer(page_of(call, found, call.limit(default=100, most=500)))


def read_owner(call: Call) -> Answer:
    """GET /crm/v3/owners/{ownerId}, by owner id or by user id."""
    wanted, is_archived = call.params["ownerId"], call.flag("archived")
    by = call.request.one("idProperty", "id")
    if by not in {"id", "userId"}:
        raise invalid("idProperty must be id or userId.")
    for owner in all_owners(call.account.store):
        own: Json = owner.id if by == "id" else owner.user_id_including_inactive
        if str(own) == wanted and owner.archived == is_archived:
            return json_answer(owner)
    raise not_found()
