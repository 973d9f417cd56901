"""Marked values are planted at a confidential site; all that anybody can reach is searched.

The address, the beds and the words written down there must reach nobody who is
not named for the site, and nothing that tells of a resident may tell of the
site, too. The same search as staff of the site finds all of them, so that it
is known to look where they are.
"""

import itertools
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.routing import Rule

from pathway import acts
from pathway.acts import Act, by_service
from pathway.assessments import safeguarding
from pathway.assessments.rules import ConcernKind, ConcernStep
from pathway.beds import actions as beds
from pathway.beds import apart, board, care, offering, turning, waiting
from pathway.beds.models import Bed
from pathway.db import db, transaction
from pathway.nights import london
from pathway.outreach import count_queries, counts, promises
from pathway.outreach.rules import ContactKind
from pathway.people import consents, sameness, ties, warnings
from pathway.people import queries as people
from pathway.people.consent_rules import ConsentKind
from pathway.people.rules import PersonFacts, Verdict, WarningKind
from pathway.privacy import holding
from pathway.sites import queries as sites
from pathway.sites.models import Site
from pathway.sites.rules import Gender
from pathway.staff.doing import Role
from pathway.staff.models import Staff
from tests.desk.test_timeline import a_contact, a_note, an_assessment
from tests.factories import (
    HUB,
    a_concern,
    a_count,
    a_person,
    a_request,
    a_site,
    an_act,
    at,
    token_of,
)
from tests.house.test_who_may import House, house, path_of, rules
from tests.house.who_may import ROLES

__all__ = ["house"]

SITE = "respite-rooms"
NAMED = "named"
"""The role, in these tests, of a hub lead of the confidential site itself."""

MARKS = (
    *("MARKADDRESS", "MARKBED", "MARKREASON", "MARKVOID", "MARKWHY"),
    *("MARKCONTACT", "MARKNOTE", "MARKCONCERN", "MARKHEARD", "MARKPROMISE"),
    "MARKEXCLUDED",
)
AUTHOR = "MARKSTAFF"
"""The name of who wrote it all: beside a resident it tells where she is."""

TREATED = "MARKTREATED"
"""What treatment staff wrote for their own team."""

TREATS = "MARKTREATS"
"""The name of who is of that team: under an entry it tells that somebody is in treatment."""

IN_TREATMENT = ("ndtms", "NDTMS", "In touch with treatment")
"""What says of somebody that they are in treatment, where they did not agree that it is told."""

SITE_WORDS = ("respite-rooms", "Respite Rooms")
HOLDERS = {"outreach", "hub_lead", "swep_coordinator"}
"""Who may hold a bed there, and so sees how many are free, and of no bed which it is."""

MOST_PAGES = 250


@dataclass
class Planted:
    """What a curious person could ask for."""

    refs: dict[str, str]
    idents: list[int]
    beds: list[int]
    theirs: dict[str, int]
    """What was written down of the one who is in, by what an address calls its id."""

    @property
    def residents(self) -> list[str]:
        return [self.refs[name] for name in ("inside", "before", "expected", "waits")]


@pytest.fixture
def planted(house: House) -> Planted:
    """Somebody in, who was in, who is expected and who waits, and words written down there."""
    lead = house.others[SITE]
    with house.app.app_context(), transaction() as session:
        here = Site.code == SITE
        session.execute(update(Site).where(here).values(address="7 MARKADDRESS Row"))
        first = [bed.id for bed in board.beds_of(a_site(SITE), lead.at)][:6]
        for bed in first:
            session.execute(update(Bed).where(Bed.id == bed).values(label=f"MARKBED-{bed}"))
        void = {"void_reason": "MARKVOID", "void_from": lead.at}
        session.execute(update(Bed).where(Bed.id == first[5]).values(**void))
        worker = house.me["outreach"]
        inside = a_person(given_name="Ottoline", gender=Gender.OTHER)
        expected = a_person(given_name="Quenby", gender=Gender.WOMAN)
        before = a_person(given_name="Perpetua", gender=Gender.WOMAN)
        decided = beds.walk_in(lead, person=inside.ref, site=SITE, override="MARKWHY")
        held = beds.hold(at(house.others[HUB], lead.at), person=expected.ref, site=SITE)
        stay = beds.hold(worker, person=before.ref, site=SITE)
        beds.check_in(lead, stay.id)
        later = replace(lead, at=lead.at + timedelta(seconds=1))
        beds.depart(later, stay.id, reason="MARKREASON", destination="prs")
        beds.walk_in(house.others[HUB], person=before.ref, site=HUB)
        beds.confirm(lead, SITE, free=3)
        met = the_street(house, [inside, before])
        refs = {"inside": inside.ref, "before": before.ref, "expected": expected.ref}
        refs["waits"] = a_person(given_name="Wilhelmina", gender=Gender.WOMAN).ref
        refs["twin"] = a_person(given_name="Ottoline").ref
        met |= the_list(later, refs)
        met |= the_ties(house, lead, refs)
        house.me[NAMED] = an_act(Role.HUB_LEAD, SITE, at=lead.at, email="named@example.org")
        house.tokens[NAMED] = token_of("named@example.org")
        return Planted(refs, [decided.id, held.id, stay.id, *met.values()], first, met)


