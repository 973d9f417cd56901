"""What a role may do, and how far: one table.

Scope is by role, site and record, never by organisation alone. Source:
CONTRACT.md (roles) and DOMAIN.md section 8.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pathway.acts import Act
from pathway.sites.rules import SiteFacts
from pathway.staff.doing import Doing, Reach


class Role(StrEnum):
    """A role that a member of staff holds; several may be held at once."""

    OUTREACH = "outreach"
    HUB = "hub"
    HUB_LEAD = "hub_lead"
    SWEP_COORDINATOR = "swep_coordinator"
    TREATMENT = "treatment"
    MANAGER = "manager"
    ADMIN = "admin"

    @property
    def words(self) -> str:
        """Return the role as people say it."""
        return self.value.replace("_", " ").replace("swep", "SWEP")


_EVERYONE: Mapping[Doing, frozenset[Reach]] = {
    Doing.SIGNED_IN: frozenset({Reach.ALL}),
    Doing.COUNT_BEDS: frozenset({Reach.OPEN, Reach.OWN_SITES}),
}


def _may(**reaches: tuple[Reach, ...]) -> Mapping[Doing, frozenset[Reach]]:
    named = {Doing[name.upper()]: frozenset(reach) for name, reach in reaches.items()}
    return {**_EVERYONE, **named}


_ALL = (Reach.ALL,)

MAY: Mapping[Role, Mapping[Doing, frozenset[Reach]]] = {
    Role.OUTREACH: _may(
        count_beds=_ALL,
        see_people=_ALL,
        add_people=_ALL,
        edit_people=_ALL,
        restrict=_ALL,
        see_placements=(Reach.OWN,),
        hold=_ALL,
        keep_hold=(Reach.OWN,),
        not_here=_ALL,
        here_again=_ALL,
        be_walked=_ALL,
        see_contacts=_ALL,
        record=_ALL,
        match=_ALL,
        safeguard=_ALL,
        record_death=_ALL,
        run_shift=_ALL,
        run_count=_ALL,
        see_sleeping=(Reach.OWN_TEAM,),
    ),
    Role.HUB: _may(
        see_people=_ALL,
        add_people=_ALL,
        edit_people=(Reach.OWN_SITES,),
        restrict=_ALL,
        see_placements=(Reach.OWN_SITES,),
        hold=(Reach.OWN_SITES,),
        keep_hold=(Reach.OWN_SITES,),
        run_site=(Reach.OWN_SITES,),
        keep_beds=(Reach.OWN_SITES,),
        book=(Reach.OWN_SITES,),
        hold_unnamed=(Reach.OWN_SITES,),
        not_here=_ALL,
        see_occupancy=(Reach.OWN_SITES,),
        be_walked=_ALL,
        see_contacts=_ALL,
        record=(Reach.OWN_SITES,),
        safeguard=_ALL,
    ),
    Role.HUB_LEAD: _may(
        count_beds=_ALL,
        see_people=_ALL,
        add_people=_ALL,
        edit_people=(Reach.OWN_SITES,),
        merge=_ALL,
        restrict=_ALL,
        lift=_ALL,
        watch=_ALL,
        see_placements=(Reach.OWN_SITES, Reach.OWN),
        hold=_ALL,
        keep_hold=(Reach.OWN_SITES, Reach.OWN),
        run_site=(Reach.OWN_SITES,),
        keep_beds=(Reach.OWN_SITES,),
        override=(Reach.OWN_SITES,),
        describe_site=(Reach.OWN_SITES,),
        take_duty=_ALL,
        book=(Reach.OWN_SITES,),
        hold_unnamed=_ALL,
        not_here=_ALL,
        here_again=_ALL,
        set_beds=(Reach.OWN_SITES,),
        backdate=(Reach.OWN_SITES,),
        see_occupancy=(Reach.OWN_SITES,),
        be_walked=_ALL,
        see_contacts=_ALL,
        record=(Reach.OWN_SITES,),
        match=_ALL,
        safeguard=_ALL,
        record_death=_ALL,
        warn_of_drugs=_ALL,
    ),
    Role.SWEP_COORDINATOR: _may(
        count_beds=_ALL,
        see_people=_ALL,
        add_people=_ALL,
        edit_people=_ALL,
        restrict=_ALL,
        see_placements=(Reach.VENUES, Reach.OWN),
        hold=_ALL,
        keep_hold=(Reach.VENUES, Reach.OWN),
        run_site=(Reach.VENUES,),
        keep_beds=(Reach.VENUES,),
        see_texts=_ALL,
        run_rota=_ALL,
        take_duty=_ALL,
        book=(Reach.VENUES,),
        hold_unnamed=_ALL,
        not_here=_ALL,
        here_again=_ALL,
        backdate=(Reach.VENUES,),
        see_occupancy=(Reach.OPEN,),
        be_walked=_ALL,
        see_contacts=_ALL,
        record=_ALL,
        match=_ALL,
        safeguard=_ALL,
        record_death=_ALL,
        run_shift=_ALL,
        run_count=_ALL,
        sign_count=_ALL,
        warn_of_drugs=_ALL,
    ),
    Role.TREATMENT: _may(
        see_people=_ALL,
        add_people=_ALL,
        edit_people=_ALL,
        restrict=_ALL,
        see_placements=(Reach.OWN,),
        not_here=_ALL,
        here_again=_ALL,
        see_contacts=_ALL,
        record=_ALL,
        match=_ALL,
        safeguard=_ALL,
        record_death=_ALL,
        warn_of_drugs=_ALL,
    ),
    Role.MANAGER: _may(
        see_people=_ALL,
        merge=_ALL,
        lift=_ALL,
        watch=_ALL,
        see_placements=(Reach.OPEN,),
        read_audit=_ALL,
        see_texts=_ALL,
        run_rota=_ALL,
        take_duty=_ALL,
        see_jobs=_ALL,
        hold_unnamed=(Reach.OPEN,),
        see_occupancy=(Reach.OPEN,),
        see_contacts=_ALL,
        match=_ALL,
        safeguard=_ALL,
        record_death=_ALL,
        run_count=_ALL,
        sign_count=_ALL,
        warn_of_drugs=_ALL,
        see_sleeping=_ALL,
        see_framework=_ALL,
    ),
    Role.ADMIN: _may(
        run_staff=_ALL,
        describe_site=(Reach.OPEN,),
        read_audit=_ALL,
        see_texts=_ALL,
        run_rota=_ALL,
        see_jobs=_ALL,
    ),
}
"""The table. What is not here is refused.

