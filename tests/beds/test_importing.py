"""A file of placements is taken whole or not at all, and twice is as good as once."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from pathway import csvfile
from pathway.acts import Act, by_service
from pathway.audit import AuditEntry
from pathway.beds import actions, board, importing
from pathway.beds.models import Bed, Placement, PlacementEvent, PlacementStaged
from pathway.beds.rules import Counts
from pathway.beds.settling import Stay
from pathway.csvfile import FileFault
from pathway.db import db, transaction
from pathway.errors import Refused
from pathway.messages.models import Notice
from pathway.people import merging, staging
from pathway.people.staging import Staging
from pathway.sites.models import Site
from pathway.staff.doing import Doing, Role
from pathway.staff.rules import scope
from tests.factories import HUB, NOW, a_person, a_site, an_act, later
from tests.races import at_once

pytestmark = pytest.mark.usefixtures("store")

HEADER = "person,site,checked_in_at,departed_at,departure_reason,destination\n"
STAY = "2025-03-01T22:00,2025-03-02T08:00,Moved on,prs\n"

File = Callable[[str | bytes], Path]


@pytest.fixture
def file(tmp_path: Path) -> File:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "placements.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def ref() -> str:
    with transaction():
        return a_person().ref


def take(path: Path, **passed: float) -> list[int]:
    """Take a file; return how many it says were added, there already, and departures."""
    said = importing.take(by_service(later(**passed)), path)
    assert re.fullmatch(
        r"[\d,]+ placements added, [\d,]+ there already, [\d,]+ departures added\.", said
    )
    return [int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", said)]


def faults_of(path: Path) -> list[str]:
    with pytest.raises(FileFault) as refused:
        take(path)
    return refused.value.sentences


def everything() -> list[Any]:
    tables = (Placement, PlacementEvent, PlacementStaged, Bed, Notice, AuditEntry)
    return [
        tuple(row)
        for table in tables
        for row in db.session.execute(select(table.__table__).order_by(table.__table__.c[0]))
    ]


def kept() -> list[Any]:
    return list(db.session.execute(select(Placement.__table__).order_by(Placement.id)))


def hub() -> Counts:
    everywhere = scope(Act(NOW, 1, "", frozenset({Role.OUTREACH.value})), Doing.COUNT_BEDS)
    seen = board.tonight(later(), everywhere)
    counts = next(one.counts for one in seen.sites if one.site.code == HUB)
    assert counts is not None
    return counts


def test_a_stay_that_is_over_is_kept_as_it_was_told(file: File, ref: str) -> None:
    assert take(file(HEADER + f"{ref},{HUB},{STAY}")) == [1, 0, 0]
    [row] = kept()
    assert (row.status, row.bed_id, row.made_by) == ("departed", None, None)
    assert row.checked_in_at == row.made_at == datetime(2025, 3, 1, 22, tzinfo=UTC)
    assert (row.departed_at.hour, row.departure_reason, row.destination) == (8, "Moved on", "prs")
    assert db.session.scalar(select(func.count()).select_from(PlacementEvent)) == 0


def test_the_same_file_twice_changes_nothing_and_says_so(file: File, ref: str) -> None:
    path = file(HEADER + f"{ref},{HUB},{STAY}{ref},st-giles,2024-01-01T20:00,2024-01-02T08:00,,\n")
    assert take(path) == [2, 0, 0]
    before = kept()
    assert take(path, days=1) == [0, 2, 0]
    assert kept() == before


def test_a_row_twice_in_one_file_counts_once_and_may_add_its_departure(
    file: File, ref: str
) -> None:
    rows = f"{ref},{HUB},2025-03-01T22:00,,,\n" + f"{ref},{HUB},{STAY}" * 2
    assert take(file(HEADER + rows)) == [1, 2, 0]
    assert [row.status for row in kept()] == ["departed"]


def test_times_without_an_offset_are_london_times(file: File, ref: str) -> None:
    take(file(HEADER + f"{ref},{HUB},2025-07-01T22:00,2025-07-02T08:00+02:00,,\n"))
    [row] = kept()
    assert (row.checked_in_at.hour, row.departed_at.hour) == (21, 6)


def test_who_is_still_there_gets_a_free_bed(file: File, ref: str) -> None:
    assert take(file("person,site,checked_in_at\n" + f"{ref},{HUB},2026-01-08T22:00\n")) == [
        1,
        0,
        0,
    ]
    assert (hub().occupied, hub().free, hub().over) == (1, 15, 0)
    assert db.session.scalars(select(PlacementEvent.what)).all() == ["walked_in"]
    assert db.session.scalar(select(func.count()).select_from(Notice)) == 0


def test_where_none_is_free_somebody_still_there_is_over_capacity(file: File) -> None:
    with transaction():
        refs = [a_person().ref for _ in range(17)]
    rows = "".join(f"{ref},{HUB},2026-01-08T22:00,,,\n" for ref in refs)
    path = file(HEADER + rows)
    assert take(path) == [17, 0, 0]
    assert (hub().occupied, hub().capacity, hub().over) == (17, 16, 1)
    assert take(path) == [0, 17, 0]


def test_a_later_file_adds_the_departure(file: File, ref: str) -> None:
    take(file(HEADER + f"{ref},{HUB},2026-01-08T22:00,,,\n"))
    path = file(HEADER + f"{ref},{HUB},2026-01-08T22:00,2026-01-09T08:00,,street\n")
    assert take(path) == [0, 0, 1]
    assert take(path) == [0, 1, 0]
    assert (hub().occupied, hub().free) == (0, 16)
    assert kept()[0].destination == "street"


def test_a_departure_begins_the_turnaround_of_a_site_that_has_one(file: File, ref: str) -> None:
    with transaction() as session:
        session.execute(update(Site).values(turnaround=True))
    take(file(HEADER + f"{ref},{HUB},2026-01-08T22:00,,,\n"))
    take(file(HEADER + f"{ref},{HUB},2026-01-08T22:00,2026-01-09T08:00,,\n"))
    assert hub().turnaround == 1


def test_somebody_with_another_bed_is_named_by_row(file: File, ref: str) -> None:
    with transaction():
        actions.walk_in(an_act(Role.HUB, HUB), person=ref, site=HUB)
    before = everything()
    [sentence] = faults_of(file(HEADER + f"{ref},{HUB},{STAY}{ref},{HUB},2026-01-02T22:00,,,\n"))
    assert sentence.startswith("Row 3, person: ")
    assert "has another bed already" in sentence
    assert everything() == before


def test_a_confidential_site_is_named_in_no_other_sites_record(file: File, ref: str) -> None:
    take(file(HEADER + f"{ref},{HUB},2025-03-01T22:00,2025-03-02T08:00,,respite-rooms\n"))
    assert kept()[0].destination is None


BAD = {
    "P-NOBODY,165-hub,2025-03-01T22:00,,,": "person: is “P-NOBODY”; there is no",
    "{ref},nowhere,2025-03-01T22:00,,,": "site: is “nowhere”; there are 165-hub",
    "{ref},165-hub,,,,": "checked_in_at: is empty",
    "{ref},165-hub,2025-02-31T22:00,,,": "checked_in_at: is “2025-02-31T22:00”, which",
    "{ref},165-hub,31/02/2025 22:00,,,": "checked_in_at: is “31/02/2025 22:00”, which",
    "{ref},165-hub,01/02/03,,,": "checked_in_at: is “01/02/03”, which is no time",
    "{ref},165-hub,45717.92,,,": "checked_in_at: is “45717.92”, which is no time",
    "{ref},165-hub,2025-03-01,,,": "checked_in_at: is “2025-03-01”, which is no time",
    "{ref},165-hub,2025-03-30T01:30,,,": "did not exist on 30 March 2025",
    "{ref},165-hub,2025-10-26T01:30,,,": "happened twice on 26 October 2025",
    "{ref},165-hub,2025-03-02T08:00,2025-03-01T22:00,,": "departed_at: is before checked_in",
    "{ref},165-hub,2025-03-01T22:00,,,prs": "departed_at: is empty, but the row says",
    "{ref},165-hub,2025-03-01T22:00,2025-03-02T08:00,,moon": "destination: is “moon”",
    "{ref},165-hub,2025-03-01T22:00,": "has 4 cells, the header has 6.",
}


def test_every_bad_row_is_named_and_one_is_enough_to_change_nothing(file: File, ref: str) -> None:
    before = everything()
    good, bad = f"{ref},{HUB},{STAY}", [row.format(ref=ref) + "\n" for row in BAD]
    sentences = faults_of(file(HEADER + good + "".join(bad) + good))
    for number, (sentence, told) in enumerate(zip(sentences, BAD.values(), strict=True), 3):
        assert sentence.startswith(f"Row {number}")
        assert told in sentence
    assert len(faults_of(file(HEADER + good + bad[-1] + good))) == 1
    assert everything() == before


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-16", "UTF-16"), ("cp1252", "Row 2: placements.csv is not UTF-8"), ("nul", "NUL byte")],
)
def test_a_file_that_is_no_utf_8_is_refused(file: File, ref: str, encoding: str, told: str) -> None:
    text = HEADER + f"{ref},{HUB},2025-03-01T22:00,2025-03-02T08:00,Café,\n"
    data = text.replace("é", "\0").encode() if encoding == "nul" else text.encode(encoding)
    assert told in faults_of(file(data))[0]


def test_a_file_from_a_spreadsheet_with_a_mark_and_its_line_ends_is_read(
    file: File, ref: str
) -> None:
    text = (HEADER + f"{ref},{HUB},{STAY}").replace("\n", "\r\n")
    assert take(file(b"\xef\xbb\xbf" + text.encode())) == [1, 0, 0]


def test_a_field_of_ten_megabytes_is_refused(file: File, ref: str) -> None:
    row = f"{ref},{HUB},2025-03-01T22:00,2025-03-02T08:00,{'x' * 10_000_000},\n"
    assert "Row 2: cannot be read" in faults_of(file(HEADER + row))[0]


def test_more_rows_than_may_be_are_refused(
    file: File, ref: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "MOST_ROWS", 2)
    assert faults_of(file(HEADER + f"{ref},{HUB},{STAY}" * 3)) == [
        "There are more than 2 rows. Split the file."
    ]


def test_faults_without_end_are_counted_and_not_kept() -> None:
    faults = csvfile.Faults()
    for number in range(100_000):
        faults.append(str(number))
    assert (len(faults.told), faults.more) == (50, 99_950)


def test_a_dry_run_tells_the_same_and_changes_nothing(file: File, ref: str) -> None:
    before = everything()
    path = file(HEADER + f"{ref},{HUB},{STAY}{ref},{HUB},2026-01-02T22:00,,,\n")
    said = importing.take(by_service(NOW), path, keep=False)
    assert said.startswith("2 placements added, 0 there already")
    assert everything() == before


def test_a_file_is_one_line_of_the_trail(file: File, ref: str) -> None:
    take(file(HEADER + f"{ref},{HUB},{STAY}"))
    query = select(AuditEntry.what, AuditEntry.detail).where(
        AuditEntry.subject == "file:placements"
    )
    [(what, detail)] = db.session.execute(query).all()
    assert (what, detail) == ("import placements", {"added": 1, "known": 0, "departures": 0})


def test_two_imports_of_one_file_at_once_double_nothing(file: File, ref: str, store: Any) -> None:
    path = file(HEADER + f"{ref},{HUB},{STAY}{ref},{HUB},2026-01-02T22:00,,,\n")

    def one() -> bool:
        with store.app_context():
            try:
                return bool(importing.take(by_service(NOW), path))
            except Refused:
                return False

    assert any(at_once([one, one, one]))
    assert [row.status for row in kept()] == ["departed", "in"]


def test_an_import_that_another_replaced_gives_up(
    file: File, ref: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Staging.stage

    def stage(*told: Any) -> None:
        real(*told)
        importing.STAGING.begin("another")

    monkeypatch.setattr(Staging, "stage", stage)
    with pytest.raises(Refused, match="Another import began"):
        take(file(HEADER + f"{ref},{HUB},{STAY}"))
    assert kept() == []


def test_whoever_is_merged_while_a_file_is_staged_stops_it(
    file: File, ref: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        into = a_person().ref
    real = Staging.stage

    def stage(*told: Any) -> None:
        real(*told)
        with transaction():
            merging.merge(an_act(Role.MANAGER), ref, into)

    monkeypatch.setattr(Staging, "stage", stage)
    path = file(HEADER + f"{ref},{HUB},{STAY}")
    with pytest.raises(Refused, match="merged meanwhile"):
        take(path)
    assert kept() == []
    monkeypatch.setattr(Staging, "stage", real)
    assert take(path) == [1, 0, 0]


def test_what_another_import_left_behind_is_swept(file: File, ref: str) -> None:
    stay = Stay(2, NOW, None, None)
    told = importing.Told(1, {(1, a_site().id, NOW): stay})
    importing.STAGING.stage("left behind", importing.rows(told))
    take(file(HEADER + f"{ref},{HUB},{STAY}"))
    assert db.session.scalar(select(func.count()).select_from(PlacementStaged)) == 0
    assert len(kept()) == 1