def the_street(house: House, residents: list[PersonFacts]) -> dict[str, int]:
    """Write down what staff of the site, and treatment staff, have to say of residents."""
    lead, treats = house.others[SITE], house.me["treatment"]
    for act, name in ((lead, AUTHOR), (treats, TREATS)):
        db.session.execute(update(Staff).where(Staff.id == act.staff_id).values(name=name))
    shp = {"team_organisation_id": sites.organisation_ids()["shp"]}
    team, theirs = shp | {"team_role": "hub_lead"}, shp | {"team_role": "treatment"}
    met = {}
    for person in reversed(residents):
        where = {"place": "MARKCONTACT", "site_id": a_site(SITE).id, "hidden": "bus"}
        yesterday = at(lead, lead.at - timedelta(days=1))
        met["contact"] = a_contact(yesterday, person, kind="not_bedded_down", **where)
        met["note"] = a_note(lead, person, "MARKNOTE", **team)
        a_note(lead, person, "She is well.")
        a_note(treats, person, TREATED, **theirs)
        an_assessment(lead, person)
        an_assessment(treats, person)
        a_contact(treats, person, kind="not_bedded_down")
        met |= what_was_said(lead, treats, person)
    return met


def what_was_said(lead: Act, treats: Act, person: PersonFacts) -> dict[str, int]:
    """Promise something, warn, and raise concerns: one each of the site's and of treatment's."""
    said, day = {}, london(lead.at).date()
    for act, words in ((treats, TREATED), (lead, "MARKPROMISE")):
        team = sites.organisation_ids()["shp"]
        told = promises.promise(
            replace(act, organisation_id=team), person=person.ref, words=words, due_on=day
        )
        warned = warnings.warn(
            act,
            person.ref,
            kind=WarningKind.VIOLENCE,
            detail="Threw a chair",
            source="Police",
            readers=[Role.HUB_LEAD],
            expires_on=day,
        )
        said = {"promise": told.id, "warning": warned.id}
    worker = an_act(at=lead.at, email=f"{person.ref}@example.org")
    heard = a_concern(worker, person)
    safeguarding.step(lead, heard, ConcernStep.SENT)
    safeguarding.step(lead, heard, ConcernStep.ACKNOWLEDGED, "MARKHEARD")
    raised = safeguarding.raise_concern(
        lead, person=person.ref, kind=ConcernKind.ADULT, words="MARKCONCERN"
    )
    return {**said, "concern": raised}


def the_list(lead: Act, refs: dict[str, str]) -> dict[str, int]:
    """Let somebody wait for the site who was turned away there, and offer another a bed.

    The other is in elsewhere: the offer is a move that is planned.
    """
    turning.turn_away(lead, refs["waits"], site=SITE)
    waits = waiting.wait(lead, person=refs["waits"], site=SITE)
    soon = waiting.wait(lead, person=refs["before"], site=SITE)
    made = offering.offer(by_service(lead.at), soon.id)
    assert made is not None
    return {"wait": waits.id, "offered": soon.id, "offer": made.id}


def the_ties(house: House, lead: Act, refs: dict[str, str]) -> dict[str, int]:
    """Write down of residents what may be said of somebody beside where they are."""
    inside, manager = refs["inside"], house.me["manager"]
    until = london(lead.at).date() + timedelta(days=3)
    readers, why = [Role.MANAGER], "They fought"
    tie = apart.keep_apart(lead, inside, other=refs["expected"], why=why, readers=readers)
    out = ties.exclude(lead, refs["expected"], site=SITE, reason="MARKEXCLUDED", until_on=until)
    sameness.say(lead, inside, refs["twin"], Verdict.PERHAPS)
    for kind in ConsentKind:
        given = kind is not ConsentKind.OUTREACH
        consents.take(house.me["treatment"], inside, kind=kind, given=given)
        consents.take(house.me["treatment"], refs["before"], kind=kind, given=True)
    consents.withdraw(house.me["treatment"], refs["before"], kind=ConsentKind.OUTREACH)
    holding.put_on(manager, inside, reason="Inquest")
    asked = people.person(manager, inside)
    return {"tie": tie.id, "exclusion": out.id, "request": a_request(manager, asked)}


