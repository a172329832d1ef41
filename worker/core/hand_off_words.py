"""The words in which a hand-off is written: an organisation may replace each by its own language's.

Only saying: which values may be said at all is decided in ``worker.core.hand_off``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from worker.core.model import ContactChannel, FactValue
from worker.core.templates import Template, fill, parse_template

DATE_SLOTS = ("weekday", "day", "month", "year", "iso")
TIME_SLOTS = (*DATE_SLOTS, "hour", "minute", "zone")

_DATE = parse_template("{day} {month} {year}")
_TIME = parse_template("{weekday} {day} {month} {year} {hour}:{minute} {zone}")
_PASSED = parse_template("{value} (has passed)")
_NOT_PERMITTED = parse_template("{value} (not permitted)")
_COLLEAGUES = parse_template("{count} colleagues")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOffWords:
    """Words and forms of values. ``facts`` names facts, ``reasons`` says codes in other sentences.

    ``never`` is what no outreach may be about, whatever else is allowed.
    """

    yes: str = "yes"
    no: str = "no"
    either: str = "or"
    date: Template = _DATE
    time: Template = _TIME
    weekdays: tuple[str, ...] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    months: tuple[str, ...] = _MONTHS
    thousands: str = ","
    channels: Mapping[ContactChannel, str] = field(
        default_factory=lambda: {
            ContactChannel.EMAIL: "e-mail",
            ContactChannel.PHONE: "phone",
            ContactChannel.SMS: "text message",
            ContactChannel.MAIL: "letter",
        }
    )
    no_channel: str = "no channel"
    never: str = "No clinical results or advice"
    passed: Template = _PASSED
    not_permitted: Template = _NOT_PERMITTED
    colleague: str = "1 colleague"
    colleagues: Template = _COLLEAGUES
    facts: Mapping[str, str] = field(
        default_factory=lambda: {
            "wanted_by": "wanted date",
            "procurement_by": "procurement date",
            "payer": "plan",
            "channel": "how they found us",
            "preferred_contact": "preferred way of contact",
        }
    )
    reasons: Mapping[str, str] = field(default_factory=dict)


def plain_words(text: str) -> str:
    """Say an id as words."""
    return text.replace("_", " ")


def say_fact_name(words: HandOffWords, fact: str) -> str:
    """Call a fact as people do."""
    return words.facts.get(fact) or plain_words(fact)


def say_value(words: HandOffWords, value: FactValue, titles: Mapping[str, str]) -> str:
    """Say a value: by its title in the catalog, if it has one."""
    if isinstance(value, datetime):
        return say_date(words, value.date())
    if isinstance(value, date):
        return say_date(words, value)
    if isinstance(value, tuple):
        return ", ".join(_say_word(item, titles) for item in value)
    if isinstance(value, bool):
        return words.yes if value else words.no
    if isinstance(value, (int, float)):
        return say_number(words, value)
    return _say_word(value, titles)


def _say_word(value: str, titles: Mapping[str, str]) -> str:
    return titles.get(value) or plain_words(" ".join(value.split()))


def say_number(words: HandOffWords, value: float) -> str:
    """Write a whole number whole, any other with at most two places, never with an exponent."""
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return text.replace(",", words.thousands)


def say_date(words: HandOffWords, day: date) -> str:
    """Write a day in the organisation's form."""
    return fill(words.date, _date_slots(words, day).__getitem__) or day.isoformat()


def say_time(words: HandOffWords, at: datetime, zone: ZoneInfo) -> str:
    """Write an instant as the clock of a place shows it."""
    there = at.astimezone(zone)
    slots = {
        **_date_slots(words, there.date()),
        "hour": f"{there.hour:02}",
        "minute": f"{there.minute:02}",
        "zone": there.tzname() or "",
    }
    return fill(words.time, slots.__getitem__) or there.isoformat(timespec="minutes")


def _date_slots(words: HandOffWords, day: date) -> dict[str, str]:
    return {
        "weekday": words.weekdays[day.weekday()],
        "day": str(day.day),
        "month": words.months[day.month - 1],
        "year": str(day.year),
        "iso": day.isoformat(),
    }


def say_channel(words: HandOffWords, channel: ContactChannel) -> str:
    """Call a channel as people do."""
    return words.channels.get(channel) or plain_words(channel.value)


def join_choices(words: HandOffWords, said: list[str]) -> str:
    """Name what may be chosen from: "e-mail, phone or letter"."""
    if len(said) < 2:
        return "".join(said)
    return f"{', '.join(said[:-1])} {words.either} {said[-1]}"


def within_a_sentence(sentence: str) -> str:
    """Begin with a small letter, unless the first word is in capitals."""
    words = sentence.rstrip(".")
    return words if words[:2].isupper() else words[:1].lower() + words[1:]
