"""Reads one YAML file into plain values, remembering the line of every key.

Built on the round-trip composer of ruamel.yaml, which knows the line of each node. Scalars are typed
here rather than by the library, because implicit typing is where configurations go wrong: only
``true``, ``false``, ``null`` and plain decimal numbers are anything but text, so that ``no`` stays a
word and ``02114`` keeps its zero.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from worker.config.findings import Findings, Spot
from worker.errors import Problem

Yaml: TypeAlias = "str | int | float | bool | list[Yaml] | dict[str, Yaml] | None"
KeyPath: TypeAlias = tuple[str | int, ...]

NODE_LIMIT = 100_000
DEPTH_LIMIT = 40
_REMEMBERED = 256  # files: a few configurations, which a daemon reads on and on
_TAG = "tag:yaml.org,2002:"
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,14})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a value stands. ``raw`` is the text of a scalar without quotes around it."""

    line: int
    raw: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """One file as read: its value, and the place of everything in it. Shared, so never changed.

    Two are equal when they are one: a text that was read before gives the same sheet again.
    """

    file: str
    value: Yaml
    places: Mapping[KeyPath, Place]

    def spot(self, *path: str | int) -> Spot:
        """Find the place of a path, or of the nearest part of it that is written in the file."""
        return Spot(file=self.file, line=self.line(path), key=key_text(path))

    def line(self, path: KeyPath) -> int:
        for end in range(len(path), 0, -1):
            place = self.places.get(path[:end])
            if place is not None:
                return place.line
        return 1

    def raw(self, path: KeyPath) -> str | None:
        place = self.places.get(path)
        return place.raw if place else None


def key_text(path: KeyPath) -> str:
    """Write a path as people do: ``rules[2].when``, list items counted from one."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            text += f".{part}" if text else part
    return text or "(file)"


def read_sheet(path: Path, file: str, findings: Findings) -> Sheet | None:
    """Read a file; None when it cannot be read at all, with the reason among the findings."""
    top = Spot(file=file, line=1, key="(file)")
    try:
        data = path.read_bytes()
    except OSError:
        findings.error(top, "The file cannot be opened.", hint="check that it may be read")
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        spot = Spot(file=file, line=line, key="(file)")
        findings.error(spot, "The file is not UTF-8 text.", hint="save it again as UTF-8")
        return None
    return parse_sheet(text, file, findings)


def parse_sheet(text: str, file: str, findings: Findings) -> Sheet | None:
    """Read the text of a file; None when it is not one YAML mapping."""
    sheet, problems = _read_text(text, file)
    findings.errors.extend(problem for problem in problems if problem not in findings.errors)
    return sheet


@lru_cache(maxsize=_REMEMBERED)
def _read_text(text: str, file: str) -> tuple[Sheet | None, tuple[Problem, ...]]:
    """Read a text once, however often it is asked for: composing takes most of loading."""
    findings = Findings()
    sheet = _read_mapping_of(text, file, findings)
    return sheet, tuple(findings.errors)


def _read_mapping_of(text: str, file: str, findings: Findings) -> Sheet | None:
    top = Spot(file=file, line=1, key="(file)")
    node = _compose(text, file, findings)
    if node is _BROKEN:
        return None
    if node is None:
        findings.error(top, "The file is empty.", hint="`leadtriage init` writes a complete one")
        return None
    if not isinstance(node, MappingNode):
        findings.error(
            top, "The file must hold keys with values (`key: value`), not a list or text."
        )
        return None
    before = len(findings.errors)
    reader = _Reader(file=file, findings=findings)
    value = reader.read(node, ())
    if len(findings.errors) > before:
        return None
    return Sheet(file=file, value=value, places=reader.places)


_BROKEN = object()


def _compose(text: str, file: str, findings: Findings) -> object:
    """Parse into nodes. The parser is known to trip over odd input in several ways of its own."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ReusedAnchorWarning)
            return YAML(typ="rt").compose(text)
    except ReusedAnchorWarning as exc:
        line, message = _line_in(str(exc)), "The file defines one anchor (`&name`) twice."
    except ReaderError as exc:
        line = text[: max(int(exc.position or 0), 0)].count("\n") + 1
        message = "The file holds a character that YAML does not allow."
    except MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        line = mark.line + 1 if mark is not None else 1
        message = _syntax_message(exc)
    except RecursionError:
        line, message = 1, "The file is nested too deeply."
    except (YAMLError, ValueError, TypeError, AttributeError, LookupError, AssertionError):
        line, message = 1, "The file is not valid YAML."
    spot = Spot(file=file, line=line, key="(file)")
    findings.error(spot, message, hint=_syntax_hint(text, line))
    return _BROKEN


def _line_in(message: str) -> int:
    """Find the last line a warning speaks of; it has no other way to tell."""
    lines = re.findall(r"\(line: (\d+)\)", message)
    return int(lines[-1]) if lines else 1


