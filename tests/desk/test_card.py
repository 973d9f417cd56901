"""The card that somebody is given: where to go, and nothing about them."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from flask import Flask
from sqlalchemy import select, update

from pathway.acts import now
from pathway.audit import AuditEntry
from pathway.beds import actions, board
from pathway.beds.card import spoken_time
from pathway.beds.models import Bed
from pathway.db import db, transaction
from pathway.people.rules import Recourse
from pathway.sites.models import Site
from pathway.sites.rules import Gender, SupportLevel
from pathway.staff.doing import Role
from tests.conftest import Ask
from tests.factories import HUB, a_person, a_site, an_act


class Card(HTMLParser):
    """The words inside the card itself."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self._depth = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "div" and (self._depth or ("class", "pw-card") in attrs):
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "div" and self._depth:
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if self._depth:
            self.words.append(data)


def card(page: str) -> str:
    return " ".join(" ".join(Card(page).words).split())


def since(day: int, hours: int, minutes: int = 0) -> timedelta:
    return timedelta(days=day - 1, hours=hours, minutes=minutes)


@pytest.mark.parametrize(
    ("at", "present", "words"),
    [
        ((9, 23, 45), (9, 23), "23:45 tonight"),
        ((10, 1, 15), (9, 23, 50), "01:15 tonight"),
        ((10, 2, 15), (10, 1, 30), "02:15 tonight"),
        ((9, 13), (9, 12, 30), "13:00 today"),
        ((9, 19), (9, 11), "19:00 today"),
        ((10, 10), (9, 23), "10:00 tomorrow"),
        ((10, 20), (9, 23), "20:00 tomorrow"),
        ((11, 9), (9, 23), "09:00 on Sunday 11 January"),
    ],
)
def test_a_time_is_told_as_people_say_it(
    at: tuple[int, ...], present: tuple[int, ...], words: str
) -> None:
    then, moment = (datetime(2026, 1, 1, tzinfo=UTC) + since(*one) for one in (at, present))
    assert spoken_time(then, moment) == words


def test_a_card_tells_where_when_and_whom_to_ask_for_and_nothing_about_them(
    app: Flask, signed_in: Ask
) -> None:
    with app.app_context(), transaction():
        where = {"dogs": True, "phone": "020 7946 0000", "address": "1 Any Street"}
        db.session.execute(update(Site).where(Site.code == HUB).values(**where))
        db.session.execute(update(Bed).where(Bed.site_id == a_site().id).values(step_free=True))
        act = an_act(Role.HUB, HUB, at=now())
        who = a_person(
            given_name="Quenby",
            family_name="Marlow",
            gender=Gender.MAN,
            support_level=SupportLevel.HIGH,
            recourse=Recourse.NO,
        )
        held = actions.hold(act, person=who.ref, site=HUB)
    hub = signed_in(Role.HUB, HUB)
    for path in (f"/placements/{held.id}/card", f"/people/{who.ref}/card"):
        page = hub.get(path).text
        words = card(page)
        for told in (
            "165 Rough Sleeping Hub",
            "1 Any Street",
            "Be there before",
            "020 7946 0000",
            "Ask for the staff on duty",
            "Your dog is welcome",
            "There are no steps",
        ):
            assert told in words, told
        for private in ("Quenby", "Marlow", "The hub", "high", "recourse", who.ref):
            assert private not in words, private
        assert "style=" not in page
        assert '<h1 class="govuk-heading-l">Your bed</h1>' in page
        named = card(hub.get(f"{path}?name=yes").text)
        assert "Hello Quenby." in named
        assert "Marlow" not in named


def test_a_confidential_site_stands_on_no_card_by_name_or_address(
    app: Flask, signed_in: Ask
) -> None:
    code = "respite-rooms"
    with app.app_context(), transaction():
        where = {
            "phone": "0808 157 0000",
            "pickup_point": "Outside the library",
            "address": "2 Quiet Mews",
        }
        db.session.execute(update(Site).where(Site.code == code).values(**where))
        lead = an_act(Role.HUB_LEAD, code, at=now())
        who = a_person(gender=Gender.WOMAN)
        held = actions.hold(lead, person=who.ref, site=code)
    own = signed_in(Role.HUB_LEAD, code)
    page = own.get(f"/placements/{held.id}/card").text
    assert "Outside the library" in card(page)
    assert "0808 157 0000" in card(page)
    for secret in ("Respite", "Quiet Mews"):
        assert secret not in page, secret
    for role in (Role.OUTREACH, Role.MANAGER):
        other = signed_in(role)
        assert other.get(f"/placements/{held.id}/card").status_code == 404
        words = card(other.get(f"/people/{who.ref}/card").text)
        assert "0808 800 0005" in words
        assert "library" not in words


def test_whose_bed_is_gone_is_told_whom_to_ring(app: Flask, signed_in: Ask) -> None:
    with app.app_context(), transaction():
        act = an_act(Role.HUB, HUB, at=now() - timedelta(hours=2))
        who = a_person()
        held = actions.hold(act, person=who.ref, site=HUB)
        assert board.beds_of(a_site(), now())
    hub = signed_in(Role.HUB, HUB)
    for path in (f"/placements/{held.id}/card", f"/people/{who.ref}/card"):
        page = hub.get(path).text
        assert "Where to go" in page
        assert "020 7846 3535" in card(page)
    assert hub.get("/people/P-NOBODY/card").status_code == 404
    with app.app_context():
        seen = select(AuditEntry.id).where(AuditEntry.what == "view card")
        assert len(db.session.scalars(seen).all()) == 2
