"""What a role may do, and how far: the table of the contract, fact by fact."""

import pytest

from pathway.acts import Act
from pathway.sites.rules import SiteFacts
from pathway.staff.doing import Doing, Role
from pathway.staff.may import MAY
from pathway.staff.rules import SITE_ROLES, may, scope
from pathway.staff.secrecy import password_fault
from tests.factories import NOW

ME = 7
SOMEBODY_ELSE = 8

OWN = SiteFacts(1, "own", "Own site")
OTHER = SiteFacts(2, "other", "Other site")
CONFIDENTIAL = SiteFacts(3, "confidential", "Confidential site", confidential=True)
OWN_CONFIDENTIAL = SiteFacts(4, "own-confidential", "Own confidential site", confidential=True)
VENUE = SiteFacts(5, "venue", "Venue", venue=True)

HUBS = {Role.HUB, Role.HUB_LEAD}
EVERYBODY = set(Role)
STREET = {Role.OUTREACH, Role.SWEP_COORDINATOR}


def an_act(*roles: Role) -> Act:
    sites = frozenset({OWN.id, OWN_CONFIDENTIAL.id}) if HUBS & set(roles) else frozenset()
    return Act(NOW, ME, "Me", frozenset(role.value for role in roles), sites)


def reaches(role: Role, doing: Doing, site: SiteFacts, made_by: int | None = SOMEBODY_ELSE) -> bool:
    return scope(an_act(role), doing).covers(site, made_by)


def who_may(doing: Doing) -> set[Role]:
    return {role for role in Role if may(frozenset({role.value}), doing)}


def who_reaches(doing: Doing, site: SiteFacts, made_by: int | None = SOMEBODY_ELSE) -> set[Role]:
    return {role for role in Role if reaches(role, doing, site, made_by)}


def test_every_role_stands_in_the_table() -> None:
    assert set(MAY) == EVERYBODY


def test_everybody_who_is_signed_in_may_sign_out_and_see_the_board() -> None:
    assert who_may(Doing.SIGNED_IN) == EVERYBODY
    assert who_may(Doing.COUNT_BEDS) == EVERYBODY


def test_everybody_counts_the_beds_of_an_open_site() -> None:
    assert who_reaches(Doing.COUNT_BEDS, OTHER) == EVERYBODY


def test_a_confidential_sites_count_is_for_those_who_hold_anywhere_and_its_own_staff() -> None:
    anywhere = STREET | {Role.HUB_LEAD}
    assert who_reaches(Doing.COUNT_BEDS, CONFIDENTIAL) == anywhere
    assert who_reaches(Doing.COUNT_BEDS, OWN_CONFIDENTIAL) == anywhere | {Role.HUB}


def test_everybody_but_an_admin_reads_people() -> None:
    assert who_may(Doing.SEE_PEOPLE) == EVERYBODY - {Role.ADMIN}


def test_managers_and_admins_write_down_nobody() -> None:
    assert who_may(Doing.ADD_PEOPLE) == EVERYBODY - {Role.MANAGER, Role.ADMIN}


def test_outreach_coordinators_and_leads_hold_anywhere() -> None:
    for site in (OTHER, CONFIDENTIAL, VENUE):
        assert who_reaches(Doing.HOLD, site) == STREET | {Role.HUB_LEAD}


def test_a_hub_holds_at_its_own_sites_only() -> None:
    assert reaches(Role.HUB, Doing.HOLD, OWN)
    assert not reaches(Role.HUB, Doing.HOLD, OTHER)


def test_managers_admins_and_treatment_hold_nothing() -> None:
    assert who_may(Doing.HOLD) == STREET | HUBS


def test_an_admin_sees_no_placement() -> None:
    assert who_may(Doing.SEE_PLACEMENTS) == EVERYBODY - {Role.ADMIN}


def test_a_manager_sees_placements_except_at_confidential_sites() -> None:
    assert who_reaches(Doing.SEE_PLACEMENTS, OTHER) == {Role.MANAGER}
    assert who_reaches(Doing.SEE_PLACEMENTS, CONFIDENTIAL) == set()


def test_a_hub_sees_the_placements_of_its_own_sites_even_confidential_ones() -> None:
    assert who_reaches(Doing.SEE_PLACEMENTS, OWN_CONFIDENTIAL) == HUBS


def test_a_coordinator_sees_the_placements_of_venues() -> None:
    assert who_reaches(Doing.SEE_PLACEMENTS, VENUE) == {Role.SWEP_COORDINATOR, Role.MANAGER}


def test_who_made_a_placement_sees_it_wherever_it_is() -> None:
    makers = STREET | {Role.HUB_LEAD, Role.TREATMENT}
    assert who_reaches(Doing.SEE_PLACEMENTS, CONFIDENTIAL, ME) == makers


