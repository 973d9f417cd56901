"""A member of staff's mobile number: proven by a code, one member's at a time."""

from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from pathway.acts import Act
from pathway.db import db, transaction
from pathway.errors import Invalid, Refused
from pathway.messages.models import Text
from pathway.staff import actions, phones
from pathway.staff.doing import Role
from pathway.staff.models import PhoneClaim, Staff
from tests.conftest import Ask
from tests.factories import PASSWORD, an_act, at, later
from tests.races import at_once
from tests.staff.conftest import EMAIL, Add, Clock, act_on, sign_in, values, whats

PHONE = "+447700900123"
SPOKEN = "07700 900123"
PAGE = "/account/phone"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("07700 900123", PHONE),
        ("(07700) 900-123", PHONE),
        ("+44 7700 900123", PHONE),
        ("0044 7700 900 123", PHONE),
        ("+33 6 12 34 56 78", "+33612345678"),
    ],
)
def test_a_number_is_kept_as_the_world_writes_it(typed: str, kept: str) -> None:
    assert phones.normalised(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "07700", "020 7946 0018", "7946 0018", "999", "+", "Fern", "07700 9001234567", "\0"],
)
def test_what_no_text_reaches_is_refused(typed: str) -> None:
    assert phones.normalised(typed) is None


@pytest.fixture
def worker(store: Flask) -> Act:
    with transaction():
        return an_act()


def claim(act: Act, phone: str = PHONE) -> str:
    with transaction():
        return phones.claim(act, phone)


def prove(act: Act, code: str) -> None:
    with transaction():
        phones.prove(act, code)


def test_a_code_proves_a_number_once(worker: Act) -> None:
    code = claim(worker)
    assert len(code) == 6
    assert code.isdigit()
    assert db.session.scalar(select(PhoneClaim.code_hash)) != code
    prove(worker, code)
    assert phones.phone_of(worker.staff_id) == PHONE
    with pytest.raises(Invalid):
        prove(worker, code)


def test_a_newer_code_replaces_an_older_one(worker: Act) -> None:
    older, newer = claim(worker), claim(worker)
    if older != newer:
        with pytest.raises(Invalid):
            prove(worker, older)
    prove(worker, newer)


def test_a_code_is_good_for_fifteen_minutes(worker: Act) -> None:
    code = claim(worker)
    with pytest.raises(Invalid):
        prove(at(worker, later(minutes=15)), code)
    prove(at(worker, later(minutes=14, seconds=59)), code)


def test_a_code_is_good_for_whoever_asked_for_it_alone(worker: Act) -> None:
    with transaction():
        other = an_act(email="wren@example.org")
    code = claim(worker)
    claim(other, "+447700900124")
    with pytest.raises(Invalid):
        prove(other, code)


def test_a_number_in_use_is_told_to_nobody_before_the_code(worker: Act) -> None:
    prove(worker, claim(worker))
    with transaction():
        other = an_act(email="wren@example.org")
    code = claim(other)
    with pytest.raises(Refused) as refusal:
        prove(other, code)
    assert refusal.value.detail == "That number is in use. Ask an administrator."
    assert phones.phone_of(other.staff_id) is None


def test_whoever_leaves_frees_their_number_and_comes_back_without_it(worker: Act) -> None:
    mine = worker.staff_id or 0
    prove(worker, claim(worker))
    with transaction():
        actions.leave(worker, mine)
        other = an_act(email="wren@example.org")
    assert phones.phone_of(mine) == PHONE
    assert phones.holder(PHONE) is None
    prove(other, claim(other))
    with transaction():
        actions.come_back(other, mine)
    assert phones.phone_of(mine) is None
    held = phones.holder(PHONE)
    assert held is not None
    assert (held.id, held.roles) == (other.staff_id or 0, frozenset({"outreach"}))


def test_of_two_who_prove_one_number_at_once_one_gets_it(app: Flask) -> None:
    with app.app_context(), transaction():
        acts = [an_act(email=f"{name}@example.org") for name in ("robin", "wren")]
    codes = []
    with app.app_context():
        codes = [claim(act) for act in acts]

    def deed(act: Act, code: str) -> str:
        with app.app_context():
            try:
                prove(act, code)
            except Refused as refusal:
                return refusal.detail
            return "set"

    told = at_once([partial(deed, *pair) for pair in zip(acts, codes, strict=True)])
    assert sorted(told) == [phones.IN_USE, "set"]


def code_sent(app: Flask) -> str:
    """Return the digits of the newest text."""
    return str(values(app, select(Text.body).order_by(Text.id))[-1])[:6]


@pytest.fixture
def client(app: Flask, add: Add) -> FlaskClient:
    add()
    client = app.test_client()
    sign_in(client)
    return client


def test_a_number_is_set_on_the_page_with_the_password_and_the_code(
    client: FlaskClient, app: Flask
) -> None:
    asked = {"phone": "07700 900123", "current_password": PASSWORD}
    assert act_on(client, PAGE, PAGE, **asked | {"current_password": "x"}).status_code == 422
    assert act_on(client, PAGE, PAGE, **asked | {"phone": "999"}).status_code == 422
    assert values(app, select(Text.id)) == []
    assert act_on(client, PAGE, PAGE, **asked).status_code == 303
    assert "We sent six digits to 07700 900123" in client.get(PAGE).text
    assert act_on(client, f"{PAGE}/code", PAGE, code="no").status_code == 422
    done = act_on(client, f"{PAGE}/code", PAGE, code=f" {code_sent(app)} ")
    assert done.status_code == 303
    assert "Texts go to 07700 900123" in client.get(PAGE).text
    assert "Texts go to 07700 900123" in client.get("/account").text
    assert values(app, select(Text.purpose)) == ["code"]
    assert whats(app)[-2:] == ["ask for phone code", "set mobile number"]
    gone = act_on(client, f"{PAGE}/remove", PAGE, current_password="x")
    assert gone.status_code == 422
    assert act_on(client, f"{PAGE}/remove", PAGE, current_password=PASSWORD).status_code == 303
    assert values(app, select(Staff.phone)) == [None]


def test_codes_are_guessed_at_five_times_and_sent_five_times(
    client: FlaskClient, app: Flask, clock: Clock
) -> None:
    asked = {"phone": "07700 900123", "current_password": PASSWORD}
    assert [act_on(client, PAGE, PAGE, **asked).status_code for _ in range(6)] == [303] * 5 + [429]
    code = code_sent(app)
    wrong = "000000" if code != "000000" else "111111"
    tried = [act_on(client, f"{PAGE}/code", PAGE, code=wrong).status_code for _ in range(6)]
    assert tried == [422] * 5 + [429]
    assert act_on(client, f"{PAGE}/code", PAGE, code=code).status_code == 429
    assert values(app, select(Staff.phone)) == [None]


def test_an_administrator_sees_numbers_and_takes_them_away(
    app: Flask, add: Add, signed_in: Ask
) -> None:
    ident = add()
    with app.app_context(), transaction():
        mine = update(Staff).where(Staff.email == EMAIL)
        db.session.execute(mine.values(phone=PHONE))
    admin = signed_in(Role.ADMIN)
    assert SPOKEN in admin.get("/staff").text
    page = f"/staff/{ident}"
    assert PHONE in admin.get(page).text
    assert act_on(admin, f"{page}/remove-phone", page).status_code == 303
    assert PHONE not in admin.get(page).text
    assert whats(app)[-1] == "remove mobile number"
