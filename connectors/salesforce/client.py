"""The SDK's client as this connector uses it, and the traps of it that are closed here.

simple-salesforce 1.12.10 forces https, has no time-out, prints answers prettily, puts bodies and
addresses into its exceptions, and takes what a .netrc file says before the session's own token. None of
its answers, exceptions or messages leaves this module.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError
from simple_salesforce.util import call_salesforce
from urllib3.exceptions import HTTPError

from connectors.salesforce.faults import Fault
from connectors.shared.faults import no_answer
from connectors.shared.options import is_loopback

TIMEOUTS: Final = (5.0, 150.0)
"""Seconds to connect, and seconds of silence while reading: Salesforce itself ends a query after 120."""
_POOL: Final = 8
_HEADERS: Final = {
    "Sforce-Auto-Assign": "FALSE",  # else assignment rules replace the owner, on updates as well
    "Sforce-Mru": "updateMru=false",
    "Sforce-Call-Options": "client=leadtriage",
    "Accept-Encoding": "gzip",
}


class _OwnToken(AuthBase):
    """Leaves a request as it is: with it in place, no .netrc file is asked for another credential."""

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        return r


class _Loopback(HTTPAdapter):
    """Speaks plain http to this very machine, where the SDK can only say https."""

    def send(
        self, request: requests.PreparedRequest, *args: object, **kwargs: object
    ) -> requests.Response:
        assert request.url is not None
        request.url = "http://" + request.url.partition("://")[2]
        return super().send(request, *args, **kwargs)  # type: ignore[arg-type]  # passed on as given


def new_http() -> requests.Session:
    """Open the connections of one org. Nothing is tried again here, and no cookie is kept."""
    http = requests.Session()
    http.auth = _OwnToken()
    http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    http.mount("https://", HTTPAdapter(pool_maxsize=_POOL, max_retries=0))
    return http


def new_client(http: requests.Session, token: str, instance_url: str, version: str) -> Salesforce:
    """Make the SDK's client for a session. Every write carries the headers that are set here.

    The client knows a session and no way to log in, so it never repeats a call on its own.
    """
    if instance_url.startswith("http://"):
        _allow_plain(http, instance_url)
    client = Salesforce(
        session_id=token,
        instance_url=instance_url,
        version=version,
        session=http,
        object_pairs_hook=dict,
    )
    client.headers.pop("X-PrettyPrint", None)
    client.headers.update(_HEADERS)
    return client


def _allow_plain(http: requests.Session, url: str) -> None:
    place = f"https://{urlsplit(url).netloc}/"
    if place not in http.adapters and is_loopback(urlsplit(url).hostname):
        http.trust_env = False  # a proxy of the environment has no business with this machine
        http.mount(place, _Loopback(pool_maxsize=_POOL, max_retries=0))


def send_once(
    client: Salesforce,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    operation: str,
    body: bytes | None = None,
    is_streamed: bool = False,
    has_session: bool = True,
) -> requests.Response:
    """Send a request once and give the answer, whatever its status.

    Raises ``UnavailableError`` when no whole answer came.
    """
    kept: list[requests.Response] = []
    carried = {**client.headers, **headers}
    if not has_session:
        del carried["Authorization"]
    try:
        return call_salesforce(
            url,
            method,
            client.session,
            carried,
            data=body,
            timeout=TIMEOUTS,
            allow_redirects=False,
            stream=is_streamed,
            hooks={"response": lambda response, **_options: kept.append(response)},
        )
    except SalesforceError:
        return kept[-1]  # the exception holds address and body, so it goes no further
    except (requests.RequestException, HTTPError, OSError) as error:
        raise no_answer(Fault(operation=operation, status=0), error, url) from error
    finally:
        kept.clear()  # the hook is part of the answer, which would hold itself, pages long


class Streamed:
    """A long answer in CSV, read row by row, so that it is never held as a whole."""

    def __init__(self, response: requests.Response, operation: str) -> None:
        self._response = response
        self._operation = operation

    def rows(self) -> Iterator[list[str]]:
        """Give the rows, the header first: RFC 4180, with line breaks inside of fields.

        Raises ``UnavailableError`` when the answer breaks off.
        """
        raw = self._response.raw
        raw.decode_content = True
        raw.auto_close = False  # the text reader asks once more at the end
        try:
            yield from csv.reader(io.TextIOWrapper(raw, encoding="utf-8-sig", newline=""))
        except (HTTPError, OSError, UnicodeDecodeError, csv.Error) as error:
            fault = Fault(operation=self._operation, status=0)
            raise no_answer(fault, error, self._response.url) from error
        finally:
            self.close()

    def close(self) -> None:
        """Give the connection back."""
        self._response.close()
