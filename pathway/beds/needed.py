"""What a bed would have to be for somebody: kept as it was known when there was none.

It holds what sites and beds are judged by and nothing else: no word of theirs, no
warning, nobody they are kept apart from.
"""

from collections.abc import Mapping
from typing import Any

from pathway.beds.fit import why_not, why_not_bed
from pathway.beds.rules import BedFacts
from pathway.people.rules import PersonFacts, Recourse
from pathway.sites.rules import Gender, SiteFacts, SupportLevel

NEEDS: Mapping[str, str] = {
    "woman": "For a woman",
    "man": "For a man",
    "other": "For somebody of another gender",
    "not_known": "For somebody whose gender is not known",
    "step_free": "Step-free",
    "dog": "Takes a dog",
    "couple": "Takes a couple",
    "no_recourse": "Takes somebody with no recourse to public funds",
    "support_low": "Gives low support",
    "support_medium": "Gives medium support",
    "support_high": "Gives high support",
}
"""What a bed may have to be, and its words. One bed may have to be several of them."""


def kept(person: PersonFacts) -> dict[str, Any]:
    """Return what a bed would have to be for somebody, as it is kept for good."""
    return {
        "gender": person.gender.value,
        "step_free": person.needs_step_free is True,
        "dog": person.has_dog is True,
        "couple": person.with_partner is True,
        "no_recourse": person.recourse is Recourse.NO,
        "support_level": person.support_level.value if person.support_level else None,
    }


def named(needed: Mapping[str, Any]) -> list[str]:
    """Return what a bed would have to be, by the names of ``NEEDS``.

    >>> named({"gender": "woman", "dog": True, "support_level": "high"})
    ['woman', 'dog', 'support_high']
    """
    level = needed.get("support_level")
    flags = [one for one in ("step_free", "dog", "couple", "no_recourse") if needed.get(one)]
    gender = needed.get("gender", Gender.NOT_KNOWN.value)
    return [gender, *flags, *([f"support_{level}"] if level else [])]


def takes(site: SiteFacts, needed: Mapping[str, Any]) -> bool:
    """Return whether a site takes whoever needs this; its hours are judged apart."""
    return why_not(site, _anybody(needed)) is None


def suits(bed: BedFacts, needed: Mapping[str, Any]) -> bool:
    """Return whether a bed is for whoever needs this."""
    return why_not_bed(bed, _anybody(needed)) is None


def _anybody(needed: Mapping[str, Any]) -> PersonFacts:
    """Return somebody of whom nothing is known but what they need."""
    level = needed.get("support_level")
    return PersonFacts(
        id=0,
        ref="",
        gender=Gender(needed.get("gender", Gender.NOT_KNOWN.value)),
        needs_step_free=needed.get("step_free") or None,
        has_dog=needed.get("dog") or None,
        with_partner=needed.get("couple") or None,
        recourse=Recourse.NO if needed.get("no_recourse") else Recourse.NOT_KNOWN,
        support_level=SupportLevel(level) if level else None,
    )
