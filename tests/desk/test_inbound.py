"""Texts from staff and strangers: believed by signature, done once, and nobody is named."""

from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from twilio.request_validator import RequestValidator

from pathway.acts import Act, now
from pathway.audit import AuditEntry
from pathway.beds import actions as beds
from pathway.beds import care
from pathway.beds.capacity import set_capacity
from pathway.beds.fit import NOT_TONIGHT
from pathway.beds.models import Bed, Placement, TurnAway
from pathway.beds.shortcodes import short_code
from pathway.beds.texts import UNFIT
from pathway.db import Base, db, transaction
from pathway.errors import Collided
from pathway.messages import incoming
from pathway.messages.models import StoppedNumber
from pathway.messages.septets import ONE_TEXT, is_gsm7, septets
from pathway.messages.verbs import Verb
from pathway.nights import night_of
from pathway.people import editing
from pathway.people.rules import PersonFacts, Recourse
from pathway.sites.models import Site
from pathway.sites.rules import Gender, SupportLevel
from pathway.staff import tries
from pathway.staff.doing import Doing, Role
from pathway.staff.may import MAY
from pathway.staff.models import Staff
from pathway.staff.secrecy import Guess
from tests import texting
from tests.conftest import SECRET, Ask, look_up
from tests.factories import HUB, a_person, a_site, an_act
from tests.races import at_once, in_process
from tests.texting import PATH, STRANGER, URL, WORKER, fields, fresh_sid, replies, signed, taken

SITE = "respite-rooms"
RTS = "020 7846 3535"
HELD = "Held until "

Say = Callable[..., str | None]


@pytest.fixture(autouse=True)
def configured(app: Flask) -> Flask:
    app.config["TWILIO"] = texting.TWILIO
    return app


@pytest.fixture
def worker(configured: Flask) -> Act:
    return a_texter(configured)


def a_texter(
    app: Flask, role: Role = Role.OUTREACH, *codes: str, phone: str | None = WORKER
) -> Act:
    with app.app_context(), transaction():
        act = an_act(role, *codes, at=now())
        db.session.execute(update(Staff).where(Staff.id == act.staff_id).values(phone=phone))
    return act


@pytest.fixture
def say(configured: Flask) -> Say:
    """Text something and return the reply, if there is one."""

    def say(body: str, sender: str = WORKER, status: int = 200, **more: Any) -> str | None:
        before = len(replies(configured))
        answer = texting.text(configured.test_client(), body, sender, **more)
        assert answer.status_code == status, answer.text
        found = replies(configured)[before:]
        assert [to for to, _ in found] in ([], [sender])
        return found[0][1] if found else None

    return say


def somebody(app: Flask, act: Act, **facts: Any) -> tuple[PersonFacts, str]:
    """Return a new person whom a worker added, and their short code."""
    with app.app_context(), transaction():
        person = a_person(**facts)
        table = Base.metadata.tables["person"]
        mine = update(table).where(table.c.id == person.id)
        db.session.execute(mine.values(created_by=act.staff_id))
    return person, short_code(SECRET, act.staff_id or 0, person.ref)


def counted(app: Flask, query: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(query.subquery())) or 0


def holds(app: Flask) -> int:
    return counted(app, select(Placement.id).where(Placement.status == "held"))


def contents(app: Flask, *but: str) -> dict[str, list[Any]]:
    with app.app_context():
        return {
            table.name: sorted(map(tuple, db.session.execute(select(*table.c))), key=repr)
            for table in Base.metadata.sorted_tables
            if table.name not in but
        }


def test_a_text_is_answered_by_a_text_and_the_provider_by_nothing(worker: Act, app: Flask) -> None:
    answer = texting.text(app.test_client(), "beds")
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert answer.text == '<?xml version="1.0" encoding="UTF-8"?><Response/>'
    (to, words), *rest = replies(app)
    assert (to, rest) == (WORKER, [])
    assert words.startswith("Free at ")
    assert words.endswith(f"Women: ring {RTS}")
    assert septets(words) <= ONE_TEXT
    assert taken(app) == [("beds", "done")]


