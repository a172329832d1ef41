"""Builds the rules by which observed actions count for nothing, from activities.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from worker.config.documents import ActivitiesDocument, BurstEntry, ConsentDocument
from worker.config.findings import Findings, in_words
from worker.config.vocabulary import check_name
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.exclusions import STAFF, TEST, Burst, Exclusions
from worker.core.model import ContactChannel

_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_LONGEST = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusionReader:
    """Builds the exclusions of one activities.yaml; ``consent`` says what we write for unasked."""

    document: ActivitiesDocument
    sheet: Sheet
    findings: Findings
    consent: ConsentDocument | None

    def build(self) -> Exclusions:
        entry = self.document.exclude
        return Exclusions(
            domains=self._domains(((STAFF, entry.staff_domains), (TEST, entry.test_domains))),
            sources=frozenset(map(str.casefold, entry.sources)),
            bursts=tuple(self._bursts(entry.bursts)),
            responses=dict(self._responses()),
        )

    def _domains(self, lists: Iterable[tuple[str, list[str]]]) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for rule, domains in lists:
            for number, domain in enumerate(domains):
                spot = self.sheet.spot("exclude", rule, number)
                if _DOMAIN.fullmatch(domain) is None:
                    message = f"{domain!r} is no e-mail domain."
                    hint = (
                        "write what stands behind the @, in lower case, such as example-health.org"
                    )
                    self.findings.error(spot, message, hint=hint)
                elif found.setdefault(domain, rule) != rule:
                    message = f"the domain {domain!r} stands under {found[domain]} already."
                    self.findings.error(spot, message, hint="keep one of the two")
        return found

    def _bursts(self, entries: Iterable[BurstEntry]) -> Iterator[Burst]:
        seen: set[str] = set()
        for number, entry in enumerate(entries):
            path: KeyPath = ("exclude", "bursts", number)
            if entry.id in seen:
                spot = self.sheet.spot(*path, "id")
                self.findings.error(spot, f"the id {entry.id!r} is used by an earlier burst.")
            seen.add(entry.id)
            for place, kind in enumerate(entry.kinds):
                spot = self.sheet.spot(*path, "kinds", place)
                check_name(
                    self.findings, spot, "activity", kind, frozenset(self.document.activities)
                )
            if not timedelta() < entry.within <= _LONGEST:
                message = "a burst is a matter of seconds or minutes."
                spot = self.sheet.spot(*path, "within")
                self.findings.error(spot, message, allowed="up to 1 day, such as `1 minute`")
            yield Burst(
                id=entry.id,
                kinds=frozenset(entry.kinds),
                more_than=entry.more_than,
                within=entry.within,
            )

    def _responses(self) -> Iterator[tuple[str, ContactChannel]]:
        for name, entry in self.document.activities.items():
            channel = entry.response_to
            if channel is None:
                continue
            yield name, channel
            if self.consent is None:
                continue
            spot = self.sheet.spot("activities", name, "response_to")
            channels = self.consent.channels
            if channel not in channels:
                message = (
                    f"there is no channel {channel.value!r} in consent.yaml, so this never counts."
                )
                self.findings.error(spot, message, allowed=in_words(sorted(channels)))
            elif self.consent.outreach_purpose is None:
                message = "nothing says for which purpose we write unasked, so this never counts."
                hint = "add `outreach_purpose` to consent.yaml"
                self.findings.warning(spot, message, hint=hint)
