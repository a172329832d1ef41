"""Sets up a CRM for the write-back: compares, then takes the steps one by one, then compares again.

What was made is told by looking, not by the answers: a step whose answer was lost counts as done if it
is there. Nothing is kept between runs but what the CRM itself has, so a run that was killed is finished
by the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from worker.config.findings import problem_at
from worker.config.yaml_text import Sheet
from worker.core.setup_records import SetupPlan, SetupStep
from worker.errors import FixAccessError, FixConfigurationError, Problem
from worker.ports import SetsUp


def refuse_setup(plan: SetupPlan) -> None:
    """Take no step of a plan of which some could not be taken.

    Raises:
        FixAccessError: our token lacks a permission for it.
        FixConfigurationError: something stands in the way of all of it.
    """
    if not plan.steps:
        return
    if plan.lacking:
        names = ", ".join(permission.name for permission in plan.lacking)
        raise FixAccessError(f"The token lacks: {names}. Grant it and run setup again.")
    for finding in plan.findings:
        if finding.is_blocking:
            raise FixConfigurationError(f"{finding.message} Nothing was changed.")


def carry_out(
    connector: SetsUp, steps: Sequence[SetupStep], on_done: Callable[[SetupStep], None]
) -> None:
    """Take the steps in their order."""
    for step in steps:
        connector.carry_out(step)
        on_done(step)


def problems_of(plan: SetupPlan, sheet: Sheet) -> Iterator[Problem]:
    """Name what a person has to see to, at its line of the map; ``sheet`` is the file of the map."""
    for standing in plan.standings:
        if standing.is_blocking:
            field = standing.field
            yield problem_at(
                sheet.spot("objects", field.object_type, "writes", field.key),
                standing.says,
                allowed=standing.allowed,
                hint=standing.to_do,
            )
    for finding in plan.findings:
        if finding.is_blocking:
            yield problem_at(sheet.spot("system"), finding.message)
