"""Every path of the HubSpot API that the connector calls, with its version, in one table.

HubSpot retires versions by the calendar, so a move to another one is a change of this file alone.
No other module may spell a path.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One call of the API. ``name`` is what errors and logs call it; it never holds an id.

    ``is_search`` calls have a rate budget of their own and answer without rate-limit headers.
    """

    name: str
    method: str
    path: str
    is_search: bool = False


def _get(name: str, path: str) -> Endpoint:
    return Endpoint(name=name, method="GET", path=path)


def _post(name: str, path: str) -> Endpoint:
    return Endpoint(name=name, method="POST", path=path)


_OBJECTS = "/crm/v3/objects/{object_type}"
_PROPERTIES = "/crm/v3/properties/{object_type}"

OBJECT_LIST = _get("list records", _OBJECTS)
OBJECT_BATCH_READ = _post("read records", f"{_OBJECTS}/batch/read")
OBJECT_BATCH_UPDATE = _post("change records", f"{_OBJECTS}/batch/update")
OBJECT_SEARCH = Endpoint(
    name="search records", method="POST", path=f"{_OBJECTS}/search", is_search=True
)
ASSOCIATION_BATCH_READ = _post(
    "read associations", "/crm/v4/associations/{from_type}/{to_type}/batch/read"
)
PROPERTY_LIST = _get("list properties", _PROPERTIES)
PROPERTY_READ = _get("read a property", f"{_PROPERTIES}/{{name}}")
PROPERTY_CREATE = _post("create a property", _PROPERTIES)
PROPERTY_UPDATE = Endpoint(name="change a property", method="PATCH", path=f"{_PROPERTIES}/{{name}}")
GROUP_LIST = _get("list groups of properties", f"{_PROPERTIES}/groups")
GROUP_CREATE = _post("create a group of properties", f"{_PROPERTIES}/groups")
PROPERTY_RULES = _get("list rules of properties", "/crm/v3/property-validations/{object_type}")
PROPERTY_LIMITS = _get("read the limits of properties", "/crm/v3/limits/custom-properties")
OWNER_LIST = _get("list owners", "/crm/v3/owners")
FORM_LIST = _get("list forms", "/marketing/v3/forms")
FORM_SUBMISSIONS = _get(
    "list form submissions", "/form-integrations/v1/submissions/forms/{form_id}"
)
EVENT_LIST = _get("list marketing events", "/marketing/marketing-events/v3")
EVENT_PARTICIPATIONS = _get(
    "list participations",
    "/marketing/v3/marketing-events/participations/{event_id}/breakdown",
)
STATUS_BATCH_READ = _post("read subscriptions", "/communication-preferences/v4/statuses/batch/read")
MEMBERSHIP_BATCH_READ = _post(
    "read list memberships", "/crm/v3/lists/records/memberships/batch/read"
)
DAILY_USAGE = _get("read the day's calls", "/account-info/v3/api-usage/daily/private-apps")
ACCOUNT_DETAILS = _get("read the account's details", "/account-info/v3/details")
TOKEN_INFO = _post("read what the token may do", "/oauth/v2/private-apps/get/access-token-info")
TOKEN = _post("renew the access token", "/oauth/v1/token")
