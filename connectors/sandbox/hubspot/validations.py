"""Validation rules that an administrator has set on properties.

They can be read here and are not enforced: numbered versions of the API take a write that breaks one.
"""

from __future__ import annotations

from typing import Final

import msgspec

from connectors.sandbox.exchange import Answer, json_answer
from connectors.sandbox.hubspot.paging import Call
from connectors.sandbox.hubspot.store import Store


class Rule(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One rule, such as ``ALPHANUMERIC`` with ``NUMERIC_ONLY``."""

    rule_type: str
    rule_arguments: tuple[str, ...] = ()
    should_apply_normalization: bool = False


_RULES: Final = msgspec.json.Decoder(tuple[Rule, ...])


def put_rules(store: Store, object_type: str, name: str, *rules: Rule) -> None:
    """Set the rules of a property."""
    store.put_document(f"validation:{object_type}", name, rules)


def list_rules(call: Call) -> Answer:
    """GET /crm/v3/property-validations/{objectTypeId}: the properties that have rules."""
    object_type = call.account.object_type(call.params["objectType"])
    found = call.account.store.documents(f"validation:{object_type}")
    results = [
        {"propertyName": name, "propertyValidationRules": _RULES.decode(body)}
        for name, body in found
    ]
    return json_answer({"results": results})


def read_rules(call: Call) -> Answer:
    """GET /crm/v3/property-validations/{objectTypeId}/{propertyName}."""
    object_type = call.account.object_type(call.params["objectType"])
    body = call.account.store.document(f"validation:{object_type}", call.params["propertyName"])
    return json_answer({"results": () if body is None else _RULES.decode(body)})
