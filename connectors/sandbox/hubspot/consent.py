"""Consent: types of subscription, and what each address has chosen.

Nothing said is ``NOT_SPECIFIED`` in version 4 and ``NOT_SUBSCRIBED`` in version 3; neither is
consent. Who has opted out of all e-mail is unsubscribed from every type.
"""

from __future__ import annotations

from typing import Final

import msgspec

from connectors.sandbox.exchange import Answer, Json, json_answer
from connectors.sandbox.hubspot.account import Account
from connectors.sandbox.hubspot.errors import Category, RefusedError, batch_entry, decoded, invalid
from connectors.sandbox.hubspot.paging import Call, batch_answer
from connectors.sandbox.hubspot.store import Store

MARKETING: Final = "1001001"
ONE_TO_ONE: Final = "1001002"
GRANTED: Final = "SUBSCRIBED"
WITHDRAWN: Final = "UNSUBSCRIBED"
MOST_INPUTS: Final = 100
_AT: Final = "2020-01-01T00:00:00.000Z"
_NAMES: Final = {MARKETING: "Marketing information", ONE_TO_ONE: "One to one"}
_BASIS: Final = "CONSENT_WITH_NOTICE"


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What an address has chosen for one type."""

    status: str


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a batch read: e-mail addresses."""

    inputs: tuple[str, ...]


_STATUS: Final = msgspec.json.Decoder(Status)
_ADDRESSES: Final = msgspec.json.Decoder(Addresses)


def put_status(store: Store, email: str, status: str, definition_id: str = MARKETING) -> None:
    """Note what an address has chosen: SUBSCRIBED or UNSUBSCRIBED."""
    store.put_document(f"subscription:{definition_id}", email.lower(), Status(status=status))


def list_definitions(_call: Call) -> Answer:
    """GET /communication-preferences/v3/definitions."""
    found = [
        {
            "id": id_,
            "name": name,
            "description": f"{name} by e-mail",
            "purpose": "Marketing" if id_ == MARKETING else "Sales",
            "communicationMethod": "Email",
            "isActive": True,
            "isDefault": id_ == ONE_TO_ONE,
            "isInternal": id_ == ONE_TO_ONE,
            "createdAt": _AT,
            "updatedAt": _AT,
        }
        for id_, name in _NAMES.items()
    ]
    return json_answer({"subscriptionDefinitions": found})


def read_statuses(call: Call) -> Answer:
    """GET /communication-preferences/v3/status/email/{email}."""
    email = call.params["email"].lower()
    is_out = _is_opted_out(call.account, email)
    shown: list[Json] = []
    for id_, name in _NAMES.items():
        status = _chosen(call.account, email, id_, is_out=is_out)
        shown.append(
            {
                "id": id_,
                "name": name,
                "description": f"{name} by e-mail",
                "status": GRANTED if status == GRANTED else "NOT_SUBSCRIBED",
                "sourceOfStatus": "PORTAL_WIDE_STATUS" if is_out else "SUBSCRIPTION_STATUS",
                "preferenceGroupName": None,
                "legalBasis": _BASIS if status == GRANTED else None,
                "legalBasisExplanation": None,
            }
        )
    return json_answer({"recipient": email, "subscriptionStatuses": shown})


def batch_read_statuses(call: Call) -> Answer:
    """POST /communication-preferences/v4/statuses/batch/read?channel=EMAIL."""
    addresses = _addresses(call)
    results: list[object] = []
    errors: list[Json] = []
    for place, address in enumerate(addresses):
        if "@" not in address or place in call.spoilt:
            errors.append(batch_entry(_bad_address(address)))
            continue
        results.append({"subscriberIdString": address, "statuses": _statuses(call, address)})
    return batch_answer(call, results, errors)


def batch_read_opt_outs(call: Call) -> Answer:
    """POST /communication-preferences/v4/statuses/batch/unsubscribe-all/read?channel=EMAIL."""
    addresses = _addresses(call)
    results: list[object] = [
        {"subscriberIdString": address, "wideStatuses": _wide(call, address)}
        for address in addresses
    ]
    return batch_answer(call, results)


def read_subscriber(call: Call) -> Answer:
    """GET /communication-preferences/v4/statuses/{email}?channel=EMAIL."""
    _require_channel(call)
    statuses = _statuses(call, call.params["email"])
    return json_answer({"status": "COMPLETE", "results": statuses, **_times(call)})


def _wide(call: Call, address: str) -> list[Json]:
    """Say that an address has opted out of everything; nothing is said of one that has not."""
    if not _is_opted_out(call.account, address.lower()):
        return []
    return [
        {
            "channel": "EMAIL",
            "status": WITHDRAWN,
            "subscriberIdString": address,
            "timestamp": _AT,
            "wideStatusType": "PORTAL_WIDE",
        }
    ]


def read_opt_out(call: Call) -> Answer:
    """GET /communication-preferences/v4/statuses/{email}/unsubscribe-all?channel=EMAIL."""
    _require_channel(call)
    found = _wide(call, call.params["email"])
    return json_answer({"status": "COMPLETE", "results": found, **_times(call)})


def _addresses(call: Call) -> tuple[str, ...]:
    _require_channel(call)
    addresses = decoded(call.request.body, _ADDRESSES).inputs
    if not addresses or len(addresses) > MOST_INPUTS:
        raise invalid(f"A batch read of statuses takes 1 to {MOST_INPUTS} addresses.")
    return addresses


def _require_channel(call: Call) -> None:
    if call.request.one("channel") != "EMAIL":
        raise invalid("channel must be EMAIL.")


def _statuses(call: Call, address: str) -> list[Json]:
    email = address.lower()
    is_out = _is_opted_out(call.account, email)
    return [
        {
            "channel": "EMAIL",
            "subscriberIdString": address,
            "subscriptionId": int(id_),
            "subscriptionName": name,
            "status": _chosen(call.account, email, id_, is_out=is_out),
            "source": "Import",
            "legalBasis": _BASIS,
            "timestamp": _AT,
        }
        for id_, name in _NAMES.items()
    ]


def _chosen(account: Account, email: str, definition_id: str, *, is_out: bool) -> str:
    if is_out:
        return WITHDRAWN
    body = account.store.document(f"subscription:{definition_id}", email)
    return "NOT_SPECIFIED" if body is None else _STATUS.decode(body).status


def _is_opted_out(account: Account, email: str) -> bool:
    id_ = account.store.find_key("contacts", "email", email)
    record = None if id_ is None else account.find("contacts", str(id_))
    return record is not None and record.properties.get("hs_email_optout") == "true"


def _bad_address(address: str) -> RefusedError:
    return RefusedError(
        400,
        Category.VALIDATION_ERROR,
        "The subscriber id is not an e-mail address.",
        context={"subscriberIdString": [address]},
    )


def _times(call: Call) -> dict[str, Json]:
    at = call.account.stamp()
    return {"startedAt": at, "completedAt": at}
