"""What somebody may agree to have shared, and who may see that they did."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pathway.staff.doing import Role


class ConsentKind(StrEnum):
    """One thing that somebody agrees to or not, apart from the others."""

    OUTREACH = "outreach"
    NDTMS = "ndtms"
    DUTY_TO_REFER = "duty_to_refer"

    @property
    def words(self) -> str:
        """Return the kind as people say it."""
        return {
            "outreach": "Telling outreach of treatment",
            "ndtms": "Sending treatment facts to NDTMS",
            "duty_to_refer": "Referral to the council as homeless",
        }[self.value]


WORDINGS: Mapping[ConsentKind, str] = {
    ConsentKind.OUTREACH: (
        "If you are or will be in touch with a drug or alcohol service, may we tell the outreach "
        "team that you are? They are told yes and nothing more: not which service, not why. "
        "You can say no, and you can change your mind on any day. Nothing else depends on it."
    ),
    ConsentKind.NDTMS: (
        "May we send facts about your treatment to the national drug treatment records (NDTMS)? "
        "Your initials, date of birth, gender and area go with them, and not your name. You can "
        "say no, and you can change your mind on any day. You are treated just the same."
    ),
    ConsentKind.DUTY_TO_REFER: (
        "May we tell a council's housing team that you have nowhere to live? We give your name, "
        "how to reach you, and why. You choose which council. You can say no, and you can change "
        "your mind on any day. You can still ask for a bed here."
    ),
}
"""What is read out before anybody agrees, version 1 (ours); an admin writes newer ones."""

TOLD_OF_TREATMENT = frozenset({Role.OUTREACH, Role.HUB_LEAD, Role.SWEP_COORDINATOR, Role.TREATMENT})
"""The roles that see “In touch with treatment: yes” of somebody who agreed to it."""


def kinds_for(roles: Collection[str]) -> list[ConsentKind]:
    """Return what whoever has these roles takes and sees; NDTMS is a fact of treatment.

    >>> [str(kind) for kind in kinds_for({"outreach"})]
    ['outreach', 'duty_to_refer']
    """
    treats = Role.TREATMENT in roles
    return [kind for kind in ConsentKind if treats or kind is not ConsentKind.NDTMS]


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    """One answer of somebody, with the words they were read, as far as the reader may see it."""

    id: int
    kind: ConsentKind
    given: bool
    at: datetime
    by_name: str | None
    version: int
    words: str
    withdrawn_at: datetime | None = None
    withdrawn_by_name: str | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one kind from a day on."""

    kind: ConsentKind
    version: int
    words: str
    from_on: date


def standing(found: Collection[ConsentFacts]) -> frozenset[ConsentKind]:
    """Return what stands of somebody's answers, newest first: the newest of each kind counts."""
    newest: dict[ConsentKind, ConsentFacts] = {}
    for one in found:
        newest.setdefault(one.kind, one)
    return frozenset(kind for kind, one in newest.items() if one.given and one.withdrawn_at is None)
