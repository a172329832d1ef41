"""What every endpoint is called with, and the paging of small collections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from connectors.sandbox.exchange import Answer, Json, Request, json_answer
from connectors.sandbox.hubspot.account import Account
from connectors.sandbox.hubspot.errors import invalid
from connectors.sandbox.hubspot.tokens import API_SOURCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of an endpoint: the account, the request, and what the path names."""

    account: Account
    request: Request
    params: Mapping[str, str]
    scopes: frozenset[str] = frozenset()
    spoilt: frozenset[int] = frozenset()
    """Places of inputs that a scripted fault lets fail."""
    thin: int | None = None
    """The most rows a scripted fault lets a page have."""
    daily_limit: int = 0
    used_today: int = 0
    is_private_app: bool = True
    source: str = API_SOURCE
    """What the history says of what is written."""

    def flag(self, name: str) -> bool:
        """Read a boolean of the query; Python clients write it with a capital."""
        return self.request.one(name, "false").lower() == "true"

    def limit(self, *, default: int, most: int) -> int:
        """Read the page size; 400 when it is no number or too large."""
        text = self.request.one("limit", str(default))
        if not text.isdecimal() or not 0 < int(text) <= most:
            raise invalid(f"limit must be between 1 and {most}.")
        return self.thinned(int(text))

    def thinned(self, limit: int) -> int:
        """Cut a page size to what a scripted fault allows."""
        return limit if self.thin is None else min(limit, self.thin)

    def after(self) -> int:
        """Read the paging cursor; 0 at the start."""
        text = self.request.one("after") or "0"
        if not text.isdecimal():
            raise invalid("after is not a cursor of this endpoint.")
        return int(text)


def paging(call: Call, after: int | str) -> dict[str, object]:
    """Point to the next page, with the link that HubSpot adds."""
    query = [(name, value) for name, value in call.request.query if name != "after"]
    link = f"https://api.hubapi.com{call.request.path}?{urlencode([*query, ('after', after)])}"
    return {"next": {"after": str(after), "link": link}}


def page_of(call: Call, found: Sequence[object], limit: int) -> dict[str, object]:
    """Cut a page out of a collection that is small enough to be listed whole."""
    start = call.after()
    body: dict[str, object] = {"results": found[start : start + limit]}
    if start + limit < len(found):
        body["paging"] = paging(call, start + limit)
    return body


def batch_answer(
    call: Call, results: list[object], errors: Sequence[Json] = (), status: int = 200
) -> Answer:
    """Answer a batch: results in an order of their own, and 207 when anything failed."""
    at = call.account.stamp()
    call.account.dice.shuffle(results)
    body: dict[str, object] = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": at,
        "completedAt": at,
    }
    if errors:
        body["numErrors"], body["errors"] = len(errors), errors
    return json_answer(body, 207 if errors else status)
