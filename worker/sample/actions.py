"""What leads do and what is done towards them: the activities of one story.

Kinds that say much are drawn more often when readiness is high, so that criteria differ in how
much they tell. Some kinds (opening an e-mail, downloading a guide) tell nothing, as in life.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias

from worker.sample.dice import Dice, Weighted, weighted
from worker.sample.lists import listed
from worker.sample.moments import DAY, HOUR, Moments
from worker.sample.vocabulary import TruePathway

Event: TypeAlias = tuple[int, str, str, str, bool]
"""Minute, kind, service line, owner, automated. A tuple, because millions of them are made."""


class Shown(IntEnum):
    """The strongest kind of action a lead took."""

    NOTHING = 0
    WEAK = 1
    MEDIUM = 2
    STRONG = 3


_DECISIVE: Final = {
    TruePathway.PATIENT: weighted(
        {"appointment_request": 0.4, "consultation_request": 0.2}
        | {"inbound_call": 0.25, "chat_booking": 0.15}
    ),
    TruePathway.REFERRAL: weighted({"referral_form": 0.9, "inbound_call": 0.1}),
    TruePathway.B2B: weighted({"demo_request": 0.5, "pricing_request": 0.5}),
    TruePathway.UNCLEAR: weighted({"email_reply": 1.0}),
}
_LOOSE: Final = {
    TruePathway.PATIENT: weighted(
        {"insurance_check": 0.3, "click_to_call": 0.3}
        | {"email_reply": 0.25, "consultation_request": 0.15}
    ),
    TruePathway.REFERRAL: weighted(
        {"inbound_call": 0.3, "email_reply": 0.3, "click_to_call": 0.15, "referral_form": 0.25}
    ),
    TruePathway.B2B: weighted({"email_reply": 0.5, "inbound_call": 0.3, "pricing_request": 0.2}),
    TruePathway.UNCLEAR: weighted({"email_reply": 1.0}),
}
_MEDIUM: Final = {
    TruePathway.PATIENT: weighted(
        {"service_page_view": 0.5, "provider_page_view": 0.2}
        | {"location_page_view": 0.2, "webinar_attended": 0.1}
    ),
    TruePathway.REFERRAL: weighted(
        {"education_session": 0.25, "referral_tool_used": 0.25}
        | {"guideline_download": 0.3, "service_page_view": 0.2}
    ),
    TruePathway.B2B: weighted(
        {"webinar_attended": 0.3, "service_page_view": 0.5, "location_page_view": 0.2}
    ),
    TruePathway.UNCLEAR: weighted({"location_page_view": 1.0}),
}
_WEAK: Final = weighted(
    {"email_open": 0.42, "article_view": 0.25, "guide_download": 0.15, "email_click": 0.15}
    | {"condition_page_view": 0.03}
)
_BOT: Final = weighted(
    {"email_open": 0.5, "email_click": 0.35, "service_page_view": 0.1, "consultation_request": 0.05}
)
_LATER: Final = weighted(
    {"email_open": 0.5, "article_view": 0.2, "inbound_call": 0.15, "service_page_view": 0.15}
)
_ON_A_LINE: Final = frozenset(
    listed(
        "service_page_view provider_page_view webinar_attended appointment_request chat_booking"
        " consultation_request referral_form guideline_download"
    )
)
STRONG_KINDS: Final = frozenset(
    kind for table in (*_DECISIVE.values(), *_LOOSE.values()) for kind in table.values
)
_OTHER_LINE: Final = 0.12  # views of a service line that is not the lead's own
_WEAK_SPAN: Final = 60 * DAY
_MEDIUM_SPAN: Final = 14 * DAY
_BURST_SPAN: Final = 3 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Makes the events of one lead. Everything lies before minute 0."""

    dice: Dice
    moments: Moments
    pathway: TruePathway
    line: str
    avid_reader: float

    def acts(self, shown: Shown, readiness: float, focus: int) -> list[Event]:
        """Make what the lead did up to ``focus``; a request comes after a burst of reading."""
        dice = self.dice
        events: list[Event] = []
        if shown is Shown.NOTHING:
            return events
        least = 1 if shown is Shown.WEAK else 0
        most = 12 if dice.chance(self.avid_reader) else 4
        self._add(events, _WEAK, dice.between(least, most), focus - _WEAK_SPAN, focus)
        if shown is Shown.MEDIUM:
            medium = _MEDIUM[self.pathway]
            self._add(events, medium, dice.between(1, 5), focus - _MEDIUM_SPAN, focus)
        if shown is Shown.STRONG:
            medium = _MEDIUM[self.pathway]
            self._add(events, medium, dice.between(0, 6), focus - _BURST_SPAN, focus)
            self._add_requests(events, readiness, focus)
        return events

    def bot_acts(self, first: int) -> list[Event]:
        """Make what scanners and crawlers did under the lead's name, within one minute or two."""
        at = first + int(self.dice.uniform() * -first)
        return [
            (min(at + step // 2, -1), self.dice.draw(_BOT), "", "", True)
            for step in range(self.dice.between(1, 3))
        ]

    def later_acts(self, since: int) -> list[Event]:
        """Make what the lead did after it was known what became of it."""
        events: list[Event] = []
        self._add(events, _LATER, self.dice.between(1, 4), since, min(since + 60 * DAY, 0))
        return events

    def follow_up(self, focus: int, owner: str) -> list[Event]:
        """Make the calls and letters with which ``owner`` answered what happened at ``focus``."""
        dice = self.dice
        events: list[Event] = []
        at = focus
        for _ in range(dice.between(1, 3)):
            at = self.moments.office(at + int((0.1 + 2 * dice.uniform()) * DAY), dice.uniform())
            kind = "outbound_call" if dice.chance(0.6) else "outbound_email"
            if focus < at < 0:
                events.append((at, kind, "", owner, False))
        return events

    def meeting(self, at: int, owner: str) -> Event:
        return (at, "meeting_held", "", owner, False)

    def _add_requests(self, events: list[Event], readiness: float, focus: int) -> None:
        dice = self.dice
        at = focus
        for _ in range(1 + dice.chance(0.3) + dice.chance(0.15 * readiness)):
            table = _DECISIVE if dice.chance(0.15 + 0.75 * readiness) else _LOOSE
            kind = dice.draw(table[self.pathway])
            events.append((at, kind, self.line if kind in _ON_A_LINE else "", "", False))
            at = min(at + dice.between(HOUR, 4 * DAY), -1)

    def _add(
        self, events: list[Event], table: Weighted[str], count: int, first: int, last: int
    ) -> None:
        dice = self.dice
        span = last - first
        for _ in range(count):
            kind = dice.draw(table)
            line = self.line if kind in _ON_A_LINE and not dice.chance(_OTHER_LINE) else ""
            events.append((first + int(dice.uniform() * span), kind, line, "", False))
