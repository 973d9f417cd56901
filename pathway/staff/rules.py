"""What a role may do, and how far: one table.

Scope is by role, site and record, never by organisation alone. Source:
CONTRACT.md (roles) and DOMAIN.md section 8.
"""

from dataclasses import dataclass

from pathway.acts import Act
from pathway.sites.rules import SiteFacts
from pathway.staff.doing import Doing, Reach, Role
from pathway.staff.may import MAY


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
