"""Promises 52 and 53: every change and every look at people is one line, or does not happen.

Every route is in one of the tables below; one that is in neither fails
here, so that a new page is asked whether it leaves its line.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from pathway.acts import Act, by_service, now
from pathway.assessments import notes, safeguarding
from pathway.audit import AuditEntry
from pathway.beds import actions, board, callers, care, claims
from pathway.beds.models import Bed
from pathway.db import Base, db, transaction
from pathway.duty import actions as duty
from pathway.duty import walks
from pathway.duty.rules import AlarmKind
from pathway.nights import london, night_of
from pathway.outreach import count_queries, counts, mornings, shifts, spots
from pathway.outreach.actions import record_contact
from pathway.outreach.rules import ContactKind
from pathway.people import editing, numbers, ties, warnings
from pathway.people.rules import WarningKind
from pathway.privacy import holding
from pathway.staff import signing_in
from pathway.staff.acting import SESSION_SECRET
from pathway.staff.actions import kept_password, make_link, set_password
from pathway.staff.doing import Role
from pathway.staff.models import Staff
from tests import factories, texting
from tests.conftest import Ask, LendScene, csrf_of, look_up, programs_of, settings
from tests.factories import HUB
from tests.lending import Stage
from tests.trails import break_trail, mend_trail

NOBODY_IN_IT = {
    "static",
    "openapi",
    "consents.wordings",
    "contact.new",
    "street.all_spots",
    "desk.accessibility",
    "capacity.show",
    "counts.every",
    "counts.new",
    "drug_alerts.show",
    "privacy.new",
    "desk.home",
    "desk.ring",
    "health.healthz",
    "health.readyz",
    "metrics.show",
    "staff.sign_in",
    "staff.set_password",
    "staff.code",
    "staff.set_up",
    "organisation.go",
    "screens.show",
    "account.show",
    "notices.choices",
    "notices.show",
    "account.set_up",
    "jobs.show",
    "keeping.done",
    "retention.show",
    "phone.show",
    "roster.everybody",
    "roster.member",
    "texts.show",
    "record.glass",
    "place.edit",
    "place.show_rooms",
    "people.new",
    "desk.look",
    "door.look",
    "same.look",
    "ties.look",
    "street.look",
    "who.look",
    "duty.alarms",
    "duty.rota",
    "door.call",
    "beds.then",
    "beds.tonight",
    "beds_api.then",
    "beds_api.tonight",
    "beds_api.beds",
    "measures.framework",
    "measures.rough_sleeping",
    "measures.show",
    "reports.occupancy",
    "reports_api.framework",
    "reports_api.unmet",
    "unmet.show",
    "reports_api.occupancy",
    "shifts.show_all",
    "reports_api.rough_sleeping",
}
"""Routes that change nothing and tell of nobody: counts, forms, and members of staff."""

IN_STEPS = {
    "organisation.back",
    "staff.use_code",
    "staff.do_set_up",
    "account.do_set_up",
    "account.recovery_codes",
    "account.end_one",
    "account.end_others",
    "phone.prove",
    "screens.come_back",
    "screens.end",
}
"""Parts of signing in that need the step before and leave a line each: see tests/staff."""

PROVIDERS = {"twilio.status"}
"""What the provider of texts says: it is nobody, and the text itself keeps what became of it."""

READ_MARKS = {"notices.open_one", "notices.read_all"}
"""Routes that change nothing but what whoever asks has read of what names nobody."""

NO_ACTION = {"tries"}
"""Tables that count guesses whether or not anything is done."""


@dataclass(frozen=True, slots=True)
class Night:
    """People and placements in every state that a route needs."""

    browser: FlaskClient
    program: FlaskClient
    manager: FlaskClient
    admin: FlaskClient
    leader: FlaskClient
    seated_lead: FlaskClient
    street: FlaskClient
    stranger: FlaskClient
    walker: FlaskClient
    email: str
    free: str
    held: str
    held_id: int
    inside_id: int
    inside: str
    link: str
    own_id: int
    other_id: int
    closed: str
    gone: str
    spare: int
    out: int
    unready: int
    left_id: int
    lost_text: int
    manager_id: int
    turn: int
    alarm: int
    later: str
    later_still: str
    late_id: int
    absent_id: int
    caller_id: int
    contact_id: int
    met_id: str
    spot_id: int
    described: str
    ids: Mapping[str, int]
    marked: str
    dead: str
    concern: int
    drug_alert: int
    asked: int
    told: "Told"


@dataclass(frozen=True, slots=True)
class Walked:
    """A street count, its coordinator, and two who were met and look alike."""

    browser: FlaskClient
    count: int
    area: int
    one: str
    other: str
    contact: int


Route = Callable[[Any], TestResponse]
"""Asks as somebody of a :class:`Night` or of a :class:`Walked`."""


def get(path: str, who: str = "browser") -> Route:
    def ask(night: Night) -> TestResponse:
        client: FlaskClient = getattr(night, who)
        return client.get(path.format(night=night))

    return ask


def form(path: str, who: str = "browser", **fields: str) -> Route:
    def ask(night: Night) -> TestResponse:
        client: FlaskClient = getattr(night, who)
        page = "/help" if who != "stranger" else "/sign-in"
        told = {name: value.format(night=night) for name, value in fields.items()}
        token = {"csrf_token": csrf_of(client, page)}
        return client.post(path.format(night=night), data=token | told)

    return ask


def search(page: str, words: str) -> Route:
    def ask(night: Night) -> TestResponse:
        return night.browser.get(look_up(night.browser, page, words))

    return ask


def send(path: str, who: str = "program", **fields: Any) -> Route:
    def ask(night: Night) -> TestResponse:
        client: FlaskClient = getattr(night, who)
        told = {
            name: value.format(night=night) if isinstance(value, str) else value
            for name, value in fields.items()
        }
        return client.post("/api/v1" + path.format(night=night), json=told)

    return ask


LEFT = {"reason": "moved on", "destination": "street"}
IN_AN_HOUR = f"{now() + timedelta(hours=1):%Y-%m-%dT%H:%MZ}"
TONIGHT = str(night_of(now()))
TOMORROW = str(london(now()).date() + timedelta(days=1))
TODAY = london(now()).date().isoformat()
AN_HOUR_AGO = f"{now() - timedelta(hours=1):%Y-%m-%dT%H:%MZ}"


def texted(body: str) -> Route:
    def ask(night: Night) -> TestResponse:
        return texting.text(night.stranger, body, "+447700900098")

    return ask


ROUTES: Mapping[str, tuple[Route, str]] = {
    "staff.do_sign_in": (
        form("/sign-in", "stranger", email="{night.email}", password=factories.PASSWORD),
        "sign in",
    ),
    "staff.sign_out": (form("/sign-out"), "sign out"),
    "staff.do_set_password": (
        form("/set-password/{night.link}", "stranger", password="other plain words here"),
        "set password",
    ),
    "account.set_pin": (
        form("/account/pin", pin="593817", current_password=factories.PASSWORD),
        "set PIN",
    ),
    "notices.choose": (form("/account/texts", quiet="no", kinds="hold_lapsed"), "choose texts"),
    "phone.claim": (
        form("/account/phone", phone="07700 900001", current_password=factories.PASSWORD),
        "ask for phone code",
    ),
    "phone.remove": (
        form("/account/phone/remove", current_password=factories.PASSWORD),
        "remove mobile number",
    ),
    "roster.remove_phone": (
        form("/staff/{night.other_id}/remove-phone", "admin"),
        "remove mobile number",
    ),
    "screens.hide": (form("/screen/hide"), "sign out"),
    "roster.end_sign_ins": (form("/staff/{night.own_id}/end-sign-ins", "admin"), "end sign-ins"),
    "roster.remove_factor": (
        form("/staff/{night.other_id}/remove-second-factor", "admin"),
        "remove second factor",
    ),
    "roster.link": (form("/staff/{night.other_id}/link", "admin"), "make password link"),
    "roster.come_back": (form("/staff/{night.left_id}/come-back", "admin"), "staff came back"),
    "roster.leave": (form("/staff/{night.other_id}/leave", "admin"), "staff left"),
    "concerns.everybody": (get("/concerns"), "list concerns"),
    "concerns.of_person": (get("/people/{night.free}/concerns"), "view person"),
    "concerns.add": (
        form("/people/{night.free}/concerns", kind="adult", words="Bruises"),
        "raise concern",
    ),
    "concerns.step": (form("/concerns/{night.concern}/step", what="sent"), "concern sent"),
    "concerns.under_18": (
        form("/people/{night.free}/concerns/under-18"),
        "perhaps under 18, raise concern",
    ),
    "concerns.not_under_18": (
        form("/people/{night.marked}/concerns/not-under-18", reason="Saw a passport"),
        "not under 18",
    ),
    "death.ask": (get("/people/{night.free}/death", "street"), "view person"),
    "death.record": (
        form("/people/{night.held}/death", "street", died_on=TODAY, sure="yes"),
        "released, record death",
    ),
    "death.take_back": (
        form("/people/{night.dead}/death/take-back", "manager", reason="Somebody else"),
        "take back death",
    ),
    "privacy.show": (get("/privacy/requests", "manager"), "list requests"),
    "privacy.one_request": (get("/privacy/requests/{night.asked}", "manager"), "view request"),
    "privacy.record_request": (
        form(
            "/privacy/requests",
            "manager",
            kind="access",
            person="{night.inside}",
            asked_by="They do",
            received_on=TODAY,
        ),
        "record request",
    ),
    "privacy.decide": (
        form("/privacy/requests/{night.asked}/decide", "manager", decision="granted"),
        "decide request",
    ),
    "drug_alerts.put_up": (
        form(
            "/drug-alerts",
            "manager",
            title="Nitazenes",
            words="Carry naloxone.",
            source="Local alert",
            from_on=TODAY,
            until_on=TODAY,
        ),
        "put up drug alert",
    ),
    "drug_alerts.take_down": (
        form("/drug-alerts/{night.drug_alert}/take-down", "manager"),
        "take down drug alert",
    ),
    "record.edit": (get("/people/{night.inside}/edit"), "view person"),
    "record.save": (
        form("/people/{night.inside}/edit", version="1", given_name="Ash"),
        "edit person",
    ),
    "assess.show": (get("/people/{night.free}/assess"), "view assessments"),
    "assess.save": (form("/people/{night.inside}/assess", drugs="yes"), "assess"),
    "assess_api.versions": (
        get("/api/v1/people/{night.free}/assessments", "program"),
        "view assessments",
    ),
    "assess_api.assess": (send("/assessments", person="{night.inside}", drugs="yes"), "assess"),
    "notes.show": (get("/people/{night.free}/notes"), "view notes"),
    "notes.write": (
        form("/people/{night.inside}/notes", words="Likes tea", readers="shared"),
        "write note",
    ),
    "notes.strike": (
        form("/people/{night.inside}/notes/strike", note="{night.told.note}"),
        "strike note",
    ),
    "cautions.show": (get("/people/{night.free}/warnings"), "view warnings"),
    "cautions.warn": (
        form(
            "/people/{night.inside}/warnings",
            kind="arson",
            detail="A lit match",
            source="The fire brigade",
            expires_on="{night.told.until}",
            readers="hub",
        ),
        "warn of person",
    ),
    "cautions.end": (
        form("/people/{night.inside}/warnings/end", warning="{night.told.warning}"),
        "end warning",
    ),
    "cautions.renew": (
        form(
            "/people/{night.inside}/warnings/renew",
            warning="{night.told.warning}",
            expires_on="{night.told.until}",
        ),
        "renew warning",
    ),
    "ties.show": (get("/people/{night.free}/apart"), "view ties"),
    "ties.keep_apart": (
        form("/people/{night.inside}/apart", other="{night.free}", why="A fight", readers="hub"),
        "keep apart",
    ),
    "ties.end_apart": (
        form("/people/{night.inside}/apart/end", tie="{night.ids[apart]}"),
        "end apart",
    ),
    "ties.want_together": (
        form("/people/{night.inside}/together", other="{night.free}"),
        "want together",
    ),
    "ties.withdraw_together": (
        form("/people/{night.inside}/together/withdraw", tie="{night.ids[together]}"),
        "withdraw together",
    ),
    "ties.exclude": (
        form(
            "/people/{night.free}/exclusions",
            "seated_lead",
            site=HUB,
            reason="A fight",
            until_on="{night.told.until}",
        ),
        "exclude",
    ),
    "ties.end_exclusion": (
        form(
            "/people/{night.inside}/exclusions/end",
            "seated_lead",
            tie="{night.ids[exclusion]}",
        ),
        "end exclusion",
    ),
    "record.restrict": (form("/people/{night.free}/restrict"), "restrict person"),
    "record.lift": (form("/people/{night.closed}/lift", "manager"), "lift restriction"),
    "record.not_here": (form("/people/{night.free}/not-here", site=HUB), "not here"),
    "record.here_again": (
        form("/people/{night.held}/here-again", "street", site=HUB),
        "here again",
    ),
    "record_api.not_here": (send("/people/{night.free}/not-here", site=HUB), "not here"),
    "record_api.here_again": (
        send("/people/{night.held}/here-again", "leader", site=HUB),
        "here again",
    ),
    "record.break_glass": (
        form("/people/{night.closed}/break-glass", reason="Found unconscious"),
        "break glass",
    ),
    "people.likely": (form("/people/likely", name="Fern"), "show people alike"),
    "alike_api.likely": (send("/people/likely", given_name="Fern"), "show people alike"),
    "same.queue": (get("/people/same", "manager"), "list perhaps the same"),
    "same.others": (get("/people/{night.free}/same"), "show people alike"),
    "same.compare": (get("/people/{night.free}/same/{night.held}"), "compare people"),
    "same.say": (
        form("/people/{night.free}/same/{night.held}", verdict="perhaps"),
        "say perhaps the same",
    ),
    "record.merge": (
        form("/people/{night.free}/merge", "manager", into="{night.held}"),
        "merge person",
    ),
    "record.unmerge": (form("/people/{night.gone}/unmerge", "manager"), "unmerge person"),
    "record_api.restrict": (send("/people/{night.free}/restrict"), "restrict person"),
    "record_api.lift": (send("/people/{night.closed}/lift", "leader"), "lift restriction"),
    "record_api.break_glass": (
        send("/people/{night.closed}/break-glass", reason="Found unconscious"),
        "break glass",
    ),
    "record_api.merge": (
        send("/people/{night.free}/merge", "leader", into="{night.held}"),
        "merge person",
    ),
    "record_api.unmerge": (send("/people/{night.gone}/unmerge", "leader"), "unmerge person"),
    "street.tonight": (get("/street", "street"), "view street"),
    "street.add_spot": (form("/spots", "street", name="The bridge"), "add spot"),
    "street.end_spot": (form("/spots/{night.spot_id}/end", "street"), "end spot"),
    "contact.of_person": (get("/people/{night.free}/contact", "street"), "view person"),
    "contact.record": (
        form("/people/{night.free}/contact", "street", kind="bedded_down"),
        "record contact",
    ),
    "contact.add": (
        form("/contacts/new", "street", kind="bedded_down", description="green coat"),
        "record contact",
    ),
    "contact.show": (get("/contacts/{night.contact_id}", "street"), "view contact"),
    "contact.strike": (form("/contacts/{night.contact_id}/strike", "street"), "strike contact"),
    "street_api.record": (
        send("/contacts", person="{night.inside}", kind="bedded_down"),
        "record contact",
    ),
    "street_api.show": (get("/api/v1/contacts/{night.met_id}", "program"), "view contact"),
    "street_api.strike": (send("/contacts/{night.met_id}/strike"), "strike contact"),
    "who.ask": (get("/people/{night.described}/who", "street"), "look for who"),
    "who.match": (
        form("/people/{night.described}/match", "street", person="{night.free}"),
        "merge person",
    ),
    "who.name": (form("/people/{night.described}/name", "street", name="Wren"), "edit person"),
    "texts.again": (form("/texts/{night.lost_text}/again", "manager"), "send text again"),
    "duty.add_turn": (
        form(
            "/duty/turns",
            "manager",
            staff="{night.manager_id}",
            step="1",
            starts_at="{night.later}",
            ends_at="{night.later_still}",
        ),
        "add turn",
    ),
    "duty.remove_turn": (form("/duty/turns/{night.turn}/remove", "manager"), "remove turn"),
    "duty.take_over": (form("/duty/take-over", "manager", until="{night.later}"), "take over"),
    "duty.answer": (form("/alarms/{night.alarm}/answer", "manager"), "answer alarm"),
    "duty.safe": (form("/walks/safe", "walker"), "arrived safe"),
    "duty.longer": (form("/walks/longer", "walker", minutes="15"), "more time to walk"),
    "walks_api.safe": (send("/walks/safe", "leader"), "arrived safe"),
    "walks_api.longer": (send("/walks/longer", "leader", minutes=15), "more time to walk"),
    "walks_api.set_out": (send("/walks", site=HUB), "set out"),
    "watch.show": (get("/watch", "manager"), "view watch"),
    "measures.framework_file": (get("/measures/framework.csv", "manager"), "export framework"),
    "measures.rough_sleeping_file": (
        get("/measures/rough-sleeping.csv", "manager"),
        "export rough-sleeping",
    ),
    "measures.sleepers": (
        get("/measures/rough-sleeping/people", "manager"),
        "show people of a figure",
    ),
    "measures.month": (get("/measures/framework/people", "manager"), "show people of a figure"),
    "unmet.save": (get("/measures/unmet.csv", "manager"), "export unmet"),
    "unmet.people": (get("/measures/unmet/people", "manager"), "show people of a figure"),
    "reports.occupancy_file": (get("/measures/occupancy.csv", "manager"), "export occupancy"),
    "place.save": (
        form("/sites/st-giles/edit", "admin", version="1", phone="07700 900001"),
        "describe site",
    ),
    "place.save_rooms": (
        form(
            f"/sites/{HUB}/rooms",
            "admin",
            version="1",
            bed="{night.spare}",
            step_free="yes",
            womens="no",
            shared="not_known",
        ),
        "describe beds",
    ),
    "people.add": (form("/people/new", name="Wren", gender="not_known"), "add person"),
    "desk.find": (search("/people", "fern"), "search people"),
    "desk.person": (get("/people/{night.free}"), "view person"),
    "timeline.show": (get("/people/{night.free}/timeline"), "view timeline"),
    "timeline_api.show": (
        get("/api/v1/people/{night.free}/timeline", "program"),
        "view timeline",
    ),
    "desk.find_bed": (get("/people/{night.free}/bed"), "view person"),
    "turned_away.write": (form("/people/{night.free}/turned-away", "street"), "turn away"),
    "card.of_person": (get("/people/{night.free}/card"), "view card"),
    "card.of_placement": (get("/placements/{night.held_id}/card"), "view card"),
    "desk.hub": (get(f"/hub/{HUB}"), "view site"),
    "hub.roll": (get(f"/hub/{HUB}/roll"), "view site"),
    "door.missing": (get("/placements/{night.late_id}/no-show"), "view placement"),
    "door.no_show": (form("/placements/{night.late_id}/no-show"), "no show"),
    "door.expecting": (get("/placements/{night.held_id}/book"), "view placement"),
    "door.book": (form("/placements/{night.held_id}/book", expected_at=IN_AN_HOUR), "booked"),
    "door.in_error": (get("/placements/{night.inside_id}/error", "seated_lead"), "view placement"),
    "door.strike": (
        form("/placements/{night.inside_id}/error", "seated_lead", reason="Wrong person"),
        "voided",
    ),
    "door.cancel": (form("/placements/{night.held_id}/cancel"), "cancelled"),
    "door.going": (get("/placements/{night.inside_id}/away"), "view placement"),
    "door.away": (form("/placements/{night.inside_id}/away", where="hospital"), "away"),
    "door.back": (form("/placements/{night.absent_id}/back"), "back"),
    "door.stay": (
        form("/placements/{night.inside_id}/stay", "seated_lead", authorised="yes", reason="Waits"),
        "stay decided",
    ),
    "door.undo": (form("/placements/{night.inside_id}/undo", "seated_lead"), "undone"),
    "door.hold": (form("/callers", site=HUB, description="red coat"), "held"),
    "door.who": (get("/placements/{night.caller_id}/who"), "look for caller"),
    "door.match": (
        form("/placements/{night.caller_id}/match", person="{night.free}"),
        "merge person",
    ),
    "door.name": (form("/placements/{night.caller_id}/name", name="Wren"), "edit person"),
    "beds.mine": (get("/holds"), "list holds"),
    "beds.place": (form("/placements", person="{night.free}", site=HUB), "held"),
    "beds.show": (get("/placements/{night.held_id}"), "view placement"),
    "beds.extend": (form("/placements/{night.held_id}/extend", minutes="15"), "extended"),
    "beds.release": (form("/placements/{night.held_id}/release"), "released"),
    "beds.walk": (form("/placements/{night.held_id}/walk", minutes="30"), "set out"),
    "beds.check_in": (form("/placements/{night.held_id}/check-in"), "checked in"),
    "beds.leaving": (get("/placements/{night.inside_id}/depart"), "view placement"),
    "beds.depart": (form("/placements/{night.inside_id}/depart", **LEFT), "departed"),
    "moves.choose": (get("/placements/{night.inside_id}/transfer"), "view placement"),
    "moves.transfer": (
        form("/placements/{night.inside_id}/transfer", site="st-giles"),
        "departed, moved in",
    ),
    "moves_api.transfer": (
        send("/placements/{night.inside_id}/transfer", site=HUB),
        "departed, moved in",
    ),
    "waiting.add": (form("/waiting", person="{night.free}", site=HUB), "wait for bed"),
    "waiting.withdraw": (form("/waiting/{night.ids[wait]}/withdraw"), "stop waiting"),
    "waiting.priority": (
        form("/waiting/{night.ids[wait]}/priority", "seated_lead", priority="1"),
        "change waiting",
    ),
    "waiting.show": (get(f"/sites/{HUB}/waiting"), "list waiting"),
    "waiting_api.wait": (send("/waiting", person="{night.free}", site=HUB), "wait for bed"),
    "waiting_api.withdraw": (send("/waiting/{night.ids[wait]}/withdraw"), "stop waiting"),
    "waiting_api.line": (get(f"/api/v1/sites/{HUB}/waiting", "program"), "list waiting"),
    "paper.show": (get(f"/sites/{HUB}/paper?sheet=F-1"), "view sheet"),
    "paper.enter": (
        form(f"/sites/{HUB}/paper", sheet="F-1", person="{night.free}", at=AN_HOUR_AGO),
        "walked in",
    ),
    "capacity.state": (
        form(f"/sites/{HUB}/beds", "seated_lead", beds="9", from_night="2099-01-01"),
        "set capacity",
    ),
    "beds.confirm": (form(f"/sites/{HUB}/confirm", free="3"), "confirm count"),
    "people_api.add": (send("/people", given_name="Wren"), "add person"),
    "people_api.search": (get("/api/v1/people?q=fern", "program"), "search people"),
    "consent_api.person": (get("/api/v1/people/{night.free}", "program"), "view person"),
    "consent_api.show": (
        get("/api/v1/people/{night.free}/consents", "program"),
        "view consents",
    ),
    "consent_api.agree": (
        send("/people/{night.inside}/consents", kind="duty_to_refer", given=True),
        "take consent",
    ),
    "consent_api.withdraw": (
        send("/people/{night.inside}/consents/withdraw", kind="outreach"),
        "withdraw consent",
    ),
    "consents.show": (get("/people/{night.free}/consents"), "view consents"),
    "consents.answered": (
        form("/people/{night.inside}/consents", kind="outreach", given="no", version="1"),
        "take consent",
    ),
    "consents.withdraw": (
        form("/people/{night.inside}/consents/withdraw", kind="outreach"),
        "withdraw consent",
    ),
    "consents.reword": (
        form("/consent-wordings", "admin", kind="outreach", words="May we?"),
        "add consent wording",
    ),
    "beds_api.place": (send("/placements", person="{night.free}", site=HUB), "held"),
    "beds_api.show": (get("/api/v1/placements/{night.held_id}", "program"), "view placement"),
    "beds_api.extend": (send("/placements/{night.held_id}/extend", minutes=15), "extended"),
    "beds_api.release": (send("/placements/{night.held_id}/release"), "released"),
    "beds_api.check_in": (send("/placements/{night.held_id}/check-in"), "checked in"),
    "life_api.book": (send("/placements/{night.held_id}/book"), "booked"),
    "life_api.cancel": (send("/placements/{night.held_id}/cancel"), "cancelled"),
    "life_api.no_show": (send("/placements/{night.late_id}/no-show", called=True), "no show"),
    "life_api.away": (send("/placements/{night.inside_id}/away", reason="Hospital"), "away"),
    "life_api.back": (send("/placements/{night.absent_id}/back"), "back"),
    "life_api.stay": (
        send("/placements/{night.inside_id}/stay", "leader", authorised=True, reason="Waits"),
        "stay decided",
    ),
    "life_api.undo": (send("/placements/{night.inside_id}/undo", "leader"), "undone"),
    "life_api.void": (
        send("/placements/{night.inside_id}/void", "leader", reason="Wrong person"),
        "voided",
    ),
    "beds_api.depart": (send("/placements/{night.inside_id}/depart", **LEFT), "departed"),
    "beds.void": (form("/beds/void", bed="{night.spare}", reason="Wet"), "void bed"),
    "beds.reinstate": (form("/beds/{night.out}/reinstate"), "reinstate bed"),
    "beds.ready": (form("/beds/{night.unready}/ready"), "bed ready"),
    "beds_api.void": (send("/beds/{night.spare}/void", reason="Wet"), "void bed"),
    "beds_api.reinstate": (send("/beds/{night.out}/reinstate"), "reinstate bed"),
    "beds_api.ready": (send("/beds/{night.unready}/ready"), "bed ready"),
    "beds_api.confirm": (send(f"/sites/{HUB}/confirm", free=3), "confirm count"),
    "inbound.receive": (texted("BEDS"), "text in"),
    "shifts.plan": (
        form("/shifts", "street", name="South", night=TONIGHT, begins="12:00", ends="01:00"),
        "plan shift",
    ),
    "shifts.show": (get("/shifts/{night.ids[shift]}", "street"), "view shift"),
    "shifts.join": (form("/shifts/{night.ids[shift]}/join", "walker"), "join shift"),
    "shifts.leave": (form("/shifts/{night.ids[old_shift]}/leave", "street"), "leave shift"),
    "shifts.been_there": (
        form(
            "/shifts/{night.ids[shift]}/spots/{night.ids[spot]}/been-there",
            "street",
        ),
        "been at spot",
    ),
    "shifts.not_been_there": (
        form(
            "/shifts/{night.ids[old_shift]}/spots/{night.ids[old_spot]}/not-been-there",
            "street",
        ),
        "not been at spot",
    ),
    "handover.show": (
        get("/shifts/{night.ids[shift]}/handover", "street"),
        "view handover",
    ),
    "handover.sign": (
        form("/shifts/{night.ids[shift]}/handover", "street", words="All quiet"),
        "hand over shift",
    ),
    "mornings.show": (get(f"/mornings?night={TONIGHT}", "street"), "list contacts for CHAIN"),
    "mornings.export": (
        get(f"/mornings.csv?night={TONIGHT}", "street"),
        "export contacts for CHAIN",
    ),
    "mornings.entered": (
        form("/mornings/{night.ids[contact]}/entered", "street"),
        "entered in CHAIN",
    ),
    "mornings.not_entered": (
        form("/mornings/{night.ids[old_contact]}/not-entered", "street"),
        "not entered in CHAIN",
    ),
    "promises.show": (get("/promises", "street"), "list promises"),
    "promises.of_person": (get("/people/{night.free}/promises", "street"), "view person"),
    "promises.add": (
        form("/people/{night.free}/promises", "street", words="Tea", due_on=TOMORROW),
        "promise",
    ),
    "promises.settle": (
        form("/promises/{night.ids[promise]}/settle", "street", kept="yes"),
        "settle promise",
    ),
    "numbers.show": (get("/people/{night.free}/numbers", "street"), "view person"),
    "numbers.save": (
        form("/people/{night.free}/numbers", "street", scheme="CHAIN", number="1"),
        "set number",
    ),
    "numbers.remove": (
        form("/people/{night.free}/numbers/remove", "street", scheme="CHAIN", number="77"),
        "remove number",
    ),
    "keeping.show": (get("/people/{night.free}/kept", "manager"), "view what is kept"),
    "keeping.put_on": (
        form("/people/{night.free}/kept/hold", "manager", reason="Inquest"),
        "put on legal hold",
    ),
    "keeping.lift": (form("/people/{night.dead}/kept/lift", "manager"), "lift legal hold"),
    "keeping.erase": (
        form("/people/{night.free}/erase", "manager", why="asked", again="{night.free}"),
        "erase person",
    ),
    "retention.save": (
        form("/retention/notes", "admin", days="1000", basis="As the borough decided."),
        "set retention",
    ),
    "trail.read": (get("/audit?person={night.held}", "manager"), "read audit"),
    "trail.export": (get("/audit.csv?person={night.held}", "manager"), "export audit"),
}
"""Every route that changes something or answers about people: a request, and its line."""


OF_A_COUNT: Mapping[str, tuple[Route, str]] = {
    "counts.earlier": (
        form("/counts", name="June 2024", night="2024-06-13", counted="112", source="AR"),
        "enter earlier count",
    ),
    "counts.begin": (
        form(
            "/counts/new", name="Soho", night="2026-01-09", starts="01:00", ends="03:00", areas="A"
        ),
        "open street count",
    ),
    "counts.show": (get("/counts/{night.count}"), "view count"),
    "counts.area": (get("/counts/{night.count}/areas/{night.area}"), "view count"),
    "counts.add": (form("/counts/{night.count}/areas", name="Camden Road"), "add area"),
    "counts.sight": (
        form("/counts/{night.count}/areas/{night.area}", kind="bedded_down", description="hat"),
        "record contact",
    ),
    "counts.undo": (
        form("/counts/{night.count}/areas/{night.area}/undo", contact="{night.contact}"),
        "strike contact",
    ),
    "counts.finish": (form("/counts/{night.count}/areas/{night.area}/finish"), "finish area"),
    "counts.go_on": (form("/counts/{night.count}/areas/{night.area}/go-on"), "go on with area"),
    "counts.apart": (
        form("/counts/{night.count}/apart", one="{night.one}", other="{night.other}"),
        "keep apart",
    ),
    "counts.same": (
        form("/counts/{night.count}/same", one="{night.one}", other="{night.other}"),
        "merge person",
    ),
    "counts.sign": (form("/counts/{night.count}/sign", why="Rain"), "sign off count"),
    "counts.reopen": (form("/counts/{night.count}/reopen", why="Slip"), "open count again"),
}
"""The steps of one street count, in their order."""


@pytest.fixture
def walked(app: Flask) -> Walked:
    browser = seated(app, Role.SWEP_COORDINATOR)
    with app.app_context(), transaction():
        act = factories.an_act(Role.SWEP_COORDINATOR, at=now(), email="count@example.org")
        count = factories.a_count(act)
        area = count_queries.areas(count)[0].id
        bedded = ContactKind.BEDDED_DOWN
        one, other, slip = (
            counts.sight(act, count, area, kind=bedded, description=words)
            for words in ("red bag", "red bag", "blue coat")
        )
    return Walked(browser, count, area, one.person_ref, other.person_ref, slip.id)


@pytest.fixture
def database_url(
    engine: str, stages: dict[str, Stage], made: dict[str, Night], lend_scene: LendScene
) -> Iterator[str]:
    """The URL of a database of this test's own, in which the night has begun."""

    def make(url: str) -> None:
        if engine not in stages:
            stages[engine] = Stage(settings(url))
        with stages[engine].lent(url) as app:
            app.testing = True
            made[engine] = begun(app, programs_of(app))

    with lend_scene("night", make) as url:
        yield url


