"""A contact from the first tap to the last, by page and by program."""

import re
from datetime import timedelta
from functools import partial
from html import unescape
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from pathway import idempotency
from pathway.acts import now
from pathway.beds import actions as beds
from pathway.beds import callers, care
from pathway.db import db, transaction
from pathway.errors import Invalid, Refused
from pathway.idempotency import IdempotencyKey
from pathway.messages.models import Notice
from pathway.outreach import queries
from pathway.outreach.actions import record_contact
from pathway.outreach.models import Contact
from pathway.outreach.rules import ContactKind
from pathway.people import lookouts
from pathway.people.models import Person
from pathway.staff.doing import Role
from tests import factories, races
from tests.conftest import Ask, submit
from tests.factories import HUB, an_act, token_of

BEDDED = ContactKind.BEDDED_DOWN
MOST_TAPS = 5


class Phone(HTMLParser):
    """A page as somebody taps it without JavaScript: links, and forms with their buttons."""

    def __init__(self, client: FlaskClient, path: str) -> None:
        super().__init__()
        self.client, self.taps = client, 0
        self.open(path)

    def open(self, path: str) -> None:
        answer = self.client.get(path, follow_redirects=True)
        assert answer.status_code == 200, path
        self.read(answer.get_data(as_text=True))

    def read(self, html: str) -> None:
        self.html = html
        self.links: dict[str, str] = {}
        self.forms: list[tuple[dict[str, str], dict[str, str], dict[str, tuple[str, str]]]] = []
        self._at: list[tuple[str, dict[str, str]]] = []
        self._words = ""
        self.reset()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in {"a", "button"}:
            self._at, self._words = [(tag, given)], ""
        if tag == "form":
            self.forms.append((given, {}, {}))
        ticked = given.get("type") not in {"checkbox", "radio"} or "checked" in given
        if tag in {"input", "select", "textarea"} and self.forms and "name" in given and ticked:
            self.forms[-1][1][given["name"]] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        self._words += data

    def handle_endtag(self, tag: str) -> None:
        if not self._at or self._at[0][0] != tag:
            return
        given, words = self._at.pop()[1], self._words.strip()
        if tag == "a":
            self.links.setdefault(words, given["href"])
        elif self.forms and "disabled" not in given:
            self.forms[-1][2][words] = (given.get("name", ""), given.get("value", ""))

    def tap(self, words: str, **typed: str) -> None:
        """Tap a link or a button; a field that is typed into takes a tap as well."""
        self.taps += 1 + len(typed)
        if words in self.links:
            self.open(self.links[words])
            return
        for form, fields, buttons in self.forms:
            if words in buttons and typed.keys() <= fields.keys():
                name, value = buttons[words]
                sent = fields | typed | ({name: value} if name else {})
                self._send(form, sent)
                return
        pytest.fail(f"nothing here is called “{words}”")

    def _send(self, form: dict[str, str], sent: dict[str, str]) -> None:
        how = {"data": sent} if form.get("method") == "post" else {"query_string": sent}
        verb = self.client.post if "data" in how else self.client.get
        answer = verb(form["action"], follow_redirects=True, **how)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        self.read(answer.get_data(as_text=True))


def test_somebody_without_a_name_is_saved_in_five_taps(app: Flask, signed_in: Ask) -> None:
    phone = Phone(signed_in(), "/")
    phone.tap("Street")
    phone.tap("Somebody without a name")
    phone.tap("Bedded down", description="Man, red sleeping bag, Euston Road")
    assert phone.taps <= MOST_TAPS
    assert "Saved." in phone.html
    assert {"Find a bed", "Say who this was", "Record another"} <= phone.links.keys()
    phone.tap("Recorded in error")
    assert "It counts nowhere" in phone.html
    with app.app_context():
        told = db.session.scalars(select(Contact)).one()
        assert (told.kind, told.struck_at is not None) == ("bedded_down", True)


def test_somebody_who_is_known_is_saved_in_five_taps(app: Flask, signed_in: Ask) -> None:
    with app.app_context(), transaction():
        factories.a_person(given_name="Fern")
        factories.a_person(given_name="Fern", family_name="Field")
    phone = Phone(signed_in(), "/")
    phone.tap("Street")
    phone.tap("Find", q="fern")
    phone.tap("Fern Field")
    phone.tap("About to bed down")
    assert phone.taps <= MOST_TAPS
    assert "Saved." in phone.html
    phone.open("/street")
    assert "Fern Field" in phone.links


