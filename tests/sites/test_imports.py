"""Sites and their beds come from a file; a past night keeps its own capacity."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from pathway.acts import Act, by_service
from pathway.beds import actions as beds
from pathway.beds import imports
from pathway.beds.models import Bed, Capacity
from pathway.beds.rules import MOST_BEDS
from pathway.csvfile import FileFault
from pathway.db import db, transaction
from pathway.people.rules import PersonFacts
from pathway.sites import queries as sites
from pathway.sites.models import Site
from pathway.sites.rules import Gender, SupportLevel
from pathway.staff.doing import Role
from tests.factories import HUB, NOW, a_person, a_site, an_act, later

pytestmark = pytest.mark.usefixtures("store")

HEADER = "code,name,organisation,beds,admits,max_support_level,nrpf,confidential,phone,from\n"
NEW = "new-house,New House,nlhp,3,woman;man,medium,no,no,07700 900500,\n"
SHORT = "code,name,organisation,beds,admits,from\n"
TONIGHT = date(2026, 1, 9)

File = Callable[[str], Path]


@pytest.fixture
def file(tmp_path: Path) -> File:
    def write(content: str) -> Path:
        path = tmp_path / "sites.csv"
        path.write_text(content, encoding="utf-8")
        return path

    return write


def take(path: Path, **passed: float) -> str:
    rows = imports.read(path)
    with transaction():
        return imports.write(by_service(later(**passed)), rows)


def faults_of(path: Path, **passed: float) -> list[str]:
    with pytest.raises(FileFault) as refused:
        take(path, **passed)
    return refused.value.sentences


def labels(code: str, night: date = TONIGHT) -> list[str]:
    return list(beds_on(code, night))


def capacity(code: str, night: date = TONIGHT) -> int:
    return len(beds_on(code, night))


def beds_on(code: str, night: date = TONIGHT) -> dict[str, int]:
    """Return the ids of a site's ordinary beds of a night by label, in order."""
    there = (Bed.last_night.is_(None) | (Bed.last_night >= night)) & (Bed.first_night <= night)
    query = select(Bed.label, Bed.id).where(Bed.site_id == a_site(code).id, ~Bed.extra, there)
    found: dict[str, int] = {}
    for label, ident in db.session.execute(query.order_by(Bed.position)):
        assert label not in found
        found[label] = ident
    return found


def everything() -> list[Any]:
    tables = (Site.__table__, Bed.__table__, Capacity.__table__)
    return [
        tuple(row)
        for table in tables
        for row in db.session.execute(select(*table.c).order_by(*table.primary_key))
    ]


def a_worker() -> Act:
    with transaction():
        return an_act(Role.OUTREACH)


def a_holder(act: Act, code: str = "new-house", bed: str = "") -> PersonFacts:
    """Add somebody who has a bed held for them: this one, or any."""
    with transaction():
        person = a_person()
        ident = beds_on(code).get(bed)
        beds.hold(act, person=person.ref, site=None if ident else code, bed=ident)
    return person


def test_a_new_site_is_added_with_all_that_is_said_of_it(file: File) -> None:
    assert take(file(HEADER + NEW)) == "1 sites saved."
    site = a_site("new-house")
    assert (site.name, site.phone) == ("New House", "07700 900500")
    assert site.admits == {Gender.WOMAN, Gender.MAN}
    assert site.max_support_level is SupportLevel.MEDIUM
    assert not site.nrpf
    assert not site.confidential
    assert (
        db.session.scalar(select(Site.organisation_id).where(Site.code == "new-house"))
        == (sites.organisation_ids()["nlhp"])
    )


def test_the_beds_of_a_new_site_are_labelled_from_1(file: File) -> None:
    take(file(HEADER + NEW))
    assert labels("new-house") == ["1", "2", "3"]


def test_a_new_site_without_a_from_has_its_beds_from_tonight(file: File) -> None:
    take(file(HEADER + NEW))
    assert capacity("new-house", date(2026, 1, 8)) == 0
    assert capacity("new-house", TONIGHT) == 3


def test_a_site_of_no_beds_is_a_site(file: File) -> None:
    take(file(SHORT + "new-house,New House,nlhp,0,woman,\n"))
    assert capacity("new-house") == 0


def test_a_site_is_updated_by_its_code(file: File) -> None:
    take(file(HEADER + "165-hub,The Hub,camden,16,woman,low,yes,yes,07700 900000,\n"))
    site = a_site(HUB)
    assert (site.name, site.phone, site.confidential) == ("The Hub", "07700 900000", True)
    assert site.women_only
    assert len([one for one in sites.sites() if one.code == HUB]) == 1