Treatment staff hold and book for releases only; until releases are recorded
there is nothing that they may hold for. Hub staff add people because somebody
who walks in has to be written down before they can be given a bed. A manager holds
for a caller without a name only while they are the duty manager.
"""


def may(roles: frozenset[str], doing: Doing) -> bool:
    """Return whether one of the roles may do this anywhere at all."""
    return any(doing in MAY[Role(role)] for role in roles)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where one member of staff may do one thing.

    The same object judges a record in Python and narrows a query.
    """

    everywhere: bool
    open_sites: bool
    venues: bool
    site_ids: frozenset[int]
    own_of: int | None
    team_of: int | None = None

    def covers(self, site: SiteFacts, made_by: int | None = None) -> bool:
        """Return whether a record at this site, made by this member, is inside."""
        return (
            self.everywhere
            or site.id in self.site_ids
            or (self.venues and site.venue)
            or (self.open_sites and not site.confidential)
            or (self.own_of is not None and made_by == self.own_of)
        )


def scope(act: Act, doing: Doing) -> Scope:
    """Return how far the roles of an act reach for one thing."""
    reaches: set[Reach] = set()
    for role in act.roles:
        reaches |= MAY[Role(role)].get(doing, frozenset())
    return Scope(
        everywhere=Reach.ALL in reaches,
        open_sites=Reach.OPEN in reaches,
        venues=Reach.VENUES in reaches,
        site_ids=act.site_ids if Reach.OWN_SITES in reaches else frozenset(),
        own_of=act.staff_id if Reach.OWN in reaches else None,
        team_of=act.organisation_id if Reach.OWN_TEAM in reaches else None,
    )


LEADING = frozenset({Role.HUB_LEAD, Role.SWEP_COORDINATOR, Role.MANAGER})
"""The roles that lead: who decides at night, and is told of what somebody has to look after."""

SITE_ROLES = frozenset({Role.HUB, Role.HUB_LEAD})
"""The roles that count only at the sites a member of staff is named for."""

LONGEST_EMAIL = 254
"""The most characters of an e-mail address. Source: RFC 5321."""

LONGEST_NAME = 200
"""The most characters of a name (ours)."""


def not_an_address(email: str) -> str | None:
    """Return the sentence that refuses an e-mail address, or None."""
    before, at, after = email.partition("@")
    sound = before and at and after and email.isprintable() and " " not in email
    if sound and len(email) <= LONGEST_EMAIL:
        return None
    return f"“{email[:60]}” is not an e-mail address."


def not_a_name(name: str) -> str | None:
    """Return the sentence that refuses a member of staff's name, or None."""
    if name.strip() and len(name) <= LONGEST_NAME and "\x00" not in name:
        return None
    return f"Give a name of up to {LONGEST_NAME} characters."