@pytest.fixture(scope="module")
def made() -> dict[str, Night]:
    """The night as it was made, by engine."""
    return {}


@pytest.fixture
def night(app: Flask, engine: str, made: dict[str, Night]) -> Night:
    """The night with browsers and programs of this test's own."""
    app.config["TWILIO"] = texting.TWILIO
    found: dict[str, Any] = {each.name: getattr(made[engine], each.name) for each in fields(Night)}
    for name, one in found.items():
        if isinstance(one, FlaskClient):
            found[name] = again(app, one)
    return Night(**found)


def again(app: Flask, client: FlaskClient) -> FlaskClient:
    """Return a client that is known as this one was."""
    other = app.test_client()
    other.environ_base |= client.environ_base
    cookie = client.get_cookie("pathway")
    if cookie is not None:
        other.set_cookie("pathway", cookie.value)
    return other


def begun(app: Flask, as_role: Ask) -> Night:
    browser, program = seated(app, Role.HUB, HUB), as_role(Role.HUB, HUB)
    manager, admin = seated(app, Role.MANAGER), seated(app, Role.ADMIN)
    email = "robin@example.org"
    with app.app_context(), transaction():
        act = factories.an_act(Role.HUB, HUB, at=now(), email=email)
        free, held = factories.a_person().ref, factories.a_person(given_name="Gale")
        inside = factories.a_person(given_name="Fern")
        placement = factories.a_hold(act, person=held)
        resident = actions.walk_in(act, person=inside.ref, site=HUB)
        early = factories.at(act, act.at - timedelta(hours=3))
        late = claims.book(early, person=factories.a_person().ref, site=HUB, expected_at=early.at)
        absent = actions.walk_in(act, person=factories.a_person().ref, site=HUB)
        actions.away(act, absent.id, reason="Hospital")
        caller = callers.hold_unnamed(act, description="red coat", site=HUB)
        other = factories.an_act(Role.HUB, HUB, at=now(), email="wren@example.org")
        link = make_link(other, other.staff_id or 0)
        away = factories.an_act(Role.HUB, HUB, at=now(), email="away@example.org").staff_id or 0
        db.session.execute(update(Staff).where(Staff.id == away).values(left_at=act.at))
        factor = (
            update(Staff)
            .where(Staff.id == other.staff_id)
            .values(totp_secret="locked", phone="+447700900099")
        )
        db.session.execute(factor)
        set_password(act, act.staff_id or 0, kept_password(factories.PASSWORD))
        lead = factories.an_act(Role.HUB_LEAD, HUB, at=now(), email="lead@example.org")
        editing.not_here(act, held.ref, site=HUB)
        closed, gone = factories.a_person().ref, factories.a_person().ref
        spare, out, unready = (bed.id for bed in board.beds_of(factories.a_site(), act.at)[-3:])
        actions.void(act, out, reason="Wet")
        mine = update(Staff).where(Staff.email == "seated-hub@example.org")
        db.session.execute(mine.values(phone="+447700900098"))
        left = update(Bed).where(Bed.id == unready).values(turnaround_since=act.at)
        db.session.execute(left)
        care.restrict(lead, closed)
        care.merge(lead, gone, factories.a_person().ref)
        lost_text, told = factories.a_lost_text(), told_of(act, inside.ref)
        runs = db.session.scalars(select(Staff.id).where(Staff.email.like("seated-manager%"))).one()
        ends = act.at + timedelta(hours=8)
        turn = duty.add_turn(act, staff_id=runs, step=1, starts_at=act.at, ends_at=ends)
        alarm = duty.raise_alarm(act, AlarmKind.SERVICE, "No forecast.") or 0
        own = db.session.scalars(select(Staff.id).order_by(Staff.id)).first()
    leader = as_role(Role.HUB_LEAD, HUB)
    why = {"reason": "Found unconscious"}
    assert leader.post(f"/api/v1/people/{closed}/break-glass", json=why).status_code == 200
    walker = seated(app, Role.OUTREACH)
    with app.app_context(), transaction():
        out_now = db.session.scalars(select(Staff.id).where(Staff.email.like("seated-outr%"))).one()
        walks.set_out(replace(act, staff_id=out_now), site=HUB)
    assert leader.post("/api/v1/walks", json={"site": HUB}).status_code == 201
    street, contact_id, met_id, spot_id = on_the_street(app, program, inside.ref)
    token = {"csrf_token": csrf_of(manager, "/help")}
    assert manager.post(f"/people/{closed}/break-glass", data=token | why).status_code == 303
    return Night(
        browser,
        program,
        manager,
        admin,
        leader,
        seated(app, Role.HUB_LEAD, HUB),
        street,
        app.test_client(),
        walker,
        email,
        free,
        held.ref,
        placement.id,
        resident.id,
        inside.ref,
        link,
        own or 0,
        other.staff_id or 0,
        closed,
        gone,
        spare,
        out,
        unready,
        away,
        lost_text,
        runs,
        turn,
        alarm,
        f"{ends:%Y-%m-%dT%H:%MZ}",
        f"{ends + timedelta(hours=8):%Y-%m-%dT%H:%MZ}",
        late.id,
        absent.id,
        caller.id,
        contact_id,
        met_id,
        spot_id,
        described=caller.person.ref,
        ids=out_tonight(app, free) | tied_to(app, act, inside.ref),
        **in_care(app, act),
        told=told,
    )


