"""Who is kept apart, who wants to stay together and who is excluded: who is told what."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pathway.acts import Act, now
from pathway.audit import AuditEntry, AuditMention
from pathway.beds import care, fit
from pathway.beds.couples import BOTH, NOT_BOTH, ONE, both
from pathway.beds.fit import NOT_TONIGHT, WhyNot, why_not
from pathway.beds.rules import BedFacts
from pathway.db import db, transaction
from pathway.errors import Absent, Forbidden, Invalid, Unknown
from pathway.messages.models import Notice
from pathway.people import closing, merging, queries, tied, ties
from pathway.people.models import PersonApart, PersonExclusion, PersonTogether
from pathway.people.rules import PersonFacts
from pathway.people.tie_rules import CLOSED, ExclusionFacts, bad_apart, bad_exclusion
from pathway.sites.rules import Gender, SiteFacts
from pathway.staff.doing import Role
from tests.conftest import Ask, csrf_of
from tests.factories import HUB, NOW, a_person, an_act, at, later

TODAY = date(2026, 1, 10)
SITE = SiteFacts(1, "a", "A")
FREE = BedFacts(1, 1, "1")
STEPS = BedFacts(2, 1, "2", step_free=False)
NEEDS = PersonFacts(2, "P-2", needs_step_free=True)
WHY = "He followed her home"


def test_an_exclusion_is_for_the_lead_to_decide_and_who_is_there_for_nobody() -> None:
    excluded = PersonFacts(1, "P-1", excluded_from=frozenset({1}))
    assert why_not(SITE, excluded) == WhyNot(NOT_TONIGHT, lead_may_decide=True, of_them=False)
    met = PersonFacts(1, "P-1", excluded_from=frozenset({1}), kept_apart=frozenset({1}))
    assert why_not(SITE, met) == WhyNot(NOT_TONIGHT, lead_may_decide=False, of_them=False)
    assert fit.why_warned(SITE, excluded)
    assert fit.why_warned(SITE, met)
    assert why_not(SiteFacts(2, "b", "B"), met) is None


def test_a_couple_counts_as_two_where_a_site_takes_none() -> None:
    couple = PersonFacts(1, "P-1", partners=frozenset({2}))
    refusal = why_not(SiteFacts(1, "a", "A", couples=False), couple)
    assert refusal
    assert refusal.sentence == "A does not take couples."
    assert why_not(SITE, couple) is None


def test_two_beds_are_for_both_only_where_each_has_one() -> None:
    one = PersonFacts(1, "P-1")
    assert both(SITE, [(FREE, 2)], one, NEEDS) == BOTH
    assert both(SITE, [(FREE, 1), (STEPS, 1)], one, NEEDS) == BOTH
    assert both(SITE, [(FREE, 1)], one, NEEDS) == ONE
    assert both(SITE, [(STEPS, 5)], one, NEEDS) == ONE


def test_a_site_for_women_is_never_said_to_have_room_for_a_woman_and_a_man() -> None:
    women = replace(SITE, admits=frozenset({Gender.WOMAN}))
    she, he = PersonFacts(1, "P-1", gender=Gender.WOMAN), PersonFacts(2, "P-2", gender=Gender.MAN)
    assert both(women, [(FREE, 2)], she, he) == NOT_BOTH
    assert both(women, [(FREE, 2)], she, she) == BOTH


def test_an_exclusion_ends_and_its_last_day_counts_to_its_end() -> None:
    assert "Write the last day" in (bad_exclusion(None, TODAY) or "")
    assert "is over" in (bad_exclusion(TODAY - timedelta(days=1), TODAY) or "")
    assert "a year ahead" in (bad_exclusion(TODAY + timedelta(days=366), TODAY) or "")
    assert bad_exclusion(TODAY, TODAY) is None
    assert bad_apart(None, TODAY) is None
    assert "five years" in (bad_apart(TODAY + timedelta(days=1826), TODAY) or "")
    facts = ExclusionFacts(1, "A", "x", TODAY, NOW, None, mine=True)
    assert facts.stands(TODAY)
    assert not facts.stands(TODAY + timedelta(days=1))


def kept_apart(act: Act, one: str, other: str, **told: object) -> int:
    said = {"why": WHY, "readers": [Role.MANAGER]} | told
    return ties.keep_apart(act, one, other=other, **said).id  # type: ignore[arg-type]


def count(table: type) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_who_is_kept_apart_is_told_to_its_readers_and_to_the_leads_that_there_is_one(
    store: Flask,
) -> None:
    with transaction():
        writer, reader = an_act(), an_act(Role.MANAGER)
        other_worker = an_act(email="b@example.org")
        one, two, closed = (a_person() for _ in range(3))
        kept_apart(writer, one.ref, two.ref)
        before = count(AuditEntry)
        kept_apart(reader, two.ref, one.ref, why="again")
        kept_apart(writer, one.ref, closed.ref)
        closing.restrict(reader, closed.ref)
    assert (count(PersonApart), count(AuditEntry) - before) == (2, 3)
    assert [pair.whom for pair in tied.apart_of(writer, one)] == [CLOSED, f"Fern, {two.ref}"]
    assert tied.apart_of(reader, two)[0].why == WHY
    assert tied.apart_of(other_worker, one) == []
    told = db.session.scalars(select(Notice).where(Notice.kind == "apart")).all()
    assert {row.staff_id for row in told} >= {reader.staff_id}
    assert all(one.ref not in row.words and WHY not in row.words for row in told)
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.what == "keep apart")).all()
    assert WHY not in str([(entry.subject, entry.detail) for entry in entries])
    assert (entries[0].detail or {})["refs"] == [two.ref]
    with pytest.raises(Absent), transaction():
        ties.end_apart(other_worker, one.ref, tied.apart_of(writer, one)[1].id)
    with transaction():
        ended = ties.end_apart(writer, one.ref, tied.apart_of(writer, one)[1].id)
        assert ties.end_apart(at(writer, later(hours=1)), one.ref, ended.id) == ended
    judged = queries.person(writer, two.ref)
    assert judged is not None
    assert judged.apart_from == frozenset()


def test_what_was_said_of_two_who_are_one_by_now_is_told_again_once_they_are_parted(
    store: Flask,
) -> None:
    with transaction():
        lead = an_act(Role.HUB_LEAD, HUB)
        one, two = a_person(), a_person()
        kept_apart(lead, one.ref, two.ref, until=TODAY)
        ties.want_together(lead, one.ref, other=two.ref)
        ties.want_together(lead, two.ref, other=one.ref)
        late = at(lead, later(days=2))
        care.merge(late, one.ref, two.ref)
        whom = queries.person(late, two.ref)
    assert whom is not None
    assert (whom.partners, whom.apart_from) == (frozenset(), frozenset())
    assert (tied.pairs(late, whom), tied.wishes_of(late, whom)) == ([], [])
    with transaction():
        care.unmerge(late, one.ref)
    assert [one.other_id for one in tied.pairs(late, whom)] == [one.id]
    assert [wish.other and wish.other.id for wish in tied.wishes_of(late, whom)] == [one.id]


def test_what_cannot_be_said_of_two_people_is_refused(store: Flask) -> None:
    with transaction():
        act, lead = an_act(), an_act(Role.HUB_LEAD, HUB)
        one, two = a_person(), a_person()
        closing.restrict(lead, two.ref)
    for said, kind in (
        ({"other": two.ref}, Unknown),
        ({"other": one.ref}, Invalid),
        ({"other": "P-NOBODY"}, Unknown),
    ):
        with pytest.raises(kind), transaction():
            kept_apart(act, one.ref, said["other"])
        with pytest.raises(kind), transaction():
            ties.want_together(act, one.ref, other=said["other"])
    with pytest.raises(Invalid) as refusal, transaction():
        kept_apart(lead, one.ref, two.ref, why=" ", readers=[], until=TODAY - timedelta(days=9))
    assert set(refusal.value.errors) == {"why", "readers", "until"}
    with pytest.raises(Forbidden), transaction():
        ties.exclude(lead, one.ref, site="st-giles", reason="x", until_on=TODAY)
    with pytest.raises(Invalid) as refusal, transaction():
        ties.exclude(lead, one.ref, site=HUB, reason="", until_on=None)
    assert set(refusal.value.errors) == {"reason", "until_on"}


def test_an_exclusion_is_told_to_its_site_and_ended_by_its_lead(store: Flask) -> None:
    with transaction():
        lead, worker = an_act(Role.HUB_LEAD, HUB), an_act(Role.HUB, HUB)
        street = an_act()
        one = a_person()
        made = ties.exclude(lead, one.ref, site=HUB, reason="Broke a window", until_on=TODAY)
        same = ties.exclude(lead, one.ref, site=HUB, reason="Broke a window", until_on=TODAY)
    assert made == same
    assert [found.mine for found in tied.exclusions_of(worker, one)] == [False]
    assert tied.exclusions_of(street, one) == []
    shut = queries.person(at(street, later(hours=22)), one.ref)
    over = queries.person(at(street, later(hours=23)), one.ref)
    assert shut
    assert len(shut.excluded_from) == 1
    assert over
    assert not over.excluded_from
    with transaction():
        ties.exclude(lead, one.ref, site=HUB, reason="Two", until_on=TODAY + timedelta(days=2))
    assert count(PersonExclusion) == 2
    last = tied.exclusions_of(lead, one)
    assert [found.stands(TODAY) for found in last] == [True, False]
    with pytest.raises(Absent), transaction():
        ties.end_exclusion(worker, one.ref, last[0].id)
    with transaction():
        ended = ties.end_exclusion(lead, one.ref, last[0].id)
        assert ties.end_exclusion(at(lead, later(hours=1)), one.ref, last[0].id) == ended
    again = queries.person(street, one.ref)
    assert again
    assert not again.excluded_from


def partners(act: Act, one: PersonFacts) -> frozenset[int]:
    found = queries.person(act, one.ref)
    assert found is not None
    return found.partners


def test_whoever_is_left_behind_by_a_death_is_no_couple(store: Flask) -> None:
    with transaction():
        act, (one, two) = an_act(Role.HUB_LEAD, HUB), (a_person() for _ in range(2))
        ties.want_together(act, one.ref, other=two.ref)
        ties.want_together(act, two.ref, other=one.ref)
        care.record_death(act, two.ref, died_on=date(2026, 1, 9))
    assert partners(act, one) == frozenset()
    with transaction():
        care.take_back_death(act, two.ref, reason="It was somebody else")
    assert partners(act, one) == {two.id}


def test_two_are_a_couple_when_both_said_so_and_nobody_is_told_who_took_it_back(
    store: Flask,
) -> None:
    with transaction():
        act = an_act()
        one, two = a_person(), a_person()
        ties.want_together(act, one.ref, other=two.ref)
    assert partners(act, one) == partners(act, two) == frozenset()
    with transaction():
        wish = ties.want_together(at(act, later(minutes=5)), two.ref, other=one.ref)
        again = ties.want_together(at(act, later(minutes=6)), two.ref, other=one.ref)
    assert wish == again
    assert partners(act, one) == {two.id}
    assert partners(act, two) == {one.id}
    with pytest.raises(Absent), transaction():
        ties.withdraw_together(act, one.ref, wish.id)
    with transaction():
        for _ in range(2):
            ties.withdraw_together(at(act, later(minutes=9)), two.ref, wish.id)
    assert partners(act, one) == {two.id}
    assert not partners(act, two)
    with transaction():
        mine = tied.wishes_of(act, one)[0].id
        ties.withdraw_together(at(act, later(minutes=10)), one.ref, mine)
        ties.want_together(at(act, later(minutes=11)), one.ref, other=two.ref)
    assert partners(act, one) == frozenset()
    with transaction():
        ties.want_together(at(act, later(minutes=12)), two.ref, other=one.ref)
        assert partners(act, one) == {two.id}
        kept_apart(act, two.ref, one.ref)
    assert partners(act, one) == frozenset()
    assert count(PersonTogether) == 4


def test_nothing_of_the_other_changes_on_a_page_a_line_or_a_notice(
    app: Flask, as_role: Ask, signed_in: Ask
) -> None:
    page, program = signed_in(Role.OUTREACH), as_role(Role.OUTREACH)
    with app.app_context(), transaction():
        act = an_act(at=now())
        one, two = (a_person(gender=Gender.WOMAN) for _ in range(2))
        ties.want_together(act, one.ref, other=two.ref)

    def seen() -> list[str]:
        paths = [f"/people/{one.ref}{end}" for end in ("", "/apart", "/timeline")]
        told = [page.get(path).get_data(as_text=True) for path in (*paths, "/notices")]
        kept = [line for text in told for line in without_time(text)]
        tells = program.get(f"/api/v1/people/{one.ref}").get_json()
        return [*kept, str(tells), *trail_of(app, one.ref)]

    alone = seen()
    assert any("Wants to stay with" in line for line in alone)
    with app.app_context(), transaction():
        said = ties.want_together(act, two.ref, other=one.ref)
    page.get(f"/people/{two.ref}/apart")
    couple, bed = seen(), beds_for(page, one.ref)
    assert couple == alone
    assert any(BOTH in line for line in bed)
    with app.app_context(), transaction():
        ties.withdraw_together(act, two.ref, said.id)
    assert seen() == alone
    assert beds_for(page, one.ref) == bed
    assert not any(BOTH in line for line in beds_for(page, two.ref))


def trail_of(app: Flask, ref: str) -> list[str]:
    """Return what the trail has of somebody, but for who looked at them."""
    looks = ("view person", "view ties", "view timeline")
    with app.app_context():
        mine = select(AuditEntry.what).where(
            AuditEntry.person == ref, AuditEntry.what.not_in(looks)
        )
        named = select(AuditMention.entry_id).where(AuditMention.ref == ref)
        return [*db.session.scalars(mine), *map(str, db.session.scalars(named))]


def beds_for(page: FlaskClient, ref: str) -> list[str]:
    return without_time(page.get(f"/people/{ref}/bed").get_data(as_text=True))


def without_time(text: str) -> list[str]:
    """Return the lines of a page without its tokens and what the clock says."""
    return re.sub(r'value="[^"]{30,}"|data-now="[^"]*"|[0-9]{2}:[0-9]{2}', "", text).splitlines()


def test_the_page_says_what_stands_and_takes_what_is_said(app: Flask, signed_in: Ask) -> None:
    page, lead = signed_in(Role.OUTREACH), signed_in(Role.HUB_LEAD, HUB)
    with app.app_context(), transaction():
        one, two = a_person(), a_person(given_name="Gale")
    address = f"/people/{one.ref}/apart"
    token = {"csrf_token": csrf_of(page, address)}
    empty = page.get(address).get_data(as_text=True)
    assert "Nobody that you may read of." in empty
    looked = page.post(f"{address}/look", data=token | {"q": "Gale"})
    assert "Gale" not in looked.location
    assert f'value="{two.ref}"' in page.get(looked.location).get_data(as_text=True)
    wrong = page.post(address, data=token | {"other": "P-NOBODY", "why": WHY, "readers": "hub"})
    assert wrong.status_code == 422
    assert "There is no person with this reference." in wrong.get_data(as_text=True)
    said = token | {"other": two.ref, "why": WHY, "readers": "hub_lead"}
    assert page.post(address, data=said).status_code == 303
    both_sides = [
        lead.get(f"/people/{ref}/apart").get_data(as_text=True) for ref in (one.ref, two.ref)
    ]
    assert all(WHY in text for text in both_sides)
    assert page.post(f"/people/{one.ref}/together", data=token).status_code == 422
    assert f"Kept apart from Gale, {two.ref}" in lead.get(f"/people/{one.ref}").get_data(
        as_text=True
    )
    token = {"csrf_token": csrf_of(lead, address)}
    until = (now() + timedelta(days=3)).date().isoformat()
    shut = token | {"site": HUB, "reason": "Broke a window", "until_on": until}
    assert lead.post(f"/people/{one.ref}/exclusions", data=shut).status_code == 303
    assert "Broke a window" in lead.get(address).get_data(as_text=True)
    assert "Broke a window" not in page.get(address).get_data(as_text=True)
    assert page.post(f"/people/{one.ref}/exclusions", data=shut).status_code in {400, 403}
    with app.app_context():
        reader = an_act_of(app)
        ids = (tied.apart_of(reader, one)[0].id, tied.exclusions_of(reader, one)[0].id)
    for path, ident in zip(("apart/end", "exclusions/end"), ids, strict=True):
        ended = lead.post(f"/people/{one.ref}/{path}", data=token | {"tie": ident})
        assert ended.status_code == 303
    text = lead.get(address).get_data(as_text=True)
    assert "Ended at" in text
    assert "None that you may read of." in text


def an_act_of(app: Flask) -> Act:
    with transaction():
        return an_act(Role.HUB_LEAD, HUB, at=now(), email="reads@example.org")


def test_a_merge_takes_ties_along(store: Flask) -> None:
    with transaction():
        act = an_act()
        one, two, three = (a_person() for _ in range(3))
        kept_apart(act, one.ref, two.ref)
        merging.merge(act, two.ref, three.ref)
    found = queries.person(act, three.ref)
    assert found is not None
    assert found.apart_from == {one.id}
