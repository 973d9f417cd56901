"""Who the demonstration keeps apart and together, what they agreed to, and who found no bed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from pathway.acts import Act
from pathway.beds import turning
from pathway.nights import london, night_of, night_span
from pathway.people import actions as people
from pathway.people import consents, sameness, ties
from pathway.people.consent_rules import ConsentKind
from pathway.people.rules import PersonFacts, Verdict
from pathway.sites.rules import Gender

TWICE = (
    {
        "given_name": "Catherine",
        "family_name": "Storeybook",
        "date_of_birth": date(1984, 6, 2),
        "gender": Gender.WOMAN,
    },
    {
        "given_name": "Kathryn",
        "family_name": "Storybook",
        "birth_year": 1984,
        "gender": Gender.WOMAN,
    },
)
"""One woman, recorded by two teams, each in its own spelling."""

APART = "Shouted at each other at a made-up day centre, and will not sit in one room."
EXCLUDED = "Broke a made-up window in the lounge."
EXCLUDED_FOR = timedelta(days=14)
BEFORE_NOON = timedelta(hours=10)
"""Two in the morning of last night: then nobody had a bed for one of them."""


def load(acts: Mapping[str, Act], outside: Sequence[PersonFacts], now: datetime) -> int:
    """Load all of it; return how many people were added for it."""
    noon = night_span(night_of(now))[0]
    before = replace(acts["outreach"], at=noon - timedelta(days=3))
    one, other = (people.add_person(before, **people.said(told)) for told in TWICE)
    sameness.say(before, one.ref, other.ref, Verdict.PERHAPS)
    first, second, third, fourth, fifth = outside
    ties.keep_apart(before, first.ref, other=second.ref, why=APART)
    for whom, partner in ((third, fourth), (fourth, third)):
        ties.want_together(before, whom.ref, other=partner.ref)
    for kind in ConsentKind:
        asked = replace(acts["treatment"], at=before.at)
        consents.take(asked, first.ref, kind=kind, given=True)
        consents.take(asked, second.ref, kind=kind, given=False)
    until = london(now).date() + EXCLUDED_FOR
    ties.exclude(acts["165-hub"], fifth.ref, site="165-hub", reason=EXCLUDED, until_on=until)
    turning.turn_away(replace(before, at=noon - BEFORE_NOON), fifth.ref)
    return len(TWICE)
