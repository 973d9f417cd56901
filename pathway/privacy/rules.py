"""What a person may ask of the service about themselves, and the sizes of what is written of it."""

from enum import StrEnum

LONGEST_REASON = 500
"""The most characters of a reason or a decision (ours)."""


class AskedFor(StrEnum):
    """What somebody asks that concerns what is kept of a person."""

    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    ENFORCEMENT = "enforcement"
    OBJECTION = "objection"
    DISCLOSURE = "disclosure"


class Why(StrEnum):
    """Why somebody is erased: a word of this list, since free text could name them."""

    ASKED = "asked"
    MISTAKE = "mistake"
    ORDERED = "ordered"
    RETENTION = "retention"
    RESTORED = "restored"

    @property
    def words(self) -> str:
        """Return the reason as people read it."""
        return {
            "asked": "They asked for it",
            "mistake": "They should never have been recorded",
            "ordered": "A court or the Information Commissioner ordered it",
            "retention": "Their record is older than it may be kept",
            "restored": "They were erased before, and a backup brought them back",
        }[self.value]


BY_PEOPLE = (Why.ASKED, Why.MISTAKE, Why.ORDERED)
"""What a person can give as the reason; the others are the service's own."""
