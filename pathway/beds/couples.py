"""Whether two who want to stay together could both sleep at a site: told, never a refusal."""

from collections.abc import Iterable

from pathway.beds.fit import admits, why_not_bed
from pathway.beds.rules import BedFacts
from pathway.people.rules import PersonFacts
from pathway.sites.rules import SiteFacts

BOTH = "2 beds free for both"
ONE = "One bed only"
NOT_BOTH = "Does not admit both"


def both(
    site: SiteFacts, free: Iterable[tuple[BedFacts, int]], one: PersonFacts, other: PersonFacts
) -> str:
    """Return whether the free beds, each with how many are like it, have one for each of two.

    It goes by gender and by beds: what else keeps the other from a site is not told here.
    """
    if not admits(site, other):
        return NOT_BOTH
    mine = theirs = either = 0
    for bed, number in free:
        fits = why_not_bed(bed, one) is None, why_not_bed(bed, other) is None
        mine += number * fits[0]
        theirs += number * fits[1]
        either += number * any(fits)
    return BOTH if mine and theirs and either > 1 else ONE
