"""A warning keeps somebody away at every door alike, and says nothing of itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from pathway.acts import Act, now
from pathway.beds import actions, callers, claims, fit, paper
from pathway.beds.fit import NOT_TONIGHT, WhyNot, why_not
from pathway.beds.rules import PlacementFacts, PlacementStatus
from pathway.beds.shortcodes import short_code
from pathway.db import db, transaction
from pathway.errors import Refused, Unfit
from pathway.people import warnings
from pathway.people.rules import PersonFacts, WarningKind
from pathway.sites.models import Site
from pathway.sites.rules import Gender, SiteFacts
from pathway.staff.doing import Role
from pathway.staff.models import Staff
from tests import texting
from tests.conftest import SECRET, Ask, csrf_of
from tests.factories import HUB, a_person, a_site, an_act, at

STRICT = SiteFacts(1, "a", "A", refuses=frozenset({WarningKind.ARSON.value}))
WARNED = PersonFacts(1, "P-1", warned_of=frozenset({WarningKind.ARSON}))
TARGET = "grays-inn-road"


def test_a_refused_kind_is_for_the_lead_to_decide_and_a_site_that_is_ruled_out_for_nobody() -> None:
    assert why_not(STRICT, WARNED) == WhyNot(NOT_TONIGHT, lead_may_decide=True, of_them=False)
    other = PersonFacts(1, "P-1", warned_of=frozenset({WarningKind.VIOLENCE}))
    assert why_not(STRICT, other) is None
    kept = PersonFacts(1, "P-1", warned_of=WARNED.warned_of, kept_from=frozenset({1}))
    assert why_not(STRICT, kept) == WhyNot(NOT_TONIGHT, lead_may_decide=False, of_them=False)
    assert fit.why_warned(STRICT, PersonFacts(1, "P-1", not_here=frozenset({1}))) is None


def strict(code: str) -> None:
    db.session.execute(update(Site).where(Site.code == code).values(refuses="arson;sexual"))


def warn(act: Act, ref: str, *sites: str, kind: WarningKind = WarningKind.ARSON) -> None:
    warnings.warn(
        act,
        ref,
        kind=kind,
        detail="A lit match",
        source="The fire brigade",
        readers=[Role.MANAGER],
        expires_on=act.at.date() + timedelta(days=9),
        sites=sites,
    )


Claim = Callable[[Act, str], Any]


def matched(act: Act, ref: str) -> PlacementFacts:
    caller = callers.hold_unnamed(act, description="red coat", site=TARGET)
    return callers.match(act, caller.id, person=ref)


def revived(act: Act, ref: str) -> PlacementFacts:
    """Check somebody in whose hold lapsed; the warning came after the hold."""
    held = LAPSED[ref]
    return actions.check_in(at(act, held.made_at + timedelta(hours=1)), held.id)


def undone(act: Act, ref: str) -> PlacementFacts:
    """Take back that a bed was given back; the warning came after it."""
    return actions.undo(act, GIVEN[ref].id)


LAPSED: dict[str, PlacementFacts] = {}

GIVEN: dict[str, PlacementFacts] = {}

DOORS: dict[str, Claim] = {
    "hold": lambda act, ref: actions.hold(act, person=ref, site=TARGET),
    "book": lambda act, ref: claims.book(
        act, person=ref, site=TARGET, expected_at=act.at + timedelta(hours=1)
    ),
    "walk in": lambda act, ref: actions.walk_in(act, person=ref, site=TARGET),
    "match": matched,
    "revive": revived,
    "undo": undone,
    "paper sheet": lambda act, ref: paper.record_stay(act, person=ref, site=TARGET, at=act.at),
    "move": lambda act, ref: actions.transfer(act, INSIDE[ref], site=TARGET),
    "plan": lambda act, ref: actions.transfer(act, INSIDE[ref], site=TARGET, planned=True),
}

INSIDE: dict[str, int] = {}


@contextmanager
def refused_alike() -> Iterator[None]:
    with pytest.raises(Refused) as refusal, transaction():
        yield
    assert refusal.value.detail == NOT_TONIGHT
    assert not isinstance(refusal.value, Unfit)
    assert TARGET not in {one["site"] for one in refusal.value.extra["alternatives"]}


def at_every_door(why: str) -> tuple[Act, dict[str, str]]:
    """Return staff of the site, and by door somebody who is warned of since they came to it."""
    for before in (LAPSED, GIVEN, INSIDE):
        before.clear()
    with transaction():
        act = an_act(Role.HUB, TARGET, HUB)
        people = {door: a_person(gender=Gender.WOMAN).ref for door in DOORS}
        LAPSED[people["revive"]] = actions.hold(act, person=people["revive"], site=TARGET)
        GIVEN[people["undo"]] = actions.hold(act, person=people["undo"], site=TARGET)
        actions.release(act, GIVEN[people["undo"]].id)
        for door in ("move", "plan"):
            INSIDE[people[door]] = actions.walk_in(act, person=people[door], site=HUB).id
        if why == "kind":
            strict(TARGET)
        for ref in people.values():
            warn(act, ref, *([TARGET] if why == "site" else []))
    return act, people


@pytest.mark.parametrize("why", ["kind", "site"])
def test_every_door_refuses_somebody_who_is_warned_of_with_the_same_sentence(
    store: Flask, why: str
) -> None:
    act, people = at_every_door(why)
    for door, claim in DOORS.items():
        with refused_alike():
            claim(act, people[door])
    with transaction():
        elsewhere = actions.hold(act, person=people["hold"], site=HUB)
    assert elsewhere.status is PlacementStatus.HELD


def test_without_the_rule_every_door_is_open(store: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: nothing but the warning keeps them out."""
    act, people = at_every_door("site")
    monkeypatch.setattr(fit, "_kept_away", lambda *_: iter(()))
    for door, claim in DOORS.items():
        with transaction(keep=False):
            assert claim(act, people[door]), door


