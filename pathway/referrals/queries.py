"""Reads of who is in treatment, as far as anybody may know."""

from datetime import timedelta

from sqlalchemy import bindparam, or_, select

from pathway.acts import Act
from pathway.assessments.models import Assessment, Note
from pathway.db import UtcDateTime, run
from pathway.outreach.models import Contact
from pathway.people.agreed import agrees
from pathway.people.consent_rules import TOLD_OF_TREATMENT, ConsentKind
from pathway.people.models import Person, PersonNumber
from pathway.people.rules import PersonFacts
from pathway.staff.doing import Role
from pathway.staff.models import StaffRole

IN_TOUCH_FOR = timedelta(days=365)
"""For how long somebody counts as known to treatment after its staff wrote of them (ours)."""

_TREATS = select(StaffRole.staff_id).where(StaffRole.role == Role.TREATMENT.value)
_WROTE = (
    (Assessment.person_id, Assessment.by, Assessment.at, ()),
    (Note.person_id, Note.by, Note.at, (Note.struck_at.is_(None),)),
    (Contact.person_id, Contact.staff_id, Contact.at, (Contact.struck_at.is_(None),)),
    (PersonNumber.person_id, PersonNumber.by, PersonNumber.at, ()),
)
_KNOWN = select(Person.id).where(
    Person.id == bindparam("of"),
    or_(
        *(
            select(whom)
            .where(
                whom == Person.id,
                by.in_(_TREATS),
                at >= bindparam("since", type_=UtcDateTime()),
                *still,
            )
            .exists()
            for whom, by, at, still in _WROTE
        )
    ),
)


def known_to_treatment(act: Act, person: PersonFacts) -> bool:
    """Return whether treatment staff wrote of somebody within the year.

    Until referrals are recorded this stands for one that is open.
    """
    return run(_KNOWN, of=person.id, since=act.at - IN_TOUCH_FOR).first() is not None


def in_touch(act: Act, person: PersonFacts) -> bool:
    """Return whether whoever acts is told that somebody is in touch with treatment.

    Only what somebody agreed to, and has not taken back, is told; else nothing is, whether
    or not there would be anything to tell.
    """
    if not act.roles & TOLD_OF_TREATMENT:
        return False
    return agrees(person.id, ConsentKind.OUTREACH) and known_to_treatment(act, person)
