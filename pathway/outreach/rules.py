"""What a contact on the street says, and the words for it."""

from enum import StrEnum


class ContactKind(StrEnum):
    """How somebody was found. CHAIN counts the first; a street count the first two.

    Source: DOMAIN.md section 6.
    """

    BEDDED_DOWN = "bedded_down"
    ABOUT_TO_BED_DOWN = "about_to_bed_down"
    NOT_BEDDED_DOWN = "not_bedded_down"

    @property
    def words(self) -> str:
        """Return the kind as people say it."""
        return self.value.replace("_", " ").capitalize()


COUNTED_ON_THE_STREET = (ContactKind.BEDDED_DOWN, ContactKind.ABOUT_TO_BED_DOWN)
"""Whom a street count counts. Source: DOMAIN.md section 6."""


class Hidden(StrEnum):
    """Where somebody spent the night out of sight of a bedded-down count."""

    BUS = "bus"
    HOSPITAL = "a_and_e"
    WALKING = "walking"
    OTHER = "other"

    @property
    def words(self) -> str:
        """Return the place as people say it."""
        return {
            "bus": "On buses or trains",
            "a_and_e": "In a hospital's waiting room",
            "walking": "Walking all night",
            "other": "Hidden in another way",
        }[self.value]


class Offer(StrEnum):
    """What was offered at a contact."""

    BED = "bed"
    DAY_CENTRE = "day_centre"
    TREATMENT = "treatment"
    HEALTH = "health"
    FOOD = "food"
    ADVICE = "advice"
    NOTHING = "nothing"

    @property
    def words(self) -> str:
        """Return the offer as people say it."""
        return self.value.replace("_", " ").capitalize()


class Naloxone(StrEnum):
    """What was done with naloxone, which reverses an opioid overdose."""

    GIVEN = "given"
    USED = "used"

    @property
    def words(self) -> str:
        """Return it as people say it."""
        return {"given": "Kit given", "used": "Used on them"}[self.value]


LONGEST_PLACE = 200
"""The most characters of a place (ours)."""

LONGEST_WORDS = 2_000
"""The most characters of a contact's notes (ours)."""
