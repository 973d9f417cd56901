"""Where somebody is whom a person must not meet: asked wherever fit is judged, told to nobody.

Who is kept apart is kept below, where nobody knows of beds. Of two who are claimed
for at one site at once exactly one gets in: each claim is written first, then the
record that names both is locked, and only then it is looked who is there. The second
looks when the first is kept or gone. Whoever writes such a record locks both people,
for which a claim that is being written is waited, and which the next one waits for.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta
from typing import NotRequired, TypedDict, Unpack

from sqlalchemy import bindparam, case, or_, select

from pathway.acts import Act
from pathway.beds.models import IS_HELD, IS_LIVE, Placement
from pathway.db import UtcDateTime, run
from pathway.duty.actions import raise_alarm
from pathway.duty.rules import AlarmKind
from pathway.messages.notices import notify
from pathway.messages.rules import Kind
from pathway.people import facing, ties
from pathway.people import queries as people
from pathway.people.models import Person, PersonApart
from pathway.people.rules import PersonFacts
from pathway.people.tie_rules import ApartFacts
from pathway.sites import queries as sites
from pathway.staff.doing import Role

AT_ONE_SITE = "Two people at one site are recorded to be kept apart. See the record."
"""What the duty manager is told: neither who nor where."""

TOLD_FOR = timedelta(hours=24)
"""For how long a confidential site is told on its list of notices (ours)."""

_WHERE = (
    select(Placement.site_id)
    .where(
        Placement.person_id.in_(bindparam("them", expanding=True)),
        IS_LIVE,
        or_(~IS_HELD, Placement.expires_at > bindparam("now", type_=UtcDateTime())),
    )
    .distinct()
)
"""Where these people are, or are on the way to, planned moves included."""

_OTHER = case(
    (PersonApart.person_id == bindparam("of"), PersonApart.other_id), else_=PersonApart.person_id
)
_PAIRS = (
    select(_OTHER)
    .where(
        or_(PersonApart.person_id == bindparam("of"), PersonApart.other_id == bindparam("of")),
        facing.APART_STANDS,
    )
    .order_by(PersonApart.id)
    .with_for_update(key_share=True)
)
_PERSON = (
    select(Person.id).where(Person.id == bindparam("of")).with_for_update(read=True, key_share=True)
)


class Told(TypedDict):
    """What is said when two people are to be kept apart."""

    other: str
    why: str
    readers: NotRequired[Collection[Role]]
    until: NotRequired[date | None]


def person(act: Act, ref: str) -> PersonFacts | None:
    """Return one person whose record is open to whoever acts, with all that fit is judged by."""
    found = people.person(act, ref)
    return kept(act, found) if found else None


def judged(act: Act, person: PersonFacts) -> PersonFacts:
    """Return somebody who was read with a placement, with all that fit is judged by."""
    return kept(act, facing.judged(act, person))


def kept(act: Act, person: PersonFacts) -> PersonFacts:
    """Return the same person with the sites where somebody is whom they must not meet.

    One statement more, and none for who is kept apart from nobody.
    """
    return replace(person, kept_apart=_sites_of(act, person.apart_from))


def meets(act: Act, person_id: int, site_id: int, *, claimed: bool = True) -> bool:
    """Return whether somebody has a claim at a site whom a person must not meet.

    What names both is locked first. Where no row of theirs was inserted, and so
    nothing waits for who writes such a record, the person is locked before.
    """
    if not claimed:
        run(_PERSON, of=person_id)
    them = set(run(_PAIRS, of=person_id, **facing.today(act)).scalars()) - {person_id}
    return site_id in _sites_of(act, them)


def keep_apart(act: Act, ref: str, **told: Unpack[Told]) -> ApartFacts:
    """Write down that two people must never meet, and ring where they are at one site now.

    Nobody who is in or on the way loses a bed by it. Raises as
    :func:`pathway.people.ties.keep_apart`.
    """
    made = ties.keep_apart(act, ref, **told)
    whom = people.person(act, ref)
    if made.at == act.at and whom is not None:
        tell_if_met(act, whom, key=f"apart:{made.id}")
    return made


def tell_if_met(act: Act, person: PersonFacts, *back_at: int, key: str | None = None) -> None:
    """Tell the duty manager where somebody is at one site with whom they must not meet.

    ``back_at`` is where they are about to be again. Of a confidential site nobody is
    told but those who are named for it.
    """
    others = judged(act, person).kept_apart
    closed = {site.id for site in sites.sites() if site.confidential}
    link = f"/people/{person.ref}/apart"
    here = others and (frozenset(back_at) or _sites_of(act, {person.id}))
    for site in sorted(others & here):
        once = key and f"{key}:{site}"
        if site not in closed:
            raise_alarm(act, AlarmKind.APART, AT_ONE_SITE, key=once, link=link)
            continue
        until = act.at + TOLD_FOR
        notify(
            act,
            Kind.APART,
            AT_ONE_SITE,
            useful_until=until,
            site_id=site,
            key=once,
            link=link,
        )


def _sites_of(act: Act, them: Collection[int]) -> frozenset[int]:
    """Return where any of these people has a claim now: held and not lapsed, booked or in."""
    if not them:
        return frozenset()
    return frozenset(run(_WHERE, them=sorted(them), now=act.at).scalars())
