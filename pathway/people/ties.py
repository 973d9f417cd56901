"""Who must never meet, who wants to stay together, and which site takes somebody no more.

What is enforced for everybody is told to a few: that two are kept apart to the roles
that were named and to whoever wrote it, a wish to whoever reads of the one who said it,
an exclusion to who sees the placements of its site. What was said and why is never on
the trail.
"""

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import insert, select, update

from pathway import audit
from pathway.acts import Act
from pathway.db import Base, db
from pathway.errors import Absent, Forbidden, Invalid, Unknown
from pathway.messages.notices import notify
from pathway.messages.rules import Kind
from pathway.nights import london
from pathway.people import marks, queries, tied
from pathway.people.models import Person, PersonApart, PersonExclusion, PersonTogether
from pathway.people.rules import PersonFacts
from pathway.people.tie_rules import (
    ApartFacts,
    ExclusionFacts,
    WishFacts,
    bad_apart,
    bad_exclusion,
)
from pathway.people.warnings import PROPOSED, READERS
from pathway.sites import queries as sites
from pathway.sites.rules import SiteFacts
from pathway.staff.doing import Doing, Role
from pathway.staff.leads import leads
from pathway.staff.rules import scope

TOLD = "Two people are recorded to be kept apart. Open the record."
"""What the leads are told of every such record: it names neither."""

SHOWN = timedelta(days=7)
"""For how long they are told on their list of notices (ours)."""

NOT_YOURS = "The lead of a site excludes from it. Ring them."


def keep_apart(
    act: Act,
    ref: str,
    *,
    other: str,
    why: str,
    readers: Collection[Role] = PROPOSED,
    until: date | None = None,
) -> ApartFacts:
    """Write down that two people must never meet; the leads are told that somebody did.

    Where it stands already nothing changes.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
        Unknown: the other is not there, or their record is closed.
        Invalid: something is missing, or the last day cannot be.
    """
    person, whom = _both(act, ref, other)
    faults = _missing(why=why, readers=readers)
    wrong = bad_apart(until, _today(act))
    if wrong:
        faults["until"] = [wrong]
    if faults:
        raise Invalid(faults)
    for one in tied.pairs(act, person):
        if one.other_id == whom.id and one.stands(_today(act)):
            _stands(act, person)
            return one
    told = {"why": why, "expires_on": until, "at": act.at, "by": act.staff_id}
    told |= {"readers": ";".join(role.value for role in READERS if role in readers)}
    row = insert(PersonApart).values(person_id=person.id, other_id=whom.id, **told)
    ident = db.session.execute(row.returning(PersonApart.id)).scalar_one()
    audit.record(act, "keep apart", f"person:{person.ref}", {"tie": ident}, people=[whom.ref])
    _tell_leads(act, person)
    return next(one for one in tied.pairs(act, person) if one.id == ident)


def end_apart(act: Act, ref: str, ident: int) -> ApartFacts:
    """Say that two people may meet again; a record that is over stays as it ended.

    Raises:
        Absent: there is none that whoever acts may read.
    """
    person = marks.locked(act, ref)
    found = next((one for one in tied.apart_of(act, person) if one.id == ident), None)
    if found is None:
        raise Absent
    if found.ended_at is not None:
        _stands(act, person)
        return found
    _set(PersonApart, ident, ended_at=act.at, ended_by=act.staff_id)
    whom = db.session.scalars(select(Person.ref).where(Person.id == found.other_id)).all()
    audit.record(act, "end apart", f"person:{person.ref}", {"tie": ident}, people=whom)
    return next(one for one in tied.apart_of(act, person) if one.id == ident)


def want_together(act: Act, ref: str, *, other: str) -> WishFacts:
    """Write down that somebody wants to stay with another; what stands already stays.

    It is their own word: of the other it says nothing and asks nothing.

    Raises as :func:`keep_apart`.
    """
    person, whom = _both(act, ref, other)
    mine = (PersonTogether.person_id == person.id, PersonTogether.withdrawn_at.is_(None))
    same = select(PersonTogether.id).where(*mine, PersonTogether.other_id == whom.id)
    ident = db.session.scalar(same.limit(1))
    if ident is not None:
        _stands(act, person)
        return next(one for one in tied.wishes_of(act, person) if one.id == ident)
    said = {"person_id": person.id, "other_id": whom.id, "at": act.at, "by": act.staff_id}
    row = insert(PersonTogether).values(**said)
    ident = db.session.execute(row.returning(PersonTogether.id)).scalar_one()
    audit.record(act, "want together", f"person:{person.ref}", {"tie": ident})
    return next(one for one in tied.wishes_of(act, person) if one.id == ident)


