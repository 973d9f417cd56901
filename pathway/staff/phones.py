"""Whose mobile number is whose: said, proven by a code, taken away.

Nothing is told of a number before a code proves that whoever asks holds it in
their hand: until then nobody learns whether it is a colleague's.
"""

import secrets
from datetime import datetime, timedelta

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, ValidationResult
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from pathway import audit
from pathway.acts import Act
from pathway.db import db, engine_name, insert_for
from pathway.errors import Invalid, Refused
from pathway.staff import queries
from pathway.staff.actions import hold, secret_hash
from pathway.staff.models import PhoneClaim, Staff, StaffSite
from pathway.staff.queries import Member

CODE_LASTS = timedelta(minutes=15)
"""How long a code is good (ours)."""

CODE_DIGITS = 6

REGION = "GB"
"""Where a number is from that does not say so."""

NO_MOBILE = "Give a mobile number, like 07700 900123, or one from abroad with + and its country."
WRONG = "That code is not right, or is too old. Type the six digits, or ask for another."
IN_USE = "That number is in use. Ask an administrator."

_UK = 44


def normalised(typed: str) -> str | None:
    """Return a mobile number as E.164 writes it, or None.

    Possible is enough: the ranges that are in use change, and Ofcom's numbers
    for drama are in none of them.

    >>> normalised("07700 900123"), normalised("+33 6 12 34 56 78"), normalised("020 7946 0018")
    ('+447700900123', '+33612345678', None)
    """
    try:
        number = phonenumbers.parse(typed, REGION)
    except NumberParseException:
        return None
    if not _is_mobile(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _is_mobile(number: PhoneNumber) -> bool:
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible != ValidationResult.IS_POSSIBLE:
        return False
    return number.country_code != _UK or str(number.national_number).startswith("7")


def spoken(number: str) -> str:
    """Return a number of E.164 as people here write it.

    >>> spoken("+447700900123"), spoken("+33612345678")
    ('07700 900123', '+33 6 12 34 56 78')
    """
    try:
        known = phonenumbers.parse(number)
    except NumberParseException:
        return number
    style = phonenumbers.PhoneNumberFormat
    home = known.country_code == _UK
    return phonenumbers.format_number(known, style.NATIONAL if home else style.INTERNATIONAL)


def read(typed: str) -> str:
    """Return a mobile number as E.164 writes it.

    Raises:
        Invalid: it is none.
    """
    phone = normalised(typed)
    if phone is None:
        raise Invalid({"phone": [NO_MOBILE]})
    return phone


def claim(act: Act, phone: str) -> str:
    """Return the code that proves a number to be that of whoever acts; an older one is void."""
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    told = {
        "phone": phone,
        "code_hash": _kept(act.staff_id, phone, code),
        "expires_at": act.at + CODE_LASTS,
    }
    statement = insert_for(engine_name(db.session()), PhoneClaim)
    statement = statement.values(staff_id=act.staff_id, **told)
    db.session.execute(
        statement.on_conflict_do_update(index_elements=[PhoneClaim.staff_id], set_=told)
    )
    audit.record(act, "ask for phone code", f"staff:{act.staff_id}")
    return code


def claimed(staff_id: int, now: datetime) -> str | None:
    """Return the number that waits for its code."""
    return db.session.scalar(
        select(PhoneClaim.phone).where(PhoneClaim.staff_id == staff_id, PhoneClaim.expires_at > now)
    )


def phone_of(staff_id: int | None) -> str | None:
    """Return the mobile number of a member of staff, if they have proven one."""
    return db.session.scalar(select(Staff.phone).where(Staff.id == staff_id))


def holder(phone: str) -> Member | None:
    """Return whose number this is, with every role and site, unless they have left."""
    mine = select(Staff.id, Staff.name, Staff.organisation_id).where(
        Staff.phone == phone, Staff.left_at.is_(None)
    )
    row = db.session.execute(mine).first()
    if row is None:
        return None
    named = select(StaffSite.site_id).where(StaffSite.staff_id == row.id)
    sites = frozenset(db.session.scalars(named))
    return Member(
        row.id, row.name, queries.roles_of(row.id), sites, organisation_id=row.organisation_id
    )


def prove(act: Act, code: str) -> None:
    """Give whoever acts the number that they claimed.

    Raises:
        Invalid: the code is wrong or too old.
        Refused: the number is somebody else's by now.
    """
    mine = act.staff_id or 0
    hold(mine)
    phone = claimed(mine, act.at)
    used = db.session.execute(
        delete(PhoneClaim)
        .where(
            PhoneClaim.staff_id == mine,
            PhoneClaim.expires_at > act.at,
            PhoneClaim.code_hash == _kept(mine, phone or "", code),
        )
        .returning(PhoneClaim.phone)
    ).scalar()
    if used is None:
        raise Invalid({"code": [WRONG]})
    give(act, mine, used)


def give(act: Act, staff_id: int, phone: str) -> None:
    """Give a member of staff a number that is surely theirs.

    Raises:
        Refused: it is another's who has not left.
    """
    mine = update(Staff).where(Staff.id == staff_id, Staff.left_at.is_(None))
    try:
        with db.session.begin_nested():
            db.session.execute(mine.values(phone=phone))
    except IntegrityError:
        raise Refused(IN_USE) from None
    audit.record(act, "set mobile number", f"staff:{staff_id}")


def remove(act: Act, staff_id: int) -> None:
    """Take a number away, and any that waits for its code. Without one nothing happens."""
    db.session.execute(delete(PhoneClaim).where(PhoneClaim.staff_id == staff_id))
    had = update(Staff).where(Staff.id == staff_id, Staff.phone.is_not(None))
    taken = db.session.execute(had.values(phone=None).returning(Staff.id)).first()
    if taken is not None:
        audit.record(act, "remove mobile number", f"staff:{staff_id}")


def _kept(staff_id: int | None, phone: str, code: str) -> str:
    """Return what is kept of a code: it counts for this member and this number alone."""
    return secret_hash(f"{staff_id} {phone} {code}")
