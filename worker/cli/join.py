"""Joins the CRMs of a new configuration: what the copied files say of one CRM alone, for all that are there.

Only files that were just copied are changed, and as text, so that their comments stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROSTER: Final = "routing.yaml"
_REFERENCE: Final = re.compile(r"^( +)# (\w+: +\{.*refers_to: \{system: (\w+),.*)$", re.MULTILINE)
"""A line of a field map that is put in where another system is there as well."""
_MAKES_IDS: Final = frozenset({"salesforce"})
_PERSON: Final = re.compile(r"(- \{id: [\w-]+, owner: |unassigned: )\{files: (\[?[\w-]+)")
_ADDRESS: Final = "@staff.example.org"
"""The e-mails of the staff of an invented base."""
_MATCHED: Final = """
# The other accounts of a member are the active ones with the e-mail of the account above, those of a queue
# the one of its e-mail or name. An owner who has none in another CRM is not written there.
match_owners_by: email
without_account: {nothing}
"""


def join_systems(folder: Path, systems: Sequence[str]) -> None:
    """Call owners by the first of the systems; have several name each other's records and owners."""
    roster = folder / ROSTER
    text = _call_owners(roster.read_text(encoding="utf-8"), systems[0])
    if len(systems) > 1:
        others = ", ".join(f"{name}: nothing" for name in systems[1:])
        text += _MATCHED.replace("{nothing}", f"{{{others}}}")
        for name in systems:
            _put_references(folder / "systems" / f"{name}.yaml", systems)
    roster.write_text(text, encoding="utf-8")


def _call_owners(text: str, system: str) -> str:
    """Call the owners of the shipped roster as a system knows them: by id, or people by their e-mail.

    Where a CRM makes the ids of its users itself, nobody can guess them; a queue keeps its name.
    """
    if system in _MAKES_IDS:
        text = _PERSON.sub(rf"\1{{{system}: \2{_ADDRESS}", text)
    return text.replace("{files: ", f"{{{system}: ")


def _put_references(field_map: Path, systems: Sequence[str]) -> None:
    def put(line: re.Match[str]) -> str:
        return f"{line[1]}{line[2]}" if line[3] in systems else line[0]

    field_map.write_text(_REFERENCE.sub(put, field_map.read_text(encoding="utf-8")), "utf-8")