def test_an_empty_cell_leaves_what_is_recorded_of_a_site(file: File) -> None:
    take(file(HEADER + NEW))
    before = everything()
    take(file(HEADER + "new-house,New House,nlhp,3,woman;man,,,,,\n"))
    assert everything() == before


def test_a_confidential_site_stays_so_until_a_file_says_no(file: File) -> None:
    row = "respite-rooms,Camden Respite Rooms,shp,15,woman,"
    take(file(SHORT + row + "\n"))
    assert a_site("respite-rooms").confidential
    take(file(HEADER + row + ",,no,,\n"))
    assert not a_site("respite-rooms").confidential


def test_more_beds_get_the_next_labels(file: File) -> None:
    take(file(SHORT + "165-hub,The Hub,shp,18,woman;man;other,\n"))
    assert labels(HUB)[-3:] == ["16", "17", "18"]


def test_fewer_beds_take_the_highest_labels_that_are_free(file: File) -> None:
    take(file(SHORT + "165-hub,The Hub,shp,14,woman;man;other,\n"))
    assert labels(HUB)[-1] == "14"
    assert capacity(HUB, date(2026, 1, 8)) == 16


def test_a_bed_taken_away_and_given_again_has_its_old_label(file: File) -> None:
    take(file(SHORT + "165-hub,The Hub,shp,14,woman;man;other,\n"))
    take(file(SHORT + "165-hub,The Hub,shp,16,woman;man;other,\n"), days=30)
    assert labels(HUB, date(2026, 2, 8)) == [str(number) for number in range(1, 17)]
    assert capacity(HUB, TONIGHT) == 14


def test_a_bed_that_is_held_stays_when_others_go(file: File) -> None:
    take(file(HEADER + NEW))
    a_holder(a_worker(), bed="3")
    take(file(SHORT + "new-house,New House,nlhp,1,woman,\n"))
    assert labels("new-house") == ["3"]


ST_GILES = (
    "st-giles,St Giles,westminster,21,woman;man;other,2022-11-01\n"
    "st-giles,St Giles,westminster,15,woman;man;other,01/04/2023\n"
)


def st_giles_over_time() -> list[int]:
    nights = [
        date(2022, 10, 31),
        date(2022, 11, 1),
        date(2023, 1, 15),
        date(2023, 3, 31),
        date(2023, 4, 1),
        TONIGHT,
        date(2027, 1, 1),
    ]
    return [capacity("st-giles", night) for night in nights]


def test_a_past_winter_keeps_its_own_capacity(file: File) -> None:
    take(file(SHORT + ST_GILES))
    assert st_giles_over_time() == [15, 21, 21, 21, 15, 15, 15]


def test_the_order_in_which_the_past_is_told_does_not_matter(file: File) -> None:
    first, second = ST_GILES.splitlines(keepends=True)
    take(file(SHORT + second + first))
    assert st_giles_over_time() == [15, 21, 21, 21, 15, 15, 15]


def test_the_past_may_be_told_while_every_bed_is_taken(file: File) -> None:
    act = a_worker()
    for _ in range(15):
        a_holder(act, "st-giles")
    take(file(SHORT + ST_GILES))
    assert st_giles_over_time() == [15, 21, 21, 21, 15, 15, 15]


def test_a_site_that_grew_may_be_told_in_order_while_every_bed_is_taken(file: File) -> None:
    act = a_worker()
    for _ in range(16):
        a_holder(act, HUB)
    hub = "165-hub,The Hub,shp,{},woman;man;other,{}\n"
    take(file(SHORT + hub.format(10, "2020-01-01") + hub.format(16, "2022-01-01")))
    assert [capacity(HUB, date(year, 6, 1)) for year in (2019, 2021, 2023)] == [16, 10, 16]
    assert capacity(HUB) == 16


def test_a_past_capacity_may_be_put_right(file: File) -> None:
    take(file(SHORT + ST_GILES))
    take(file(SHORT + "st-giles,St Giles,westminster,19,woman;man;other,2022-11-01\n"))
    assert st_giles_over_time() == [15, 19, 19, 19, 15, 15, 15]
    take(file(SHORT + "st-giles,St Giles,westminster,24,woman;man;other,2022-11-01\n"))
    assert st_giles_over_time() == [15, 24, 24, 24, 15, 15, 15]


