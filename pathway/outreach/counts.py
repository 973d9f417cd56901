"""The verbs of a street count: open it, walk it, decide about doubles, sign it off."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any, Unpack

from sqlalchemy import insert, select, update

from pathway import audit
from pathway.acts import Act
from pathway.db import db
from pathway.errors import Absent, Forbidden, Invalid, Refused, Unknown
from pathway.nights import night_of
from pathway.outreach import actions, count_queries
from pathway.outreach import queries as contacts
from pathway.outreach.actions import Said
from pathway.outreach.count_queries import Seen
from pathway.outreach.count_rules import (
    Area,
    AreaFacts,
    CountFacts,
    bad_areas,
    in_night,
    why_not_sign,
    window,
)
from pathway.outreach.models import CountApart, CountArea, StreetCount
from pathway.outreach.rules import ContactFacts, ContactKind
from pathway.people import queries as people
from pathway.people.rules import PersonFacts
from pathway.sites.rules import Gender
from pathway.staff.doing import Doing
from pathway.staff.rules import scope


def open_count(
    act: Act, *, name: str, night: date, starts: time, ends: time, areas: Sequence[Area]
) -> int:
    """Begin a street count; return its id.

    Raises:
        Invalid: the hours are not within the night, or there are too many areas.
    """
    try:
        starts_at, ends_at = window(night, starts, ends)
    except ValueError as problem:
        raise Invalid({"ends": [str(problem)]}) from None
    _check_areas(areas)
    times = {"starts_at": starts_at, "ends_at": ends_at}
    made = {"made_at": act.at, "made_by": act.staff_id}
    ident = _insert(StreetCount, name=name, night=night, **times, **made)
    for one in areas:
        _insert_area(ident, one)
    audit.record(act, "open street count", f"count:{ident}", {"areas": len(areas)})
    return ident


def enter_earlier(act: Act, *, name: str, night: date, counted: int, source: str) -> int:
    """Keep the figure of an earlier count, so that later ones stand beside it; return its id.

    Raises:
        Invalid: that night has not come yet.
        Refused: another figure of that name and night is kept.
    """
    if night > night_of(act.at):
        raise Invalid({"night": ["That night has not come yet. Give the night of the count."]})
    same = select(StreetCount.id, StreetCount.counted, StreetCount.source)
    held = db.session.execute(
        same.where(StreetCount.night == night, StreetCount.name == name)
    ).first()
    if held is not None:
        if (held.counted, held.source) == (counted, source):
            return int(held.id)
        raise Refused("There is a count of this name and night. Give this one another name.")
    told = {"name": name, "night": night, "counted": counted, "source": source}
    made = {"made_at": act.at, "made_by": act.staff_id}
    ident = _insert(StreetCount, **told, **made)
    audit.record(act, "enter earlier count", f"count:{ident}", {"counted": counted})
    return ident


def add_area(act: Act, ident: int, *, name: str, team: str | None = None) -> None:
    """Add an area that nobody thought of.

    Raises:
        Absent: there is no such count.
        Refused: the count is signed off, or has too many areas.
    """
    count = held(ident)
    if count.signed_at:
        raise Refused("This count is signed off. Open it again first.")
    before = [(one.name, one.team) for one in count_queries.areas(ident)]
    if (name, team) in before:
        return
    _check_areas([*before, (name, team)], "name")
    _insert_area(ident, (name, team))
    audit.record(act, "add area", f"count:{ident}")


def finish(act: Act, ident: int, area: int, *, finished: bool) -> None:
    """Say that a team is through with an area, or that it goes on after all.

    Raises:
        Absent: there is no such count or area.
        Refused: the count is signed off.
    """
    count, one = held(ident), area_of(ident, area)
    if (one.finished_at is not None) is finished:
        return
    if count.signed_at:
        raise Refused("This count is signed off. Open it again first.")
    at = act.at if finished else None
    db.session.execute(update(CountArea).where(CountArea.id == area).values(finished_at=at))
    what = "finish area" if finished else "go on with area"
    audit.record(act, what, f"count:{ident}", {"area": area})


def sight(
    act: Act,
    ident: int,
    area: int,
    *,
    kind: ContactKind,
    person: str | None = None,
    description: str | None = None,
    gender: Gender | None = None,
    met: time | None = None,
    **said: Unpack[Said],
) -> ContactFacts:
    """Write down who was met in an area of a count, now or at a time of its night.

    What is entered once the count is signed off is kept beside its figure. Raises
    as ``record_contact``.
    """
    if not scope(act, Doing.RECORD).everywhere:
        raise Forbidden("Your role reads counts. Outreach and coordinators record who was met.")
    count = _known(ident)
    said["count_area"] = area_of(ident, area).id
    who: dict[str, Any] = {"person": person, "description": description, "gender": gender}
    return actions.record_contact(act, kind=kind, at=_at(count, met), **who, **said)


def _at(count: CountFacts, met: time | None) -> datetime | None:
    try:
        return in_night(count.night, met) if met else None
    except ValueError as problem:
        raise Invalid({"met": [str(problem)]}) from None


def take_back(act: Act, ident: int, area: int, contact: int) -> None:
    """Strike a sighting of this area that was a slip. Raises as ``strike``."""
    found = contacts.contact(act, contact)
    if found is None or found.count_area_id != area_of(ident, area).id:
        raise Absent
    actions.strike(act, contact)


def pair_of(act: Act, ident: int, one: str, other: str) -> tuple[PersonFacts, PersonFacts]:
    """Return two people met at a count, whoever has no name first, the newer record before.

    Raises:
        Unknown: one of them is not there, or was not met at this count.
        Refused: both are known by name.
    """
    met = {sighting.person_id for sighting in count_queries.sightings(_known(ident).id)}
    both = [people.person(act, ref) for ref in (one, other)]
    for name, ref, whom in zip(("one", "other"), (one, other), both, strict=True):
        if whom is None or whom.id not in met:
            told = {name: ["Nobody with this reference was met at this count."]}
            raise Unknown(told, person=ref)
    first, second = sorted(filter(None, both), key=lambda whom: (not whom.unnamed, -whom.id))
    if not first.unnamed:
        raise Refused("Both are known by name. A lead makes two records one on their page.")
    return first, second


def keep_apart(act: Act, ident: int, one: str, other: str) -> None:
    """Remember that two people of a count are not the same. Raises as :func:`pair_of`."""
    held(ident)
    first, second = pair_of(act, ident, one, other)
    if first.id == second.id:
        raise Refused("These are one person already. Part them on the person's page.")
    if frozenset({first.id, second.id}) in count_queries.apart(ident):
        return
    pair = {"person_id": first.id, "other_id": second.id}
    _insert(CountApart, count_id=ident, at=act.at, by=act.staff_id, **pair)
    refs = [first.ref, second.ref]
    audit.record(act, "keep apart", f"count:{ident}", people=refs)


def sign_off(act: Act, ident: int, *, why: str | None = None) -> CountFacts:
    """Freeze a count's figure: from now on nothing changes it.

    Raises:
        Absent: there is no such count.
        Refused: areas are not finished or doubles undecided, and no reason is given.
    """
    count = held(ident)
    if count.signed_at:
        return count
    seen = count_queries.seen(act, count)
    _refuse_unless_done(seen, why)
    signed = {"signed_at": act.at, "signed_by": act.staff_id, "counted": seen.figure}
    _set(ident, **signed, signed_why=why)
    audit.record(act, "sign off count", f"count:{ident}", {"counted": seen.figure})
    return _known(ident)


def reopen(act: Act, ident: int, *, why: str) -> CountFacts:
    """Take a sign-off back, with a reason; the figure that stood is on the audit trail.

    Raises:
        Absent: there is no such count.
        Invalid: no reason is given.
    """
    if not why.strip():
        raise Invalid({"why": ["Write why it is opened again."]})
    count = held(ident)
    if not count.signed_at:
        return count
    _set(ident, signed_at=None, signed_by=None, signed_why=None, counted=None)
    _set(ident, reopened_at=act.at, reopened_by=act.staff_id, reopened_why=why)
    audit.record(act, "open count again", f"count:{ident}", {"counted": count.counted})
    return _known(ident)


def _refuse_unless_done(seen: Seen, why: str | None) -> None:
    refusal = why_not_sign(seen.unfinished, len(seen.doubles))
    if refusal and not why:
        raise Refused(refusal)


def held(ident: int) -> CountFacts:
    """Let nobody else change a count until the end, and return it as it stands then.

    Raises:
        Absent: there is none.
    """
    lock = select(StreetCount.id).where(StreetCount.id == ident).with_for_update()
    db.session.execute(lock)
    return _known(ident)


def _known(ident: int) -> CountFacts:
    found = count_queries.count(ident)
    if found is None:
        raise Absent
    return found


def area_of(ident: int, area: int) -> AreaFacts:
    """Return one area of a count.

    Raises:
        Absent: the count has no such area.
    """
    found = count_queries.area(ident, area)
    if found is None:
        raise Absent
    return found


def _check_areas(areas: Sequence[Area], field: str = "areas") -> None:
    fault = bad_areas(areas)
    if fault:
        raise Invalid({field: [fault]})


def _insert_area(ident: int, area: Area) -> None:
    name, team = area
    _insert(CountArea, count_id=ident, name=name, team=team)


def _insert(table: Any, **values: Any) -> int:
    ident: int = db.session.execute(insert(table).values(**values).returning(table.id)).scalar_one()
    return ident


def _set(ident: int, **values: Any) -> None:
    db.session.execute(update(StreetCount).where(StreetCount.id == ident).values(**values))
