"""Reads the files of a configuration folder into documents, each with the sheet it came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from worker.config.availability_documents import AvailabilityDocument
from worker.config.documents import (
    ActivitiesDocument,
    CatalogDocument,
    ConsentDocument,
    GuardrailsDocument,
    ModelDocument,
    OrganisationDocument,
    PathwaysDocument,
    QualityDocument,
    ReasonsDocument,
)
from worker.config.findings import Findings, Spot, nearest
from worker.config.hand_off_documents import HandOffDocument
from worker.config.identity_documents import IdentityDocument
from worker.config.lifecycle_documents import LifecycleDocument
from worker.config.messages import report_schema_errors
from worker.config.policy_documents import PolicyDocument
from worker.config.routing_documents import RoutingDocument
from worker.config.shared_documents import SharedDocument
from worker.config.system_documents import SystemDocument
from worker.config.yaml_text import Sheet, Yaml, read_sheet

D = TypeVar("D", bound=BaseModel)

SINGLE_FILES: Mapping[str, type[BaseModel]] = {
    "organisation.yaml": OrganisationDocument,
    "model.yaml": ModelDocument,
    "reasons.yaml": ReasonsDocument,
    "activities.yaml": ActivitiesDocument,
    "catalog.yaml": CatalogDocument,
    "shared.yaml": SharedDocument,
    "pathways.yaml": PathwaysDocument,
    "quality.yaml": QualityDocument,
    "consent.yaml": ConsentDocument,
    "lifecycle.yaml": LifecycleDocument,
    "routing.yaml": RoutingDocument,
    "hand_off.yaml": HandOffDocument,
    "guardrails.yaml": GuardrailsDocument,
    "identity.yaml": IdentityDocument,
    "availability.yaml": AvailabilityDocument,
}
FOLDERS: Mapping[str, type[BaseModel]] = {"policies": PolicyDocument, "systems": SystemDocument}
OPTIONAL = frozenset(
    {
        "availability.yaml",
        "hand_off.yaml",
        "identity.yaml",
        "model.yaml",
        "reasons.yaml",
        "shared.yaml",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Generic[D]):
    """A file that could be read: its document and its sheet."""

    document: D
    sheet: Sheet


NO_FILES: Mapping[str, Path] = {}


@dataclass(slots=True, kw_only=True)
class Folder:
    """The files of a configuration that could be read, by name relative to the folder."""

    path: Path
    findings: Findings
    sources: dict[str, Source[BaseModel]] = field(default_factory=dict)
    present: tuple[str, ...] = ()

    def get(self, name: str, model: type[D]) -> Source[D] | None:
        """Look up a document of a known kind; None when it is absent or has errors."""
        source = self.sources.get(name)
        if source is None or not isinstance(source.document, model):
            return None
        return Source(document=source.document, sheet=source.sheet)

    def all_of(self, model: type[D]) -> tuple[Source[D], ...]:
        """List all documents of one kind, in the order of their file names."""
        found = (self.get(name, model) for name in sorted(self.sources))
        return tuple(source for source in found if source is not None)

    @property
    def systems(self) -> frozenset[str]:
        """Name the systems that have a field map, also one that cannot be read."""
        prefix = "systems/"
        return frozenset(
            name.removeprefix(prefix).removesuffix(".yaml")
            for name in self.present
            if name.startswith(prefix)
        )

    def is_whole(self, folder: str) -> bool:
        """Tell whether every file of a sub-folder could be read."""
        return all(name in self.sources for name in self.present if name.startswith(f"{folder}/"))


def read_folder(folder: Path, findings: Findings, instead: Mapping[str, Path] = NO_FILES) -> Folder:
    """Read every file of a configuration; what is missing or unknown is among the findings.

    ``instead`` names files elsewhere that are read in the place of the folder's own.
    """
    found = Folder(path=folder, findings=findings, present=tuple(_list_files(folder, findings)))
    for name in found.present:
        model = SINGLE_FILES.get(name) or FOLDERS[name.split("/", 1)[0]]
        path = instead.get(name, folder / name)
        source = _read_source(path, str(path) if name in instead else name, model, findings)
        if source is not None:
            found.sources[name] = source
    for name in sorted(OPTIONAL - set(found.present)):
        found.sources[name] = _absent(name)
    return found


@cache
def _absent(name: str) -> Source[BaseModel]:
    """What an optional file says that is not there."""
    empty = SINGLE_FILES[name].model_validate({})
    return Source(document=empty, sheet=Sheet(file=name, value={}, places={}))


def read_sheets(folder: Path) -> Mapping[str, Sheet]:
    """Read the files of a configuration that is known to be sound, to find places in them."""
    found = read_folder(folder, Findings())
    return {name: source.sheet for name, source in found.sources.items()}


def _read_source(
    path: Path, name: str, model: type[BaseModel], findings: Findings
) -> Source[BaseModel] | None:
    sheet = read_sheet(path, name, findings)
    if sheet is None:
        return None
    try:
        return Source(document=model.model_validate(sheet.value), sheet=sheet)
    except ValidationError as exc:
        report_schema_errors(exc, model, sheet, findings)
        return _read_without_extras(exc, sheet, model)


def _read_without_extras(
    exc: ValidationError, sheet: Sheet, model: type[BaseModel]
) -> Source[BaseModel] | None:
    """Go on without keys that are not known, so that the rest of the file is checked as well."""
    errors = exc.errors(include_url=False)
    if any(error["type"] != "extra_forbidden" for error in errors):
        return None
    value = sheet.value
    for error in errors:
        value = _without(value, error["loc"])
    try:
        return Source(document=model.model_validate(value), sheet=sheet)
    except ValidationError:
        return None


def _without(value: Yaml, path: tuple[str | int, ...]) -> Yaml:
    if isinstance(value, dict) and path[0] in value:
        key = str(path[0])
        if len(path) == 1:
            return {name: item for name, item in value.items() if name != key}
        return {**value, key: _without(value[key], path[1:])}
    if isinstance(value, list) and isinstance(path[0], int) and len(path) > 1:
        copy = list(value)
        copy[path[0]] = _without(copy[path[0]], path[1:])
        return copy
    return value


def _list_files(folder: Path, findings: Findings) -> Iterable[str]:
    if not folder.is_dir():
        _report_folder(folder, "The configuration folder does not exist.", findings)
        return []
    try:
        names = _names_in(folder)
    except OSError:
        spot = Spot(file=folder.name or ".", line=0, key="(folder)")
        findings.error(spot, "The configuration folder cannot be read.")
        return []
    if not any(name in SINGLE_FILES or "/" in name for name in names):
        _report_folder(folder, "The folder holds no configuration.", findings)
        return []
    for name in sorted(set(SINGLE_FILES) - OPTIONAL - set(names)):
        _report_missing(name, "The file is missing.", findings)
    for kind in FOLDERS:
        if not any(name.startswith(f"{kind}/") and name.endswith(".yaml") for name in names):
            _report_missing(f"{kind}/", f"The folder {kind}/ holds no YAML file.", findings)
    return [name for name in names if _is_known(name, findings)]


def _report_folder(folder: Path, message: str, findings: Findings) -> None:
    spot = Spot(file=folder.name or ".", line=0, key="(folder)")
    hint = "`--config` names the folder; `leadtriage init` writes a complete configuration"
    findings.error(spot, message, hint=hint)


def _report_missing(name: str, message: str, findings: Findings) -> None:
    spot = Spot(file=name, line=1, key="(file)")
    findings.error(spot, message, hint="`leadtriage init` writes it")


def _names_in(folder: Path) -> list[str]:
    paths = [folder, *(folder / kind for kind in FOLDERS)]
    return sorted(
        item.relative_to(folder).as_posix()
        for path in paths
        if path.is_dir()
        for item in path.iterdir()
        if item.suffix in (".yaml", ".yml") and not item.name.startswith(".")
    )


def _is_known(name: str, findings: Findings) -> bool:
    if name in SINGLE_FILES or (name.endswith(".yaml") and "/" in name):
        return True
    renamed = f"{name.removesuffix('.yml')}.yaml" if name.endswith(".yml") else name
    is_near = renamed in SINGLE_FILES or "/" in renamed
    hint = f"rename it to {renamed}" if is_near else nearest(name, SINGLE_FILES)
    spot = Spot(file=name, line=1, key="(file)")
    findings.error(spot, "The file is not part of a configuration, so it is not read.", hint=hint)
    return False
