"""Whom a site and a bed take: the one rule that greys the list and refuses the hold.

Source: DOMAIN.md sections 3, 4 and 6.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain

from pathway.beds.rules import BedFacts
from pathway.nights import london
from pathway.people.rules import DIED, PersonFacts, Recourse
from pathway.sites.rules import Gender, SiteFacts

Window = tuple[datetime, datetime]
"""From when to when somebody may arrive, both included."""

NOT_TONIGHT = "Not suitable tonight. Ring the duty manager."
"""What everybody is told where a person asked not to be, where a warning or an exclusion keeps
them away, and where somebody is whom they must not meet.

It says neither which nor why: whoever may not read a warning does not hear of it.
"""

ADULT_YEARS = 18
"""Nobody younger is held a bed. Source: DOMAIN.md section 6."""

CHILD = (
    "By the date of birth recorded this is someone under 18. Hold nothing: tell the duty "
    "manager and children's safeguarding (MASH), whose address is under “Ring someone”."
)


def is_child(person: PersonFacts, on: date) -> bool:
    """Return whether somebody is under 18 on a day, whichever day of theirs it was.

    What is not known says nothing, and neither does a guess. Born on 29 February one
    comes of age on 1 March.
    """
    days = _may_be_born(person)
    return days is not None and _under_age(days[0], on)


def may_be_child(person: PersonFacts, on: date) -> bool:
    """Return whether somebody may be under 18 by the month or year that is known."""
    days = _may_be_born(person)
    return days is not None and _under_age(days[1], on)


def _may_be_born(person: PersonFacts) -> tuple[date, date] | None:
    """Return the first and last day on which somebody may be born, or None if it is a guess."""
    return None if person.birth.guessed else person.birth.span()


def _under_age(born: date, on: date) -> bool:
    years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return years < ADULT_YEARS


PERHAPS_CHILD = (
    "By a mark or by the year of birth this is someone possibly under 18. Hold nothing: tell the "
    "duty manager and children's safeguarding (MASH), whose address is under “Ring someone”."
)


@dataclass(frozen=True, slots=True)
class WhyNot:
    """A sentence that refuses; a lead may decide otherwise where it says so.

    ``of_them`` is that it tells a fact about the person, which no text carries.
    """

    sentence: str
    lead_may_decide: bool = False
    of_them: bool = True


def stopped(person: PersonFacts, on: date) -> WhyNot | None:
    """Return why nothing at all is claimed for somebody on a day, wherever it is, or None.

    Nobody decides otherwise. A date of birth that is missing or guessed and a mark that
    nobody made say nothing. Of a month or a year each day counts that it may be. The words
    about a child travel by text too, because they say whom to ring; those about a death do not.
    """
    if person.died_on is not None:
        return WhyNot(DIED)
    if is_child(person, on):
        return WhyNot(CHILD, of_them=False)
    perhaps = person.perhaps_child or may_be_child(person, on)
    return WhyNot(PERHAPS_CHILD, of_them=False) if perhaps else None


def why_not(site: SiteFacts, person: PersonFacts, arriving: Window | None = None) -> WhyNot | None:
    """Return why this site does not take this person, or None.

    Anything not recorded never refuses, except gender at a site for women
    only: there the site's lead decides. What nobody may decide otherwise comes
    first, lest a lead who decides one thing be taken to have decided all.
    ``arriving`` is when they may come; without it the hours are not judged.
    """
    nobody_decides = chain(
        _of_the_site(site, person), _at_their_word(site, person), _kept_away(site, person)
    )
    refused_before = chain(_warned(site, person), _excluded(site, person))
    lead_decides = chain(refused_before, _for_the_lead(site, person, arriving))
    return next(chain(nobody_decides, lead_decides), None)


def why_warned(site: SiteFacts, person: PersonFacts) -> WhyNot | None:
    """Return why a warning, an exclusion or somebody there keeps this person away, or None."""
    kept = chain(_kept_away(site, person), _warned(site, person), _excluded(site, person))
    return next(kept, None)


def admits(site: SiteFacts, person: PersonFacts) -> bool:
    """Return whether a site takes people of this gender, as far as it is known."""
    unsure = site.women_only and person.gender is Gender.OTHER
    return unsure or person.gender in {Gender.NOT_KNOWN, *site.admits}


def _of_the_site(site: SiteFacts, person: PersonFacts) -> Iterator[WhyNot]:
    """Yield what a site does not take."""
    if not admits(site, person):
        only = "is for women only" if site.women_only else f"does not admit “{person.gender}”"
        yield WhyNot(f"{site.name} {only}.")
    most = site.max_support_level
    if most and person.support_level and person.support_level.rank > most.rank:
        yield WhyNot(f"{site.name} supports needs up to {most}; this person's are higher.")
    if not site.nrpf and person.recourse is Recourse.NO:
        yield WhyNot(f"{site.name} cannot take people with no recourse to public funds.")
    if person.has_dog is True and site.dogs is False:
        yield WhyNot(f"{site.name} does not take dogs.")
    if (person.with_partner is True or person.partners) and site.couples is False:
        yield WhyNot(f"{site.name} does not take couples.")


def _at_their_word(site: SiteFacts, person: PersonFacts) -> Iterator[WhyNot]:
    """Yield the one sentence for a site that is not for them, whatever the reason was."""
    if site.id in person.not_here:
        yield WhyNot(NOT_TONIGHT, of_them=False)


def _kept_away(site: SiteFacts, person: PersonFacts) -> Iterator[WhyNot]:
    """Yield the same sentence where a warning or somebody there rules the site out for good."""
    if site.id in person.kept_from | person.kept_apart:
        yield WhyNot(NOT_TONIGHT, of_them=False)


def _warned(site: SiteFacts, person: PersonFacts) -> Iterator[WhyNot]:
    """Yield the same sentence for a kind of warning with which the site takes nobody."""
    if site.refuses & person.warned_of:
        yield WhyNot(NOT_TONIGHT, lead_may_decide=True, of_them=False)


def _excluded(site: SiteFacts, person: PersonFacts) -> Iterator[WhyNot]:
    """Yield the same sentence while the site takes this person no more: its lead decides."""
    if site.id in person.excluded_from:
        yield WhyNot(NOT_TONIGHT, lead_may_decide=True, of_them=False)


def _for_the_lead(
    site: SiteFacts, person: PersonFacts, arriving: Window | None
) -> Iterator[WhyNot]:
    """Yield what the site's lead may decide otherwise."""
    if site.women_only and person.gender in {Gender.NOT_KNOWN, Gender.OTHER}:
        sentence = f"{site.name} is for women only. Its lead decides: ring them."
        yield WhyNot(sentence, lead_may_decide=True)
    late = outside_hours(site, arriving) if arriving else None
    if late:
        yield late