def test_the_enter_key_saves_nothing(app: Flask, signed_in: Ask) -> None:
    """A browser presses the first button of a form; a disabled one stops it."""
    page = signed_in().get("/contacts/new").get_data(as_text=True)
    form = page[page.index('action="/contacts/new"') :]
    assert re.findall(r"<button[^>]*>", form)[0] == '<button type="submit" disabled hidden>'


def test_a_time_that_happened_twice_is_asked_again_and_then_taken(
    app: Flask, signed_in: Ask
) -> None:
    phone = Phone(signed_in(), "/contacts/new")
    token = phone.forms[-1][1] | {"kind": "bedded_down", "description": "A man"}
    told = {"on": "2025-10-26", "time": "01:30"}
    again = phone.client.post("/contacts/new", data=token | told)
    assert again.status_code == 422
    page = unescape(again.get_data(as_text=True))
    assert "01:30 happened twice on 26 October 2025" in page
    assert "An hour later" in page
    gone = phone.client.post("/contacts/new", data=token | told | {"on": "2026-03-29"})
    assert "did not exist" in gone.get_data(as_text=True)
    saved = phone.client.post("/contacts/new", data=token | told | {"which": "second"})
    assert saved.status_code == 303
    shown = phone.client.get(saved.headers["Location"]).get_data(as_text=True)
    assert "01:30 GMT" in shown
    assert "entered late" in shown


def test_a_key_answers_the_same_weeks_later_and_names_nobody(app: Flask, as_role: Ask) -> None:
    client = as_role()
    body = {"description": "Woman, blue tent", "kind": "bedded_down", "notes": "Fern knows her"}
    key = {"Idempotency-Key": "from-the-phone"}
    first = client.post("/api/v1/contacts", json=body, headers=key)
    assert first.status_code == 201
    with app.app_context(), transaction():
        kept = db.session.scalars(select(IdempotencyKey)).one()
        assert "Fern" not in (kept.answer or "")
        assert "Woman" not in (kept.answer or "")
        old = update(IdempotencyKey).values(at=now() - timedelta(days=40))
        db.session.execute(old)
        idempotency.forget(now(), 100)
    again = client.post("/api/v1/contacts", json=body, headers=key)
    assert (again.status_code, again.get_json()) == (201, first.get_json())
    other = client.post("/api/v1/contacts", json=body | {"place": "Elsewhere"}, headers=key)
    assert other.status_code == 422
    ident = first.get_json()["id"]
    shown = client.get(f"/api/v1/contacts/{ident}").get_json()
    assert (shown["notes"], shown["person"]) == ("Fern knows her", first.get_json()["person"])
    struck = [client.post(f"/api/v1/contacts/{ident}/strike").get_json() for _ in range(2)]
    assert struck[0]["struck_at"] is not None
    assert struck[0] == struck[1]
    with app.app_context():
        assert db.session.scalar(select(func.count(Contact.id))) == 1


def saved_at_once(app: Flask) -> int:
    """Send one contact from a phone four times at the same moment; return how many there are."""
    with app.app_context(), transaction():
        an_act(at=now(), email="racing@example.org")
        token, person = token_of("racing@example.org"), factories.a_person().ref
    body = {"person": person, "kind": "bedded_down"}
    with races.in_process(app) as address:
        send = partial(races.ask, address, "/api/v1/contacts", token, body, "one tap")
        answers = races.at_once([send] * 4)
    assert {answer.status for answer in answers} == {201}
    with app.app_context():
        count: int = db.session.scalar(select(func.count(Contact.id))) or 0
    return count


def test_four_taps_at_once_save_one_contact(app: Flask) -> None:
    assert saved_at_once(app) == 1