def test_a_request_that_the_provider_did_not_sign_does_nothing(worker: Act, app: Flask) -> None:
    client, told = app.test_client(), fields("STOP")
    right = signed(told)["X-Twilio-Signature"]
    before = contents(app)
    other = RequestValidator("another token").compute_signature(URL, told)
    forged: list[tuple[str, dict[str, str], dict[str, str]]] = [
        (PATH, told, {}),
        (PATH, told, {"X-Twilio-Signature": ""}),
        (PATH, told, {"X-Twilio-Signature": other}),
        (PATH, told | {"Body": "BEDS"}, {"X-Twilio-Signature": right}),
        (f"{PATH}?a=1", told, {"X-Twilio-Signature": right}),
        (PATH, {}, {"X-Twilio-Signature": right}),
    ]
    for path, form, headers in forged:
        answer = client.post(path, data=form, headers=headers)
        assert answer.status_code == 403
        assert answer.mimetype == "application/problem+json"
    for token in (None, texting.TWILIO):
        app.config["TWILIO"] = token
        assert client.post(PATH, json={"Body": "STOP"}).status_code == 403
    app.config["TWILIO"] = None
    assert client.post(PATH, data=told, headers=signed(told)).status_code == 403
    assert contents(app) == before


def test_a_body_that_takes_long_to_judge_is_not_judged(worker: Act, app: Flask) -> None:
    before = contents(app)
    told = fields("STOP", **{f"n{number}": "" for number in range(10_000)})
    for path in (PATH, "/twilio/status"):
        url = URL.replace(PATH, path)
        answer = app.test_client().post(path, data=told, headers=signed(told, url))
        assert answer.status_code == 403
    assert contents(app) == before
    long = fields("beds " + "\N{BED}" * 1_600)
    assert app.test_client().post(PATH, data=long, headers=signed(long)).status_code == 200


def test_the_address_is_signed_with_its_query_as_it_was_typed(worker: Act, app: Flask) -> None:
    told, query = fields("beds"), "?b=%7e&a=1&a="
    answer = app.test_client().post(PATH + query, data=told, headers=signed(told, URL + query))
    assert answer.status_code == 200
    assert len(replies(app)) == 1


def test_what_no_phone_sends_is_taken_and_ignored(worker: Act, app: Flask) -> None:
    before = contents(app)
    odd = [
        fields("beds", "+44"),
        fields("beds", "whatsapp:+447700900101"),
        fields("beds", "Camden"),
        fields("beds", "+44770090010१"),
        fields("beds", sid="SM1"),
        fields("beds", sid=fresh_sid() + "NumSegments"),
        *(
            {name: value for name, value in fields("beds").items() if name != missing}
            for missing in ("From", "Body", "MessageSid")
        ),
    ]
    for told in odd:
        answer = app.test_client().post(PATH, data=told, headers=signed(told))
        assert answer.status_code == 200
    assert contents(app) == before


def test_a_replay_is_answered_alike_and_does_nothing(worker: Act, app: Flask, say: Say) -> None:
    _, code = somebody(app, worker)
    sid = fresh_sid()
    assert (say(f"HOLD {HUB} {code}", sid=sid) or "").startswith(HELD)
    before = contents(app)
    assert say(f"HOLD {HUB} {code}", sid=sid) is None
    assert contents(app) == before
    assert holds(app) == 1


def test_a_hold_by_text_is_a_hold_and_leaves_its_lines(worker: Act, app: Flask, say: Say) -> None:
    person, code = somebody(app, worker, given_name="Quenby")
    told = say(f" hold {HUB.upper()}  {code.upper()}.") or ""
    assert told.startswith(HELD)
    assert told.endswith(f"{HUB}. RELEASE gives it back.")
    assert is_gsm7(told)
    assert "Quenby" not in told
    with app.app_context():
        lines = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(2))
        held, came = lines
        assert (came.what, came.detail, came.staff_id) == (
            "text in",
            {"verb": "hold"},
            worker.staff_id,
        )
        assert (held.what, held.person, held.staff_id) == ("held", person.ref, worker.staff_id)
        assert held.at == came.at


def test_what_was_typed_is_kept_nowhere(worker: Act, app: Flask, say: Say) -> None:
    for sender in (WORKER, STRANGER):
        say("HOLD Ottoline Perpetua please", sender)
    assert "ttoline" not in repr(contents(app)).casefold()


def race_of_copies(app: Flask, act: Act) -> list[int]:
    """Hand one hold over eight times at once; return the statuses."""
    _, code = somebody(app, act)
    told = fields(f"HOLD {HUB} {code}")
    with in_process(app) as address:
        return at_once([partial(post, address, told)] * 8)


def post(address: str, told: dict[str, str]) -> int:
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", PATH, urlencode(told), form | signed(told))
    status = connection.getresponse().status
    connection.close()
    return status


