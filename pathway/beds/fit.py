"""Whom a site and a bed take: the one rule that greys the list and refuses the hold.

Source: DOMAIN.md sections 3, 4 and 6.
"""

from dataclasses import dataclass
from datetime import date

from pathway.people.rules import PersonFacts, Recourse
from pathway.sites.rules import Gender, SiteFacts

ADULT_YEARS = 18
"""Nobody younger is held a bed. Source: DOMAIN.md section 6."""

CHILD = (
    "By the date of birth recorded this is someone under 18. Hold nothing: tell the duty "
    "manager and children's safeguarding (MASH), whose address is under “Ring someone”."
)


def is_child(person: PersonFacts, on: date) -> bool:
    """Return whether somebody is under 18 on a day; a missing date says nothing.

    Born on 29 February one comes of age on 1 March.
    """
    born = person.date_of_birth
    if born is None:
        return False
    years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return years < ADULT_YEARS


@dataclass(frozen=True, slots=True)
class WhyNot:
    """A sentence that refuses; a lead may decide otherwise where it says so."""

    sentence: str
    lead_may_decide: bool = False


def why_not(site: SiteFacts, person: PersonFacts) -> WhyNot | None:
    """Return why this site does not take this person, or None.

    Anything not recorded never refuses, except gender at a site for women
    only: there the site's lead decides.
    """
    if site.women_only and person.gender in {Gender.NOT_KNOWN, Gender.OTHER}:
        sentence = f"{site.name} is for women only. Its lead decides: ring them."
        return WhyNot(sentence, lead_may_decide=True)
    if person.gender is not Gender.NOT_KNOWN and person.gender not in site.admits:
        only = "is for women only" if site.women_only else f"does not admit “{person.gender}”"
        return WhyNot(f"{site.name} {only}.")
    most = site.max_support_level
    if most and person.support_level and person.support_level.rank > most.rank:
        return WhyNot(f"{site.name} supports needs up to {most}; this person's are higher.")
    if not site.nrpf and person.recourse is Recourse.NO:
        return WhyNot(f"{site.name} cannot take people with no recourse to public funds.")
    return None