def test_without_the_key_four_taps_save_four(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setattr("pathway.desk.street_api.for_good", lambda _: None)
    assert saved_at_once(app) == 4


def test_a_match_keeps_the_contact_and_parting_returns_it(store: Flask) -> None:
    with transaction():
        act, lead = an_act(), an_act(Role.HUB_LEAD, HUB)
        known = factories.a_person()
        told = record_contact(act, kind=BEDDED, description="Man, red sleeping bag")
        matched = callers.say_who(act, told.person_ref, person=known.ref)
        assert matched.ref == known.ref
        assert callers.say_who(act, told.person_ref, person=known.ref).ref == known.ref
    found = queries.contacts_of(act, known.id, limit=5)
    assert [(one.id, one.person_ref) for one in found] == [(told.id, known.ref)]
    with transaction():
        care.unmerge(lead, told.person_ref)
    assert queries.contacts_of(act, known.id, limit=5) == []
    again = queries.contact(act, told.id)
    assert again is not None
    assert again.person_ref == told.person_ref


def test_a_match_is_refused_to_somebody_named_or_where_both_have_a_bed(store: Flask) -> None:
    with transaction():
        act, hub = an_act(), an_act(Role.HUB, HUB)
        named, placed = factories.a_person(), factories.a_person(given_name="Gale")
        beds.walk_in(hub, person=placed.ref, site=HUB)
        caller = callers.hold_unnamed(hub, description="red coat", site=HUB).person
        other = record_contact(act, kind=BEDDED, description="a man")
    with pytest.raises(Refused, match="They have a name already"), transaction():
        callers.say_who(act, named.ref, person=placed.ref)
    with pytest.raises(Refused, match="Ring the duty manager"), transaction():
        callers.say_who(act, caller.ref, person=placed.ref)
    with pytest.raises(Invalid), transaction():
        callers.say_who(act, other.person_ref, person=caller.ref)


def test_a_hub_records_its_residents_at_their_site_and_nobody_else(
    app: Flask, as_role: Ask
) -> None:
    client = as_role(Role.HUB, HUB)
    with app.app_context(), transaction():
        hub = an_act(Role.HUB, HUB, at=now())
        inside, outside = factories.a_person(), factories.a_person()
        beds.walk_in(hub, person=inside.ref, site=HUB)
    body = {"kind": "not_bedded_down"}
    for whom in ({"person": outside.ref}, {"description": "a man"}):
        assert client.post("/api/v1/contacts", json=body | whom).status_code == 403
    made = client.post("/api/v1/contacts", json=body | {"person": inside.ref})
    assert made.status_code == 201
    with app.app_context():
        told = db.session.scalars(select(Contact)).one()
        assert told.site_id == factories.a_site().id
    assert as_role().get(f"/api/v1/contacts/{told.id}").status_code == 404


def test_whoever_did_not_come_is_looked_out_for(app: Flask, as_role: Ask) -> None:
    client = as_role()
    with app.app_context(), transaction():
        early = an_act(at=now() - timedelta(hours=2), email="holder@example.org")
        held = factories.a_hold(early)
        factories_now = factories.at(early, now())
        beds.hold(factories_now, person=factories.a_person().ref, site=HUB, bed=held.bed_id)
    body = {"person": held.person.ref, "kind": "bedded_down"}
    first, second = (client.post("/api/v1/contacts", json=body).get_json() for _ in range(2))
    assert (first["ring_duty"], second["ring_duty"]) == (True, False)


def test_somebody_gives_their_name_later(app: Flask, signed_in: Ask) -> None:
    client = signed_in()
    with app.app_context(), transaction():
        ref = record_contact(an_act(email="a@example.org"), kind=BEDDED, description="a man")
    phone = Phone(client, f"/people/{ref.person_ref}/who")
    phone.tap("Give them this name", name="Wren Field")
    assert "Wren Field" in phone.html
    with app.app_context():
        found = db.session.scalars(select(Person).where(Person.ref == ref.person_ref)).one()
        assert (found.unnamed, found.family_name) == (False, "Field")


def test_the_hub_is_asked_to_ring_when_somebody_comes_in_whom_others_wait_for(
    app: Flask, signed_in: Ask
) -> None:
    client = signed_in(Role.HUB, HUB)
    with app.app_context(), transaction():
        early = an_act(at=now() - timedelta(hours=2), email="holder@example.org")
        lapsed = factories.a_hold(early)
        again = an_act(at=now(), email="other@example.org")
        held = factories.a_hold(again, person=lapsed.person)
        own = factories.a_hold(again)
    pages = [
        submit(client, f"/placements/{one.id}/check-in", {}, page=f"/placements/{one.id}")
        for one in (held, held, own)
    ]
    shown = [client.get(one.headers["Location"]).get_data(as_text=True) for one in pages]
    assert ["ring duty tonight" in one for one in shown] == [True, False, False]


def test_whoever_holds_a_bed_again_is_not_told_that_they_found_them(store: Flask) -> None:
    with transaction():
        early = an_act(at=now() - timedelta(hours=2))
        lapsed = factories.a_hold(early)
        held = factories.a_hold(factories.at(early, now()), person=lapsed.person)
        hub = an_act(Role.HUB, HUB, at=now())
        beds.check_in(hub, held.id)
        assert not lookouts.rung(hub, lapsed.person.id)
    assert db.session.scalars(select(Notice.id).where(Notice.kind == "met")).all() == []