def on_the_street(
    app: Flask, program: FlaskClient, resident: str
) -> tuple[FlaskClient, int, str, int]:
    """Return somebody on the street, a contact of theirs, one of a hub, and a spot."""
    street = seated(app, Role.OUTREACH, email="street@example.org")
    told = {"person": resident, "kind": "bedded_down"}
    met = program.post("/api/v1/contacts", json=told).get_json()["id"]
    with app.app_context(), transaction():
        mine = select(Staff.id).where(Staff.email == "street@example.org")
        act = replace(by_service(now()), staff_id=db.session.scalars(mine).one())
        seen = record_contact(act, kind=ContactKind.BEDDED_DOWN, description="blue coat")
        return street, seen.id, met, spots.add(act, name="The arch").id


def out_tonight(app: Flask, ref: str) -> dict[str, int]:
    """Return a shift to be worked by whoever is on the street, and one that was there already."""
    with app.app_context(), transaction():
        mine = select(Staff.id).where(Staff.email == "street@example.org")
        planner = factories.an_act(Role.OUTREACH, at=now(), email="planner@example.org")
        act = replace(planner, staff_id=db.session.scalars(mine).one())
        coming, been = (factories.a_night_out(act) for _ in range(2))
        shifts.been_there(act, been["shift"], been["spot"])
        shifts.join(act, been["shift"])
        mornings.entered(act, been["contact"])
        numbers.set_number(act, ref, scheme="CHAIN", number="77")
        coming["wait"] = factories.a_wait(act)
    return coming | {f"old_{name}": ident for name, ident in been.items()}


