"""Whether somebody may have a bed of a site, and the words that refuse it.

The rules are those of :mod:`pathway.beds.fit`; here stands who may decide
otherwise, who may be told what, and which beds are offered instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from pathway.acts import Act
from pathway.beds import apart, board, fit, needed, rules
from pathway.beds.rules import PlacementFacts, PlacementStatus
from pathway.beds.sight import may_see
from pathway.errors import InVain, Refused, Telling, Unfit
from pathway.nights import london
from pathway.people import marks
from pathway.people.rules import PersonFacts
from pathway.sites.rules import SiteFacts
from pathway.staff.doing import Doing
from pathway.staff.rules import scope


@dataclass(frozen=True, slots=True)
class Arrival:
    """When somebody may arrive, None for no hours to judge by, and in which bed if one is named.

    ``asked`` is that they ask for it now: a refusal is written down if there is no other.
    """

    during: fit.Window | None = None
    bed_id: int | None = None
    asked: bool = False


AT_THE_DOOR = Arrival()


def arriving(act: Act, where: SiteFacts, claimed: Mapping[str, Any]) -> fit.Window | None:
    """Return when somebody may arrive; who stands at the door is judged by no hours."""
    if claimed.get("expected_at"):
        grace = timedelta(minutes=where.numbers.grace_minutes)
        return claimed["expected_at"], claimed["expected_at"] + grace
    return (act.at, claimed["expires_at"]) if claimed.get("expires_at") else None


def check_fit(
    act: Act,
    who: PersonFacts,
    where: SiteFacts,
    override: str | None,
    arrival: Arrival = AT_THE_DOOR,
) -> str | None:
    """Refuse who does not fit; return the lead's reason where the lead decided."""
    refuse_if_stopped(act, who)
    refusal = _unfit(act, who, where, arrival)
    if refusal is None:
        return None
    lead = scope(act, Doing.OVERRIDE).covers(where)
    if refusal.lead_may_decide and override and lead:
        return override
    kind = Unfit if refusal.of_them else Refused
    asked = arrival.asked and refusal.sentence != fit.NOT_TONIGHT
    raise _with_others(kind, refusal.sentence, _open_to(act, who), who, where, asked=asked)


def refuse_if_stopped(act: Act, who: PersonFacts) -> None:
    """Refuse every new, longer or revived claim for a child, perhaps a child, or who has died.

    A claim that stands is not ended by it.

    Raises:
        Refused: they are, or somebody said that they may be.
    """
    refusal = fit.stopped(who, london(act.at).date())
    if refusal is not None:
        kind = Unfit if refusal.of_them else Refused
        raise kind(refusal.sentence, alternatives=[])


def refuse_to_bring_back(act: Act, of: PlacementFacts, status: PlacementStatus) -> None:
    """Refuse to take back the end of a claim, as any claim; who slept there did all the same.

    Where they must not meet somebody who has come there since, the duty manager is told.

    Raises:
        Refused: as :func:`refuse_to_revive`; for somebody who was in, only after a death.
    """
    if status is not PlacementStatus.IN:
        refuse_to_revive(act, apart.judged(act, of.person), of.site)
        return
    if of.person.died_on is not None:
        refuse_if_stopped(act, of.person)
    apart.tell_if_met(act, of.person, of.site.id)


def _unfit(act: Act, who: PersonFacts, where: SiteFacts, arrival: Arrival) -> fit.WhyNot | None:
    """Return why neither the site nor a bed that was named takes somebody, or None."""
    refusal = fit.why_not(where, who, arrival.during)
    bed = board.bed(arrival.bed_id, act.at) if arrival.bed_id else None
    if bed is None or (refusal and not refusal.lead_may_decide):
        return refusal
    of_bed = fit.why_not_bed(bed, who)
    return of_bed if of_bed and not of_bed.lead_may_decide else refusal or of_bed


def refuse_to_revive(act: Act, who: PersonFacts, where: SiteFacts) -> None:
    """Refuse who comes back to a claim that is over, where something has come to stop them.

    Where it is a warning or an exclusion, the site's lead admits them as somebody who walks in.
    """
    refuse_if_stopped(act, who)
    refusal = fit.why_warned(where, who)
    if refusal is not None:
        raise _with_others(Refused, refusal.sentence, _open_to(act, who), who, where)
    if apart.meets(act, who.id, where.id, claimed=False):
        raise _met(act, who, where)


def of_whom_it_is_now(act: Act, placement: PlacementFacts) -> PlacementFacts:
    """Look at the person again, now that their row is bound to the new placement.

    Whoever merged, erased, closed or marked the record meanwhile, or said whom to keep
    them apart from, did so before this moment.
    """
    meanwhile = marks.since(placement.person.id)
    if meanwhile.merged:
        raise Refused("This record was merged into another just now. Look them up again.")
    if meanwhile.erased:
        raise Refused("This record was erased just now. Add them anew, if they want that.")
    person = replace(
        placement.person,
        restricted=meanwhile.restricted,
        perhaps_child=meanwhile.perhaps_child,
        died_on=meanwhile.died_on,
    )
    refuse_if_stopped(act, person)
    if meanwhile.apart and apart.meets(act, person.id, placement.site.id):
        raise _met(act, person, placement.site)
    return replace(placement, person=person)


def _met(act: Act, who: PersonFacts, where: SiteFacts) -> Refused:
    """Return what refuses somebody for whom somebody else is in the way, as any such rule does."""
    found = _open_to(act, apart.judged(act, who))
    return _with_others(Refused, fit.NOT_TONIGHT, found, who, where)


def already_placed(act: Act, standing: PlacementFacts) -> Refused:
    """Return what refuses somebody who is placed: where, to those who may know."""
    if may_see(act, standing):
        sentence = rules.standing_sentence(standing, act.at)
        return Telling(sentence, standing.person.ref, alternatives=[], placement=str(standing.id))
    return Refused(rules.ALREADY_PLACED, alternatives=[])


def none_free(
    act: Act, who: PersonFacts, where: SiteFacts, bed_id: int | None, *, asked: bool = False
) -> Refused:
    """Return what refuses a claim where no bed is free, with the next-best beds."""
    what = "That bed is not free any more." if bed_id else f"No bed is free at {where.name}."
    found = _open_to(act, who)
    others = any(one["site"] != where.code for one in found)
    then = "Choose another below." if others else "Ring the duty manager."
    unfit = None if bed_id else fit.none_fits(where, board.free_of(where, act.at), who)
    if unfit and unfit.lead_may_decide:
        return _with_others(Unfit, unfit.sentence, found, who, where, asked=asked)
    kind = Unfit if unfit else Refused
    sentence = f"{unfit.sentence if unfit else what} {then}"
    return _with_others(kind, sentence, found, who, where, asked=asked)


def _with_others(
    kind: type[Refused],
    sentence: str,
    found: list[dict[str, Any]],
    who: PersonFacts,
    where: SiteFacts,
    *,
    asked: bool = False,
) -> Refused:
    """Return a refusal with the next-best beds; who asked and can be given none is turned away."""
    refusal = kind(sentence, alternatives=[one for one in found if one["site"] != where.code])
    if asked and not any(one["hold"] for one in found):
        refusal.in_vain = InVain(who.ref, where.id, needed.kept(who))
    return refusal


def _open_to(act: Act, who: PersonFacts) -> list[dict[str, Any]]:
    """Return where a bed is free for somebody, as far as whoever acts may know."""
    seen = board.tonight(act.at, scope(act, Doing.COUNT_BEDS))
    return board.alternatives(seen.sites, who, scope(act, Doing.HOLD), act.at)