def test_a_dip_in_the_past_gives_the_same_beds_back(file: File) -> None:
    take(file(SHORT + "st-giles,St Giles,westminster,15,woman;man;other,2023-04-01\n"))
    take(file(SHORT + "st-giles,St Giles,westminster,9,woman;man;other,2022-11-01\n"))
    assert st_giles_over_time() == [15, 9, 9, 9, 15, 15, 15]
    assert labels("st-giles") == [str(number) for number in range(1, 16)]


def test_telling_of_the_past_leaves_tonights_beds_as_they_are(file: File) -> None:
    take(file(SHORT + "st-giles,St Giles,westminster,15,woman;man;other,2023-04-01\n"))
    tonight = beds_on("st-giles")
    for number in (9, 21, 3):
        take(file(SHORT + f"st-giles,St Giles,westminster,{number},woman;man;other,2022-11-01\n"))
        assert beds_on("st-giles") == tonight


@pytest.mark.parametrize("seed", range(6))
def test_every_night_has_the_beds_of_the_last_statement_before_it(file: File, seed: int) -> None:
    rng = random.Random(seed)
    days = [TONIGHT + timedelta(days=step) for step in range(12)]
    stated: dict[date, int] = {}
    for _ in range(15):
        first, number = rng.choice(days), rng.randint(0, 6)
        stated[first] = number
        take(file(SHORT + f"new-house,New House,nlhp,{number},woman,{first}\n"))
        for night in days:
            said = [stated[first] for first in sorted(stated) if first <= night]
            assert capacity("new-house", night) == (said[-1] if said else 0), (stated, night)


def test_a_capacity_of_the_future_changes_nothing_tonight(file: File) -> None:
    take(file(SHORT + "165-hub,The Hub,shp,20,woman;man;other,2026-12-01\n"))
    assert capacity(HUB) == 16
    assert capacity(HUB, date(2026, 12, 1)) == 20


def test_two_files_of_one_night_leave_what_the_second_says(file: File) -> None:
    for number in (20, 12, 17):
        take(file(SHORT + f"165-hub,The Hub,shp,{number},woman;man;other,\n"))
        assert capacity(HUB) == number


@pytest.mark.parametrize("rows", [NEW, "165-hub,The Hub,shp,12,woman;man;other,low,no,yes,,\n"])
def test_the_same_file_twice_changes_nothing(file: File, rows: str) -> None:
    path = file(HEADER + rows)
    take(path)
    before = everything()
    take(path, minutes=5)
    assert everything() == before


def test_a_file_of_the_past_twice_changes_nothing(file: File) -> None:
    path = file(SHORT + ST_GILES)
    take(path)
    before = everything()
    take(path, days=40)
    assert everything() == before


def test_a_cut_below_those_who_are_expected_is_refused_naming_them(file: File) -> None:
    take(file(HEADER + NEW))
    act = a_worker()
    first, second = a_holder(act, bed="1"), a_holder(act, bed="3")
    before = everything()
    [sentence] = faults_of(file(SHORT + "x,X,nlhp,1,man,\nnew-house,New House,nlhp,1,woman,\n"))
    assert sentence.startswith("Row 3, beds: New House cannot have 1 beds: 2 are held or occupied")
    assert f"{first.ref} in bed 1" in sentence
    assert f"{second.ref} in bed 3" in sentence
    assert everything() == before


def test_a_cut_below_those_who_are_in_is_refused_naming_them(file: File) -> None:
    take(file(HEADER + NEW))
    with transaction():
        hub = an_act(Role.HUB, "new-house")
        person = a_person()
        beds.walk_in(hub, person=person.ref, site="new-house")
    [sentence] = faults_of(file(SHORT + "new-house,New House,nlhp,0,woman,\n"), days=30)
    assert person.ref in sentence


def test_a_cut_down_to_those_who_are_expected_is_taken(file: File) -> None:
    take(file(HEADER + NEW))
    act = a_worker()
    for _ in range(2):
        a_holder(act)
    take(file(SHORT + "new-house,New House,nlhp,2,woman,\n"))
    assert capacity("new-house") == 2


def test_a_hold_that_lapsed_stands_in_nobodys_way(file: File) -> None:
    take(file(HEADER + NEW))
    a_holder(a_worker())
    take(file(SHORT + "new-house,New House,nlhp,0,woman,\n"), minutes=46)
    assert capacity("new-house") == 0