def test_the_lead_decides_about_a_kind_and_nobody_about_a_site(store: Flask) -> None:
    with transaction():
        lead = an_act(Role.HUB_LEAD, TARGET)
        strict(TARGET)
        by_kind, by_site = a_person(), a_person()
        warn(lead, by_kind.ref)
        warn(lead, by_site.ref, TARGET, kind=WarningKind.NAMED_PERSON)
        held = actions.hold(lead, person=by_kind.ref, site=TARGET, override="Room by the door")
    assert held.status is PlacementStatus.HELD
    with refused_alike():
        actions.hold(lead, person=by_site.ref, site=TARGET, override="Room by the door")


def test_who_is_in_stays_in_whatever_is_warned_of(store: Flask) -> None:
    with transaction():
        act = an_act(Role.HUB, TARGET)
        person = a_person()
        made = actions.walk_in(act, person=person.ref, site=TARGET)
        held = actions.hold(act, person=(other := a_person()).ref, site=TARGET)
        strict(TARGET)
        for ref in (person.ref, other.ref):
            warn(act, ref, TARGET)
        assert actions.check_in(act, held.id).status is PlacementStatus.IN
        assert actions.check_in(act, made.id).status is PlacementStatus.IN


def test_page_program_and_text_say_the_one_sentence(
    app: Flask, as_role: Ask, signed_in: Ask
) -> None:
    app.config["TWILIO"] = texting.TWILIO
    program, page = as_role(Role.OUTREACH), signed_in(Role.OUTREACH)
    lead = signed_in(Role.HUB_LEAD, TARGET)
    with app.app_context(), transaction():
        act = an_act(at=now())
        phone = update(Staff).where(Staff.id == act.staff_id).values(phone=texting.WORKER)
        db.session.execute(phone)
        ref = a_person(gender=Gender.WOMAN).ref
        actions.release(act, actions.hold(act, person=ref, site=HUB).id)
        warn(act, ref)
        code = short_code(SECRET, act.staff_id or 0, ref)
    address = f"/sites/{TARGET}/edit"
    ticked = {"csrf_token": csrf_of(lead, address), "version": "1", "refuses": ["arson"]}
    assert lead.post(address, data=ticked).status_code == 303
    assert lead.get(address).get_data(as_text=True).count('value="arson" checked') == 1
    wrong = lead.post(address, data=ticked | {"version": "2", "refuses": ["rudeness"]})
    assert wrong.status_code == 422
    refused = program.post("/api/v1/placements", json={"person": ref, "site": TARGET})
    assert (refused.status_code, refused.get_json()["detail"]) == (409, NOT_TONIGHT)
    shown = page.get(f"/people/{ref}/bed").get_data(as_text=True)
    assert shown.count(NOT_TONIGHT) == 1
    assert "arson" not in shown.lower()
    texting.text(app.test_client(), f"HOLD {TARGET} {code}")
    told = texting.replies(app)[-1][1]
    assert told.startswith(NOT_TONIGHT)
    assert a_name(app) not in told


def a_name(app: Flask) -> str:
    with app.app_context():
        return a_site(TARGET).name
