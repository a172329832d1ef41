"""Several requests in one: ``composite``, whose parts may use each other's answers, and ``batch``.

Facts: 25 parts, of which 5 may be queries or collections; each has a status of its own under HTTP 200;
a ``composite`` is one call of the allocation, each part of a ``batch`` is one. Headers of the whole do
not reach the parts.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from connectors.sandbox.exchange import Answer, Json, Request, json_answer
from connectors.sandbox.salesforce.call import Call
from connectors.sandbox.salesforce.errors import UnknownReferenceError, refusal

MOST: Final = 25
MOST_QUERIES: Final = 5
_COUNTED: Final = re.compile(r"/(query|queryAll|composite/sobjects)(/|\?|$)")
_REFERENCE: Final = re.compile(r"@\{(\w+)((?:\.\w+|\[\d+\])*)\}")


class _Part(msgspec.Struct):
    method: str
    url: str
    referenceId: str
    body: object = None
    httpHeaders: dict[str, str] = {}  # msgspec copies it


class _Composite(msgspec.Struct):
    compositeRequest: list[_Part]
    allOrNone: bool = False


class _BatchPart(msgspec.Struct):
    method: str
    url: str
    richInput: object = None


class _Batch(msgspec.Struct):
    batchRequests: list[_BatchPart]
    haltOnError: bool = False


def composite(call: Call) -> Answer:
    """Serve the parts in order; with allOrNone one that fails undoes all."""
    given = call.body(_Composite)
    _refuse_parts(given)
    mark = call.org.mark("composite")
    answers: dict[str, Json] = {}
    results: list[dict[str, Json]] = []
    for part in given.compositeRequest:
        results.append(_served(call, part, answers))
        if given.allOrNone and _failed(results[-1]):
            call.org.undo(mark)
            results = _halted(given.compositeRequest, results)
            break
    call.org.keep(mark)
    return json_answer({"compositeResponse": results})


def _refuse_parts(given: _Composite) -> None:
    parts = given.compositeRequest
    if not 0 < len(parts) <= MOST:
        raise refusal("LIMIT_EXCEEDED", f"a composite takes 1 to {MOST} subrequests")
    if sum(1 for part in parts if _COUNTED.search(part.url)) > MOST_QUERIES:
        message = f"a composite takes up to {MOST_QUERIES} queries and collections"
        raise refusal("LIMIT_EXCEEDED", message)
    if len({part.referenceId for part in parts}) < len(parts):
        raise refusal("INVALID_INPUT", "a referenceId is given twice")


def _failed(result: dict[str, Json]) -> bool:
    status = result["httpStatusCode"]
    return isinstance(status, int) and status >= 400


def _served(call: Call, part: _Part, answers: dict[str, Json]) -> dict[str, Json]:
    try:
        url, body = _filled(part.url, answers), _filled_in(part.body, answers)
    except UnknownReferenceError as error:
        return _result(part, 400, _problem(f"Invalid reference specified. {error}"))
    request = _request(part.method, str(url), body, part.httpHeaders)
    answer = call.dispatch(call, request)
    shown = msgspec.json.decode(answer.body) if answer.body else None
    if answer.status < 400:
        answers[part.referenceId] = shown
    return _result(part, answer.status, shown)


def _request(method: str, url: str, body: object, headers: dict[str, str]) -> Request:
    split = urlsplit(url)
    return Request(
        method=method.upper(),
        path=unquote(split.path),
        query=tuple(parse_qsl(split.query, keep_blank_values=True)),
        headers={name.lower(): value for name, value in headers.items()},
        body=b"" if body is None else msgspec.json.encode(body),
    )


def _result(part: _Part, status: int, body: Json) -> dict[str, Json]:
    return {
        "body": body,
        "httpHeaders": {},
        "httpStatusCode": status,
        "referenceId": part.referenceId,
    }


def _problem(message: str) -> Json:
    return [{"errorCode": "PROCESSING_HALTED", "message": message}]


def _halted(parts: list[_Part], results: list[dict[str, Json]]) -> list[dict[str, Json]]:
    failed = results[-1]
    message = (
        "The transaction was rolled back since another operation in the same transaction failed."
    )
    return [
        failed
        if part.referenceId == failed["referenceId"]
        else _result(part, 400, _problem(message))
        for part in parts
    ]


def _filled_in(value: object, answers: dict[str, Json]) -> object:
    """Put the values of earlier answers in their places."""
    if isinstance(value, str):
        return _filled(value, answers)
    if isinstance(value, dict):
        return {name: _filled_in(one, answers) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled_in(one, answers) for one in value]
    return value


def _filled(text: str, answers: dict[str, Json]) -> str:
    return _REFERENCE.sub(lambda found: _looked_up(found, answers), text)


def _looked_up(found: re.Match[str], answers: dict[str, Json]) -> str:
    value: object = answers.get(found[1])
    for step in re.findall(r"\w+", found[2]):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            value = None
    if value is None:
        raise UnknownReferenceError(f"No value for {found[1]}{found[2]}")
    return str(value)


def batch(call: Call) -> Answer:
    """Serve parts that know nothing of each other."""
    given = call.body(_Batch)
    if not 0 < len(given.batchRequests) <= MOST:
        raise refusal("LIMIT_EXCEEDED", f"a batch takes 1 to {MOST} subrequests")
    results: list[Json] = []
    has_errors = False
    for part in given.batchRequests:
        if has_errors and given.haltOnError:
            results.append({"statusCode": 412, "result": _problem("a request before it failed")})
            continue
        call.meter.count(call.org.clock.now_ms())
        url = "/services/data/" + part.url.removeprefix("/services/data/").lstrip("/")
        answer = call.dispatch(call, _request(part.method, url, part.richInput, {}))
        has_errors = has_errors or answer.status >= 400
        shown = msgspec.json.decode(answer.body) if answer.body else None
        results.append({"statusCode": answer.status, "result": shown})
    return json_answer({"hasErrors": has_errors, "results": results})