def tied_to(app: Flask, act: Act, ref: str) -> dict[str, int]:
    """Return a pair, a wish and an exclusion of somebody."""
    with app.app_context(), transaction():
        other = factories.a_person().ref
        leads = factories.an_act(Role.HUB_LEAD, HUB, at=now(), email="shuts@example.org")
        pair = ties.keep_apart(act, ref, other=other, why="A fight", readers=[Role.HUB])
        wish = ties.want_together(act, ref, other=other)
        until = london(act.at).date()
        shut = ties.exclude(leads, ref, site=HUB, reason="A fight", until_on=until)
        return {"apart": pair.id, "together": wish.id, "exclusion": shut.id}


def in_care(app: Flask, act: Act) -> dict[str, Any]:
    """Return somebody who may be under 18, somebody who died, a concern, an alert, a request."""
    with app.app_context(), transaction():
        marked, dead = factories.a_person().ref, factories.a_person().ref
        safeguarding.mark_perhaps_child(act, marked)
        care.record_death(act, dead, died_on=london(act.at).date())
        holding.put_on(act, dead, reason="Inquest")
        once_each = {"concern": factories.a_concern(act), "drug_alert": factories.a_drug_alert()}
        once_each |= {"asked": factories.a_request(act)}
        return {"marked": marked, "dead": dead, **once_each}