def everything(house: House, role: str, planted: Planted) -> Iterator[tuple[str, str]]:
    """Yield every answer that one role can get, with where it came from."""
    page, api = house.client(role, api=False), house.client(role, api=True)
    for rule in rules(house.app).values():
        if "GET" in (rule.methods or set()):
            client = api if rule.rule.startswith("/api/") else page
            for path in paths(rule, planted):
                yield path, answer(client, path)
    for words in LOOKED_FOR:
        led = page.post("/people", data={"q": words}).headers.get("Location", "/people")
        yield led, answer(page, led)
    yield from crawl(page)
    yield from refusals(api, planted)


LOOKED_FOR = ("ottoline", "quenby", "perpetua", "wilhelmina", "MARKBED", "respite", "MARKADDRESS")


def paths(rule: Rule, planted: Planted) -> Iterator[str]:
    """Yield every address that a route has with the planted ids."""
    wanted: dict[str, list[Any]] = {
        "ref": list(planted.refs.values()),
        "other": list(planted.refs.values()),
        "ident": [*planted.idents, *planted.beds],
        "code": [SITE, HUB],
        "secret": ["x"],
    }
    names = sorted(rule.arguments)
    columns: list[list[Any]] = [wanted.get(name, planted.idents) for name in names]
    for values in itertools.product(*columns):
        yield path_of(rule.endpoint, rule, dict(zip(names, values, strict=True)))
    if rule.endpoint == "people_api.search":
        for words in LOOKED_FOR:
            yield f"{rule.rule}?q={words}"


def crawl(client: FlaskClient) -> Iterator[tuple[str, str]]:
    """Follow every link from the start."""
    seen, waiting = {"/"}, deque(["/"])
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.popleft()
        text = answer(client, path)
        yield path, text
        for href in re.findall(r'(?:href|Location: )="?(/[^"#\s]*)', text):
            link = unescape(href)
            if link not in seen and not link.startswith("/static"):
                seen.add(link)
                waiting.append(link)


ENTREATIES: dict[str, dict[str, Any]] = {
    "extend": {"minutes": 5},
    "check-in": {},
    "depart": {"reason": "x", "destination": SITE},
}


def refusals(client: FlaskClient, planted: Planted) -> Iterator[tuple[str, str]]:
    """Try what ought to be refused, and read the refusal."""
    for ref in planted.refs.values():
        for body in ({"site": HUB}, {"site": "st-giles", "walk_in": True}, {"bed": "1"}):
            yield posted(client, "/api/v1/placements", {"person": ref, **body})
        yield posted(client, "/api/v1/waiting", {"person": ref, "site": HUB})
    for bed in planted.beds:
        yield posted(
            client, "/api/v1/placements", {"person": planted.refs["twin"], "bed": str(bed)}
        )
    for ident in planted.idents:
        for verb, body in ENTREATIES.items():
            yield posted(client, f"/api/v1/placements/{ident}/{verb}", body)
    twin, inside = planted.refs["twin"], planted.refs["inside"]
    yield posted(client, f"/api/v1/people/{inside}/merge", {"into": planted.refs["expected"]})
    yield posted(client, f"/api/v1/people/{twin}/merge", {"into": inside})
    yield f"/people/{twin} after a merge", answer(client, f"/api/v1/people/{twin}")
    yield posted(client, f"/api/v1/people/{twin}/unmerge", {})
    yield posted(client, f"/api/v1/sites/{SITE}/confirm", {"free": 2})


def answer(client: FlaskClient, path: str) -> str:
    """Return everything that comes back for an address: status, headers, body."""
    got = client.get(path)
    heads = "\n".join(f"{name}: {value}" for name, value in got.headers.items())
    return f"{got.status}\n{heads}\n{got.get_data(as_text=True)}"


def posted(client: FlaskClient, path: str, body: dict[str, Any]) -> tuple[str, str]:
    got = client.post(path, json=body)
    return f"POST {path} {body}", f"{got.status}\n{got.headers}\n{got.get_data(as_text=True)}"


ABOUT = (*SITE_WORDS, AUTHOR)
"""What stands beside nobody who is, was or will be at the site."""


