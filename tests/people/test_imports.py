"""A file of people is taken whole or not at all, and twice is as good as once."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from pathway.acts import by_service
from pathway.csvfile import FileFault
from pathway.db import db, transaction
from pathway.errors import Refused
from pathway.people import imports, queries
from pathway.people.born import Birth
from pathway.people.models import Person, PersonKey
from pathway.people.rules import NAME_LENGTH, Need, PersonFacts, Recourse
from pathway.sites.rules import Gender, SupportLevel
from tests.factories import NOW, a_person, later

pytestmark = pytest.mark.usefixtures("store")

WHOLE = (
    "ref,given_name,family_name,date_of_birth,gender,nationality,recourse,local_connection,"
    "support_level,needs\n"
)
FERN = "R-1,Fern,Fable,17/05/1990,woman,pl,no,Camden,high,drugs;alcohol\n"

File = Callable[[str], Path]


@pytest.fixture
def file(tmp_path: Path) -> File:
    def write(content: str) -> Path:
        path = tmp_path / "people.csv"
        path.write_text(content, encoding="utf-8")
        return path

    return write


def take(path: Path, **passed: float) -> list[int]:
    """Take a file; return how many it says were added, updated and left as they were."""
    rows = imports.read(path)
    with transaction():
        said = imports.write(by_service(later(**passed)), rows)
    assert re.fullmatch(r"\d+ people added, \d+ updated, \d+ as they were\.", said)
    return [int(number) for number in re.findall(r"\d+", said)]


def kept(ref: str) -> PersonFacts:
    person = queries.whole_person(by_service(NOW), ref)
    assert person is not None
    return person


def found(text: str) -> list[str]:
    return [person.ref for person in queries.search(by_service(NOW), text)]


def everything() -> list[Any]:
    people = select(*Person.__table__.c).order_by(Person.id)
    keys = select(PersonKey.person_id, PersonKey.key).order_by(PersonKey.person_id, PersonKey.key)
    return [tuple(row) for query in (people, keys) for row in db.session.execute(query)]


def faults_of(path: Path) -> list[str]:
    with pytest.raises(FileFault) as refused:
        imports.read(path)
    return refused.value.sentences


def test_every_column_is_kept(file: File) -> None:
    take(file(WHOLE + FERN))
    fern = kept("R-1")
    assert (fern.given_name, fern.family_name) == ("Fern", "Fable")
    assert fern.date_of_birth == date(1990, 5, 17)
    assert (fern.gender, fern.recourse) == (Gender.WOMAN, Recourse.NO)
    assert (fern.nationality, fern.local_connection) == ("PL", "camden")
    assert fern.support_level is SupportLevel.HIGH
    assert fern.needs == (Need.ALCOHOL, Need.DRUGS)


def test_a_reference_alone_is_a_person_of_whom_nothing_is_known(file: File) -> None:
    take(file("ref\nR-1\n"))
    person = kept("R-1")
    assert person.name == "No name given"
    assert (person.gender, person.recourse, person.needs) == (
        Gender.NOT_KNOWN,
        Recourse.NOT_KNOWN,
        (),
    )


def test_how_many_were_added_and_updated_is_told(file: File) -> None:
    take(file("ref,given_name\nR-1,Fern\nR-2,Moss\n"))
    more = "R-3,Ash\nR-4,Dale\nR-5,Gale\n"
    assert take(file(f"ref,given_name\nR-1,Fern\nR-2,Iris\n{more}")) == [3, 1, 1]


def test_the_same_file_twice_changes_nothing_and_says_so(file: File) -> None:
    path = file(WHOLE + FERN + "R-2,Moss,,,,,,,,\n")
    assert take(path) == [2, 0, 0]
    before = everything()
    assert take(path, days=3) == [0, 0, 2]
    assert everything() == before


def test_an_empty_cell_leaves_what_is_recorded(file: File) -> None:
    take(file(WHOLE + FERN))
    before = everything()
    take(file(WHOLE + "R-1,,,,,,,,,\n"))
    assert everything() == before


def test_an_absent_column_leaves_what_is_recorded(file: File) -> None:
    take(file(WHOLE + FERN))
    take(file("ref,given_name\nR-1,Moss\n"))
    person = kept("R-1")
    assert (person.given_name, person.family_name) == ("Moss", "Fable")
    assert person.needs == (Need.ALCOHOL, Need.DRUGS)


def test_a_filled_cell_replaces_what_is_recorded(file: File) -> None:
    take(file(WHOLE + FERN))
    take(file("ref,gender,needs,support_level\nR-1,other,mental_health,low\n"))
    person = kept("R-1")
    assert person.gender is Gender.OTHER
    assert person.needs == (Need.MENTAL_HEALTH,)
    assert person.support_level is SupportLevel.LOW


def test_a_whole_date_takes_the_place_of_a_guess_at_the_year(file: File) -> None:
    with transaction():
        ref = a_person(birth_year=1984, birth_guessed=True).ref
    row = f"ref,date_of_birth\n{ref},02/03/1985\n"
    assert take(file(row)) == [0, 1, 0]
    assert kept(ref).birth == Birth(date(1985, 3, 2))
    assert take(file(row)) == [0, 0, 1]


def test_a_person_added_by_hand_is_updated_by_their_reference(file: File) -> None:
    with transaction():
        ref = a_person(given_name="Fern", aliases=["Badger"]).ref
    assert take(file(f"ref,family_name\n{ref},Fable\n")) == [0, 1, 0]
    assert kept(ref).name == "Fern Fable"
    assert found("badger") == found("fern fable") == [ref]


def test_the_later_row_of_one_reference_wins(file: File) -> None:
    assert take(file("ref,given_name,gender\nR-1,Fern,woman\nR-1,Moss,\n")) == [1, 0, 0]
    assert (kept("R-1").given_name, kept("R-1").gender) == ("Moss", Gender.WOMAN)


def test_an_update_of_the_later_row_wins_too(file: File) -> None:
    take(file("ref,given_name,gender\nR-1,Fern,woman\n"))
    assert take(file("ref,given_name,gender\nR-1,Ash,man\nR-1,Moss,\n")) == [0, 1, 0]
    assert (kept("R-1").given_name, kept("R-1").gender) == ("Moss", Gender.MAN)


def test_a_person_is_found_by_the_name_of_the_file(file: File) -> None:
    take(file("ref,given_name,family_name\nR-1,Pat,O’Brien\n"))
    assert found("pat o'brien") == found("r-1") == ["R-1"]


def test_after_an_update_the_new_name_is_found_and_the_old_is_not(file: File) -> None:
    take(file("ref,given_name,family_name\nR-1,Fern,Fable\n"))
    take(file("ref,given_name\nR-1,Moss\n"))
    assert found("moss fable") == ["R-1"]
    assert found("fern") == []


def test_everybody_of_a_long_file_is_found(file: File) -> None:
    rows = "".join(f"R-{n},Name{n}\n" for n in range(1200))
    assert take(file("ref,given_name\n" + rows)) == [1200, 0, 0]
    assert found("name1199") == ["R-1199"]
    assert db.session.scalar(select(func.count()).select_from(Person)) == 1200


@pytest.mark.parametrize(
    ("column", "cell", "why"),
    [
        ("ref", "", "is empty"),
        ("ref", "R 1", "use letters, digits, dots and dashes"),
        ("ref", "likely", "and not “new” or “likely”"),
        ("ref", "R" * 41, "is longer than 40 characters"),
        ("given_name", "x" * (NAME_LENGTH + 1), "is longer than 200 characters"),
        ("family_name", "x" * (NAME_LENGTH + 1), "is longer than 200 characters"),
        ("date_of_birth", "31/02/2020", "is no date"),
        ("date_of_birth", "32874", "is no date"),
        ("gender", "female", "write woman, man, other or not_known"),
        ("nationality", "POL", "is longer than 2 characters"),
        ("nationality", "P1", "write the two letters of ISO 3166"),
        ("recourse", "maybe", "write yes, no or not_known"),
        ("local_connection", "x" * 61, "is longer than 60 characters"),
        ("support_level", "complex", "write low, medium or high"),
        ("needs", "drink", "write alcohol, drugs, mental_health or physical_health"),
    ],
)
def test_a_bad_cell_is_named_by_row_and_column(
    file: File, column: str, cell: str, why: str
) -> None:
    other = "given_name" if column == "ref" else "ref"
    [sentence] = faults_of(file(f"{other},{column}\n,\nR-2,{cell}\n"))
    assert sentence.startswith(f"Row 3, {column}: ")
    assert why in sentence


def test_one_bad_row_keeps_every_row_out(file: File) -> None:
    take(file("ref,given_name\nR-1,Fern\n"))
    before = everything()
    with pytest.raises(FileFault, match="Row 4, gender"):
        take(file("ref,given_name,gender\nR-1,Moss,\nR-2,Ash,man\nR-3,Dale,male\n"))
    assert everything() == before


def test_two_who_read_one_file_at_the_same_time_add_everybody_once(file: File) -> None:
    path = file("ref,given_name\nR-1,Fern\nR-2,Moss\n")
    for rows in [imports.read(path), imports.read(path)]:
        with suppress(FileFault, Refused), transaction():
            imports.write(by_service(NOW), rows)
    assert [kept(ref).name for ref in ("R-1", "R-2")] == ["Fern", "Moss"]
    assert found("fern") == ["R-1"]


def test_what_fails_half_way_changes_nothing(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    take(file("ref,given_name\nR-1,Fern\n"))
    before = everything()

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("pathway.audit.record", fail)
    with pytest.raises(RuntimeError):
        take(file("ref,given_name\nR-1,Moss\nR-2,Ash\n"))
    assert everything() == before


def test_names_of_every_script_come_through_a_file(file: File) -> None:
    take(file("ref,given_name,family_name\nR-1,محمد,علي\nR-2,Nguyễn,\nR-3,🙂,\n"))
    assert found("محمد علي") == ["R-1"]
    assert found("nguyen") == ["R-2"]
    assert found("🙂") == ["R-3"]


def test_a_birth_long_ago_is_history_and_not_judged(file: File) -> None:
    take(file("ref,date_of_birth\nR-1,1890-01-01\n"))
    assert kept("R-1").date_of_birth == date(1890, 1, 1)


def test_a_file_of_nobody_adds_nobody(file: File) -> None:
    assert take(file("ref,given_name\n")) == [0, 0, 0]


def test_people_of_a_file_count_as_recorded_when_it_was_read(file: File) -> None:
    take(file("ref\nR-1\n"))
    assert db.session.scalar(select(Person.created_at)) == NOW
