"""Changing a record: no change is lost, and what is left empty is not known."""

import threading
from collections import Counter
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from pathway.acts import by_service, now
from pathway.db import db, transaction
from pathway.errors import Absent, Invalid, Refused
from pathway.people import editing, queries
from pathway.people.models import Person
from pathway.staff.doing import Role
from tests.conftest import Ask, submit
from tests.factories import HUB, NOW, a_person, an_act


def test_a_record_says_what_the_form_says(store: Flask) -> None:
    with transaction():
        act = an_act()
        person = a_person(family_name="Fable", nationality="PL", aliases=["Ferny"])
        told = {"given_name": "Fern", "gender": "woman", "aliases": ["F", "Badger"]}
        changed = editing.edit(act, person.ref, person.version, told)
    assert (changed.given_name, changed.family_name, changed.nationality) == ("Fern", None, None)
    assert changed.aliases == ("F", "Badger")
    assert changed.version == person.version + 1
    assert [one.ref for one in queries.search(act, "badger")] == [person.ref]
    assert queries.search(act, "fable") == []


def test_the_second_of_two_edits_of_one_version_is_refused(store: Flask) -> None:
    with transaction():
        act = an_act()
        person = a_person()
        editing.edit(act, person.ref, person.version, {"given_name": "First"})
    with pytest.raises(Refused, match="Somebody else changed"), transaction():
        editing.edit(act, person.ref, person.version, {"given_name": "Second"})
    found = queries.person(act, person.ref)
    assert found is not None
    assert found.given_name == "First"


def test_nobody_is_born_tomorrow_or_changes_who_is_not_there(store: Flask) -> None:
    with transaction():
        act, person = an_act(), a_person()
    with pytest.raises(Invalid), transaction():
        editing.edit(act, person.ref, 1, {"date_of_birth": NOW.date().replace(year=2030)})
    with pytest.raises(Absent), transaction():
        editing.edit(act, "P-222222", 1, {})


CLERKS = 12


def many_edits_of_one_version(app: Flask) -> tuple[Counter[str], int]:
    """Let many people save the same version at once; return how it ended, and the version."""
    with app.app_context(), transaction():
        act, person = an_act(at=now()), a_person()
    start = threading.Barrier(CLERKS)
    ended: Counter[str] = Counter()

    def save(place: int) -> None:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    editing.edit(act, person.ref, 1, {"given_name": f"Clerk {place}"})
                ended["saved"] += 1
            except Refused as refusal:
                ended[type(refusal).__name__] += 1
            db.session.remove()

    threads = [threading.Thread(target=save, args=(place,)) for place in range(CLERKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        found = queries.person(act, person.ref)
        return ended, found.version if found else 0


def test_of_many_edits_of_one_version_one_is_saved(app: Flask) -> None:
    ended, version = many_edits_of_one_version(app)
    assert ended == {"saved": 1, "Refused": CLERKS - 1}
    assert version == 2


@pytest.fixture
def no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the guard away: whatever version is given, the row is written."""

    def blindly(_table: Any) -> Any:
        statement = update(Person)

        class Blind:
            def where(self, mine: Any, _version: Any = None) -> Any:
                return statement.where(mine)

        return Blind()

    monkeypatch.setattr(editing, "update", blindly)


@pytest.mark.usefixtures("no_version")
def test_without_the_version_changes_are_lost(app: Flask) -> None:
    """The negative control: every edit is saved over the others."""
    ended, _ = many_edits_of_one_version(app)
    assert ended["saved"] == CLERKS


def test_the_page_shows_what_is_recorded_now_and_keeps_what_was_typed(
    app: Flask, signed_in: Ask
) -> None:
    mine, theirs = signed_in(), signed_in(Role.SWEP_COORDINATOR)
    with app.app_context(), transaction():
        ref = a_person().ref
    path = f"/people/{ref}/edit"
    assert submit(theirs, path, {"version": "1", "given_name": "Theirs"}).status_code == 303
    answer = submit(mine, path, {"version": "1", "given_name": "Mine"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert 'value="Mine"' in page
    assert "Theirs" in page
    assert 'name="version" value="2"' in page
    assert submit(mine, path, {"version": "2", "given_name": "Mine"}).status_code == 303


def test_what_is_partly_known_of_a_birth_is_saved_and_shown(app: Flask, signed_in: Ask) -> None:
    client = signed_in()
    with app.app_context(), transaction():
        ref = a_person().ref
    path = f"/people/{ref}/edit"
    told = {"given_name": "Fern", "birth_year": "1985", "birth_month": "3", "dog_name": "Rex"}
    assert submit(client, path, told | {"version": "1"}).status_code == 303
    page = client.get(f"/people/{ref}").get_data(as_text=True)
    assert "in March 1985" in page
    assert "Rex" in page
    form = client.get(path).get_data(as_text=True)
    assert '<option value="3" selected>March' in form
    guess = {"version": "2", "birth_year": "1985", "birth_guessed": "yes"}
    assert submit(client, path, guess).status_code == 303
    assert "about 1985 (a guess)" in client.get(f"/people/{ref}").get_data(as_text=True)
    surer = guess | {"version": "3", "date_of_birth": "1985-03-02"}
    assert submit(client, path, surer).status_code == 303
    page = client.get(f"/people/{ref}").get_data(as_text=True)
    assert "2 March 1985" in page
    assert "(a guess)" not in page
    answer = submit(client, path, {"version": "4", "birth_month": "3"})
    assert answer.status_code == 422
    assert 'id="birth_year-error"' in answer.get_data(as_text=True)


def test_a_wrong_value_is_told_at_its_field_and_changes_nothing(app: Flask, signed_in: Ask) -> None:
    client = signed_in()
    with app.app_context(), transaction():
        ref = a_person().ref
    answer = submit(client, f"/people/{ref}/edit", {"version": "1", "date_of_birth": "31/02/1980"})
    assert answer.status_code == 422
    assert 'id="date_of_birth-error"' in answer.get_data(as_text=True)
    with app.app_context():
        found = queries.person(by_service(NOW), ref)
        assert found is not None
        assert found.version == 1


def test_a_site_changed_meanwhile_is_told_and_nothing_is_lost(app: Flask, signed_in: Ask) -> None:
    client = signed_in(Role.HUB_LEAD, HUB)
    path = f"/sites/{HUB}/edit"
    first = {"version": "1", "phone": "07700 900001", "address": "1 Made Up Row"}
    assert submit(client, path, first).status_code == 303
    late = submit(client, path, first | {"phone": "07700 900002"})
    assert late.status_code == 409
    assert "Somebody else changed" in late.get_data(as_text=True)
    assert "1 Made Up Row" in client.get(f"/hub/{HUB}").get_data(as_text=True)
    assert "07700 900001" in client.get(path).get_data(as_text=True)