def test_outreach_extends_and_releases_its_own_holds_only() -> None:
    assert reaches(Role.OUTREACH, Doing.KEEP_HOLD, OTHER, ME)
    assert not reaches(Role.OUTREACH, Doing.KEEP_HOLD, OTHER, SOMEBODY_ELSE)


def test_whoever_may_hold_may_also_release() -> None:
    assert who_may(Doing.KEEP_HOLD) == who_may(Doing.HOLD)


def test_a_hub_extends_and_releases_every_hold_at_its_own_sites() -> None:
    assert who_reaches(Doing.KEEP_HOLD, OWN) == HUBS


def test_checking_in_and_out_is_for_the_sites_own_staff() -> None:
    assert who_reaches(Doing.RUN_SITE, OWN) == HUBS
    assert who_reaches(Doing.RUN_SITE, OTHER) == set()


def test_venues_are_run_by_coordinators() -> None:
    assert who_reaches(Doing.RUN_SITE, VENUE) == {Role.SWEP_COORDINATOR}


def test_beds_are_looked_after_by_whoever_runs_the_site() -> None:
    for site in (OWN, OTHER, CONFIDENTIAL, OWN_CONFIDENTIAL, VENUE):
        assert who_reaches(Doing.KEEP_BEDS, site, ME) == who_reaches(Doing.RUN_SITE, site, ME)
    assert who_may(Doing.KEEP_BEDS) == HUBS | {Role.SWEP_COORDINATOR}


def test_having_made_a_hold_runs_nobodys_site() -> None:
    assert who_reaches(Doing.RUN_SITE, OTHER, ME) == set()


def test_overrides_are_the_leads_at_their_own_sites() -> None:
    assert who_may(Doing.OVERRIDE) == {Role.HUB_LEAD}
    assert reaches(Role.HUB_LEAD, Doing.OVERRIDE, OWN)
    assert not reaches(Role.HUB_LEAD, Doing.OVERRIDE, OTHER)


def test_a_hub_that_is_named_for_no_site_runs_none() -> None:
    act = Act(NOW, ME, "Me", frozenset({Role.HUB.value}))
    assert not scope(act, Doing.RUN_SITE).covers(OWN)


def test_sites_named_for_another_role_lend_it_nothing() -> None:
    act = Act(NOW, ME, "Me", frozenset({Role.OUTREACH.value}), frozenset({OWN.id}))
    assert not scope(act, Doing.RUN_SITE).covers(OWN)
    assert not scope(act, Doing.SEE_PLACEMENTS).covers(OWN, SOMEBODY_ELSE)


def test_two_roles_reach_as_far_as_either() -> None:
    act = an_act(Role.HUB, Role.OUTREACH)
    assert scope(act, Doing.HOLD).covers(OTHER)
    assert scope(act, Doing.RUN_SITE).covers(OWN)
    assert may(act.roles, Doing.ADD_PEOPLE)


def test_no_role_reaches_nowhere() -> None:
    nobody = Act(NOW, ME, "Me")
    for doing in Doing:
        assert not may(nobody.roles, doing)
        assert not scope(nobody, doing).covers(OTHER, SOMEBODY_ELSE)


@pytest.mark.parametrize("doing", list(Doing))
def test_a_role_that_may_not_reaches_nowhere(doing: Doing) -> None:
    for role in EVERYBODY - who_may(doing):
        for site in (OWN, OTHER, CONFIDENTIAL, OWN_CONFIDENTIAL, VENUE):
            assert not reaches(role, doing, site, ME)


def test_what_the_service_made_is_nobodys_own() -> None:
    assert not reaches(Role.OUTREACH, Doing.SEE_PLACEMENTS, OTHER, None)
    service = Act(NOW, None, "Pathway", frozenset({Role.OUTREACH.value}))
    assert not scope(service, Doing.SEE_PLACEMENTS).covers(OTHER, None)


def test_only_hub_roles_count_at_named_sites() -> None:
    assert SITE_ROLES == HUBS


@pytest.mark.parametrize("password", ["four plain words here", "x1!" * 4 + "yz", "пароль из слов"])
def test_a_long_password_is_good(password: str) -> None:
    assert password_fault(password) is None


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "Use at least 12 characters."),
        ("elevenchars", "Use at least 12 characters."),
        ("correct horse battery " * 10, "Use at most 200 characters."),
        ("aaaaaaaaaaaaaaaa", "Use more different characters."),
        ("121212121212121212", "Use more different characters."),
    ],
)
def test_a_weak_password_is_refused_with_what_to_do(password: str, why: str) -> None:
    assert (password_fault(password) or "").startswith(why)


def test_a_password_may_have_12_to_200_characters() -> None:
    assert password_fault("abcdefghijkl") is None
    assert password_fault("abcdefghij" * 20) is None
    assert password_fault("abcdefghij" * 20 + "k") is not None


def test_the_audit_trail_is_for_managers_and_admins() -> None:
    assert who_may(Doing.READ_AUDIT) == {Role.MANAGER, Role.ADMIN}