def _syntax_message(exc: MarkedYAMLError) -> str:
    problem = str(exc.problem or "").strip()
    if "another document" in problem:
        return "The file holds more than one YAML document (`---`)."
    if "undefined alias" in problem:
        return "The file uses an alias (`*name`) that no anchor (`&name`) defines."
    return f"The file is not valid YAML: {problem}." if problem else "The file is not valid YAML."


def _syntax_hint(text: str, line: int) -> str:
    lines = text.splitlines()
    written = lines[line - 1] if 0 < line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return "indent with spaces, not with tabs"
    return "look at this line and the one before it: indentation, quotes, brackets, colons"


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Turns nodes into values; ``open_nodes`` are those being read, to notice a loop of anchors."""

    file: str
    findings: Findings
    places: dict[KeyPath, Place] = field(default_factory=dict)
    open_nodes: set[int] = field(default_factory=set)
    count: int = 0

    def read(self, node: Node, path: KeyPath) -> Yaml:
        self.count += 1
        if self.count > NODE_LIMIT or len(path) > DEPTH_LIMIT or id(node) in self.open_nodes:
            self._refuse_size(node, path)
            return None
        self.open_nodes.add(id(node))
        try:
            return self._read_kind(node, path)
        finally:
            self.open_nodes.discard(id(node))

    def _read_kind(self, node: Node, path: KeyPath) -> Yaml:
        if isinstance(node, MappingNode):
            return self._read_mapping(node, path)
        if isinstance(node, SequenceNode):
            return self._read_list(node, path)
        assert isinstance(node, ScalarNode)
        return self._read_scalar(node, path)

    def _refuse_size(self, node: Node, path: KeyPath) -> None:
        if self.count <= NODE_LIMIT + 1:
            message = (
                "The file is nested too deeply, refers to itself, or grows too large by aliases."
            )
            self.findings.error(self._spot(node, path[:1]), message)

    def _spot(self, node: Node, path: KeyPath) -> Spot:
        return Spot(file=self.file, line=node.start_mark.line + 1, key=key_text(path))

    def _read_list(self, node: SequenceNode, path: KeyPath) -> Yaml:
        items: list[Yaml] = []
        for index, item in enumerate(node.value):
            self._place(item, (*path, index), item)
            items.append(self.read(item, (*path, index)))
        return items

    def _place(self, key: Node, path: KeyPath, value: Node) -> None:
        raw = value.value if isinstance(value, ScalarNode) and not value.style else None
        self.places[path] = Place(line=key.start_mark.line + 1, raw=raw)

    def _read_mapping(self, node: MappingNode, path: KeyPath) -> dict[str, Yaml]:
        result: dict[str, Yaml] = {}
        for key, value in node.value:
            if str(key.tag) == f"{_TAG}merge":
                result |= self._read_merge(value, path)
        own: set[str] = set()
        for key, value in node.value:
            if str(key.tag) == f"{_TAG}merge":
                continue
            name = self._key_name(key, path, own)
            if name is not None:
                own.add(name)
                self._place(key, (*path, name), value)
                result[name] = self.read(value, (*path, name))
        return result

    def _key_name(self, key: Node, path: KeyPath, own: set[str]) -> str | None:
        if not isinstance(key, ScalarNode):
            self.findings.error(
                self._spot(key, path), "A key must be a word, not a list or mapping."
            )
            return None
        name = str(key.value)
        if name in own:
            spot = self._spot(key, (*path, name))
            self.findings.error(
                spot, f"The key {name!r} stands here twice.", hint="keep one of them"
            )
            return None
        return name

    def _read_merge(self, node: Node, path: KeyPath) -> dict[str, Yaml]:
        parts = list(node.value) if isinstance(node, SequenceNode) else [node]
        merged: dict[str, Yaml] = {}
        for part in reversed(parts):
            value = self.read(part, path)
            if isinstance(value, dict):
                merged |= value
            else:
                self.findings.error(self._spot(node, path), "`<<` must name a mapping.")
        return merged

    def _read_scalar(self, node: ScalarNode, path: KeyPath) -> Yaml:
        text, tag = str(node.value), str(node.tag)
        kind = tag.removeprefix(_TAG) if tag.startswith(_TAG) else "?"
        if kind not in _SCALARS:
            hint = "write the value without the tag"
            self.findings.error(
                self._spot(node, path), "YAML tags (`!...`) are not used here.", hint=hint
            )
            return None
        return text if node.style else _type_plain(text, kind)


_SCALARS = frozenset({"str", "int", "float", "bool", "null", "timestamp", "merge", "value"})


def _type_plain(text: str, kind: str) -> Yaml:
    """Give a plain scalar its type; anything that is not plainly a number stays text."""
    if kind == "null":
        return None
    if kind == "bool" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kind == "int" and _WHOLE.fullmatch(text):
        return int(text)
    if kind == "float" and _DECIMAL.fullmatch(text):
        return float(text)
    return text
