"""Named transforms: a CRM's text becomes a typed value, or nothing with a reason code.

Total and idempotent: any text is answered, never with an exception, and reading a value's own text
again gives the same value. Addresses and numbers are validated here, once, and kept with their verdict.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from math import isfinite
from typing import NamedTuple, TypeAlias

import phonenumbers
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from stdnum import luhn

from worker.core.calendar_words import CalendarWords
from worker.core.field_map import FieldRead, Transform
from worker.core.model import FactValue
from worker.core.near_words import compile_near
from worker.core.phone_numbers import looks_invented
from worker.core.regions import STATE_CODES, STATES
from worker.core.stand_ins import is_stand_in
from worker.core.timeframe_grammar import read_statement
from worker.core.timeframes import say


class Reading(NamedTuple):
    """What a text was read as. ``code`` says what was wrong with it; both None: nothing there."""

    value: FactValue | None
    code: str | None = None


NOTHING = Reading(None)
UNREADABLE = Reading(None, "DQ_VALUE_UNREADABLE")
UNKNOWN_WORD = Reading(None, "DQ_VALUE_UNKNOWN")
MISSPELLED = Reading(None, "DQ_VALUE_MISSPELLED")
PLACEHOLDER = Reading(None, "DQ_VALUE_PLACEHOLDER")
Reader: TypeAlias = Callable[[str], Reading]

_TRUE = frozenset({"true", "yes", "y", "1", "t", "checked", "on"})
_FALSE = frozenset({"false", "no", "n", "0", "f", "unchecked", "off"})
_PLAIN_EMAIL = re.compile(
    r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+([a-z]{2,12})", re.ASCII
)
_PLAIN_PHONE = re.compile(
    r"(?:\+?1[ .-]?)?(?:\(([2-9]\d{2})\)|([2-9]\d{2}))[ .-]?([2-9]\d{2})[ .-]?(\d{4})", re.ASCII
)
_NORTH_AMERICA = frozenset({"US", "CA"})
_LONGEST_PLAIN = 60
"""Shorter than every length limit of addresses: 64 before the @, 63 for each label after it."""
_SPECIAL_DOMAINS = frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)
"""Top-level names reserved for special use; the library decides on all addresses below them."""
_NPI_PREFIX = "80840"
"""Health applications in the United States: what makes a card number of an NPI."""
_is_near_state = compile_near(STATES)
_US_POSTAL_CODE = re.compile(r"(\d{5})(?:[- ]?\d{4})?", re.ASCII)
_CA_POSTAL_CODE = re.compile(r"([A-Z]\d[A-Z]) ?(\d[A-Z]\d)", re.ASCII)
_DAMAGED_ID = re.compile(
    r"[+-]?\d(?:[.,]\d+)?[eE][+-]?\d+|[+-]?\d+[.,]\d+|#+|#[A-Z/0!?]+", re.ASCII
)
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
"""Commas only between thousands: a decimal comma would be read as a number a hundred times as large."""
_EPOCH = re.compile(r"[+-]?\d{9,13}(?:\.\d+)?", re.ASCII)
_YEARS = range(1900, 2200)
"""Years that mean something. Others are a CRM's way of saying "never", or damage."""
_EPOCH_MILLISECONDS = 100_000_000_000
"""Numbers above this are milliseconds: as seconds they would lie beyond the year 5000."""


def is_damaged_id(text: str) -> bool:
    """Tell whether a spreadsheet has made a number or an error out of an id."""
    return _DAMAGED_ID.fullmatch(text.strip()) is not None


def read_text(text: str) -> Reading:
    """Keep the text as it is, unless it stands for nothing, such as N/A."""
    return PLACEHOLDER if is_stand_in(text, is_choice=False) else Reading(text)


def read_id(text: str) -> Reading:
    """Keep an id as exact text; a damaged one is not an id."""
    return Reading(None, "DQ_ID_DAMAGED") if is_damaged_id(text) else Reading(text)


def read_name(text: str) -> Reading:
    """Fold white space; letters stay as the person wrote them."""
    return Reading(" ".join(text.split()))


def read_email(text: str) -> Reading:
    """Validate the syntax and fold case. Deliverability is not asked: that would need the network.

    An address so plain that the library cannot refuse it is not put to the library, which takes
    eighty times as long; a property test holds both to the same answer.
    """
    lower = text.lower()
    plain = _PLAIN_EMAIL.fullmatch(lower)
    if plain is not None and len(lower) <= _LONGEST_PLAIN and plain[1] not in _SPECIAL_DOMAINS:
        return Reading(lower)
    try:
        checked = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return Reading(None, "DQ_EMAIL_INVALID")
    return Reading(checked.normalized.lower())


