"""A year of an organisation with two CRMs, day by day, made from a seed.

Leads come, act, and are merged; people set stages and owners in either CRM and opt out in either; something
copies fields between the two. What people have refused is kept beside it, and held against both CRMs
after every run. It speaks of sides alone: the same year can be lived on other connectors.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from random import Random
from typing import TypeAlias

from tests.support.copier import Copier
from tests.support.two_crms import OWNER, STAGE, Side, TwoCrms
from worker.core.records import Editor
from worker.steps.sync import RunReport

KINDS = ("appointment_request", "consultation_request", "inbound_call", "service_page_view")
STAGES = ("nurture", "recycled", "disqualified", "lead", "mql", "sql", "opportunity", "customer")
OWNERS = ("101", "102", "103", "111", "112")
CHANNELS = ("email", "phone", "sms")
SAID = {"email": "e-mail", "phone": "phone", "sms": "text message"}
CONTACT_BY = re.compile(r"[Cc]ontact by (.*?)(?: about|\.)")
"""What a hand-off says of how to make contact."""
Happening: TypeAlias = Callable[["Year"], str | None]
"""Something that people do; gives what it was, or nothing where nobody was there to do it to."""


@dataclass(slots=True, kw_only=True)
class Year:
    """The life of an organisation; ``busy`` is how much happens in a day, and the worker runs
    once in ``runs_every`` days.

    ``more`` are things that only these CRMs know, each with its chance a day. ``attempt`` is a run, or
    one that was broken off and gives nothing: the next one is then held to the same.
    ``refused`` is what each person has opted out of, ``happened`` counts what people did.
    """

    two: TwoCrms
    copier: Copier
    dice: Random
    busy: float = 1.0
    runs_every: int = 1
    more: Sequence[tuple[float, Happening]] = ()
    attempt: Callable[[TwoCrms], RunReport | None] = TwoCrms.run
    refused: dict[str, set[str]] = field(default_factory=dict)
    people: list[str] = field(default_factory=list)
    arrived: int = 0
    happened: Counter[str] = field(default_factory=Counter)
    writes: int = 0

    def live(self, days: int) -> None:
        """Let days pass, each with what people do and what is copied, and a run every few days."""
        for day in range(days):
            self._be_busy()
            self.copier.look()
            self.two.wait(hours=self.dice.randint(1, 10))
            self.copier.copy()
            if day % self.runs_every == 0:
                self.run()
            self.two.wait(hours=24 - self.two.now.hour)

    def run(self) -> None:
        """Run the worker, and hold both CRMs to what people have refused."""
        report = self.attempt(self.two)
        self.copier.look()
        if report is None:
            self.happened["broke off"] += 1
            return
        self.writes += sum(report.writes.values())
        self._hold_to_refusals()

    def _hold_to_refusals(self) -> None:
        for side in self.two.sides.values():
            shown = side.table(("allowed_channels", "hand_off_summary"))
            for person, refused in self.refused.items():
                cells = shown.get(person, {})
                allowed = cells.get("allowed_channels", "")
                assert refused.isdisjoint(allowed.split(";")), (person, side.name, allowed)
                said = CONTACT_BY.search(cells.get("hand_off_summary", ""))
                told = {one for one in refused if said and SAID[one] in said[1]}
                assert not told, (person, side.name, said)

    def _be_busy(self) -> None:
        """Do what is done in a day, each thing by somebody in one of the CRMs, minutes apart."""
        things: tuple[tuple[float, Callable[[], str | None]], ...] = (
            (0.30, self._arrive),
            (0.50, self._act),
            (0.22, self._set_stage),
            (0.18, self._set_owner),
            (0.10, self._opt_out),
            (0.03, self._merge),
            *((chance, partial(do, self)) for chance, do in self.more),
        )
        for chance, do in things:
            if self.dice.random() < chance * self.busy and (what := do()) is not None:
                self.happened[what] += 1
                self.two.wait(minutes=self.dice.randint(1, 20))

    # --- what people do

    def _arrive(self) -> str:
        self.arrived += 1
        person = f"n{self.arrived}"
        self.people.append(person)
        consent = {"consent_phone": "true", "consent_sms": "true"}
        self.two.add(person, **consent)
        self.copier.look()
        return "arrived"

    def _act(self) -> str | None:
        if not self.people:
            return None
        at = self.two.now - timedelta(minutes=self.dice.randint(5, 300))
        self._side().act(self.somebody(), self.dice.choice(KINDS), at, "")
        return "acted"

    def _set_stage(self) -> str | None:
        return self._tell("set a stage", {STAGE: self.dice.choice(STAGES)})

    def _set_owner(self) -> str | None:
        return self._tell("set an owner", {OWNER: self.dice.choice(OWNERS)})

    def _opt_out(self) -> str | None:
        if not self.people:
            return None
        channel, person = self.dice.choice(CHANNELS), self.somebody()
        self._side().tell(person, {f"opt_out_{channel}": "true"}, Editor.PERSON)
        self.refused.setdefault(person, set()).add(channel)
        return "opted out"

    def _merge(self) -> str | None:
        """Two records are merged in one CRM, and the same two in the other a while later."""
        if len(self.people) < 2:
            return None
        gone, into = self.dice.sample(self.people, 2)
        for side in self.two.sides.values():
            side.merge(gone, into)
            self.two.wait(minutes=self.dice.randint(1, 30))
        self.people.remove(gone)
        self.refused.setdefault(into, set()).update(self.refused.pop(gone, set()))
        return "merged"

    def _tell(self, what: str, values: dict[str, str]) -> str | None:
        if not self.people:
            return None
        self._side().tell(self.somebody(), values, Editor.PERSON)
        return what

    def somebody(self) -> str:
        return self.dice.choice(self.people)

    def _side(self) -> Side:
        return self.two.sides[self.dice.choice(sorted(self.two.sides))]
