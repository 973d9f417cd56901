"""Callers who give no name: a bed is held for a description, and matched at the door."""

from dataclasses import replace
from datetime import timedelta

from pathway.acts import Act
from pathway.beds import apart, care, claims, judging, queries, timing
from pathway.beds.reach import mine
from pathway.beds.rules import LIVE, Happened, PlacementFacts, PlacementStatus
from pathway.beds.sight import may_see
from pathway.duty.queries import on_duty
from pathway.errors import Absent, Forbidden, Invalid, Kept, Refused, Unknown
from pathway.people import actions as people_actions
from pathway.people import editing, merging
from pathway.people import queries as people
from pathway.people.rules import PersonFacts
from pathway.sites import queries as sites
from pathway.sites.rules import Gender, SiteFacts
from pathway.staff.doing import Doing, Role
from pathway.staff.rules import scope

DUTY_MANAGER = 1
"""The step of the rota that a duty manager is on."""


def may_hold_unnamed(act: Act, site: SiteFacts) -> bool:
    """Return whether whoever acts may hold here for a caller; a manager only while on duty."""
    others = replace(act, roles=act.roles - {Role.MANAGER.value})
    if scope(others, Doing.HOLD_UNNAMED).covers(site):
        return True
    if not scope(act, Doing.HOLD_UNNAMED).covers(site):
        return False
    turn = on_duty(act.at).get(DUTY_MANAGER)
    return turn is not None and turn.staff_id == act.staff_id


def hold_unnamed(
    act: Act,
    *,
    description: str,
    site: str,
    minutes: int | None = None,
    gender: Gender = Gender.NOT_KNOWN,
) -> PlacementFacts:
    """Hold a bed for somebody of whom only a description is known.

    Raises:
        Invalid: an unknown site, or no lawful length.
        Forbidden: whoever acts may not hold there, or is not duty manager now.
        Refused: the site does not take them, or no bed is free.
    """
    where = sites.site(site)
    if where is None:
        raise Unknown({"site": [claims.NO_SUCH_PLACE]})
    if not may_hold_unnamed(act, where):
        raise Forbidden(
            "Beds for callers without a name are held by the hub, its lead or the duty manager."
        )
    length = where.hold_minutes if minutes is None else minutes
    fault = timing.bad_length(length, where.numbers)
    if fault:
        raise Invalid({"minutes": [fault]})
    person = people_actions.add_unnamed(act, description, gender)
    until = act.at + timedelta(minutes=length)
    claimed = {"status": PlacementStatus.HELD.value, "expires_at": until}
    return claims.claim(act, person, where, None, claimed, Happened.HELD, claims.Beside())


def match(act: Act, ident: int, *, person: str) -> PlacementFacts:
    """Say who somebody without a name is: their record becomes the known person's.

    Raises:
        Absent: there is no such placement at a site that whoever acts runs.
        Invalid: there is no such person, or they have no name either.
        Refused: the placement has a name, or the known person has a bed or does not fit.
    """
    placement = mine(act, ident, Doing.RUN_SITE)
    known = _known(act, person)
    if known.id == placement.person.id:
        return placement
    _refuse_if_named(placement)
    if placement.status_at(act.at) in LIVE:
        _refuse_the_bed(act, known, placement)
    care.merge(act, placement.person.ref, known.ref)
    return _again(ident)


def say_who(act: Act, ref: str, *, person: str) -> PersonFacts:
    """Say who somebody was of whom there is a description: all that was recorded goes along.

    A lead can part the two again. Where it is done already nothing changes.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
        Invalid: there is no such person, or they have no name either.
        Refused: the record has a name, both have a bed, or the known person does not fit theirs.
    """
    described = people.person(act, ref)
    if described is None:
        raise Absent
    known = _known(act, person)
    if known.id == described.id:
        return known
    if not described.unnamed:
        raise Refused(f"They have a name already: {described.name}. Change their record.")
    placement = queries.live_placement_of(described.id)
    if placement is not None and placement.status_at(act.at) in LIVE:
        _refuse_the_bed(act, known, placement)
    return care.merge(act, described.ref, known.ref)


def make_one(act: Act, gone: PersonFacts, kept: PersonFacts) -> PersonFacts:
    """Let a record without a name become another one, which may have a name or none either.

    Raises as :func:`say_who`.
    """
    if gone.id == kept.id:
        return kept
    if kept.unnamed:
        return care.merge(act, gone.ref, kept.ref)
    return say_who(act, gone.ref, person=kept.ref)


def _refuse_the_bed(act: Act, known: PersonFacts, placement: PlacementFacts) -> None:
    """Refuse to give somebody the bed of a description, without telling who may not know."""
    try:
        _refuse_if_placed(act, known)
        judging.check_fit(act, known, placement.site, None, judging.Arrival(None, placement.bed_id))
    except Refused as refusal:
        if may_see(act, placement):
            raise
        raise Kept(merging.NOT_NOW) from refusal


def _known(act: Act, ref: str) -> PersonFacts:
    found = apart.person(act, ref)
    if found is None:
        raise Unknown({"person": ["There is no person with this reference."]}, person=ref)
    if found.unnamed:
        raise Invalid({"person": ["That record has no name either. Look them up by name."]})
    return found


def name(
    act: Act, ident: int, *, given_name: str | None, family_name: str | None = None
) -> PlacementFacts:
    """Give somebody without a name the one that they now say. Raises as :func:`match`."""
    placement = mine(act, ident, Doing.RUN_SITE)
    told = {"given_name": given_name or None, "family_name": family_name or None}
    if not any(told.values()):
        raise Invalid({"given_name": ["Write the name that they give."]})
    whom = placement.person
    if (whom.given_name, whom.family_name) == tuple(told.values()):
        return placement
    _refuse_if_named(placement)
    editing.give_name(act, whom, **told)
    return _again(ident)


def _refuse_if_named(placement: PlacementFacts) -> None:
    if not placement.person.unnamed:
        raise Refused(f"They have a name already: {placement.person.name}. Change their record.")


def _refuse_if_placed(act: Act, known: PersonFacts) -> None:
    standing = queries.live_placement_of(known.id)
    if standing and standing.status_at(act.at) is not PlacementStatus.EXPIRED:
        raise judging.already_placed(act, standing)


def _again(ident: int) -> PlacementFacts:
    found = queries.placement(ident)
    assert found is not None  # noqa: S101 - rows are never deleted
    return found
