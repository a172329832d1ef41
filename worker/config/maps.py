"""Builds the field maps of the systems, and says what they can produce."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from worker.config.calendars import reading_digest
from worker.config.digests import digest_of, join_digests
from worker.config.findings import Findings, Spot, in_words, nearest
from worker.config.references import read_target
from worker.config.said_at import SaidAt, read_said_at
from worker.config.secret_options import refuse_secrets
from worker.config.sensitive import check_justification, check_source
from worker.config.system_documents import (
    FieldEntry,
    ObjectEntry,
    SystemDocument,
    WordsEntry,
)
from worker.config.vocabulary import MappedField, Vocabulary, check_name
from worker.config.writes import build_writes
from worker.config.yaml_text import KeyPath, Sheet, Yaml
from worker.core.case_safe_ids import short_form
from worker.core.field_map import (
    ActivityRead,
    AvailabilityRead,
    FieldRead,
    ObjectKind,
    ObjectMap,
    SystemMap,
    Transform,
)
from worker.core.model import AFTER_OUTCOME_FACTS, RESTRICTIVE_FACTS, FactKind, FactSpec, Stage

_T, _K = Transform, FactKind

TRANSFORMS: Mapping[FactKind, tuple[Transform, ...]] = {
    _K.TEXT: (_T.TEXT,),
    _K.CHOICE: (_T.CHOICE,),
    _K.CHOICES: (_T.CHOICES,),
    _K.NUMBER: (_T.NUMBER,),
    _K.BOOLEAN: (_T.BOOLEAN, _T.INVERTED_BOOLEAN, _T.TICK),
    _K.DATE: (_T.DATE,),
    _K.INSTANT: (_T.INSTANT,),
    _K.EMAIL: (_T.EMAIL,),
    _K.PHONE: (_T.PHONE,),
    _K.NAME: (_T.NAME,),
    _K.POSTAL_CODE: (_T.POSTAL_CODE,),
    _K.STATE: (_T.STATE,),
    _K.NPI: (_T.NPI,),
    _K.ID: (_T.ID,),
    _K.TIMEFRAME: (_T.TIMEFRAME,),
}
"""The transforms that fit each kind of fact; the first one is used when ``as`` is left out."""


@dataclass(slots=True, kw_only=True)
class MapNotes:
    """What the maps of all systems produce, noted while they are read."""

    fields: list[MappedField] = field(default_factory=list)
    activities: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)


def _words_read(system: SystemMap) -> Iterator[Yaml]:
    """List the words that each field and each activity's service line is translated by."""
    for item in system.objects:
        for read in item.reads:
            yield [item.object_type, read.fact, dict(read.values)]
        if item.activity is not None:
            yield [item.object_type, "service_line", dict(item.activity.service_lines)]
        if item.availability is not None:
            read_by = item.availability
            yield [item.object_type, dict(read_by.sites), dict(read_by.service_lines)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapReader:
    """Builds the map of one system, and notes which fields feed which fact."""

    sheet: Sheet
    findings: Findings
    words: Vocabulary
    region: str
    notes: MapNotes

    def build(self, name: str, document: SystemDocument) -> SystemMap:
        self._check_contact(document)
        refuse_secrets(name, document.options, self.sheet, self.findings)
        objects = tuple(
            self._build_object(document, key, entry) for key, entry in document.objects.items()
        )
        system = SystemMap(
            system=name,
            connector=document.connector,
            options=dict(document.options),
            objects=objects,
            digest="",
            integrations={short_form(who): kind for who, kind in document.integrations.items()},
        )
        return replace(system, digest=self._digest(system))

    def _digest(self, system: SystemMap) -> str:
        """Fingerprint the map, with all that other files say of how it reads.

        Words of the catalog, the telephone region and the calendar are applied when a record is
        read: where they change, what was read before has to be read again.
        """
        reads = [read for item in system.objects for read in item.reads]
        parts = {
            "map": digest_of(self.sheet.value, leave_out=("options", "integrations")),
            "words": digest_of(list(_words_read(system))),
        }
        if any(read.transform is _T.PHONE for read in reads):
            parts["region"] = self.region
        if any(read.transform is _T.TIMEFRAME for read in reads):
            parts["calendar"] = reading_digest(self.words.calendar)
        if any(item.availability for item in system.objects):
            parts["zone"] = str(self.words.time_zone)
        return join_digests(parts)

    def _check_contact(self, document: SystemDocument) -> None:
        if not any(entry.kind is ObjectKind.CONTACT for entry in document.objects.values()):
            self.findings.error(
                self.sheet.spot("objects"), "no object of this system is of kind contact."
            )

    def _build_object(self, document: SystemDocument, name: str, entry: ObjectEntry) -> ObjectMap:
        path: KeyPath = ("objects", name)
        self._check_shape(entry, path)
        reads = tuple(self._build_reads(entry, path))
        activity = self._build_activity(document, entry, (*path, "activity"))
        return ObjectMap(
            object_type=name,
            kind=entry.kind,
            id_field=entry.id,
            modified_at_field=entry.modified_at,
            options=dict(entry.options),
            reads=reads,
            writes=build_writes(entry, self.sheet, path, self.words.time_zone, self.findings),
            activity=activity,
            availability=self._build_availability(entry, (*path, "availability")),
            missing=frozenset(entry.missing),
        )

    def _check_shape(self, entry: ObjectEntry, path: KeyPath) -> None:
        own = None if entry.kind is ObjectKind.CONTACT else entry.kind.value
        if own is not None and getattr(entry, own) is None:
            message = f"an object of kind {own} needs the key {own!r}."
            self.findings.error(self.sheet.spot(*path), message)
        for key in ("fields", "writes") if own is not None else ():
            if getattr(entry, key):
                message = f"an object of kind {own} has no {key!r}."
                self.findings.error(self.sheet.spot(*path, key), message)
        for key in ("activity", "availability"):
            if key != own and getattr(entry, key) is not None:
                message = f"an object of kind {entry.kind.value} has no {key!r}."
                self.findings.error(self.sheet.spot(*path, key), message)

    def _check_sources(
        self, sources: Mapping[str, str | None], justification: str | None, path: KeyPath
    ) -> None:
        check_justification(justification, self.sheet.spot(*path, "allow_sensitive"), self.findings)
        for key, source in sources.items():
            if source is not None:
                spot = self.sheet.spot(*path, key)
                check_source(source, justification, spot, self.findings)

    # --- contacts

    def _build_reads(self, entry: ObjectEntry, path: KeyPath) -> Iterator[FieldRead]:
        for fact, item in entry.fields.items():
            place = (*path, "fields", fact)
            spot = self.sheet.spot(*place)
            self._check_sources({"from": item.from_}, item.allow_sensitive, place)
            self._check_others(fact, item, place)
            if not check_name(self.findings, spot, "fact", fact, self.words.facts):
                self.notes.unknown.add(fact)
                continue
            self._check_after_outcome(entry, item, fact, place)
            if self.words.facts is None:
                continue
            read = self._build_read(self.words.facts[fact], entry, item, place)
            if read is not None:
                yield read
                yield from (replace(read, source=source) for source in item.or_)
            self._note_field(entry, item, read, fact, spot)

    def _check_others(self, fact: str, item: FieldEntry, place: KeyPath) -> None:
        """Only of an opt-out may several columns tell: what any of them says is so."""
        for number, source in enumerate(item.or_):
            spot = self.sheet.spot(*place, "or", number)
            check_source(source, item.allow_sensitive, spot, self.findings)
            if fact not in RESTRICTIVE_FACTS:
                message = f"{fact!r} is read from one column: of two, which one is right?"
                self.findings.error(spot, message, allowed=in_words(sorted(RESTRICTIVE_FACTS)))

    def _check_after_outcome(
        self, entry: ObjectEntry, item: FieldEntry, fact: str, place: KeyPath
    ) -> None:
        is_late = item.from_ in entry.after_outcome or fact in AFTER_OUTCOME_FACTS
        if is_late and item.for_ is None:
            message = (
                f"column {item.from_!r} was filled after the outcome; say what it is read for."
            )
            hint = "add `for: outcomes` or `for: lifecycle`, or do not map it"
            self.findings.error(self.sheet.spot(*place), message, hint=hint)

    def _note_field(
        self, entry: ObjectEntry, item: FieldEntry, read: FieldRead | None, fact: str, spot: Spot
    ) -> None:
        """Remember what feeds a fact; a field with a mistake counts as one that can say anything."""
        is_closed = read is not None and read.is_closed
        self.notes.fields.append(
            MappedField(
                fact=fact,
                source=item.from_,
                spot=spot,
                values=frozenset(read.values.values()) if read and is_closed else None,
                is_after_outcome=item.for_ is not None or item.from_ in entry.after_outcome,
                is_declared=item.for_ is not None,
            )
        )

    def _build_read(
        self, spec: FactSpec, entry: ObjectEntry, item: FieldEntry, place: KeyPath
    ) -> FieldRead | None:
        fitting = TRANSFORMS[spec.kind]
        transform = item.as_ or fitting[0]
        if transform not in fitting:
            message = f"{str(transform)!r} does not fit {spec.name!r}, which is a {spec.kind} fact."
            self.findings.error(
                self.sheet.spot(*place, "as"), message, allowed=in_words(map(str, fitting))
            )
            return None
        values = self._values(spec, item, transform, place)
        return FieldRead(
            fact=spec.name,
            source=item.from_,
            transform=transform,
            values=values,
            is_closed=bool(values),
            separator=item.separator,
            region=self.region,
            calendar=self.words.calendar,
            said_at=self._said_at(entry, spec, item, place),
            purpose=item.for_,
            justification=item.allow_sensitive,
            refers_to=read_target(spec, item.refers_to, self.sheet.spot(*place), self.findings),
        )

    def _said_at(
        self, entry: ObjectEntry, spec: FactSpec, item: FieldEntry, place: KeyPath
    ) -> tuple[str, ...]:
        spot = self.sheet.spot(*place, *(("said_at",) if item.said_at is not None else ()))
        question = SaidAt(spec=spec, said_at=item.said_at, spot=spot, mapped=tuple(entry.fields))
        return read_said_at(question, self.words.facts or {}, self.findings)

    def _values(
        self, spec: FactSpec, item: FieldEntry, transform: Transform, place: KeyPath
    ) -> Mapping[str, str]:
        if not item.values and item.catalog is None:
            return {option: option for option in _options(spec)}
        if transform not in (_T.CHOICE, _T.CHOICES):
            message = "only a choice has `values` or a `catalog`."
            self.findings.error(self.sheet.spot(*place), message)
            return {}
        if item.values and item.catalog is not None:
            message = "a field has `values` or a `catalog`, not both."
            self.findings.error(self.sheet.spot(*place, "catalog"), message)
        self._check_values(spec, item.values, place)
        return item.values or self._catalog_words(item.catalog, (*place, "catalog"))

    def _check_values(self, spec: FactSpec, values: Mapping[str, str], place: KeyPath) -> None:
        options = _options(spec)
        seen: dict[str, str] = {}
        for word, canonical in values.items():
            spot = self.sheet.spot(*place, "values", word)
            if options and canonical not in options:
                message = f"the fact {spec.name!r} never has the value {canonical!r}."
                hint = nearest(canonical, options)
                self.findings.error(spot, message, allowed=in_words(options), hint=hint)
            if seen.setdefault(word.casefold(), canonical) != canonical:
                message = f"the word {word!r} stands here twice; words are compared without case."
                self.findings.error(spot, message)

    def _catalog_words(self, name: str | None, place: KeyPath) -> Mapping[str, str]:
        lists = self.words.lists
        if name is None or lists is None:
            return {}
        if not check_name(
            self.findings, self.sheet.spot(*place), "catalog list", name, frozenset(lists)
        ):
            return {}
        return lists[name]

    # --- activities

    def _build_activity(
        self, document: SystemDocument, entry: ObjectEntry, path: KeyPath
    ) -> ActivityRead | None:
        item = entry.activity
        if item is None:
            return None
        contacts = frozenset(
            name for name, other in document.objects.items() if other.kind is ObjectKind.CONTACT
        )
        spot = self.sheet.spot(*path, "contact", "object")
        check_name(self.findings, spot, "contact object", item.contact.object, contacts)
        plain = ("at", "kind", "owner", "channel", "source", "excluded")
        columns = {key: getattr(item, key) for key in plain}
        line = item.service_line
        columns["service_line"] = line.from_ if line else None
        self._check_sources(columns, item.allow_sensitive, path)
        return ActivityRead(
            contact=item.contact.from_,
            contact_object=item.contact.object,
            at=item.at,
            kind=item.kind,
            kinds=self._kinds(item.kinds, (*path, "kinds")),
            service_line=line.from_ if line else None,
            service_lines=self._lines(line, (*path, "service_line")) if line else {},
            owner=item.owner,
            channel=item.channel,
            source=item.source,
            excluded=item.excluded,
            is_optional=item.optional,
            justification=item.allow_sensitive,
        )

    def _kinds(self, written: Mapping[str, str], path: KeyPath) -> Mapping[str, str]:
        """Translate kinds; one that is not enabled is kept, so that it is passed over by name."""
        known = self.words.activities
        if known is None:
            return {}
        for word, kind in written.items():
            check_name(
                self.findings, self.sheet.spot(*path, word), "activity", kind, frozenset(known)
            )
        pairs = written or {name: name for name in known}
        kinds = {w: k for w, k in pairs.items() if k in known}
        self.notes.activities.update(kinds.values())
        return kinds

    def _lines(self, line: WordsEntry, path: KeyPath) -> Mapping[str, str]:
        return line.values or self._catalog_words(line.catalog, (*path, "catalog"))

    # --- availability

    def _build_availability(self, entry: ObjectEntry, path: KeyPath) -> AvailabilityRead | None:
        item = entry.availability
        if item is None:
            return None
        read = AvailabilityRead(
            site=item.site.from_,
            sites=self._words_of(item.site, "sites", (*path, "site")),
            service_line=item.service_line.from_,
            service_lines=self._words_of(
                item.service_line, "service_lines", (*path, "service_line")
            ),
            next_available=item.next_available,
            open_slots=item.open_slots,
            as_of=item.as_of,
            justification=item.allow_sensitive,
        )
        self._check_sources(read.columns(), item.allow_sensitive, path)
        return read

    def _words_of(self, item: WordsEntry, usual: str, path: KeyPath) -> Mapping[str, str]:
        """Translate by ``values``, or by a list of the catalog: the one it names, or the usual one."""
        if item.values:
            return item.values
        is_usual = item.catalog is None and usual in (self.words.lists or {usual: {}})
        if item.catalog is None and not is_usual:
            message = "nothing says which words the column may have."
            hint = "name a list of the catalog under `catalog`, or translate them under `values`"
            self.findings.error(self.sheet.spot(*path), message, hint=hint)
        return self._catalog_words(
            item.catalog or (usual if is_usual else None), (*path, "catalog")
        )


def _options(spec: FactSpec) -> tuple[str, ...]:
    return tuple(map(str, Stage)) if spec.name == "lifecycle_stage" else spec.options