def test_two_copies_at_once_are_one_hold_and_one_reply(worker: Act, app: Flask) -> None:
    assert race_of_copies(app, worker) == [200] * 8
    assert (holds(app), len(replies(app)), len(taken(app))) == (1, 1, 1)


def test_without_the_guard_copies_are_answered_more_than_once(
    worker: Act, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: nothing but the provider's name of a text keeps copies apart."""
    taking = incoming.take

    def careless(act: Act, _sid: str, verb: Verb) -> int | None:
        return taking(act, fresh_sid(), verb)

    monkeypatch.setattr(incoming, "take", careless)
    app.testing = False
    assert race_of_copies(app, worker) == [200] * 8
    assert len(taken(app)) > 1


def test_a_crash_between_leaves_nothing_and_the_next_try_does_it_all(
    worker: Act, app: Flask, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, code = somebody(app, worker)
    sid, before = fresh_sid(), contents(app, "tries")

    def crash(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pathway.messages.actions.queue", crash)
    with pytest.raises(KeyboardInterrupt):
        say(f"HOLD {HUB} {code}", sid=sid)
    assert contents(app, "tries") == before
    monkeypatch.undo()
    assert (say(f"HOLD {HUB} {code}", sid=sid) or "").startswith(HELD)


def test_what_collides_again_and_again_is_for_the_provider_to_try_later(
    worker: Act, app: Flask, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, code = somebody(app, worker)
    before = contents(app, "tries")

    def collide(*_: Any, **__: Any) -> None:
        raise Collided("Two met.")

    monkeypatch.setattr("pathway.beds.actions.hold", collide)
    say(f"HOLD {HUB} {code}", status=503)
    assert contents(app, "tries") == before


def test_a_refusal_leaves_its_sentence_and_nothing_else(worker: Act, app: Flask, say: Say) -> None:
    person, code = somebody(app, worker, given_name="Quenby")
    say(f"HOLD {HUB} {code}")
    before = contents(app, "tries", "text_in", "text_message", "audit_entry")
    assert say(f"HOLD st-giles {code}") == "Already placed. Ring the duty manager."
    assert contents(app, "tries", "text_in", "text_message", "audit_entry") == before
    assert taken(app)[-1] == ("hold", "refused")
    assert person.name == "Quenby"


def test_a_bed_that_is_asked_for_in_vain_by_text_is_written_down(
    worker: Act, app: Flask, say: Say
) -> None:
    person, code = somebody(app, worker)
    with app.app_context(), transaction():
        db.session.execute(update(Bed).values(void_from=now()))
    for _ in range(2):
        assert "No bed is free" in (say(f"HOLD {HUB} {code}") or "")
    mine = select(TurnAway.id).where(TurnAway.person_id == person.id)
    assert counted(app, mine) == 1


@pytest.mark.parametrize(
    ("where", "facts"),
    [
        ("respite-rooms", {"gender": Gender.MAN}),
        ("respite-rooms", {"gender": Gender.NOT_KNOWN}),
        (HUB, {"support_level": SupportLevel.HIGH}),
        (HUB, {"recourse": Recourse.NO}),
    ],
)
def test_a_refusal_by_text_says_nothing_about_the_person(
    worker: Act, app: Flask, say: Say, where: str, facts: dict[str, Any]
) -> None:
    rules = {"max_support_level": "low", "nrpf": False, "confidential": False}
    with app.app_context(), transaction():
        db.session.execute(update(Site).where(Site.code == where).values(**rules))
    _, code = somebody(app, worker, **facts)
    told = say(f"HOLD {where} {code}") or ""
    assert told.startswith(UNFIT)
    for fact in ("women", "admit", "needs", "recourse", "lead decides"):
        assert fact not in told


def test_a_site_that_is_not_for_them_has_the_uniform_sentence_by_text_too(
    worker: Act, app: Flask, say: Say
) -> None:
    person, code = somebody(app, worker)
    with app.app_context(), transaction():
        editing.not_here(worker, person.ref, site=HUB)
    told = say(f"HOLD {HUB} {code}") or ""
    assert told.startswith(f"{NOT_TONIGHT} Free: ")
    assert HUB not in told


def test_a_full_site_names_others_by_code(worker: Act, app: Flask, say: Say) -> None:
    with app.app_context(), transaction():
        set_capacity(worker, a_site(), 0, night_of(now()))
        named = update(Site).where(Site.code == SITE)
        db.session.execute(named.values(phone="07700 900456"))
    _, code = somebody(app, worker, gender=Gender.WOMAN)
    told = say(f"HOLD {HUB} {code}") or ""
    assert told.startswith("No bed is free at that site. Free: ")
    assert "st-giles 15" in told
    assert SITE not in told
    assert (say("beds") or "").endswith("Women: ring 07700 900456")


def test_a_confidential_site_answers_as_one_that_is_not_there(app: Flask, say: Say) -> None:
    both = a_texter(app, Role.HUB_LEAD, HUB, SITE)
    _, code = somebody(app, both, gender=Gender.WOMAN)
    told = say(f"HOLD {SITE} {code}")
    assert told == say(f"HOLD nowhere {code}")
    assert told == say(f"HOLD {SITE} 2222")
    assert holds(app) == 0


def test_no_reply_tells_of_a_confidential_site(app: Flask, say: Say) -> None:
    lead = a_texter(app, Role.HUB_LEAD, SITE)
    with app.app_context(), transaction():
        set_capacity(lead, a_site(SITE), 77, night_of(now()))
    for given in ("Ottoline", "Perpetua"):
        person, _ = somebody(app, lead, given_name=given, gender=Gender.WOMAN)
        with app.app_context(), transaction():
            beds.hold(lead, person=person.ref, site=SITE)
    hidden = [
        say(body)
        for body in ("BEDS", "RELEASE", f"RELEASE {SITE} 2222", f"HOLD {SITE} 2222", "OK 1", "?")
    ]
    with app.app_context(), transaction():
        one = db.session.scalars(select(Placement.id).order_by(Placement.id)).first()
        beds.release(Act(now(), lead.staff_id, "", lead.roles, lead.site_ids), one or 0)
    hidden.append(say("RELEASE"))
    assert hidden[-1] == "Given back."
    assert all(hidden)
    for words in map(str, hidden):
        for mark in (SITE, "Respite", "77", "76", "75", "Ottoline", "Perpetua"):
            assert mark not in words, words
    assert holds(app) == 0


def test_a_hold_is_given_back_alone_or_by_its_codes(worker: Act, app: Flask, say: Say) -> None:
    assert say("RELEASE") == "You have no hold running."
    (_, first), (_, second) = somebody(app, worker), somebody(app, worker)
    say(f"HOLD {HUB} {first}")
    say(f"HOLD st-giles {second}")
    asked = say("RELEASE") or ""
    assert asked.startswith("Which? RELEASE ")
    assert f"RELEASE {HUB} {first.upper()}" in asked
    assert f"RELEASE st-giles {second.upper()}" in asked
    assert (say(f"RELEASE {HUB} {second}") or "").startswith("You have no such hold")
    assert (say(f"release st-giles {second}") or "").startswith("Given back: bed ")
    assert (say("RELEASE") or "").startswith("Given back: bed ")
    assert holds(app) == 0


def test_another_workers_hold_and_people_are_out_of_reach(
    worker: Act, app: Flask, say: Say
) -> None:
    other = a_texter(app, Role.SWEP_COORDINATOR, phone="+447700900102")
    person, code = somebody(app, other)
    say(f"HOLD {HUB} {code}", "+447700900102")
    assert say("RELEASE") == "You have no hold running."
    theirs = short_code(SECRET, worker.staff_id or 0, person.ref)
    assert (say(f"HOLD {HUB} {theirs}") or "").startswith("That short code is not on your list")


def test_somebody_whose_record_was_closed_has_no_short_code(
    worker: Act, app: Flask, say: Say
) -> None:
    person, code = somebody(app, worker)
    with app.app_context(), transaction():
        care.restrict(an_act(Role.HUB_LEAD, HUB, at=now()), person.ref)
    unknown = say(f"HOLD {HUB} 2222")
    assert say(f"HOLD {HUB} {code}") == unknown
    assert holds(app) == 0


def test_a_short_code_that_two_share_is_for_the_screen(
    worker: Act, app: Flask, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody(app, worker)
    somebody(app, worker)
    monkeypatch.setattr("pathway.beds.shortcodes.short_code", lambda *_: "7k3m")
    assert (say(f"HOLD {HUB} 7K3M") or "").startswith("Two people on your list")


def test_a_text_may_do_what_the_role_may_do_on_the_screen(app: Flask, say: Say) -> None:
    for place, role in enumerate(Role):
        phone = f"+44770090020{place}"
        codes = (HUB,) if role in {Role.HUB, Role.HUB_LEAD} else ()
        act = a_texter(app, role, *codes, phone=phone)
        here, there = (somebody(app, act)[1] for _ in range(2))
        holds_here = Doing.HOLD in MAY[role]
        told = say(f"HOLD {HUB} {here}", phone) or ""
        assert told.startswith(HELD) is holds_here, role
        told = say(f"HOLD st-giles {there}", phone) or ""
        assert told.startswith(HELD) is (holds_here and role is not Role.HUB), role
        assert "St Giles" not in told
        assert (say("BEDS", phone) or "").startswith("Free at ")
        assert septets(say("what?", phone) or "") <= ONE_TEXT
        released = say("RELEASE", phone) or ""
        may_not = "Your role does not release holds. Ring the duty manager."
        assert (released == may_not) is (Doing.KEEP_HOLD not in MAY[role]), role


def test_whoever_left_is_a_stranger(worker: Act, app: Flask, say: Say) -> None:
    with app.app_context(), transaction():
        gone = update(Staff).where(Staff.id == worker.staff_id)
        db.session.execute(gone.values(left_at=now()))
    assert (say("BEDS") or "").startswith("This number is for staff only.")


def test_a_stranger_gets_the_public_line_three_times_a_day(app: Flask, say: Say) -> None:
    for _ in range(3):
        told = say("BEDS", STRANGER) or ""
        assert RTS in told
        assert "999" in told
        assert "Free at" not in told
        assert septets(told) <= ONE_TEXT
    before = contents(app)
    assert say("BEDS", STRANGER, 429) is None
    assert contents(app) == before
    assert taken(app) == [("beds", "stranger")] * 3
    assert say("BEDS", "+447700900667")


def test_all_strangers_together_are_too_many_at_a_hundred_an_hour(
    worker: Act, app: Flask, say: Say
) -> None:
    with app.app_context(), transaction():
        for _ in range(99):
            tries.count_try(now(), Guess.STRANGERS)
    assert say("hello", "+447700900667")
    before = contents(app)
    assert say("hello", STRANGER, 429) is None
    assert contents(app) == before
    assert say("BEDS")


def test_a_member_of_staff_is_throttled_at_thirty_and_a_replay_counts_nothing(
    worker: Act, app: Flask, say: Say
) -> None:
    sid = fresh_sid()
    say("help", sid=sid)
    for _ in range(3):
        say("help", sid=sid)
    for _ in range(29):
        assert say("help")
    before = contents(app)
    assert say("help", status=429) is None
    assert contents(app) == before


def test_stop_and_start_are_honoured_however_often_and_unanswered(
    worker: Act, app: Flask, say: Say
) -> None:
    stopped = select(StoppedNumber.number)
    assert say("STOP", STRANGER) is None
    assert counted(app, stopped) == 0, "of a number that we never sent a text nothing is kept"
    say("hello", STRANGER)
    for sender in (WORKER, STRANGER):
        for word in ("STOP", "stopall", "Stop."):
            assert say(word, sender) is None
    assert counted(app, stopped) == 2
    for _ in range(2):
        say("hello", STRANGER)
    say("hello", STRANGER, 429)
    for word in ("START", "unstop"):
        assert say(word, STRANGER) is None
    assert counted(app, stopped) == 1
    assert say("opted out in another tongue", STRANGER, OptOutType="STOP") is None
    assert counted(app, stopped) == 2


def test_short_codes_stand_beside_people_for_whoever_can_text_them(
    app: Flask, signed_in: Ask
) -> None:
    client, lead = signed_in(), signed_in(Role.TREATMENT)
    token = client.get("/people/new").text.split('name="csrf_token" value="')[1].split('"')[0]
    for name in ("Fern", "Wren"):
        form = {"csrf_token": token, "name": name, "gender": "not_known"}
        assert client.post("/people/new", data=form).status_code == 303
    assert "Text code" not in client.get("/people").text
    with app.app_context(), transaction() as session:
        mine, theirs = session.scalars(select(Staff.id).order_by(Staff.id)).all()
        for ident, phone in ((mine, WORKER), (theirs, STRANGER)):
            session.execute(update(Staff).where(Staff.id == ident).values(phone=phone))
        ref = session.scalar(text("SELECT ref FROM person WHERE given_name = 'Fern'"))
    code = short_code(SECRET, mine, str(ref)).upper()
    for page in ("/people", look_up(client, "/people", "fern"), f"/people/{ref}/bed"):
        assert f"Text code <strong>{code}</strong>" in client.get(page, follow_redirects=True).text
        assert "Text code" not in lead.get(page).text
    held = client.post("/placements", data={"csrf_token": token, "person": ref, "site": HUB})
    assert held.status_code == 303
    assert code in client.get("/holds").text
