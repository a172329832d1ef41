"""The story of one lead: how ready it truly is, what it did, and what became of it.

Readiness is never written to the CRM's tables. What is visible follows from it with noise; what
becomes of the lead follows from readiness, the channel and follow-up, not from what is visible.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from worker.sample import vocabulary as words
from worker.sample.actions import Actor, Event, Shown
from worker.sample.dice import Dice, sigmoid
from worker.sample.moments import DAY, Moments
from worker.sample.rates import Rates, StoryRates
from worker.sample.vocabulary import TruePathway

_MOST_EVENTS: Final = 25
_RECENT_DAYS: Final = 30
_YEAR_DAYS: Final = 364


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What every story needs: chance, the calendar and the rates.

    ``ages`` is a second stream of chance, so that ages do not move what the first one gives.
    """

    dice: Dice
    ages: Dice
    moments: Moments
    rates: Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What became of a lead. Empty text means that nobody recorded anything."""

    outcome: str = ""
    verdict: str = ""
    stage: str = ""
    owner: str = ""
    at: int = 0


NO_ENDING: Final = Ending()


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One lead's story. Instants are minutes before the end of the sample."""

    pathway: TruePathway
    readiness: float
    shown: Shown
    line: str
    channel: str
    focus: int
    created: int
    events: tuple[Event, ...]
    ending: Ending


def tell_story(scene: Scene, pathway: TruePathway, readiness: float | None = None) -> Story:
    """Invent the story of one lead; ``readiness`` is given for a second record of a person."""
    dice, rates = scene.dice, scene.rates.story
    ready = draw_readiness(dice, rates) if readiness is None else readiness
    shown = _shown(dice, rates, ready, pathway)
    actor = Actor(
        dice=dice,
        moments=scene.moments,
        pathway=pathway,
        line=dice.draw(words.SERVICE_LINES),
        avid_reader=rates.avid_reader,
    )
    focus = _focus(scene, shown)
    is_targeted = dice.chance(rates.targeted_base + rates.targeted_slope * ready)
    cause = _Cause(focus=focus, shown=shown, readiness=ready, is_targeted=is_targeted)
    events = actor.acts(shown, ready, focus)
    first = min(events)[0] if events else focus
    ending = _end(scene, actor, events, cause)
    if dice.chance(rates.bot):
        events += actor.bot_acts(first)
    return Story(
        pathway=pathway,
        readiness=ready,
        shown=shown,
        line=actor.line,
        channel=_channel(dice, cause, pathway),
        focus=focus,
        created=first - dice.between(0, 90),
        events=tuple(sorted(events)[:_MOST_EVENTS]),
        ending=ending,
    )


def draw_readiness(dice: Dice, rates: StoryRates) -> float:
    """Draw from three overlapping groups: browsers, the undecided, and those who are ready."""
    group = dice.uniform()
    noise = (dice.uniform() + dice.uniform() + dice.uniform()) / 3
    if group < rates.high_readiness:
        return 0.55 + 0.43 * noise
    if group < rates.high_readiness + rates.middle_readiness:
        return 0.2 + 0.5 * noise
    return 0.01 + 0.34 * noise


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cause:
    """What an ending follows from."""

    focus: int
    shown: Shown
    readiness: float
    is_targeted: bool


def _channel(dice: Dice, cause: _Cause, pathway: TruePathway) -> str:
    table = words.TARGETED_CHANNELS[pathway] if cause.is_targeted else words.BROAD_CHANNELS
    return dice.draw(table)


def _shown(dice: Dice, rates: StoryRates, readiness: float, pathway: TruePathway) -> Shown:
    strong = rates.strong_base + rates.strong_slope * readiness
    if pathway is not TruePathway.UNCLEAR and dice.chance(strong):
        return Shown.STRONG
    if dice.chance(rates.medium_base + rates.medium_slope * readiness):
        return Shown.MEDIUM
    return Shown.NOTHING if dice.chance(rates.silent) else Shown.WEAK


def _focus(scene: Scene, shown: Shown) -> int:
    """Choose when the story peaks; requests are made in office hours, reading at any time."""
    dice, rates = scene.dice, scene.rates.story
    is_strong = shown is Shown.STRONG
    recent = rates.recent_when_strong if is_strong else rates.recent_when_weak
    if dice.chance(recent):
        at = -1 - int(dice.uniform() * _RECENT_DAYS * DAY)
    else:
        at = -int((_RECENT_DAYS + dice.uniform() * (_YEAR_DAYS - _RECENT_DAYS)) * DAY)
    return min(scene.moments.office(at, dice.uniform()), -1) if is_strong else at


def _end(scene: Scene, actor: Actor, events: list[Event], cause: _Cause) -> Ending:
    """Decide what became of the lead, and add follow-up and later activity to its events."""
    dice, rates = scene.dice, scene.rates.story
    if cause.focus >= -rates.outcome_after_days * DAY:
        return NO_ENDING
    owner = dice.pick(words.owners_for(actor.pathway, actor.line))
    is_followed = dice.chance(_followed(rates, cause.shown))
    if is_followed:
        events += actor.follow_up(cause.focus, owner)
    at = scene.moments.office(cause.focus + dice.between(2 * DAY, 24 * DAY), dice.uniform())
    at = max(at, cause.focus + DAY)
    if dice.chance(
        _success_probability(scene.rates, actor.pathway, cause, is_followed=is_followed)
    ):
        ending = _success(dice, actor.pathway, owner, at)
        if actor.pathway is TruePathway.B2B:
            events.append(actor.meeting(at, owner))
    else:
        ending = _failure(dice, rates, owner, at) if is_followed else NO_ENDING
    if ending.outcome and dice.chance(rates.active_after_outcome):
        events += actor.later_acts(at)
    return ending


def _followed(rates: StoryRates, shown: Shown) -> float:
    """People answer what they see, so follow-up depends on what was shown and not on the truth."""
    if shown is Shown.STRONG:
        return rates.followed_when_strong
    return rates.followed_when_medium if shown is Shown.MEDIUM else rates.followed_when_weak


def _success_probability(
    rates: Rates, pathway: TruePathway, cause: _Cause, *, is_followed: bool
) -> float:
    log_odds = rates.pathways[pathway].outcome_base
    log_odds += rates.story.readiness_log_odds * cause.readiness
    log_odds += rates.story.targeted_channel_log_odds * cause.is_targeted
    log_odds += rates.story.follow_up_log_odds * is_followed
    return sigmoid(log_odds)


def _success(dice: Dice, pathway: TruePathway, owner: str, at: int) -> Ending:
    outcome = dice.draw(words.SUCCESSES[pathway])
    verdict = "Accepted" if dice.chance(0.8) else ""
    stage = words.STAGES_AFTER[outcome]
    return Ending(outcome=outcome, verdict=verdict, stage=stage, owner=owner, at=at)


def _failure(dice: Dice, rates: StoryRates, owner: str, at: int) -> Ending:
    draw = dice.uniform()
    if draw < rates.lost_when_followed:
        return Ending(outcome=words.LOST, stage="Lead", owner=owner, at=at)
    draw -= rates.lost_when_followed
    if draw < rates.rejected_when_followed:
        return Ending(outcome=words.REJECTED, verdict="Rejected", stage="Lead", owner=owner, at=at)
    draw -= rates.rejected_when_followed
    if draw < rates.recycled_when_followed:
        return Ending(outcome=words.LOST, verdict="Recycled", stage="Recycled", owner=owner, at=at)
    return NO_ENDING