def test_a_bed_is_not_taken_away_while_it_is_being_held(store: Flask, file: File) -> None:
    take(file(SHORT + "new-house,New House,nlhp,1,woman;man;other,\n"))
    act, cut = a_worker(), file(SHORT + "new-house,New House,nlhp,0,woman;man;other,\n")

    def take_it_away() -> list[str]:
        with store.app_context():
            return faults_of(cut)

    with ThreadPoolExecutor(1) as elsewhere:
        with transaction():
            person = a_person()
            beds.hold(act, person=person.ref, site="new-house")
            refusal = elsewhere.submit(take_it_away)
            wait([refusal], timeout=1)
        assert person.ref in refusal.result()[0]
    assert capacity("new-house") == 1


def test_a_refused_cut_refuses_the_rest_of_its_file(file: File) -> None:
    take(file(HEADER + NEW))
    a_holder(a_worker())
    faults_of(file(SHORT + "other,Other,nlhp,2,man,\nnew-house,New House,nlhp,0,woman,\n"))
    assert sites.site("other") is None


def test_the_first_day_of_the_calendar_is_taken_or_refused_and_breaks_nothing(file: File) -> None:
    for number in (3, 2):
        with suppress(FileFault):
            take(file(SHORT + f"new-house,New House,nlhp,{number},woman,0001-01-01\n"))


@pytest.mark.parametrize("nights", [("2022-11-01", "2023-04-01"), ("2023-04-01", "2022-11-01")])
def test_a_site_is_called_what_the_last_row_of_the_file_says(
    file: File, nights: tuple[str, str]
) -> None:
    rows = [f"st-giles,Name {night},westminster,15,woman,{night}\n" for night in nights]
    take(file(SHORT + "".join(rows)))
    assert a_site("st-giles").name == f"Name {nights[-1]}"


def test_one_bad_row_keeps_every_row_out(file: File) -> None:
    before = everything()
    faults_of(file(HEADER + NEW + "Bad Code,X,nlhp,3,man,,,,,\n"))
    assert everything() == before


@pytest.mark.parametrize(
    ("row", "column", "why"),
    [
        ("New_House,X,nlhp,3,man,,,,,", "code", "write small letters, digits and dashes"),
        ("-x,X,nlhp,3,man,,,,,", "code", "write small letters, digits and dashes"),
        (",X,nlhp,3,man,,,,,", "code", "is empty"),
        ("x,,nlhp,3,man,,,,,", "name", "is empty"),
        ("x,X,,3,man,,,,,", "organisation", "is empty"),
        ("x,X,nobody,3,man,,,,,", "organisation", "is “nobody”; there are camden, cgl"),
        ("x,X,nlhp,,man,,,,,", "beds", "write a whole number from 0 to 500"),
        (f"x,X,nlhp,{MOST_BEDS + 1},man,,,,,", "beds", "write a whole number from 0 to 500"),
        ("x,X,nlhp,-3,man,,,,,", "beds", "write a whole number from 0 to 500"),
        ("x,X,nlhp,3,men,,,,,", "admits", "write woman, man or other, parted by ;"),
        ("x,X,nlhp,3,not_known,,,,,", "admits", "write woman, man or other, parted by ;"),
        ("x,X,nlhp,3,man,none,,,,", "max_support_level", "write low, medium or high"),
        ("x,X,nlhp,3,man,,1,,,", "nrpf", "write yes or no"),
        ("x,X,nlhp,3,man,,,secret,,", "confidential", "write yes or no"),
        (f"x,X,nlhp,3,man,,,,{'0' * 41},", "phone", "is longer than 40 characters"),
        ("x,X,nlhp,3,man,,,,,31/02/2020", "from", "is no date"),
        ("x,X,nlhp,3,man,,,,,45000", "from", "is no date"),
    ],
)
def test_a_bad_cell_is_named_by_row_and_column(file: File, row: str, column: str, why: str) -> None:
    [sentence] = faults_of(file(f"{HEADER}{NEW}{row}\n"))
    assert sentence.startswith(f"Row 3, {column}: ")
    assert why in sentence


@pytest.mark.parametrize("column", ["code", "name", "organisation", "beds", "admits"])
def test_a_column_that_is_needed_is_named_when_it_is_missing(file: File, column: str) -> None:
    names = [name for name in ("code", "name", "organisation", "beds", "admits") if name != column]
    assert faults_of(file(",".join(names) + "\n")) == [f"Row 1: there is no column “{column}”."]


def test_the_reference_data_is_loaded_once() -> None:
    before = everything()
    with transaction():
        assert imports.load_reference(by_service(NOW)) is False
    assert everything() == before
