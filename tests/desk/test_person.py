"""The page of a person: what has to be seen first, and what is not known."""

from datetime import timedelta

from flask import Flask

from pathway.acts import now
from pathway.db import transaction
from pathway.people import warnings
from pathway.people.rules import WarningKind
from pathway.staff.doing import Role
from tests.conftest import Ask
from tests.factories import a_person, an_act


def test_a_warning_stands_first_for_whoever_may_read_it_and_for_nobody_else(
    app: Flask, signed_in: Ask
) -> None:
    worker, hub = signed_in(Role.OUTREACH), signed_in(Role.HUB, "165-hub")
    with app.app_context(), transaction():
        ref = a_person().ref
        act = an_act(Role.OUTREACH, at=now())
        warnings.warn(
            act,
            ref,
            kind=WarningKind.VIOLENCE,
            detail="Stand back when waking them",
            source="Night team",
            readers=[Role.OUTREACH],
            expires_on=(act.at + timedelta(days=30)).date(),
        )
    for path in (f"/people/{ref}", f"/people/{ref}/bed"):
        read = worker.get(path).get_data(as_text=True)
        assert "Stand back when waking them" in read.partition("What happened lately")[0], path
        assert "Stand back" not in hub.get(path).get_data(as_text=True)


def test_what_is_not_known_is_told_in_one_line(app: Flask, signed_in: Ask) -> None:
    worker = signed_in(Role.OUTREACH)
    with app.app_context(), transaction():
        ref = a_person().ref
    read = worker.get(f"/people/{ref}").get_data(as_text=True)
    assert "Date of birth, " in read
    assert read.count("Not known") == 1