def lines_about(planted: Planted, text: str, words: tuple[str, ...] = ABOUT) -> list[str]:
    """Return the parts of an answer that tell of a resident and of the site at once.

    A page is split at its list items; what stands outside of them counts as one.
    Which site somebody has just said that they look at is no secret to them, and a
    form lets everybody choose among all sites alike.
    """
    text = text.replace(f"site={SITE}", "")
    text = re.sub(r"<(label|option)\b.*?</\1>|<input\b[^>]*>", "", text, flags=re.DOTALL)
    parts = re.split(r"<li\b|</li>", text) if "<html" in text else [text]
    if "text/csv" in text:
        return [line for line in text.splitlines() if _tells_both(planted, line, words)]
    whole = re.sub(r"<li\b.*?</li>", "", text, flags=re.DOTALL)
    return [part for part in [*parts, whole] if _tells_both(planted, part, words)]


def _tells_both(planted: Planted, part: str, words: tuple[str, ...]) -> bool:
    told = any(ref in part for ref in planted.residents)
    return told and any(word in part for word in words)


@pytest.mark.parametrize("role", ROLES)
def test_nothing_of_a_confidential_site_reaches_who_is_not_named_for_it(
    house: House, planted: Planted, role: str, caplog: pytest.LogCaptureFixture
) -> None:
    read, told_of_treatment = 0, False
    beside = ABOUT if role == Role.TREATMENT else (*ABOUT, *IN_TREATMENT)
    for where, text in everything(house, role, planted):
        read += 1
        found = [
            mark for mark in MARKS if mark in re.sub(r"[?&]q=\w+|value=\"\w+\"|“\w+”", "", text)
        ]
        assert found == [], f"{where} as {role}"
        assert lines_about(planted, text, beside) == [], f"{where} as {role}"
        hers = any(f"/people/{ref}" in where for ref in planted.residents)
        assert not (hers and AUTHOR in text), f"{where} as {role}"
        told = [word for word in (TREATS, *IN_TREATMENT) if hers and word in text]
        assert role == Role.TREATMENT or told == [], f"{where} as {role}"
        told_of_treatment = told_of_treatment or TREATED in text
    assert read > 40
    assert told_of_treatment is (role == Role.TREATMENT)
    assert not any(mark in caplog.text for mark in MARKS)


def test_staff_of_the_site_find_all_of_it(house: House, planted: Planted) -> None:
    """The control: the same search sees every mark where it may be seen."""
    read = list(everything(house, NAMED, planted))
    assert not any("MARKADDRESS" in text for where, text in read if where.endswith("/card"))
    texts = [text for _, text in read]
    found = {mark for mark in MARKS for text in texts if mark in text}
    assert found == set(MARKS)
    assert any(lines_about(planted, text) for text in texts)
    assert any(AUTHOR in text for text in texts)


READERS_OF_CONCERNS = {"outreach", "hub_lead", "swep_coordinator", "treatment", "manager"}


@pytest.mark.parametrize("role", ROLES)
def test_an_id_that_is_not_for_somebody_answers_as_one_that_is_not_there(
    house: House, planted: Planted, role: str
) -> None:
    client, ref = house.client(role, api=False), planted.refs["inside"]
    asked: dict[str, tuple[str, dict[str, str]]] = {
        "contact": ("/contacts/{}/strike", {}),
        "entered": ("/mornings/{}/entered", {}),
        "undone": ("/mornings/{}/not-entered", {}),
        "promise": ("/promises/{}/settle", {"kept": "yes"}),
        "note": (f"/people/{ref}/notes/strike", {"note": "{}"}),
    }
    asked["wait"] = ("/waiting/{}/withdraw", {})
    if role in {Role.HUB_LEAD, Role.SWEP_COORDINATOR}:
        asked["exclusion"] = (f"/people/{planted.refs['expected']}/exclusions/end", {"tie": "{}"})
    if role != Role.MANAGER:
        asked["tie"] = (f"/people/{ref}/apart/end", {"tie": "{}"})
    if role == Role.HUB_LEAD:
        asked["offered"] = ("/waiting/{}/priority", {"priority": "1"})
    if role != Role.HUB_LEAD:
        asked["warning"] = (f"/people/{ref}/warnings/end", {"warning": "{}"})
    if role not in READERS_OF_CONCERNS:
        asked["concern"] = ("/concerns/{}/step", {"what": "sent"})
    for what, (path, form) in asked.items():
        ids = (planted.theirs.get(what, planted.theirs["contact"]), 999_999)
        told = [
            client.post(path.format(ident), data={k: v.format(ident) for k, v in form.items()})
            for ident in ids
        ]
        assert told[0].status_code == told[1].status_code in {403, 404}, (what, told)
        assert told[0].status_code == 404 or role in {"admin", "manager", *OWN_OR_NOT}, what


