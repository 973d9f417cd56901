"""Every template renders, every page is sound, every error has its page."""

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask, abort, template_rendered
from flask.testing import FlaskClient

from pathway.acts import Act, by_service
from pathway.assessments import actions as actions_of_assessment
from pathway.assessments import notes, safeguarding
from pathway.beds import actions, callers, care, turning
from pathway.beds.offering import offer
from pathway.beds.rules import PlacementFacts
from pathway.config import ROOT
from pathway.db import transaction
from pathway.duty import actions as duty
from pathway.duty import walks
from pathway.duty.rules import AlarmKind
from pathway.nights import london, night_of
from pathway.outreach import count_queries, counts, mornings, promises, shifts, spots
from pathway.outreach.actions import record_contact
from pathway.outreach.rules import ContactKind
from pathway.people import numbers, ties, warnings
from pathway.people.rules import WarningKind
from pathway.problems import TITLES
from pathway.staff.acting import public
from pathway.staff.actions import kept_password, make_link, set_password
from pathway.staff.doing import Role
from tests import factories
from tests.conftest import Ask, look_up, set_up_factor, submit

PARTS = {
    *("desk/concern_parts.html", "fields.html", "page.html", "parts.html"),
    *("people/likely.html", "reports/period.html"),
    *("desk/concern_parts.html", "privacy/request_parts.html", "fields.html", "page.html"),
    "parts.html",
    "reports/period.html",
    *("desk/pictograms.html", "reports/period.html"),
}


