"""What a text says of beds, pure: one text, no name, no confidential site."""

from datetime import UTC, datetime

import pytest

from pathway.beds import texts
from pathway.beds.board import SiteTonight
from pathway.beds.rules import Counts, PlacementFacts, PlacementStatus
from pathway.beds.shortcodes import SIGNS, short_code
from pathway.messages.septets import ONE_TEXT, is_gsm7, septets
from pathway.people.rules import PersonFacts
from pathway.sites.rules import ADMISSIBLE, Gender, SiteFacts
from tests.factories import NOW, later

RTS = "020 7846 3535"
WOMEN = frozenset({Gender.WOMAN})


def shown(
    code: str, free: int | None, *, confidential: bool = False, phone: str | None = None
) -> SiteTonight:
    counts = None if free is None else Counts(20, 0, 20 - free, 0, 0, 0, 0, free)
    admits = WOMEN if confidential else frozenset(ADMISSIBLE)
    site = SiteFacts(1, code, f"The {code}", admits, confidential=confidential, phone=phone)
    return SiteTonight(site, counts, None, None)


def board(*sites: SiteTonight) -> str:
    return texts.tonight(sites, NOW, RTS)


def test_the_site_with_most_free_beds_comes_first_and_full_ones_not_at_all() -> None:
    told = board(shown("st-giles", 2), shown("165-hub", 12), shown("finchley-hub", 0))
    assert told == "Free at 01:30: 165-hub 12, st-giles 2. Women: ring 020 7846 3535"


def test_no_bed_free_says_so_and_still_whom_women_ring() -> None:
    assert board(shown("165-hub", 0)) == "No bed free at 01:30. Women: ring 020 7846 3535"
    assert board() == "No bed free at 01:30. Women: ring 020 7846 3535"


def test_a_confidential_site_gives_its_number_and_nothing_else() -> None:
    told = board(shown("hidden", 9, confidential=True, phone="07700 900456"), shown("165-hub", 1))
    assert told == "Free at 01:30: 165-hub 1. Women: ring 07700 900456"


@pytest.mark.parametrize("phone", [None, "", "ring “Ann”"])
def test_without_a_number_that_may_be_told_women_ring_the_public_line(phone: str | None) -> None:
    assert board(shown("hidden", 9, confidential=True, phone=phone)).endswith(f"ring {RTS}")


def test_a_number_that_the_board_does_not_show_is_not_told() -> None:
    told = board(shown("hidden", None, confidential=True, phone="07700 900456"))
    assert told.endswith(f"ring {RTS}")


def test_a_list_of_exactly_one_text_is_whole_and_one_sign_more_is_cut() -> None:
    words = board(shown("a", 19), shown("b", 3))
    room = ONE_TEXT - septets(words)
    whole = board(shown("a", 19), shown("b" * (1 + room), 3))
    assert septets(whole) == ONE_TEXT
    assert "more" not in whole
    cut = board(shown("a", 19), shown("b" * (2 + room), 3))
    assert cut == "Free at 01:30: a 19 +1 more. Women: ring 020 7846 3535"


def test_many_sites_are_cut_and_the_ending_stays_whole() -> None:
    told = board(*(shown(f"site-number-{place}", 40 - place) for place in range(40)))
    assert septets(told) <= ONE_TEXT
    assert told.startswith("Free at 01:30: site-number-0 40, site-number-1 39")
    assert told.endswith("+34 more. Women: ring 020 7846 3535")


def test_codes_that_a_text_cannot_carry_are_counted() -> None:
    told = board(shown("café-’ś", 8), shown("[{^}]", 3))
    assert told == "Free at 01:30: [{^}] 3 +1 more. Women: ring 020 7846 3535"
    long = board(shown("x" * 40 + "~" * 60, 8))
    assert long == "Sites with free beds at 01:30: 1. Women: ring 020 7846 3535"


def placement(code: str = "165-hub", label: str = "12", *, hidden: bool = False) -> PlacementFacts:
    return PlacementFacts(
        id=1,
        status=PlacementStatus.HELD,
        person=PersonFacts(1, "P-222222", given_name="Fern"),
        site=SiteFacts(1, code, "The 165 Hub", confidential=hidden),
        bed_id=1,
        bed_label=label,
        made_by=1,
        made_at=NOW,
        expires_at=later(minutes=45),
    )


def test_a_hold_is_told_without_the_name() -> None:
    assert texts.held(placement()) == "Held until 02:15: bed 12, 165-hub. RELEASE gives it back."


def test_a_hold_given_back_does_not_name_a_confidential_site() -> None:
    assert texts.released(placement()) == "Given back: bed 12, 165-hub."
    assert texts.released(placement("hidden", "MARK", hidden=True)) == "Given back."


def test_which_of_several_is_asked_by_site_and_short_code() -> None:
    two = [("165-hub", "7K3M"), ("st-giles", "9XWV")]
    assert texts.which(two, 0) == "Which? RELEASE 165-hub 7K3M, RELEASE st-giles 9XWV"
    assert texts.which(two, 1).endswith(", +1 on the screen")
    assert texts.which([], 2) == "2 holds of yours run. Give one back on the screen."
    many = texts.which([("connections-at-st-martins", "7K3M")] * 9, 0)
    assert septets(many) <= ONE_TEXT
    assert many.endswith("+6 on the screen")


def test_a_refusal_names_other_beds_where_they_fit() -> None:
    site = SiteFacts(1, "165-hub", "165 Hub, King's Cross")
    full = f"No bed is free at {site.name}. Choose another below."
    told = texts.refused(full, site, [("st-giles", 4), ("finchley-hub", 2)])
    assert told == "No bed is free at that site. Free: st-giles 4, finchley-hub 2."
    odd = texts.refused(f"{site.name} does not admit “man”.", site, [("ś", 3)])
    assert odd == 'That site does not admit "man".'
    assert is_gsm7(odd)


def test_a_short_code_is_of_one_worker_and_one_person() -> None:
    codes = {
        short_code("key", worker, ref) for worker in (1, 2) for ref in ("P-222222", "P-333333")
    }
    assert len(codes) == 4
    assert short_code("key", 1, "P-222222") == short_code("key", 1, "P-222222")
    assert short_code("other", 1, "P-222222") not in codes
    assert all(len(code) == 4 and set(code) <= set(SIGNS) for code in codes)
    assert not set(SIGNS) & set("01aeiloszu")


def test_the_night_the_clocks_go_back_the_hour_says_which_it_is() -> None:
    at = datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
    told = texts.tonight([shown("165-hub", 1)], at, RTS)
    assert told == "Free at 01:30 GMT: 165-hub 1. Women: ring 020 7846 3535"