@pytest.mark.parametrize("role", ["outreach", "manager"])
def test_what_is_of_a_closed_record_answers_as_what_is_not_there(
    house: House, planted: Planted, role: str
) -> None:
    """Written by a colleague of the same organisation, so that only the closing hides it."""
    with house.app.app_context(), transaction():
        worker = an_act(at=acts.now(), email="closes@example.org")
        person = a_person()
        ids = {"contact": a_contact(worker, person), "concern": a_concern(worker, person)}
        told = promises.promise(worker, person=person.ref, words="x", due_on=worker.at.date())
        count = a_count(worker)
        area = count_queries.areas(count)[0].id
        kind = ContactKind.BEDDED_DOWN
        ids["sighting"] = counts.sight(worker, count, area, kind=kind, person=person.ref).id
        ids["promise"] = told.id
        care.restrict(worker, person.ref)
    client = house.client(role, api=False)
    asked = {
        "contact": ("/contacts/{}/strike", {}),
        "sighting": (f"/counts/{count}/areas/{area}/undo", {"contact": "{}"}),
        "concern": ("/concerns/{}/step", {"what": "sent"}),
    }
    if role == Role.OUTREACH:
        asked["promise"] = ("/promises/{}/settle", {"kept": "yes"})
    for what, (path, form) in asked.items():
        for ident in (ids[what], 999_999):
            data = {name: value.format(ident) for name, value in form.items()}
            assert client.post(path.format(ident), data=data).status_code == 404, (what, ident)
    shown = client.get(f"/counts/{count}").text
    assert "And 1 whose records are closed to you" in shown
    assert person.ref not in shown + client.get("/promises").text + client.get("/concerns").text
    api = house.client("outreach", api=True)
    for name, value in (("site", 1), ("shift", 1), ("count_area", area), ("staff", 1)):
        body = {"description": "A man", "kind": "bedded_down", name: value}
        assert api.post("/api/v1/contacts", json=body).status_code == 422, name


OWN_OR_NOT = {"hub", "hub_lead", "treatment"}
"""Roles that never write a morning list, or write of residents only: 403 for all alike."""


def test_a_number_lists_nobody_who_was_met_where_the_reader_may_not_know(
    house: House, planted: Planted
) -> None:
    last = london(house.others[SITE].at).date()
    period = f"from={last - timedelta(days=30)}&to={last}"
    asked = f"/measures/rough-sleeping/people?group=hidden&{period}"
    text = answer(house.client("manager", api=False), asked)
    assert "2 people" in text
    assert not any(ref in text for ref in planted.residents)
    assert "And 2 who cannot be listed to you." in text


def test_the_trail_does_not_lead_from_a_concern_of_the_site_to_a_person(
    house: House, planted: Planted
) -> None:
    """Others act on the same concern, and their lines name whom it is about."""
    text = answer(house.client("manager", api=False), "/audit?what=raise+concern")
    assert "somebody not shown here" in text
    assert f"concern {planted.theirs['concern']}<" not in text


@pytest.mark.parametrize("role", ROLES)
def test_its_counts_are_told_to_whom_the_table_says(house: House, role: str) -> None:
    sites = house.client(role, api=True).get("/api/v1/beds/tonight").get_json()["sites"]
    site = next(one for one in sites if one["code"] == SITE)
    told = role in HOLDERS
    assert (site["free"] is not None) is told
    assert (site["capacity"] is not None) is told


@pytest.mark.parametrize("role", ROLES)
def test_an_error_tells_nothing(
    house: House,
    role: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: Any) -> None:
        msg = "MARKADDRESS of Ottoline at respite-rooms"
        raise RuntimeError(msg)

    monkeypatch.setattr(board, "tonight", fail)
    house.app.testing = False
    for api, path in ((False, "/beds"), (True, "/api/v1/beds/tonight")):
        text = answer(house.client(role, api=api), path)
        assert text.startswith("500")
        assert not any(word in text + caplog.text for word in ("MARKADDRESS", "Ottoline"))


def test_closing_a_resident_hides_her_from_who_held_her_bed(house: House, app: Flask) -> None:
    worker = house.me["outreach"]
    with app.app_context(), transaction():
        woman = a_person(gender=Gender.WOMAN)
        held = beds.hold(worker, person=woman.ref, site=SITE)
        beds.check_in(replace(house.others[SITE], at=acts.now()), held.id)
        care.restrict(house.others[SITE], woman.ref)
        db.session.flush()
    client = house.client("outreach", api=True)
    assert client.get(f"/api/v1/people/{woman.ref}").status_code == 404
    assert client.get(f"/api/v1/placements/{held.id}").status_code == 404
