"""Writes the files of a package: metadata as XML, as the Salesforce CLI itself would retrieve it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias
from xml.etree.ElementTree import Element, SubElement, indent, tostring

Parts: TypeAlias = Sequence[tuple[str, "str | Parts"]]
"""Elements in their order, each a text or elements of its own."""
_SPACE: Final = "http://soap.sforce.com/2006/04/metadata"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'


def xml(name: str, parts: Parts) -> str:
    """Write one file."""
    root = Element(name, xmlns=_SPACE)
    _fill(root, parts)
    indent(root, " " * 4)
    return f"{_HEAD}{tostring(root, encoding='unicode')}\n"


def yes_no(is_so: bool) -> str:  # noqa: FBT001  # the value itself
    """Write a truth as XML has it."""
    return "true" if is_so else "false"


def _fill(element: Element, parts: Parts) -> None:
    for name, inside in parts:
        child = SubElement(element, name)
        if isinstance(inside, str):
            child.text = inside
        else:
            _fill(child, inside)
