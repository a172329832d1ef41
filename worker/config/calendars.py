"""Builds what an organisation means by words of the calendar, from organisation.yaml."""

from __future__ import annotations

from datetime import timedelta

from worker.config.digests import digest_of
from worker.config.documents import OrganisationDocument
from worker.config.findings import Findings
from worker.config.yaml_text import Sheet
from worker.core.calendar_words import CalendarWords, Quarters
from worker.core.timeframe_grammar import fold, read_statement
from worker.core.timeframes import say

_DAY = timedelta(days=1)
_LONGEST = timedelta(days=3660)


def build_calendar(
    document: OrganisationDocument, sheet: Sheet, findings: Findings
) -> CalendarWords:
    """Build the words of the calendar; each vague word must be vague, and last whole days."""
    entry = document.calendar
    if entry.quarters is Quarters.FISCAL and entry.fiscal_year_starts is None:
        findings.error(
            sheet.spot("calendar", "quarters"),
            "quarters are fiscal, but nothing says when the fiscal year starts.",
            hint="add `fiscal_year_starts`, a month from 1 to 12",
        )
    plain = CalendarWords(
        week_starts=entry.week_starts,
        fiscal_year_starts=entry.fiscal_year_starts,
        quarters=entry.quarters,
        date_order=entry.date_order,
    )
    words: dict[str, int] = {}
    for word, length in entry.words.items():
        spot = sheet.spot("calendar", "words", word)
        known = read_statement(word, plain)
        if known is not None:
            message = f"{word!r} is understood already, as {say(known)!r}."
            findings.error(spot, message, hint="take it out")
        elif fold(word) in words:
            findings.error(spot, f"the word {word!r} stands here twice; case does not count.")
        elif not _DAY <= length <= _LONGEST or length % _DAY:
            message = f"{word!r} must stand for whole days."
            findings.error(spot, message, allowed="1 day to 3660 days, such as `7 days`")
        else:
            words[fold(word)] = length // _DAY
    return CalendarWords(
        week_starts=plain.week_starts,
        fiscal_year_starts=plain.fiscal_year_starts,
        quarters=plain.quarters,
        date_order=plain.date_order,
        words=words,
    )


def reading_digest(calendar: CalendarWords) -> str:
    """Fingerprint what decides how a text is read; what only decides which days it means is left out."""
    words = {word: str(days) for word, days in calendar.words.items()}
    return digest_of({"date_order": calendar.date_order, "words": {**words}})
