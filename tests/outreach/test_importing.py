"""A file of contacts is taken whole or not at all, and twice is as good as once."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from pathway.acts import by_service
from pathway.audit import AuditEntry
from pathway.csvfile import FileFault
from pathway.db import db, transaction
from pathway.errors import Refused
from pathway.outreach import importing
from pathway.outreach.models import Contact, ContactStaged
from pathway.people import merging
from pathway.staff.doing import Role
from tests.factories import NOW, a_person, an_act, later

pytestmark = pytest.mark.usefixtures("store")

HEADER = "person,at,kind,place,staff\n"

File = Callable[[str], Path]


@pytest.fixture
def file(tmp_path: Path) -> File:
    def write(content: str) -> Path:
        path = tmp_path / "contacts.csv"
        path.write_text(content, encoding="utf-8")
        return path

    return write


@pytest.fixture
def ref() -> str:
    with transaction():
        return a_person().ref


def kept() -> list[Any]:
    return list(db.session.execute(select(Contact.__table__).order_by(Contact.id)))


def take(path: Path, **passed: float) -> str:
    return importing.take(by_service(later(**passed)), path)


def faults_of(path: Path) -> list[str]:
    with pytest.raises(FileFault) as refused:
        take(path)
    return refused.value.sentences


def test_a_contact_is_kept_as_it_was_told_and_counts_to_its_night(file: File, ref: str) -> None:
    row = f"{ref},2025-07-02T02:15,Bedded_Down,Euston Road,Night team\n"
    assert take(file(HEADER + row)) == "1 contacts added, 0 there already."
    [found] = kept()
    assert (found.at, found.night) == (datetime(2025, 7, 2, 1, 15, tzinfo=UTC), date(2025, 7, 1))
    assert (found.kind, found.place, found.recorded_at) == ("bedded_down", "Euston Road", NOW)
    assert (found.staff_id, found.staff_name, found.offered) == (None, "Night team", "")
    assert not found.overdose
    lines = select(AuditEntry.detail).where(AuditEntry.what == "import contacts")
    assert db.session.scalars(lines).all() == [{"added": 1, "known": 0}]


def test_the_same_file_twice_adds_nothing_and_says_so(file: File, ref: str) -> None:
    rows = (
        f"{ref},2025-03-01T23:00,bedded_down,,\n" * 2
        + f"{ref},2025-03-01T23:00,\
not_bedded_down,,\n"
    )
    path = file(HEADER + rows)
    assert take(path) == "2 contacts added, 1 there already."
    before = kept()
    with transaction() as session:
        session.execute(update(Contact).values(struck_at=NOW))
    assert take(path, days=1) == "0 contacts added, 3 there already."
    assert [row.id for row in kept()] == [row.id for row in before]


def test_who_met_them_is_one_of_staff_only_where_one_is_meant(file: File, ref: str) -> None:
    with transaction():
        met = an_act(email="ann@example.org").staff_id
        for number in (1, 2):
            an_act(Role.MANAGER, email=f"manager{number}@example.org")
    named = ("ANN@example.org", "the OUTREACH", "The manager", "the outreach team", "")
    rows = [f"{ref},2025-03-0{day}T23:00,bedded_down,,{who}" for day, who in enumerate(named, 1)]
    take(file(HEADER + "\n".join(rows)))
    assert [(row.staff_id, row.staff_name) for row in kept()] == [
        (met, None),
        (met, None),
        (None, "The manager"),
        (None, "the outreach team"),
        (None, None),
    ]
    assert [row.organisation_id is not None for row in kept()] == [True, True, False, False, False]


def test_a_merged_reference_leads_to_who_they_became(file: File, ref: str) -> None:
    with transaction():
        into = a_person()
        merging.merge(an_act(Role.MANAGER), ref, into.ref)
    take(file(HEADER + f"{ref},2025-03-01T23:00,bedded_down,,\n"))
    assert [row.person_id for row in kept()] == [into.id]


BAD = {
    "P-NOBODY,2025-03-01T22:00,bedded_down,,": "person: is “P-NOBODY”; there is no",
    "{ref},,bedded_down,,": "at: is empty",
    "{ref},2025-03-01,bedded_down,,": "at: is “2025-03-01”, which is no time",
    "{ref},2025-03-30T01:30,bedded_down,,": "did not exist on 30 March 2025",
    "{ref},2025-10-26T01:30,bedded_down,,": "happened twice on 26 October 2025",
    "{ref},2025-03-01T22:00,,,": "kind: is empty",
    "{ref},2025-03-01T22:00,asleep,,": "kind: is “asleep”; write bedded_down",
    "{ref},2025-03-01T22:00,bedded_down," + "x" * 201 + ",": "place: is longer than 200",
    "{ref},2025-03-01T22:00,bedded_down": "has 3 cells, the header has 5.",
}


def test_every_bad_row_is_named_and_one_is_enough_to_change_nothing(file: File, ref: str) -> None:
    good = f"{ref},2025-03-01T22:00,bedded_down,,\n"
    bad = "".join(row.format(ref=ref) + "\n" for row in BAD)
    sentences = faults_of(file(HEADER + good + bad + good))
    for number, (sentence, told) in enumerate(zip(sentences, BAD.values(), strict=True), 3):
        assert sentence.startswith(f"Row {number}")
        assert told in sentence
    assert kept() == []


def test_both_hours_of_the_night_the_clocks_go_back_are_told_by_their_offset(
    file: File, ref: str
) -> None:
    rows = [f"{ref},2025-10-26T01:30+0{hour}:00,bedded_down,," for hour in (1, 0)]
    take(file(HEADER + "\n".join(rows)))
    assert [row.at.hour for row in kept()] == [0, 1]
    assert {row.night for row in kept()} == {date(2025, 10, 25)}


def test_a_dry_run_tells_the_same_and_changes_nothing(file: File, ref: str) -> None:
    path = file(HEADER + f"{ref},2025-03-01T22:00,bedded_down,,\n")
    assert importing.take(by_service(NOW), path, keep=False) == "1 contacts added, 0 there already."
    assert kept() == []
    assert db.session.scalar(select(func.count()).select_from(ContactStaged)) == 0


def test_a_merge_while_a_file_is_read_leaves_the_whole_of_it_out(file: File, ref: str) -> None:
    with transaction():
        other = a_person().ref
    path = file(HEADER + f"{ref},2025-07-02T02:15,bedded_down,,\n")

    def say(words: str) -> None:
        if words == "making it real":
            with transaction():
                merging.merge(by_service(NOW), ref, other)

    with pytest.raises(Refused, match="merged"):
        importing.take(by_service(NOW), path, say=say)
    assert kept() == []
    assert take(path) == "1 contacts added, 0 there already."
