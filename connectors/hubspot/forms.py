"""Pulls form submissions: newest first, and stops at what was seen before.

A submission names a person by what was typed, and never by a contact. It is joined to a contact by its
e-mail address, which is looked up in the body of a request and not in a URL, or else by a contact's id
that the form carried. HubSpot has no newer way of reading them than version 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from connectors.hubspot import paths
from connectors.hubspot.changes import Course
from connectors.hubspot.objects import READ_BATCH, advance
from connectors.hubspot.rows import (
    Paging,
    Row,
    RowPage,
    Scalar,
    in_milliseconds,
    instant_at,
    milliseconds_of,
    record_of,
    text_of,
)
from connectors.hubspot.transport import Query, Transport
from connectors.shared.commands import chunks
from worker.core.records import FieldDescription, Page, RawValue, Record, RecordRef, RowIssue

NAME = "form_submissions"
CONTACT = "associations.contacts"
VALUE = "values."
_OWN = (CONTACT, "submitted_at", "form_id", "form_name", "page_url")
_PAGE = 50
_BUFFER = 1000
"""Submissions whose addresses are looked up together, so that the batches of that are full."""
_MOST_REMEMBERED = 50_000
_EMAIL, _MORE_EMAILS, _ID = "email", "hs_additional_emails", "hs_object_id"


class _Form(msgspec.Struct):
    id: str
    name: str = ""


class _Forms(msgspec.Struct):
    results: list[_Form] = []
    paging: Paging | None = None


class _Value(msgspec.Struct):
    name: str
    value: Scalar = None


class _Submission(msgspec.Struct, rename="camel"):
    submitted_at: int | str
    values: list[_Value] = []
    page_url: str | None = None
    conversion_id: str | None = None

    def value(self, name: str) -> RawValue:
        """Give a value by the name of its field; several are joined as HubSpot does."""
        texts = [text_of(one.value) for one in self.values if one.name == name]
        return ";".join(text for text in texts if text) or None

    @property
    def email(self) -> str:
        return (self.value(_EMAIL) or "").strip().lower()


class _Submissions(msgspec.Struct):
    results: list[_Submission] = []
    paging: Paging | None = None


_Held: TypeAlias = tuple[_Form, Sequence[_Submission]]
"""What was read of a form, and is not given yet."""


class Seen(msgspec.Struct):
    """The bookmark: the newest submission of each form, in milliseconds."""

    forms: dict[str, int] = {}
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSource:
    """The submissions of an account's forms. ``only`` names forms by id; empty: all that are live.

    ``values`` are the fields of forms that may be read; a field map asks for them as ``values.<name>``.
    """

    transport: Transport
    system: str
    object_type: str
    only: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    known: dict[str, str] = field(default_factory=dict, repr=False)

    def describe(self) -> tuple[FieldDescription, ...]:
        """List the fields of our own, and the form fields that the options name."""
        names = (*_OWN, *(f"{VALUE}{name}" for name in self.values))
        return tuple(FieldDescription(name=name, is_writable=False) for name in names)

    def pull(self, fields: Sequence[str], course: Course, since: str | None) -> Iterator[Page]:
        """Yield pages of submissions; a form's place is kept once all that was read of it was given.

        Submissions of several forms share a page, as their addresses are looked up together.
        """
        marks = dict(_read(since).forms)
        self.known.clear()
        held: list[_Held] = []
        for form in self._forms():
            newest = marks.get(form.id, 0)
            floor = newest - course.lookback.total_seconds() * 1000
            for batch in self._batches(form, floor):
                newest = max([newest, *(_at(one) or 0 for one in batch)])
                held.append((form, batch))
                if sum(len(one) for _form, one in held) > _BUFFER - _PAGE:
                    yield self._page(held, fields, marks)
                    held = []
            marks[form.id] = min(newest, in_milliseconds(course.now))
        yield self._page(held, fields, marks)

    def fetch(self, refs: Sequence[RecordRef], fields: Sequence[str]) -> Mapping[RecordRef, Record]:
        """Find nothing: HubSpot shows no single submission, and none ever changes."""
        del refs, fields
        return {}

    def _forms(self) -> Iterator[_Form]:
        after: str | None = None
        while True:
            query = _query(100, after)
            page = self.transport.call(paths.FORM_LIST, _Forms, query=query)
            yield from (form for form in page.results if not self.only or form.id in self.only)
            if page.paging is None or page.paging.next is None:
                return
            after = advance(after, str(page.paging.next.after))

    def _batches(self, form: _Form, floor: float) -> Iterator[list[_Submission]]:
        """Read until the first submission that is older than the floor."""
        for page in self._pages(form):
            fresh = [one for one in page if (at := _at(one)) is None or at >= floor]
            if fresh:
                yield fresh
            if len(fresh) < len(page):
                return

    def _pages(self, form: _Form) -> Iterator[list[_Submission]]:
        after: str | None = None
        while True:
            query = _query(_PAGE, after)
            page = self.transport.call(
                paths.FORM_SUBMISSIONS, _Submissions, path={"form_id": form.id}, query=query
            )
            yield page.results
            if page.paging is None or page.paging.next is None:
                return
            after = advance(after, str(page.paging.next.after))

    def _page(self, held: Sequence[_Held], fields: Sequence[str], marks: Mapping[str, int]) -> Page:
        """Make a page; its bookmark passes only forms of which nothing is left to give."""
        self._look_up([one.email for _form, batch in held for one in batch])
        records: list[Record] = []
        issues: list[RowIssue] = []
        for form, one in ((form, one) for form, batch in held for one in batch):
            at = _at(one)
            if at is None:
                issues.append(RowIssue(object_type=self.object_type, row=0, code=_UNREADABLE))
                continue
            contact = self.known.get(one.email) or one.value(_ID)
            if contact is not None:
                records.append(self._record(form, one, at, contact, fields))
        return Page(records=tuple(records), bookmark=_write(marks), issues=tuple(issues))

    def _record(
        self, form: _Form, one: _Submission, at: int, contact: str, fields: Sequence[str]
    ) -> Record:
        own: dict[str, RawValue] = {
            CONTACT: contact,
            "submitted_at": instant_at(at).isoformat(),
            "form_id": form.id,
            "form_name": form.name or None,
            "page_url": one.page_url or None,
            **{f"{VALUE}{name}": one.value(name) for name in self.values},
        }
        ref = RecordRef(system=self.system, object_type=self.object_type, id=_id_of(form, one, at))
        return record_of(ref, {name: own[name] for name in fields if name in own}, at)

    def _look_up(self, emails: Sequence[str]) -> None:
        """Find the contacts of addresses that are not known yet; who has none is known as nobody."""
        if len(self.known) > _MOST_REMEMBERED:
            self.known.clear()
        wanted = [one for one in dict.fromkeys(emails) if one and one not in self.known]
        for part in chunks(wanted, READ_BATCH):
            body = {
                "idProperty": _EMAIL,
                "inputs": [{"id": one} for one in part],
                "properties": [_EMAIL, _MORE_EMAILS],
            }
            path = {"object_type": "contacts"}
            page = self.transport.call(paths.OBJECT_BATCH_READ, RowPage, path=path, body=body)
            self.known.update(dict.fromkeys(part, ""))
            for row in page.results:
                self.known.update(dict.fromkeys(_addresses_of(row), str(row.id)))


def _addresses_of(row: Row) -> list[str]:
    """Name the addresses of a contact; an empty one would stand for everybody without any."""
    texts = (text_of(row.properties.get(name)) or "" for name in (_EMAIL, _MORE_EMAILS))
    return [email.strip().lower() for text in texts for email in text.split(";") if email.strip()]


_UNREADABLE = "DQ_ACTIVITY_UNREADABLE"


def _query(limit: int, after: str | None) -> Query:
    return {"limit": limit} if after is None else {"limit": limit, "after": after}


def _at(one: _Submission) -> int | None:
    return milliseconds_of(one.submitted_at)


def _id_of(form: _Form, one: _Submission, at: int) -> str:
    if one.conversion_id:
        return one.conversion_id
    content = msgspec.json.encode([form.id, at, [[v.name, v.value] for v in one.values]])
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _read(since: str | None) -> Seen:
    try:
        return msgspec.json.decode((since or "").encode(), type=Seen)
    except (msgspec.DecodeError, UnicodeError):
        return Seen()


def _write(marks: Mapping[str, int]) -> str:
    return msgspec.json.encode(Seen(forms=dict(marks))).decode()
