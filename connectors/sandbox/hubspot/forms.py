"""Forms and their submissions: newest first, and without the id of a contact.

A submission names a person by the values of its fields only. There is no newer endpoint for reading
them than version 1.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec
from msgspec.json import encode

from connectors.sandbox.exchange import Answer, Json, json_answer
from connectors.sandbox.hubspot.errors import invalid, not_found
from connectors.sandbox.hubspot.paging import Call, page_of
from connectors.sandbox.hubspot.store import Store

KIND: Final = "form"
MOST_PER_PAGE: Final = 50
_AT: Final = "2020-01-01T00:00:00.000Z"


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """One form; its id follows from its name, so that a population repeats."""

    id: str
    name: str
    archived: bool = False


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """One submission: when (milliseconds), the fields, and the page it came from."""

    at: int
    values: tuple[tuple[str, str], ...]
    page_url: str = "https://clinic.example.org/"


_FORM: Final = msgspec.json.Decoder(Form)
_SUBMISSION: Final = msgspec.json.Decoder(Submission)


def form_named(name: str) -> Form:
    """Make a form."""
    return Form(id=str(uuid5(NAMESPACE_URL, f"form:{name}")), name=name)


def put_form(store: Store, form: Form) -> None:
    """Add or replace a form."""
    store.put_document(KIND, form.id, form)


def add_submissions(store: Store, form_id: str, submissions: Iterable[Submission]) -> None:
    """Add submissions to a form, in any order."""
    (present,) = store.sql.execute("SELECT COUNT(*) FROM submissions").fetchone()
    store.sql.executemany(
        "INSERT INTO submissions VALUES(?,?,?,?)",
        (
            (form_id, one.at, number, encode(one).decode())
            for number, one in enumerate(submissions, start=present)
        ),
    )


def list_forms(call: Call) -> Answer:
    """GET /marketing/v3/forms."""
    is_archived = call.flag("archived")
    forms = [_FORM.decode(body) for _, body in call.account.store.documents(KIND)]
    shown = [_shown(form) for form in forms if form.archived == is_archived]
    return json_answer(page_of(call, shown, call.limit(default=50, most=500)))


def read_form(call: Call) -> Answer:
    """GET /marketing/v3/forms/{formId}."""
    body = call.account.store.document(KIND, call.params["formId"])
    if body is None:
        raise not_found("The form does not exist.")
    return json_answer(_shown(_FORM.decode(body)))


def _shown(form: Form) -> dict[str, Json]:
    return {
        "formType": "hubspot",
        "id": form.id,
        "name": form.name,
        "createdAt": _AT,
        "updatedAt": _AT,
        "archived": form.archived,
        "fieldGroups": [],
        "configuration": _CONFIGURATION,
        "displayOptions": _DISPLAY,
        "legalConsentOptions": {"type": "none"},
    }


_CONFIGURATION: Final[dict[str, Json]] = {
    "language": "en",
    "createNewContactForNewEmail": True,
    "editable": True,
    "cloneable": True,
    "archivable": True,
    "allowLinkToResetKnownValues": False,
    "prePopulateKnownValues": True,
    "notifyContactOwner": False,
    "recaptchaEnabled": False,
    "notifyRecipients": [],
    "lifecycleStages": [],
    "postSubmitAction": {"type": "thank_you", "value": ""},
}
_SIZES: Final = ("labelTextSize", "helpTextSize", "legalConsentTextSize", "submitSize")
_COLOURS: Final = (
    *("labelTextColor", "helpTextColor", "legalConsentTextColor"),
    *("submitColor", "submitFontColor"),
)
_DISPLAY: Final[dict[str, Json]] = {
    "renderRawHtml": False,
    "theme": "default_style",
    "submitButtonText": "Send",
    "style": {
        "fontFamily": "sans-serif",
        "backgroundWidth": "100%",
        "submitAlignment": "left",
        **dict.fromkeys(_SIZES, "13px"),
        **dict.fromkeys(_COLOURS, "#222222"),
    },
}


def list_submissions(call: Call) -> Answer:
    """GET /form-integrations/v1/submissions/forms/{formId}: newest first, at most 50."""
    form_id = call.params["formId"]
    if call.account.store.document(KIND, form_id) is None:
        raise not_found("The form does not exist.")
    limit = call.limit(default=20, most=MOST_PER_PAGE)
    at, number = _cursor(call.request.one("after"))
    rows = call.account.store.sql.execute(
        "SELECT at, number, body FROM submissions WHERE form=? AND (at, number) < (?, ?)"
        " ORDER BY at DESC, number DESC LIMIT ?",
        (form_id, at, number, limit + 1),
    ).fetchall()
    body: dict[str, Json] = {"results": [_submitted(form_id, *row) for row in rows[:limit]]}
    if len(rows) > limit:
        last = rows[limit - 1][:2] if limit else (at, number)
        after = base64.urlsafe_b64encode(f"{last[0]}:{last[1]}".encode()).decode()
        link = f"https://api.hubapi.com{call.request.path}?limit={limit}&after={after}"
        body["paging"] = {"next": {"after": after, "link": link}}
    return json_answer(body)


def _cursor(after: str) -> tuple[int, int]:
    if not after:
        return 1 << 62, 0
    try:
        at, _, number = base64.urlsafe_b64decode(after).decode().partition(":")
        return int(at), int(number)
    except (ValueError, binascii.Error):
        raise invalid("after is not a cursor of this endpoint.") from None


def _submitted(form_id: str, at: int, number: int, body: str) -> Json:
    submission = _SUBMISSION.decode(body)
    values: list[Json] = [
        {"name": name, "value": value, "objectTypeId": "0-1"} for name, value in submission.values
    ]
    return {
        "conversionId": str(uuid5(UUID(form_id), f"{at}:{number}")),
        "submittedAt": at,
        "values": values,
        "pageUrl": submission.page_url,
    }