class Told(NamedTuple):
    """A note by whoever sits at the hub's browser, a warning, and its last day."""

    note: int
    warning: int
    until: str


def told_of(act: Act, ref: str) -> Told:
    """Write a note and a warning about somebody."""
    hub = db.session.scalars(select(Staff.id).where(Staff.email.like("seated-hub@%"))).one()
    writer = replace(act, staff_id=hub)
    note = notes.write(writer, person=ref, words="Likes tea", shared=True)
    until = (act.at + timedelta(days=1)).date()
    warning = warnings.warn(
        act,
        ref,
        kind=WarningKind.ARSON,
        detail="A match",
        source="The fire brigade",
        readers=[Role.HUB],
        expires_on=until,
    )
    return Told(note.id, warning.id, str(until))


def seated(app: Flask, role: Role, *codes: str, email: str | None = None) -> FlaskClient:
    """Return a browser in which somebody is signed in, without the steps that took them there."""
    with app.app_context(), transaction():
        act = factories.an_act(role, *codes, at=now(), email=email or f"seated-{role}@example.org")
        set_password(act, act.staff_id or 0, kept_password(factories.PASSWORD))
        secret = signing_in.begin(act, act.staff_id or 0)
    client = app.test_client()
    with client.session_transaction() as session:
        session[SESSION_SECRET] = secret
    return client


