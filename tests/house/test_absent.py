"""What is out of scope answers exactly as what is not there: body, headers, and work done.

Time itself is not measured: it depends on the machine. What takes time is, in
so far as both answers take the very same statements of the database.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from werkzeug.test import TestResponse

from pathway.acts import now
from pathway.answered import REQUEST_ID
from pathway.beds import actions as beds
from pathway.beds import care
from pathway.db import db, transaction
from pathway.people import closing
from pathway.sites.rules import Gender
from pathway.staff.doing import Role
from tests.factories import a_person, an_act
from tests.house.test_who_may import House, call, house, rules
from tests.house.who_may import BEDS, PEOPLE, PLACEMENTS, ROLES, SITES

__all__ = ["house"]

ABSENT = {"ident": 2_000_000_000, "ref": "P-222222", "code": "no-such-site", "merged": "P-222222"}


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Collect what is asked of the database, without its values."""
    asked: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def told(answer: TestResponse, values: dict[str, Any]) -> tuple[int, str, dict[str, str]]:
    """Return an answer without what differs between any two requests, and without the id asked."""
    text = answer.get_data(as_text=True)
    for own in sorted((str(one) for one in values.values()), key=len, reverse=True):
        text = re.sub(rf"(?<=/){own}\b", "…", text)
    text = re.sub(r'data-now="[^"]*"|name="csrf_token" value="[^"]*"', "", text)
    text = re.sub(r'name="idempotency_key" value="[^"]*"', "", text)
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name not in {"Date", "Set-Cookie", "Content-Length", REQUEST_ID}
    }
    return answer.status_code, text, headers


def hidden(house: House) -> dict[str, Any]:
    """Return a closed person, in at a confidential site under a merged name, and her placement."""
    with house.app.app_context(), transaction():
        lead = house.others["respite-rooms"]
        woman, twin = a_person(gender=Gender.WOMAN), a_person()
        closer = an_act(Role.OUTREACH, at=now(), email="closer@example.org")
        inside = beds.walk_in(lead, person=woman.ref, site="respite-rooms")
        care.merge(lead, twin.ref, woman.ref)
        care.restrict(closer, woman.ref)
        closing.end_care(lead, twin.id)
        return {
            "ident": inside.id,
            "bed": inside.bed_id,
            "ref": woman.ref,
            "code": "respite-rooms",
            "merged": twin.ref,
            "into": a_person().ref,
            "other": a_person().ref,
        }


@pytest.mark.parametrize("role", ROLES)
def test_what_is_out_of_scope_answers_as_what_is_not_there(house: House, role: str) -> None:
    secret = hidden(house)
    known = rules(house.app)
    compared = 0
    for table in (SITES, BEDS, PLACEMENTS, PEOPLE):
        there = secret | {"ident": secret["bed"]} if table is BEDS else secret
        for endpoint, row in table.items():
            word = row.split()[ROLES.index(role)]
            letter = word[-1] if table is PEOPLE else word[2]
            if letter != "A":
                continue
            answers = []
            for values in (there, there | ABSENT):
                client = house.client(role, api=known[endpoint].rule.startswith("/api/"))
                with statements(house.app) as asked:
                    answer = call(client, endpoint, known[endpoint], values)
                answers.append((told(answer, values), asked))
            assert answers[0][0] == answers[1][0], endpoint
            assert answers[0][1] == answers[1][1], endpoint
            assert answers[0][0][0] == 404
            compared += 1
    assert compared or role == "admin"


def test_a_difference_is_found(house: House) -> None:
    """The negative control: a record that is there and open is told from one that is not."""
    known = rules(house.app)
    with house.app.app_context(), transaction():
        values = {"ref": a_person().ref}
    client = house.client("outreach", api=True)
    there = told(call(client, "consent_api.person", known["consent_api.person"], values), values)
    absent = told(call(client, "consent_api.person", known["consent_api.person"], ABSENT), ABSENT)
    assert there != absent