def withdraw_together(act: Act, ref: str, ident: int) -> None:
    """Take such a wish back without a word to anybody: the other's record does not change.

    The line on the trail names the one alone. Taken back twice it changes nothing.

    Raises:
        Absent: this person never said so, or their record is closed.
    """
    person = marks.locked(act, ref)
    row = db.session.get(PersonTogether, ident, populate_existing=True)
    if row is None or row.person_id != person.id:
        raise Absent
    if row.withdrawn_at is not None:
        _stands(act, person)
        return
    _set(PersonTogether, ident, withdrawn_at=act.at, withdrawn_by=act.staff_id)
    audit.record(act, "withdraw together", f"person:{person.ref}", {"tie": ident})


def exclude(act: Act, ref: str, *, site: str, reason: str, until_on: date | None) -> ExclusionFacts:
    """Let a site take somebody no more until a day; who is in or on the way is not put out.

    The same again changes nothing; another day or reason takes the place of what stood.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
        Unknown: there is no such site.
        Forbidden: whoever acts does not lead it.
        Invalid: something is missing, or the last day cannot be.
    """
    person = marks.locked(act, ref)
    where = _led(act, site)
    faults = {"reason": ["Write what happened, in a few words."]} if not reason.strip() else {}
    wrong = bad_exclusion(until_on, _today(act))
    if wrong:
        faults["until_on"] = [wrong]
    if faults:
        raise Invalid(faults)
    here = (
        PersonExclusion.person_id == person.id,
        PersonExclusion.site_id == where.id,
        PersonExclusion.ended_at.is_(None),
    )
    same = (PersonExclusion.reason == reason, PersonExclusion.until_on == until_on)
    ident = db.session.scalar(select(PersonExclusion.id).where(*here, *same).limit(1))
    if ident is not None:
        _stands(act, person)
        return _exclusion(act, person, ident)
    before = update(PersonExclusion).where(*here)
    db.session.execute(before.values(ended_at=act.at, ended_by=act.staff_id))
    said = {"reason": reason, "until_on": until_on, "at": act.at, "by": act.staff_id}
    new = insert(PersonExclusion).values(person_id=person.id, site_id=where.id, **said)
    ident = db.session.execute(new.returning(PersonExclusion.id)).scalar_one()
    audit.record(act, "exclude", f"person:{person.ref}", {"site": where.code})
    return _exclusion(act, person, ident)


def end_exclusion(act: Act, ref: str, ident: int) -> ExclusionFacts:
    """Let a site take somebody again before the last day; one that is over stays so.

    Raises:
        Absent: there is none at a site that whoever acts leads.
    """
    person = marks.locked(act, ref)
    found = next((one for one in tied.exclusions_of(act, person) if one.id == ident), None)
    if found is None or not found.mine:
        raise Absent
    if found.ended_at is not None:
        _stands(act, person)
        return found
    _set(PersonExclusion, ident, ended_at=act.at, ended_by=act.staff_id)
    audit.record(act, "end exclusion", f"person:{person.ref}", {"tie": ident})
    return _exclusion(act, person, ident)


def _exclusion(act: Act, person: PersonFacts, ident: int) -> ExclusionFacts:
    return next(one for one in tied.exclusions_of(act, person) if one.id == ident)


def _both(act: Act, ref: str, other: str) -> tuple[PersonFacts, PersonFacts]:
    """Return two people, locked in one order: two who write of both follow one another."""
    queries.lock_people(act, ref, other)
    person, whom = queries.person(act, ref), queries.person(act, other)
    if person is None:
        raise Absent
    if whom is None:
        raise Unknown({"other": ["There is no person with this reference."]}, person=other)
    if person.id == whom.id:
        raise Invalid({"other": ["That is the same person."]})
    return person, whom


def _missing(*, why: str, readers: Collection[Role]) -> dict[str, list[str]]:
    faults = {} if why.strip() else {"why": ["Write why, in a few words."]}
    if not set(readers) & set(READERS):
        faults["readers"] = ["Choose at least one role that may read it."]
    return faults


def _stands(act: Act, person: PersonFacts) -> None:
    """Write down that somebody was shown what stands where nothing had to be done."""
    audit.record(act, "view ties", f"person:{person.ref}")


def _tell_leads(act: Act, person: PersonFacts) -> None:
    for staff_id in leads():
        if staff_id != act.staff_id:
            until, link = act.at + SHOWN, f"/people/{person.ref}/apart"
            notify(act, Kind.APART, TOLD, useful_until=until, staff_id=staff_id, link=link)


def _led(act: Act, code: str) -> SiteFacts:
    where = sites.site(code)
    if where is None:
        raise Unknown({"site": ["There is no such site."]})
    if not scope(act, Doing.EXCLUDE).covers(where):
        raise Forbidden(NOT_YOURS)
    return where


def _set(table: type[Base], ident: int, **values: object) -> None:
    ended = update(table).where(table.__table__.c.id == ident)
    db.session.execute(ended.values(**values))


def _today(act: Act) -> date:
    return london(act.at).date()
