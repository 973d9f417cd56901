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