def outside_hours(site: SiteFacts, arriving: Window) -> WhyNot | None:
    """Return why nobody is taken in during a stretch of time, or None."""
    if _takes_in(site, arriving):
        return None
    sentence = (
        f"{site.name} takes people in {site.intake_in_words}. "
        "Its lead decides otherwise: ring them."
    )
    return WhyNot(sentence, lead_may_decide=True, of_them=False)


def _takes_in(site: SiteFacts, arriving: Window) -> bool:
    """Return whether a stretch touches the hours in which a site takes people in.

    The hours are what the clock on the wall says, and change on whole minutes:
    so the first moment and every full minute after it are looked at, which is
    right on the nights when the clocks change as well.
    """
    if site.intake_in_words is None:
        return True
    at, last = (moment.astimezone(UTC) for moment in arriving)
    while at <= last:
        if site.takes_in_at(london(at).time()):
            return True
        at = at.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return False


def why_not_bed(bed: BedFacts, person: PersonFacts) -> WhyNot | None:
    """Return why this bed is not for this person, or None."""
    if person.needs_step_free is True and bed.step_free is False:
        return WhyNot(f"Bed {bed.label} is not step-free, which this person needs.")
    if bed.womens is not True or person.gender is Gender.WOMAN:
        return None
    if person.gender is Gender.MAN:
        return WhyNot(f"Bed {bed.label} is in a women's room.")
    sentence = f"Bed {bed.label} is in a women's room. The site's lead decides: ring them."
    return WhyNot(sentence, lead_may_decide=True)


def fitting(beds: Iterable[BedFacts], person: PersonFacts) -> list[BedFacts]:
    """Return the beds that are for this person, the one to choose first.

    Whoever needs no steps gets a step-free bed; anybody else gets one last, so
    that it is there for who does. A woman gets a bed in a women's room first:
    nobody else can have it. The board's database chooses in the same order.
    """
    found = [bed for bed in beds if why_not_bed(bed, person) is None]
    return sorted(found, key=lambda bed: _last(bed, person))


def _last(bed: BedFacts, person: PersonFacts) -> tuple[bool, bool]:
    wanted = person.needs_step_free is True
    return (bed.step_free is True) is not wanted, bed.womens is not True


def none_fits(site: SiteFacts, free: Iterable[BedFacts], person: PersonFacts) -> WhyNot | None:
    """Return why none of a site's free beds is for this person, or None if it is not that."""
    beds = list(free)
    refusals = [why_not_bed(bed, person) for bed in beds]
    if not beds or None in refusals:
        return None
    if any(one and one.lead_may_decide for one in refusals):
        sentence = (
            f"The beds free at {site.name} are in women's rooms. Its lead decides: ring them."
        )
        return WhyNot(sentence, lead_may_decide=True)
    if person.needs_step_free is True and any(bed.step_free is False for bed in beds):
        return WhyNot(f"The beds free at {site.name} are not step-free.")
    return WhyNot(f"The beds free at {site.name} are in women's rooms.")
