"""The hand-off compiled: lines and tellable facts of each pathway, and next steps, worked out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from worker.core.configuration import Configuration
from worker.core.hand_off_policy import HandOffLine, reads_by_fact, told_facts
from worker.core.model import ContactChannel
from worker.core.teams import NextStep
from worker.core.templates import Template, parse_template


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWords:
    """A next step in words: the usual ones, and those for each channel that may be allowed."""

    usual: Template
    by_channel: tuple[tuple[ContactChannel, Template], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledHandOff:
    """Lines, and the facts that may be told, by pathway; next steps by id."""

    lines: Mapping[str, tuple[HandOffLine, ...]]
    told: Mapping[str, frozenset[str]]
    steps: Mapping[str, StepWords]


def compile_hand_off(configuration: Configuration) -> CompiledHandOff:
    """Work out once what each pathway's hand-off may tell."""
    reads = reads_by_fact(
        read
        for system in configuration.systems.values()
        for item in system.objects
        for read in item.reads
    )
    policies = configuration.policies
    return CompiledHandOff(
        lines={name: configuration.hand_off.lines_of(name) for name in policies},
        told={name: told_facts(p, configuration.facts, reads) for name, p in policies.items()},
        steps={name: compile_step(step) for name, step in configuration.routing.next_steps.items()},
    )


def compile_step(step: NextStep) -> StepWords:
    """Read the templates of a next step. Raises ``ValueError`` if one cannot be read."""
    variants = [(channel, parse_template(text)) for channel, text in step.when_allowed]
    return StepWords(usual=parse_template(step.sentence), by_channel=tuple(variants))
