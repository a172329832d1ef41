"""Reads conditions from YAML: one key says what is asked, the others how.

Each mistake is reported at its own line, in the words of the condition language. What can never
hold for any lead, because no field map produces the value, is a mistake too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from worker.config.activity_tests import ActivityQuestion, read_activity_test, reads_own_line
from worker.config.condition_words import check_keys, read_words
from worker.config.fact_tests import IN_GROUP, OFFERED_IN, FactQuestion, read_fact_test
from worker.config.findings import Findings, in_words, nearest
from worker.config.implication import is_always_known
from worker.config.offers import read_in_group, read_offered_in
from worker.config.organisation_tests import read_colleagues, read_whose
from worker.config.vocabulary import Vocabulary, after_outcome_cause, check_fact, check_name
from worker.config.yaml_text import KeyPath, Sheet, Yaml
from worker.core.conditions import (
    AllOf,
    AnyOf,
    Area,
    AreaTest,
    AtLeastOf,
    Condition,
    CriterionTest,
    FactTest,
    FindingTest,
    FirstKnown,
    NotOf,
    Operator,
    ReachableTest,
)
from worker.core.model import ContactChannel, FactKind
from worker.core.reasons import ReasonFamily

BASIC = frozenset(
    {"fact", "activity", "area", "all", "any", "at_least_of", "first_known", "not", "use"}
)
IN_CRITERION = BASIC | {"reachable", "no_finding", "criterion", "colleagues"}
IN_ROUTING = BASIC | {"reachable", "no_finding", "pathway"}
IN_SHARED = BASIC | {"reachable", "no_finding", "pathway"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionReader:
    """Reads the conditions of one sheet. ``kinds`` are the questions that may be asked there.

    ``reads`` collects the facts that were read, ``asks`` the questions, ``uses`` the digests of the
    fragments. With ``may_leak`` they may look at what was filled after the outcome.
    """

    sheet: Sheet
    findings: Findings
    words: Vocabulary
    kinds: frozenset[str] = BASIC
    criteria: frozenset[str] = frozenset()
    may_leak: bool = False
    noun: str = "criterion"
    reads: set[str] = field(default_factory=set)
    asks: set[str] = field(default_factory=set)
    uses: dict[str, str] = field(default_factory=dict)

    def read(self, raw: Yaml, path: KeyPath) -> Condition | None:
        """Read one condition; None when it has mistakes, which are then among the findings."""
        spot = self.sheet.spot(*path)
        if not isinstance(raw, dict):
            message = "a condition is keys with values, such as `{fact: role, is: patient}`."
            self.findings.error(spot, message)
            return None
        asked = [key for key in raw if key in _READERS]
        if len(asked) != 1 or asked[0] not in self.kinds:
            self._report_question(raw, asked, path)
            return None
        self.asks.add(asked[0])
        return _READERS[asked[0]](self, raw, path)

    def _report_question(self, raw: dict[str, Yaml], asked: list[str], path: KeyPath) -> None:
        spot, allowed = self.sheet.spot(*path), in_words(sorted(self.kinds))
        if len(asked) > 1:
            both = " and ".join(asked)
            message = f"a condition asks one thing; this one has {both}."
            self.findings.error(spot, message, hint="join them with `all` or `any`")
        elif asked:
            message = f"{asked[0]!r} cannot be asked here."
            self.findings.error(self.sheet.spot(*path, asked[0]), message, allowed=allowed)
        else:
            hint = next((found for found in (nearest(key, self.kinds) for key in raw) if found), "")
            message = "this condition asks nothing that is known."
            self.findings.error(spot, message, allowed=allowed, hint=hint)

    def read_fact(self, raw: dict[str, Yaml], path: KeyPath) -> Condition | None:
        fact = raw["fact"]
        if not isinstance(fact, str):
            self.findings.error(self.sheet.spot(*path, "fact"), "'fact' must name a fact.")
            return None
        self.note_fact(fact, path)
        if not check_fact(self.findings, self.sheet.spot(*path, "fact"), fact, self.words):
            return None
        if self.words.facts is None:
            return None
        spec = self.words.facts[fact]
        question = FactQuestion(
            sheet=self.sheet, findings=self.findings, words=self.words, spec=spec, path=path
        )
        asked = [key for key in raw if key != "fact"]
        if spec.kind in (FactKind.CHOICE, FactKind.CHOICES) and asked == [OFFERED_IN]:
            return read_offered_in(question, raw[OFFERED_IN], self.note_fact)
        if spec.kind in (FactKind.CHOICE, FactKind.CHOICES) and asked == [IN_GROUP]:
            return read_in_group(question, raw[IN_GROUP])
        return read_fact_test(question, raw)

    def note_fact(self, fact: str, path: KeyPath) -> None:
        """Remember that a fact is read, and refuse it when it was filled after the outcome."""
        self.reads.add(fact)
        cause = after_outcome_cause(fact, self.words.mapped)
        if cause is None or self.may_leak:
            return
        hint = "read something that was known before"
        if self.noun == "criterion":
            hint += ', or add `after_outcome: "<why it is safe>"` to the criterion'
        message = (
            f"{cause} was filled after the outcome; a {self.noun} that reads it leaks the answer."
        )
        self.findings.error(self.sheet.spot(*path), message, hint=hint)

    def read_activity(self, raw: dict[str, Yaml], path: KeyPath) -> Condition | None:
        question = ActivityQuestion(
            sheet=self.sheet, findings=self.findings, words=self.words, path=path
        )
        test = read_activity_test(question, raw)
        if test is not None and reads_own_line(test):
            spot = self.sheet.spot(*path, "service_line")
            self.note_fact("service_line", (*path, "service_line"))
            check_fact(self.findings, spot, "service_line", self.words)
        whose = read_whose(self, raw, path)
        return replace(test, of=whose) if test is not None and whose is not None else None

    def read_colleagues(self, raw: dict[str, Yaml], path: KeyPath) -> Condition | None:
        return read_colleagues(self, raw, path)

    def read_area(self, raw: dict[str, Yaml], path: KeyPath) -> Condition | None:
        if not self.only_keys(raw, ("area",), path):
            return None
        for fact in ("postal_code", "state"):
            self.note_fact(fact, path)
        mapped = self.words.mapped
        is_mapped = mapped is None or mapped.of("postal_code") or mapped.of("state")
        if not is_mapped and mapped is not None and mapped.is_complete:
            message = "no system maps 'postal_code' or 'state', so the area can never be known."
            self.findings.error(self.sheet.spot(*path, "area"), message)
            return None
        areas: Mapping[str, Area] | None = self.words.areas
        everything = raw["area"] == "any"
        names = (
            tuple(areas or ())
            if everything
            else self.words_of(raw["area"], (*path, "area"), areas, "area")
        )
        if areas is None or names is None:
            return None
        if not names:
            self.findings.error(self.sheet.spot(*path, "area"), "catalog.yaml defines no area.")
            return None
        return AreaTest(areas=tuple(areas[name] for name in names))

    def read_reachable(self, raw: dict[str, Yaml], path: KeyPath) -> Condition | None:
        if not self.only_keys(raw, ("reachable",), path):
            return None
        if raw["reachable"] == "any":
            return ReachableTest(channels=frozenset(ContactChannel))
        place = (*path, "reachable")
        names = self.words_of(raw["reachable"], place, tuple(ContactChannel), "channel")
        return ReachableTest(channels=frozenset(map(ContactChannel, names))) if names else None

    def read_no_finding(self, raw: dict[str, Yaml], path: KeyPath) -> Condition | None:
        if not self.only_keys(raw, ("no_finding",), path):
            return None
        if raw["no_finding"] == "blocking":
            return FindingTest()
        reasons = self.words.reasons
        codes = None
        if reasons is not None:
            codes = [code for code in reasons if reasons[code].family is ReasonFamily.DATA]
        names = self.words_of(raw["no_finding"], (*path, "no_finding"), codes, "finding")
        return FindingTest(codes=frozenset(names)) if names else None

    def read_criterion(self, raw: dict[str, Yaml], path: KeyPath) -> Condition | None:
        return self._read_one(raw, "criterion", self.criteria, path)

    def read_pathway(self, raw: dict[str, Yaml], path: KeyPath) -> Condition | None:
        return self._read_one(raw, "pathway", self.words.pathways, path)

    def _read_one(
        self, raw: dict[str, Yaml], key: str, known: frozenset[str] | None, path: KeyPath
    ) -> Condition | None:
        if not self.only_keys(raw, (key,), path):
            return None
        name, spot = raw[key], self.sheet.spot(*path, key)
        if not isinstance(name, str):
            self.findings.error(spot, f"{key!r} must be one name.")
            return None
        if not check_name(self.findings, spot, key, name, known):
            return None
        if key == "criterion":
            return CriterionTest(criterion=name)
        return FactTest(fact="pathway", operator=Operator.IS, operand=name)

    def read_use(self, raw: dict[str, Yaml], path: KeyPath) -> Condition | None:
        """Put a shared condition in the place where it is named."""
        shared, name = self.words.shared, raw["use"]
        if not self.only_keys(raw, ("use",), path) or shared is None:
            return None
        spot = self.sheet.spot(*path, "use")
        if not isinstance(name, str) or name not in shared.conditions:
            self.findings.unknown(spot, "shared condition", str(name), shared.conditions)
            return None
        found = shared.conditions[name]
        shared.used.add(f"conditions.{name}")
        self.uses[f"conditions.{name}"] = found.digest
        self.asks.update(found.asks)
        refused = sorted(found.asks - self.kinds)
        if refused:
            message = (
                f"the shared condition {name!r} asks {refused[0]!r}, which cannot be asked here."
            )
            self.findings.error(spot, message, allowed=in_words(sorted(self.kinds)))
            return None
        for fact in sorted(found.reads):
            self.note_fact(fact, (*path, "use"))
        return found.condition

    def read_group(self, raw: dict[str, Yaml], path: KeyPath) -> Condition | None:
        key = next(key for key in _GROUPS if key in raw)
        if not self.only_keys(raw, (key,), path):
            return None
        found = self._read_items(raw[key], (*path, key))
        if found is None:
            return None
        if key == "first_known" and any(map(is_always_known, found[:-1])):
            message = (
                "an item before the last always has an answer, so those after it are not asked."
            )
            self.findings.error(self.sheet.spot(*path, key), message, hint="put it last")
            return None
        return _GROUPS[key](items=found)

    def _read_items(self, entries: Yaml, path: KeyPath) -> tuple[Condition, ...] | None:
        if not isinstance(entries, list) or not entries:
            message = f"{path[-1]!r} must be a list of conditions."
            self.findings.error(self.sheet.spot(*path), message)
            return None
        items = [self.read(entry, (*path, number)) for number, entry in enumerate(entries)]
        found = tuple(item for item in items if item is not None)
        return found if len(found) == len(items) else None

    def read_at_least_of(self, raw: dict[str, Yaml], path: KeyPath) -> Condition | None:
        """Read ``{count: 2, of: [conditions]}``."""
        place, entry = (*path, "at_least_of"), raw["at_least_of"]
        spot = self.sheet.spot(*place)
        if not self.only_keys(raw, ("at_least_of",), path):
            return None
        if not isinstance(entry, dict) or not {"count", "of"} <= entry.keys():
            message = "'at_least_of' must be `{count: 2, of: [conditions]}`."
            self.findings.error(spot, message)
            return None
        if not check_keys(self.findings, self.sheet, entry, place, ("count", "of")):
            return None
        items, count = self._read_items(entry["of"], (*place, "of")), entry["count"]
        if items is None:
            return None
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= len(items):
            message = f"'count' must be a whole number from 1 to {len(items)}."
            self.findings.error(self.sheet.spot(*place, "count"), message)
            return None
        return AtLeastOf(count=count, items=items)

    def read_not(self, raw: dict[str, Yaml], path: KeyPath) -> Condition | None:
        if not self.only_keys(raw, ("not",), path):
            return None
        item = self.read(raw["not"], (*path, "not"))
        return NotOf(item=item) if item is not None else None

    def only_keys(self, raw: dict[str, Yaml], allowed: tuple[str, ...], path: KeyPath) -> bool:
        """Report keys that do not belong to this kind of condition."""
        return check_keys(self.findings, self.sheet, raw, path, allowed)

    def words_of(
        self, raw: Yaml, path: KeyPath, known: Iterable[str] | None, noun: str = "value"
    ) -> tuple[str, ...] | None:
        """Read one word or a list of words, each of which must be known."""
        return read_words(self.findings, self.sheet, raw, path, known, noun)


_GROUPS: Mapping[str, type[AllOf] | type[AnyOf] | type[FirstKnown]] = {
    "all": AllOf,
    "any": AnyOf,
    "first_known": FirstKnown,
}
_Reader = Callable[[ConditionReader, dict[str, Yaml], KeyPath], Condition | None]

_READERS: Mapping[str, _Reader] = {
    "fact": ConditionReader.read_fact,
    "activity": ConditionReader.read_activity,
    "colleagues": ConditionReader.read_colleagues,
    "area": ConditionReader.read_area,
    "reachable": ConditionReader.read_reachable,
    "no_finding": ConditionReader.read_no_finding,
    "criterion": ConditionReader.read_criterion,
    "pathway": ConditionReader.read_pathway,
    "all": ConditionReader.read_group,
    "any": ConditionReader.read_group,
    "at_least_of": ConditionReader.read_at_least_of,
    "first_known": ConditionReader.read_group,
    "not": ConditionReader.read_not,
    "use": ConditionReader.read_use,
}
