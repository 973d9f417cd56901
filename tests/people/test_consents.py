"""What somebody agreed to share: who may see it, and what follows at once."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pathway.acts import Act, by_service
from pathway.assessments import notes
from pathway.beds import care
from pathway.db import transaction
from pathway.desk import line
from pathway.errors import Invalid, Refused
from pathway.people import agreed, consents, numbers
from pathway.people.consent_rules import WORDINGS, ConsentKind, kinds_for, standing
from pathway.people.rules import PersonFacts
from pathway.people.timeline import Source
from pathway.referrals.queries import IN_TOUCH_FOR, in_touch
from pathway.staff.doing import Role
from tests.conftest import Ask, submit
from tests.factories import HUB, NOW, a_person, an_act, at, later

ROLES = ("outreach", "hub", "hub_lead", "swep_coordinator", "treatment", "manager")
TOLD = {"outreach", "hub_lead", "swep_coordinator", "treatment"}


@pytest.fixture
def treats(store: Flask) -> Act:
    with transaction():
        return an_act(Role.TREATMENT)


@pytest.fixture
def readers(store: Flask) -> dict[str, Act]:
    with transaction():
        named = {"hub": (HUB,), "hub_lead": (HUB,)}
        return {
            role: an_act(Role(role), *named.get(role, ()), email=f"{role}-reads@example.org")
            for role in ROLES
        }


def answer(act: Act, person: PersonFacts, kind: str, *, given: bool) -> None:
    with transaction():
        consents.take(act, person.ref, kind=ConsentKind(kind), given=given)


def seen(act: Act, person: PersonFacts) -> tuple[list[tuple[str, bool]], int, bool]:
    """Return what one reads: answers, how many entries of them on the timeline, the one line."""
    found = [(str(one.kind), one.given) for one in agreed.of(act, person.id)]
    entries, _ = line.read(act, person)
    told = sum(entry.source is Source.CONSENT for entry in entries)
    return found, told, in_touch(act, person)


def test_only_treatment_is_asked_about_ndtms() -> None:
    assert kinds_for({"outreach", "manager"}) == [ConsentKind.OUTREACH, ConsentKind.DUTY_TO_REFER]
    assert kinds_for({"outreach", "treatment"}) == list(ConsentKind)


def test_each_role_sees_what_is_its_own(treats: Act, readers: dict[str, Act]) -> None:
    with transaction():
        person = a_person()
    for kind in ConsentKind:
        answer(treats, person, kind, given=True)
    for role, act in readers.items():
        found, entries, _ = seen(act, person)
        kinds = {kind for kind, _ in found}
        hidden = set() if role == "treatment" else {"ndtms"}
        assert kinds == {str(kind) for kind in ConsentKind} - hidden, role
        assert entries == len(kinds), role


@pytest.mark.parametrize("then", ["nothing", "refused", "withdrawn", "both"])
def test_a_refusal_looks_like_nobody_treated(
    treats: Act, readers: dict[str, Act], then: str
) -> None:
    with transaction():
        person, stranger = a_person(), a_person()
        notes.write(treats, person=person.ref, words="Seen on Monday", shared=False)
    if then in {"withdrawn", "both"}:
        answer(treats, person, "outreach", given=True)
        with transaction():
            consents.withdraw(treats, person.ref, kind=ConsentKind.OUTREACH)
    if then in {"refused", "both"}:
        answer(treats, person, "outreach", given=False)
    for role, act in readers.items():
        if role != "treatment":
            assert seen(act, person) == seen(act, stranger), role
    assert bool(seen(treats, person)[0]) is (then != "nothing")


def test_what_each_role_sees_follows_at_once(treats: Act, readers: dict[str, Act]) -> None:
    with transaction():
        person = a_person()
    answer(readers["outreach"], person, "outreach", given=True)
    assert not any(in_touch(act, person) for act in readers.values()), "nobody treats them"
    with transaction():
        numbers.set_number(treats, person.ref, scheme="cgl", number="12")
    assert {role for role, act in readers.items() if in_touch(act, person)} == TOLD
    with transaction():
        consents.withdraw(readers["outreach"], person.ref, kind=ConsentKind.OUTREACH)
    assert not any(in_touch(act, person) for act in readers.values())
    answer(treats, person, "outreach", given=True)
    assert in_touch(readers["outreach"], person)
    answer(at(treats, later(minutes=1)), person, "outreach", given=False)
    assert not in_touch(readers["outreach"], person), "the newest answer counts"


def test_a_year_after_treatment_wrote_nothing_is_told(treats: Act) -> None:
    with transaction():
        worker, person = an_act(), a_person()
        note = notes.write(treats, person=person.ref, words="Seen", shared=False)
    answer(worker, person, "outreach", given=True)
    assert in_touch(at(worker, NOW + IN_TOUCH_FOR), person)
    assert not in_touch(at(worker, NOW + IN_TOUCH_FOR + (later(seconds=1) - NOW)), person)
    with transaction():
        notes.strike(treats, person.ref, note.id)
    assert not in_touch(worker, person), "what was taken back tells nothing"


def test_taken_back_while_two_were_one_stays_so(treats: Act) -> None:
    with transaction():
        lead, old, kept = an_act(Role.HUB_LEAD, HUB), a_person(), a_person()
    answer(treats, kept, "duty_to_refer", given=True)
    answer(at(treats, later(minutes=1)), old, "duty_to_refer", given=True)
    with transaction():
        care.merge(lead, old.ref, kept.ref)
        consents.withdraw(at(treats, later(minutes=2)), old.ref, kind=ConsentKind.DUTY_TO_REFER)
        care.unmerge(lead, old.ref)
    for one in (old, kept):
        (found,) = agreed.of(treats, one.id)
        assert found.withdrawn_at == later(minutes=2)
        assert standing([found]) == frozenset()


def test_old_words_stay_with_the_answers_given_to_them(treats: Act) -> None:
    with transaction():
        admin, person = an_act(Role.ADMIN), a_person()
    kind = ConsentKind.DUTY_TO_REFER
    answer(treats, person, kind, given=False)
    with transaction():
        assert consents.add_wording(admin, kind=kind, words=" May we tell them? ") == 2
        assert not consents.load_wordings(by_service(NOW))
    with pytest.raises(Refused, match="Read out the new ones"), transaction():
        consents.take(treats, person.ref, kind=kind, given=True, version=1)
    with transaction():
        consents.take(at(treats, later(minutes=1)), person.ref, kind=kind, given=True, version=2)
    new, old = agreed.of(treats, person.id)
    assert (new.version, new.words) == (2, "May we tell them?")
    assert (old.version, old.words) == (1, WORDINGS[kind])


def test_ndtms_is_unknown_to_others(app: Flask, as_role: Ask) -> None:
    with app.app_context(), transaction():
        ref = a_person().ref
    client = as_role(Role.OUTREACH)
    for path in (f"/api/v1/people/{ref}/consents", f"/api/v1/people/{ref}/consents/withdraw"):
        told = {"given": True} if path.endswith("consents") else {}
        there = client.post(path, json={"kind": "ndtms", **told})
        none = client.post(path, json={"kind": "nothing", **told})
        assert (there.status_code, there.get_json()) == (none.status_code, none.get_json())
        assert there.status_code == 422
    mine = as_role(Role.TREATMENT).post(
        f"/api/v1/people/{ref}/consents", json={"kind": "ndtms", "given": True}
    )
    assert (mine.status_code, mine.get_json()) == (201, {"kind": "ndtms", "given": True})


def test_the_one_line_and_the_answers_over_json(app: Flask, as_role: Ask) -> None:
    with app.app_context(), transaction():
        ref = a_person().ref
    worker, treats = as_role(Role.OUTREACH), as_role(Role.TREATMENT)
    told = in_touch_over_json(worker, ref)
    assert told() is None
    written = treats.post("/api/v1/assessments", json={"person": ref, "drugs": "yes"})
    assert written.status_code == 201
    assert told() is None
    for kind in ("outreach", "duty_to_refer"):
        worker.post(f"/api/v1/people/{ref}/consents", json={"kind": kind, "given": True})
    assert told() is True
    found = worker.get(f"/api/v1/people/{ref}/consents").get_json()
    assert found["standing"] == ["duty_to_refer", "outreach"]
    assert [one["version"] for one in found["items"]] == [1, 1]
    page = f"/api/v1/people/{ref}/consents/withdraw"
    for _ in range(2):
        taken = worker.post(page, json={"kind": "outreach"})
        assert (taken.status_code, taken.get_json()["stands"]) == (200, False)
    assert told() is None
    assert worker.get(f"/api/v1/people/{ref}/consents").get_json()["standing"] == ["duty_to_refer"]
    assert as_role(Role.MANAGER).post(page, json={"kind": "outreach"}).status_code == 403
    assert as_role(Role.HUB, HUB).post(page, json={"kind": "outreach"}).status_code == 403


def in_touch_over_json(client: FlaskClient, ref: str) -> Callable[[], bool | None]:
    return lambda: client.get(f"/api/v1/people/{ref}").get_json()["in_touch_with_treatment"]


def test_asked_and_taken_back_on_the_page(app: Flask, signed_in: Ask) -> None:
    with app.app_context(), transaction():
        ref = a_person().ref
    client, page = signed_in(), f"/people/{ref}/consents"
    html = client.get(page).get_data(as_text=True)
    assert "NDTMS" not in html
    assert WORDINGS[ConsentKind.OUTREACH] in html
    said = {"kind": "outreach", "given": "yes", "version": "1"}
    assert submit(client, page, said).status_code == 303
    assert "They agreed, and it stands." in client.get(page).get_data(as_text=True)
    taken = submit(client, f"{page}/withdraw", {"kind": "outreach"}, page)
    assert taken.status_code == 303
    html = client.get(page).get_data(as_text=True)
    assert "They agreed" not in html
    assert "Nothing is recorded that you may see." in html
    assert submit(client, page, said | {"given": ""}).status_code == 422


def test_an_admin_writes_new_words(app: Flask, signed_in: Ask) -> None:
    admin = signed_in(Role.ADMIN)
    said = {"kind": "outreach", "words": "May we say so?"}
    assert submit(admin, "/consent-wordings", said).status_code == 303
    html = admin.get("/consent-wordings").get_data(as_text=True)
    assert "May we say so?" in html
    assert WORDINGS[ConsentKind.OUTREACH] in html
    assert submit(admin, "/consent-wordings", said | {"words": " "}).status_code == 422


def test_words_of_no_kind_are_refused(treats: Act) -> None:
    with pytest.raises(Invalid), transaction():
        consents.add_wording(treats, kind=ConsentKind.OUTREACH, words=" ")
