"""Pipelines of deals, and the facts of the account itself: zone, usage of the day, limits, token."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from connectors.sandbox.clock import iso_of, to_ms
from connectors.sandbox.exchange import Answer, Json, json_answer
from connectors.sandbox.hubspot.errors import not_found
from connectors.sandbox.hubspot.paging import Call
from connectors.sandbox.hubspot.tokens import OWN_APP

_AT: Final = "2020-01-01T00:00:00.000Z"
_STAGES: Final = (
    ("appointmentscheduled", "Appointment scheduled", "0.2"),
    ("qualifiedtobuy", "Qualified to buy", "0.4"),
    ("contractsent", "Contract sent", "0.8"),
    ("closedwon", "Closed won", "1.0"),
    ("closedlost", "Closed lost", "0.0"),
)


def _stage(place: int, id_: str, label: str, probability: str) -> dict[str, Json]:
    is_closed = id_.startswith("closed")
    return {
        "id": id_,
        "label": label,
        "displayOrder": place,
        "metadata": {"isClosed": str(is_closed).lower(), "probability": probability},
        "createdAt": _AT,
        "updatedAt": _AT,
        "archived": False,
        "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
    }


def _pipelines(object_type: str) -> list[dict[str, Json]]:
    """Deals have a pipeline; contacts have none: their stages are options of a property."""
    if object_type != "deals":
        return []
    return [
        {
            "id": "default",
            "label": "Sales pipeline",
            "displayOrder": 0,
            "stages": [_stage(place, *stage) for place, stage in enumerate(_STAGES)],
            "createdAt": _AT,
            "updatedAt": _AT,
            "archived": False,
        }
    ]


def list_pipelines(call: Call) -> Answer:
    """GET /crm/v3/pipelines/{objectType}."""
    object_type = call.account.object_type(call.params["objectType"])
    return json_answer({"results": _pipelines(object_type)})


def read_pipeline(call: Call) -> Answer:
    """GET /crm/v3/pipelines/{objectType}/{pipelineId}."""
    object_type = call.account.object_type(call.params["objectType"])
    for pipeline in _pipelines(object_type):
        if pipeline["id"] == call.params["pipelineId"]:
            return json_answer(pipeline)
    raise not_found()


def account_details(call: Call) -> Answer:
    """GET /account-info/v3/details."""
    account = call.account
    now = account.clock.now().astimezone(ZoneInfo(account.time_zone))
    minutes = int((now.utcoffset() or timedelta()).total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    return json_answer(
        {
            "portalId": account.portal_id,
            "accountType": "STANDARD",
            "timeZone": account.time_zone,
            "companyCurrency": "USD",
            "additionalCurrencies": [],
            "utcOffset": f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}",
            "utcOffsetMilliseconds": minutes * 60_000,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        }
    )


def daily_usage(call: Call) -> Answer:
    """GET /account-info/v3/api-usage/daily/private-apps: the day ends in the account's zone."""
    account = call.account
    zone = ZoneInfo(account.time_zone)
    now = account.clock.now()
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    resets_at = datetime.combine(tomorrow, time(), zone)
    return json_answer(
        {
            "results": [
                {
                    "name": "private-apps-api-calls-daily",
                    "usageLimit": call.daily_limit,
                    "currentUsage": call.used_today,
                    "collectedAt": iso_of(to_ms(now)),
                    "fetchStatus": "SUCCESS",
                    "resetsAt": iso_of(to_ms(resets_at)),
                }
            ]
        }
    )


def token_info(call: Call) -> Answer:
    """POST /oauth/v2/private-apps/get/access-token-info: of private apps only, and it costs no scope."""
    if not call.is_private_app:
        raise not_found()
    return json_answer(
        {
            "userId": 1,
            "hubId": call.account.portal_id,
            "appId": OWN_APP,
            "scopes": sorted(call.scopes),
        }
    )


def property_limits(call: Call) -> Answer:
    """GET /crm/v3/limits/custom-properties: how many each object type has, and may have."""
    account = call.account
    limit = account.most_custom_properties
    used = {name: account.custom_properties(name) for name in ("contacts", "companies")}
    by_type = [
        {
            "objectTypeId": type_id,
            "singularLabel": name.removesuffix("s").capitalize(),
            "pluralLabel": name.capitalize(),
            "limit": limit,
            "usage": used[name],
            "percentage": 100 * used[name] / limit,
        }
        for name, type_id in (("contacts", "0-1"), ("companies", "0-2"))
    ]
    total = sum(used.values())
    return json_answer(
        {
            "overallLimit": limit * len(used),
            "overallUsage": total,
            "overallPercentage": 100 * total / (limit * len(used)),
            "byObjectType": by_type,
        }
    )
