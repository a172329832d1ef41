"""Builds the lifecycle: the table of moves with who may and what evidence, and each CRM's own rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from worker.config.conditions import IN_ROUTING
from worker.config.findings import in_words
from worker.config.governance import Desk
from worker.config.lifecycle_documents import (
    LifecycleDocument,
    Source,
    StagesEntry,
    TransitionEntry,
    WayEntry,
)
from worker.config.yaml_text import KeyPath
from worker.core.conditions import Condition
from worker.core.lifecycle import PROPOSED, LifecyclePolicy, Mover, Transition
from worker.core.model import Stage
from worker.core.records import Editor
from worker.core.stage_rules import SystemStages


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleReader:
    """Reads one lifecycle. ``systems`` are the names of the field maps."""

    document: LifecycleDocument
    desk: Desk
    systems: frozenset[str]
    ids: set[str] = field(default_factory=set)

    def build(self) -> LifecyclePolicy:
        """Build the table; the worker never moves a lead from or to a stage of people, but for proposals."""
        document = self.document
        self._check_mirror()
        table: dict[tuple[Stage | None, Stage], tuple[Transition, ...]] = {}
        for number, entry in enumerate(document.transitions):
            for row in self._rows(entry, ("transitions", number)):
                way = (row.source, row.target)
                table[way] = (*table.get(way, ()), row)
        return LifecyclePolicy(
            transitions=table,
            people_own=frozenset(document.people_own),
            mirrored=frozenset(document.mirror),
            dwell=document.dwell,
            person_cool_down=document.person_change.cool_down,
            strong_action_ends_cool_down=document.person_change.strong_action_ends_it,
            rejection_cool_down=document.rejection_cool_down,
            respected=frozenset({Editor.PERSON, *document.person_change.also}),
            systems={name: self._system(name, item) for name, item in document.systems.items()},
        )

    def _rows(self, entry: TransitionEntry, path: KeyPath) -> Iterator[Transition]:
        condition = self._evidence(entry, path)
        source = _stage(entry.from_)
        self._check_source(entry, source, path)
        for place, target in enumerate(entry.to):
            here = (*path, "to", place)
            if target is source:
                self._error(here, f"{target.value!r} already is this stage.")
            self._check_target(entry, target, here)
            name = self._id(entry, target, path)
            yield Transition(
                id=name, source=source, target=target, by=entry.by, condition=condition
            )

    def _id(self, entry: TransitionEntry, target: Stage, path: KeyPath) -> str:
        """Name a row by its id, or by where it leads from and to."""
        named = (
            entry.id if entry.id and len(entry.to) == 1 else f"{entry.id or entry.from_}_{target}"
        )
        if named in self.ids:
            message = f"another row is called {named!r} already."
            self._error(
                (*path, "id" if entry.id else "from"), message, "give it an `id` of its own"
            )
        self.ids.add(named)
        return named

    def _evidence(self, entry: TransitionEntry, path: KeyPath) -> Condition | None:
        if entry.when is None:
            return None
        if entry.by is Mover.PEOPLE:
            self._error((*path, "when"), "people need no evidence that we could look at.")
        reader = self.desk.conditions("lifecycle", IN_ROUTING)
        return reader.read(entry.when, (*path, "when"))

    def _check_source(self, entry: TransitionEntry, source: Stage | None, path: KeyPath) -> None:
        """Of the stages of people the worker only leaves the one that it may have proposed."""
        is_own = source is PROPOSED and self._proposes()
        if source in self.document.people_own and entry.by is not Mover.PEOPLE and not is_own:
            self._refuse(str(source), (*path, "from"))

    def _check_target(self, entry: TransitionEntry, target: Stage, path: KeyPath) -> None:
        if target not in self.document.people_own or entry.by is Mover.PEOPLE:
            return
        if target is not PROPOSED or entry.when is None:
            self._refuse(target.value, path)

    def _check_mirror(self) -> None:
        """Stages that the worker gives are brought to all records by the table, not shown as people's."""
        given = {
            target
            for row in self.document.transitions
            if row.by is not Mover.PEOPLE
            for target in row.to
        } - {PROPOSED}
        for number, stage in enumerate(self.document.mirror):
            if stage in given:
                message = f"the worker gives leads the stage {stage.value!r} itself."
                allowed = in_words([one.value for one in Stage if one not in given])
                self.desk.findings.error(
                    self.desk.sheet.spot("mirror", number), message, allowed=allowed
                )

    def _proposes(self) -> bool:
        return any(PROPOSED in item.to and item.when for item in self.document.transitions)

    def _refuse(self, stage: str, path: KeyPath) -> None:
        message = (
            f"the stage {stage!r} belongs to people; the worker never moves a lead from or to it."
        )
        hint = "take it out here, or out of people_own, or say `by: people`"
        if stage == PROPOSED:
            hint = "give the row evidence (`when`), and the worker proposes it; or say `by: people`"
        self._error(path, message, hint)

    def _system(self, name: str, entry: StagesEntry) -> SystemStages:
        path: KeyPath = ("systems", name)
        if name not in self.systems:
            self.desk.findings.unknown(self.desk.sheet.spot(*path), "system", name, self.systems)
        refused = frozenset(
            way
            for number, item in enumerate(entry.without)
            for way in self._ways(item, (*path, "without", number))
        )
        stages = frozenset(entry.stages) or None
        if stages is not None:
            self._warn_of_gaps(stages, (*path, "stages"))
        return SystemStages(stages=stages, backward=entry.backward, refused=refused)

    def _warn_of_gaps(self, stages: frozenset[Stage], path: KeyPath) -> None:
        """Name the stages that the worker gives to leads, and that a CRM is not to have."""
        ours = {
            t for row in self.document.transitions if row.by is not Mover.PEOPLE for t in row.to
        }
        left_out = [stage.value for stage in Stage if stage in ours - stages]
        if left_out:
            self.desk.findings.warning(
                self.desk.sheet.spot(*path),
                f"leads get the stages {in_words(left_out)} as well, which are not written to this CRM.",
                hint="its records keep the stage they show (STAGE_NOT_USED_IN_CRM)",
            )

    def _ways(self, entry: WayEntry, path: KeyPath) -> Iterator[tuple[Stage | None, Stage]]:
        """A CRM can only be spared moves that the table has."""
        source = _stage(entry.from_)
        listed = {
            (_stage(row.from_), target) for row in self.document.transitions for target in row.to
        }
        for place, target in enumerate(entry.to):
            if (source, target) not in listed:
                message = f"the table has no move from {entry.from_!s} to {target.value}."
                self._error((*path, "to", place), message, "name a move of `transitions`")
            yield source, target

    def _error(self, path: KeyPath, message: str, hint: str = "") -> None:
        self.desk.findings.error(self.desk.sheet.spot(*path), message, hint=hint)


def _stage(source: Source) -> Stage | None:
    return None if source == "none" else Stage(source)
