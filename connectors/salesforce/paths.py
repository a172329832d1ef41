"""Every path of the Salesforce API that the connector calls, in one table.

The version is the configuration's and stands in one place, so a move to another one is a change of an
option. No other module may spell a path.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One call of the API. ``name`` is what errors and logs call it; it never holds an id.

    ``is_org`` calls begin at the instance itself, the others below ``/services/data/v<version>``.
    """

    name: str
    method: str
    path: str
    is_org: bool = False


def _get(name: str, path: str) -> Endpoint:
    return Endpoint(name=name, method="GET", path=path)


QUERY = _get("query records", "query")
QUERY_ALL = _get("query records", "queryAll")
NEXT_PAGE = Endpoint(name="read on in a query", method="GET", path="{next}", is_org=True)
COMPOSITE = Endpoint(name="query records", method="POST", path="composite")
CHANGE_MANY = Endpoint(name="change records", method="PATCH", path="composite/sobjects")
CHANGE_ONE = Endpoint(name="change a record", method="PATCH", path="sobjects/{object}/{id}")
DESCRIBE = _get("describe an object", "sobjects/{object}/describe")
CHOICES = _get(
    "read the choices of a record type", "ui-api/object-info/{object}/picklist-values/{kind}"
)
DELETED = _get("read what was deleted", "sobjects/{object}/deleted")
LIMITS = _get("read the limits", "limits")
JOB_START = Endpoint(name="begin a bulk query", method="POST", path="jobs/query")
JOB_STATE = _get("look at a bulk query", "jobs/query/{job}")
JOB_RESULTS = _get("read a bulk query", "jobs/query/{job}/results")
JOB_DELETE = Endpoint(name="remove a bulk query", method="DELETE", path="jobs/query/{job}")
VERSIONS = Endpoint(
    name="list the versions of the API", method="GET", path="/services/data", is_org=True
)
WHO_AM_I = Endpoint(
    name="ask who we are", method="GET", path="/services/oauth2/userinfo", is_org=True
)
TOKEN = Endpoint(name="log in", method="POST", path="/services/oauth2/token", is_org=True)