class Page(HTMLParser):
    """What a reader of a page gets: title, headings, labels, ids."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: Counter[str] = Counter()
        self.labelled: set[str] = set()
        self.fields: list[dict[str, str | None]] = []
        self.forms: list[dict[str, str | None]] = []
        self.tokens = 0
        self.text: dict[str, list[str]] = {"title": [], "h1": []}
        self._inside: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids[str(given["id"])] += 1
        if tag == "label" and given.get("for"):
            self.labelled.add(str(given["for"]))
        if tag in {"input", "select", "textarea"} and given.get("type") != "hidden":
            self.fields.append(given)
        if tag == "form" and given.get("method") == "post":
            self.forms.append(given)
        if given.get("name") == "csrf_token":
            self.tokens += 1
        if tag in self.text:
            self._inside = tag
            self.text[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.text[self._inside][-1] += data


def check(html: str) -> None:
    page = Page(html)
    assert len(page.text["h1"]) == 1
    assert page.text["title"] == [f"{page.text['h1'][0].strip()} – Pathway"]
    assert [name for name, times in page.ids.items() if times > 1] == []
    for field in page.fields:
        assert field.get("id") in page.labelled, field
    assert page.tokens == len(page.forms)
    assert not re.search(r"\son[a-z]+=|style=|<script(?![^>]*src=)", html)


def some_ties(act: Act, ref: str) -> None:
    """Keep somebody apart from two, one of them no more, and exclude them from a site."""
    for _ in range(2):
        other = factories.a_person().ref
        pair = ties.keep_apart(act, ref, other=other, why="A fight", readers=warnings.READERS)
        ties.want_together(act, ref, other=other)
    ties.end_apart(act, ref, pair.id)
    lead = factories.an_act(Role.HUB_LEAD, "165-hub", at=act.at, email="shuts@example.org")
    until = london(act.at).date()
    ties.exclude(lead, ref, site="165-hub", reason="A fight", until_on=until)


def test_every_template_renders_and_every_page_is_sound(app: Flask, signed_in: Ask) -> None:
    seen: set[str] = set()

    def note(_app: Flask, template: Any, **_: Any) -> None:
        seen.add(template.name)

    outreach, manager, hub, door_lead, lead = (
        signed_in(),
        signed_in(Role.MANAGER),
        signed_in(Role.HUB, "165-hub"),
        signed_in(Role.HUB_LEAD, "165-hub"),
        signed_in(Role.HUB_LEAD, "respite-rooms"),
    )
    with app.app_context(), transaction():
        act = factories.an_act(Role.HUB, "165-hub", at=_now())
        person = factories.a_person(aliases=["Ferny"])
        inside = actions.walk_in(act, person=person.ref, site="165-hub")
        other = factories.a_person(given_name="Gale")
        held = factories.a_hold(act, person=other)
        safeguarding.mark_perhaps_child(act, other.ref)
        gone = factories.a_person()
        care.record_death(act, gone.ref, died_on=london(act.at).date())
        factories.a_drug_alert()
        asked = factories.a_request(act, person)
        caller = callers.hold_unnamed(act, description="red coat", site="165-hub")
        link = make_link(act, act.staff_id or 0)
        runs = factories.an_act(Role.MANAGER, at=_now(), email="on-call@example.org")
        night = {"starts_at": runs.at, "ends_at": runs.at + timedelta(hours=9)}
        duty.add_turn(runs, staff_id=runs.staff_id or 0, step=1, **night)
        for words in ("No forecast.", "Texts wait."):
            alarm = duty.raise_alarm(runs, AlarmKind.SERVICE, words, link="/watch")
        duty.acknowledge(runs, alarm or 0)
        walks.set_out(act, site="165-hub")
        actions_of_assessment.assess(act, person=person.ref, wants="A room")
        notes.write(act, person=person.ref, words="Likes tea", shared=True)
        for _ in range(2):
            warned = warnings.warn(
                act,
                person.ref,
                kind=WarningKind.LICENCE,
                detail="Not near Euston",
                source="Probation",
                readers=warnings.READERS,
            )
        warnings.end(act, person.ref, warned.id)
        walks_out = factories.an_act(at=_now(), email="planner@example.org")
        some_ties(act, person.ref)
        night_out, been = (factories.a_night_out(walks_out) for _ in range(2))
        shifts.been_there(walks_out, been["shift"], been["spot"])
        shifts.hand_over(walks_out, been["shift"], words="All quiet")
        mornings.entered(walks_out, been["contact"])
        promises.settle(walks_out, been["promise"], kept=True)
        numbers.set_number(walks_out, person.ref, scheme="CHAIN", number="77")
        street = factories.an_act(Role.SWEP_COORDINATOR, at=_now(), email="street@example.org")
        count = factories.a_count(street)
        area = count_queries.areas(count)[0].id
        for words in ("red sleeping bag", "red bag"):
            counts.sight(street, count, area, kind=ContactKind.BEDDED_DOWN, description=words)
        waited = on_a_list(act)
        met = record_contact(act, kind=ContactKind.BEDDED_DOWN, description="blue coat")
        spots.add(act, name="The arch")
        turning.turn_away(street, met.person_ref)
    with template_rendered.connected_to(note, app):
        admin = signed_in(Role.ADMIN)
        for client, path in (
            *signing_in_pages(app),
            (admin, "/staff"),
            (admin, f"/staff/{act.staff_id}"),
            (admin, "/account"),
            (hub, "/account"),
            (hub, "/account/second-factor"),
            (hub, "/account/phone"),
            (admin, "/sites/165-hub/edit"),
            (admin, "/sites/165-hub/rooms"),
            (outreach, f"/people/{person.ref}/edit"),
            (outreach, f"/people/{person.ref}/break-glass"),
            (outreach, f"/people/{person.ref}/assess"),
            (manager, f"/people/{person.ref}/assess"),
            (outreach, f"/people/{person.ref}/notes"),
            (outreach, f"/people/{person.ref}/warnings"),
            (outreach, f"/people/{person.ref}/consents"),
            (admin, "/consent-wordings"),
            (outreach, f"/people/{person.ref}/apart"),
            (outreach, look_up(outreach, f"/people/{person.ref}/apart/look", "gale")),
            (door_lead, f"/people/{person.ref}/apart"),
            (outreach, "/people/P-222222"),
            (manager, f"/people/{person.ref}"),
            (manager, "/watch"),
            (manager, "/drug-alerts"),
            (manager, "/privacy/requests"),
            (manager, "/privacy/requests/new"),
            (manager, f"/privacy/requests/{asked}"),
            (outreach, "/drug-alerts"),
            (manager, "/concerns"),
            (hub, f"/people/{other.ref}/concerns"),
            (outreach, f"/people/{person.ref}/death"),
            (manager, f"/people/{gone.ref}/death"),
            (manager, f"/people/{gone.ref}"),
            (outreach, f"/people/{other.ref}"),
            (manager, "/texts"),
            (manager, "/jobs"),
            (manager, "/duty"),
            (outreach, "/duty"),
            (manager, "/alarms"),
            (outreach, "/alarms"),
            (hub, "/notices"),
            (outreach, "/notices"),
            (outreach, "/account/texts"),
            (app.test_client(), "/sign-in"),
            (app.test_client(), f"/set-password/{link}"),
            (app.test_client(), "/help"),
            (app.test_client(), "/accessibility"),
            (outreach, "/beds"),
            (outreach, "/beds/then"),
            (outreach, "/beds/then?at=2026-01-09T22:00"),
            (manager, "/measures/occupancy"),
            (manager, "/measures"),
            (admin, "/measures"),
            (manager, "/measures/rough-sleeping"),
            (outreach, "/measures/rough-sleeping"),
            (manager, "/measures/framework"),
            (manager, "/measures/unmet"),
            (manager, "/measures/unmet/people"),
            (outreach, f"/people/{met.person_ref}/card"),
            (hub, f"/placements/{held.id}/card?name=yes"),
            (manager, "/measures/rough-sleeping/people?group=flow"),
            (manager, "/measures/framework/people?number=new"),
            (outreach, "/holds"),
            (outreach, "/people"),
            (outreach, look_up(outreach, "/people", "fer")),
            (outreach, look_up(outreach, "/people", "nobody at all")),
            (outreach, "/people/new"),
            (outreach, f"/people/{person.ref}"),
            (outreach, f"/people/{person.ref}/timeline"),
            (outreach, look_up(outreach, f"/people/{person.ref}/same", "fern")),
            (manager, f"/people/{person.ref}/same/{other.ref}"),
            (outreach, f"/people/{person.ref}/same/{person.ref}"),
            (manager, "/people/same"),
            (outreach, f"/people/{person.ref}/bed"),
            (outreach, f"/people/{other.ref}/bed"),
            (outreach, "/street"),
            (manager, "/counts"),
            (outreach, "/counts/new"),
            (manager, f"/counts/{count}"),
            (outreach, f"/counts/{count}/areas/{area}"),
            (outreach, look_up(outreach, "/street", "fern")),
            (outreach, "/spots"),
            (outreach, "/contacts/new"),
            (outreach, f"/people/{person.ref}/contact"),
            (outreach, f"/contacts/{met.id}?saved=yes&ring=yes"),
            (outreach, look_up(outreach, f"/people/{met.person_ref}/who", "gale")),
            (outreach, "/nowhere"),
            (outreach, "/shifts"),
            (outreach, f"/shifts/{night_out['shift']}"),
            (outreach, f"/shifts/{night_out['shift']}/handover"),
            (outreach, f"/shifts/{been['shift']}/handover"),
            (outreach, f"/mornings?night={night_of(_now())}"),
            (outreach, "/promises"),
            (outreach, f"/people/{person.ref}/promises"),
            (outreach, f"/people/{person.ref}/numbers"),
            (hub, f"/people/{other.ref}/numbers"),
            (hub, "/hub/165-hub"),
            (hub, f"/placements/{inside.id}"),
            (hub, f"/placements/{held.id}"),
            (hub, f"/placements/{inside.id}/depart"),
            (hub, "/hub/165-hub/roll"),
            (hub, "/sites/165-hub/waiting"),
            (door_lead, "/sites/165-hub/waiting"),
            (lead, "/sites/respite-rooms/waiting"),
            *((hub, f"/placements/{one.id}") for one in waited),
            *((who, f"/people/{waited[1].person.ref}?waits=165-hub") for who in (hub, outreach)),
            (hub, "/callers/new"),
            (hub, look_up(hub, f"/placements/{caller.id}/who", "gale")),
            (hub, f"/placements/{inside.id}/away"),
            (hub, f"/placements/{held.id}/no-show"),
            (hub, f"/placements/{held.id}/book"),
            (door_lead, f"/placements/{inside.id}/error"),
            (hub, f"/placements/{inside.id}/transfer"),
            (hub, "/sites/165-hub/paper"),
            (lead, "/sites/respite-rooms/beds"),
            (hub, f"/people/{other.ref}/bed"),
            (lead, "/hub/respite-rooms"),
            (manager, f"/people/{person.ref}/kept"),
            (manager, f"/people/{other.ref}/kept"),
            (manager, "/erased"),
            (admin, "/retention"),
            (manager, "/audit"),
            (manager, "/audit?person=P-0000000"),
        ):
            answer = client.get(path, follow_redirects=True)
            assert answer.status_code == (404 if path in ABSENT else 200), path
            check(answer.get_data(as_text=True))
    ours = {
        name
        for path in (ROOT / "templates").rglob("*.html")
        if not (name := str(path.relative_to(ROOT / "templates"))).startswith("staff/")
    }
    assert ours - PARTS <= seen


def on_a_list(act: Act) -> list[PlacementFacts]:
    """Return an offer of a bed that stands and one that was refused; others still wait."""
    service, inn = by_service(_now()), replace(act, at=_now())
    waits = [factories.a_wait(inn) for _ in range(4)]
    made = [one for one in (offer(service, ident) for ident in waits[:2]) if one]
    actions.release(inn, made[1].id)
    return made


ABSENT = {"/nowhere", "/people/P-222222"}


def signing_in_pages(app: Flask) -> list[tuple[FlaskClient, str]]:
    """Return browsers that stand at each step of signing in, and its page."""
    at_code, at_set_up, at_screen = (app.test_client() for _ in range(3))
    with app.app_context(), transaction():
        for role, sites in ((Role.MANAGER, ()), (Role.TREATMENT, ()), (Role.HUB, ("165-hub",))):
            act = factories.an_act(role, *sites, at=_now(), email=f"steps-{role}@example.org")
            set_password(act, act.staff_id or 0, kept_password(factories.PASSWORD))
    steps = {"password": factories.PASSWORD}
    submit(at_code, "/sign-in", steps | {"email": "steps-manager@example.org"})
    check(at_code.get("/sign-in/second-factor").get_data(as_text=True))
    set_up_factor(at_code)
    submit(at_code, "/sign-out", {}, page="/account")
    submit(at_code, "/sign-in", steps | {"email": "steps-manager@example.org"})
    submit(at_set_up, "/sign-in", steps | {"email": "steps-treatment@example.org"})
    submit(at_screen, "/sign-in", steps | {"email": "steps-hub@example.org", "shared": "yes"})
    pin = {"pin": "593817", "current_password": factories.PASSWORD}
    submit(at_screen, "/account/pin", pin, page="/account")
    submit(at_screen, "/screen/hide", {}, page="/account")
    return [
        (at_code, "/sign-in/code"),
        (at_set_up, "/sign-in/second-factor"),
        (at_screen, "/screen"),
    ]


def _now() -> Any:
    from pathway.acts import now

    return now()


@pytest.mark.own_app
@pytest.mark.parametrize("status", sorted(TITLES))
def test_every_error_has_a_page_and_a_problem(app: Flask, status: int) -> None:
    app.testing = False
    for path in ("/broken", "/api/v1/broken"):
        app.add_url_rule(path, path, public(lambda: abort(status)) if status != 500 else _fails)
    client = app.test_client()
    page = client.get("/broken")
    assert page.status_code == status
    html = page.get_data(as_text=True)
    assert TITLES[status] in html
    assert "020 7846 3535" in html
    check(html)
    problem = client.get("/api/v1/broken")
    assert problem.status_code == status
    assert problem.content_type == "application/problem+json"
    assert problem.get_json()["status"] == status
    assert problem.get_json()["detail"]


@public
def _fails() -> str:
    msg = "Fern Figment of bed 4"
    raise RuntimeError(msg)


@pytest.mark.own_app
def test_an_unexpected_error_logs_where_and_never_what(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    app.testing = False
    app.add_url_rule("/broken", "broken", _fails)
    page = app.test_client().get("/broken")
    assert page.status_code == 500
    assert "RuntimeError" in caplog.text
    assert "Figment" not in caplog.text + page.get_data(as_text=True)


def test_the_answer_carries_the_security_headers(app: Flask) -> None:
    answer = app.test_client().get("/sign-in")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_method_that_is_not_there_names_those_that_are(as_role: Ask) -> None:
    client: FlaskClient = as_role()
    for path in ("/api/v1/placements", "/beds"):
        answer = client.delete(path)
        assert answer.status_code == 405
        assert answer.headers["Allow"]


def test_a_page_open_for_too_long_says_so(app: Flask) -> None:
    answer = app.test_client().post("/sign-in", data={"email": "x"})
    assert answer.status_code == 400
    assert "out of date" in answer.get_data(as_text=True)


def test_a_body_that_is_too_large_is_refused(app: Flask, signed_in: Ask) -> None:
    client = signed_in()
    answer = submit(client, "/people/new", {"name": "x" * (9 * 1024 * 1024)})
    assert answer.status_code == 413