def contents() -> dict[str, list[Any]]:
    return {
        table.name: sorted(map(tuple, db.session.execute(select(*table.c))), key=repr)
        for table in Base.metadata.sorted_tables
        if table.name not in NO_ACTION
    }


def test_every_route_is_asked_whether_it_leaves_a_line(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    spared = NOBODY_IN_IT | IN_STEPS | PROVIDERS | READ_MARKS
    told = {**ROUTES, **OF_A_COUNT}
    assert endpoints == spared | set(told)
    assert not spared & set(told)


@pytest.mark.parametrize("endpoint", ROUTES)
def test_without_its_line_nothing_is_done_and_nothing_is_told(
    app: Flask, night: Night, engine: str, endpoint: str
) -> None:
    """Promise 53; the same request then works with exactly one line, which is promise 52."""
    needs_its_line(app, engine, night, *ROUTES[endpoint])


def test_every_step_of_a_street_count_needs_its_line(
    app: Flask, walked: Walked, engine: str
) -> None:
    for ask, what in OF_A_COUNT.values():
        needs_its_line(app, engine, walked, ask, what)


def needs_its_line(app: Flask, engine: str, night: Any, ask: Route, what: str) -> None:
    app.testing = False
    with app.app_context():
        with transaction() as session:
            break_trail(session, engine)
        before = contents()
        db.session.remove()
    failed = ask(night)
    assert failed.status_code == 500
    text = failed.get_data(as_text=True)
    assert "Fern" not in text
    assert "Gale" not in text
    with app.app_context():
        db.session.rollback()
        assert contents() == before
        with transaction() as session:
            mend_trail(session, engine)
    assert ask(night).status_code in {200, 201, 303}
    with app.app_context():
        query = select(AuditEntry.what).where(AuditEntry.id > before_id(before))
        assert list(db.session.scalars(query)) == what.split(", ")


def before_id(before: Mapping[str, list[Any]]) -> int:
    return max(int(row[0]) for row in before["audit_entry"])