def read_phone(text: str, region: str) -> Reading:
    """Validate for the region and give E.164.

    A plain North American number can be read in one way only, and finding that out takes the library
    36 of 44 microseconds; whether the number exists is put to the library for all.
    """
    plain = _PLAIN_PHONE.fullmatch(text) if region in _NORTH_AMERICA else None
    try:
        number = (
            phonenumbers.PhoneNumber(country_code=1, national_number=int("".join(plain.groups(""))))
            if plain is not None
            else phonenumbers.parse(text, region)
        )
    except phonenumbers.NumberParseException:
        return _no_phone(text)
    if not phonenumbers.is_valid_number(number):
        return _no_phone(text)
    return Reading(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _no_phone(text: str) -> Reading:
    """Tell a number that somebody made up from one that is only wrong."""
    return Reading(None, "DQ_PHONE_FICTIONAL" if looks_invented(text) else "DQ_PHONE_INVALID")


def read_boolean(text: str) -> Reading:
    """Read yes or no, as CRMs and spreadsheets write them."""
    word = text.casefold()
    if word in _TRUE:
        return Reading(True)
    return Reading(False) if word in _FALSE else UNREADABLE


def read_inverted_boolean(text: str) -> Reading:
    """Read the opposite, for a field that says what is not the case."""
    reading = read_boolean(text)
    return Reading(not reading.value) if isinstance(reading.value, bool) else reading


def read_tick(text: str) -> Reading:
    """Read a box that is never empty: a tick is a yes, none says nothing, and is no refusal."""
    reading = read_boolean(text)
    return NOTHING if reading.value is False else reading


def read_number(text: str) -> Reading:
    """Read a finite decimal number."""
    if not _NUMBER.fullmatch(text):
        return UNREADABLE
    try:
        number = float(text.replace(",", ""))
    except ValueError:
        return UNREADABLE
    return Reading(number) if isfinite(number) else UNREADABLE


def parse_instant(text: str) -> datetime | None:
    """Read ISO 8601 (no offset: UTC) or epoch seconds or milliseconds; None when it is neither."""
    try:
        if _EPOCH.fullmatch(text):
            number = float(text)
            seconds = number / 1000 if abs(number) >= _EPOCH_MILLISECONDS else number
            at = datetime.fromtimestamp(seconds, UTC)
        else:
            at = datetime.fromisoformat(text)
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return at if at.year in _YEARS else None


def read_instant(text: str) -> Reading:
    """Read an instant as aware UTC."""
    at = parse_instant(text)
    return UNREADABLE if at is None else Reading(at)


def read_date(text: str) -> Reading:
    """Read an ISO date; of an instant, the date in UTC, as CRMs keep dates at midnight UTC."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        at = parse_instant(text)
        return UNREADABLE if at is None else Reading(at.date())
    return Reading(day) if day.year in _YEARS else UNREADABLE


def read_postal_code(text: str) -> Reading:
    """Read a ZIP code (five digits are kept) or a Canadian postal code."""
    code = text.strip().upper()
    if found := _US_POSTAL_CODE.fullmatch(code):
        return Reading(found[1])
    if found := _CA_POSTAL_CODE.fullmatch(code):
        return Reading(f"{found[1]} {found[2]}")
    return Reading(None, "DQ_POSTAL_CODE_INVALID")


def read_state(text: str) -> Reading:
    """Read a state's name or code as its code."""
    word = text.strip()
    code = STATES.get(word.casefold(), word.upper())
    if code in STATE_CODES:
        return Reading(code)
    return MISSPELLED if _is_near_state(word) else UNKNOWN_WORD


def read_npi(text: str) -> Reading:
    """Check the ten digits by the Luhn sum over the prefix 80840, as CMS defines it."""
    digits = text.strip()
    is_number = len(digits) == 10 and digits.isascii() and digits.isdigit()
    if is_number and luhn.is_valid(_NPI_PREFIX + digits):
        return Reading(digits)
    return Reading(None, "DQ_NPI_INVALID")


def read_timeframe(text: str, calendar: CalendarWords) -> Reading:
    """Read when something is wanted, and keep it in one form; what is vague is not read."""
    statement = read_statement(text, calendar)
    if statement is None:
        return Reading(None, "TIMING_STATEMENT_UNREADABLE")
    return Reading(say(statement))


def _choice_reader(values: Mapping[str, str], *, is_closed: bool) -> Reader:
    words = {word.casefold(): canonical for word, canonical in values.items()}
    words |= {canonical.casefold(): canonical for canonical in values.values()}
    is_near = compile_near(words)

    def read(text: str) -> Reading:
        word = " ".join(text.split()).casefold()
        canonical = words.get(word)
        if canonical is not None:
            return Reading(canonical)
        if is_stand_in(word, is_choice=True):
            return PLACEHOLDER
        if is_closed:
            return MISSPELLED if is_near(word) else UNKNOWN_WORD
        return Reading(word)

    return read


def _choices_reader(values: Mapping[str, str], separator: str, *, is_closed: bool) -> Reader:
    read_one = _choice_reader(values, is_closed=is_closed)

    def read(text: str) -> Reading:
        readings = [read_one(part) for part in text.split(separator) if part.strip()]
        found = tuple(sorted({str(r.value) for r in readings if r.value is not None}))
        code = next((reading.code for reading in readings if reading.code), None)
        return Reading(found or None, code)

    return read


_SIMPLE: Mapping[Transform, Reader] = {
    Transform.TEXT: read_text,
    Transform.ID: read_id,
    Transform.NAME: read_name,
    Transform.EMAIL: read_email,
    Transform.BOOLEAN: read_boolean,
    Transform.INVERTED_BOOLEAN: read_inverted_boolean,
    Transform.TICK: read_tick,
    Transform.NUMBER: read_number,
    Transform.DATE: read_date,
    Transform.INSTANT: read_instant,
    Transform.POSTAL_CODE: read_postal_code,
    Transform.STATE: read_state,
    Transform.NPI: read_npi,
}


def compile_reader(read: FieldRead) -> Reader:
    """Build the reader of one mapped field."""
    match read.transform:
        case Transform.PHONE:
            region = read.region
            return lambda text: read_phone(text, region)
        case Transform.TIMEFRAME:
            calendar = read.calendar
            return lambda text: read_timeframe(text, calendar)
        case Transform.CHOICE:
            return _choice_reader(read.values, is_closed=read.is_closed)
        case Transform.CHOICES:
            return _choices_reader(read.values, read.separator, is_closed=read.is_closed)
        case simple:
            return _SIMPLE[simple]
