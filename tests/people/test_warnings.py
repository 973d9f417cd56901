"""Warnings: who reads them, how long they stand, and how they end."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from pathway import acts
from pathway.acts import Act
from pathway.db import transaction
from pathway.errors import Absent, Invalid, Refused, Unknown
from pathway.people import merging, warnings
from pathway.people import queries as people
from pathway.people.rules import WarningKind
from pathway.people.warned import WarningFacts
from pathway.staff.doing import Role
from tests.conftest import Ask, csrf_of
from tests.factories import HUB, NOW, a_person, a_site, an_act, at

TODAY = date(2026, 1, 10)


def warned(act: Act, ref: str, **told: Any) -> WarningFacts:
    """Warn of somebody, with as little said as possible."""
    usual: dict[str, Any] = {
        "kind": WarningKind.ARSON,
        "detail": "A lit match",
        "source": "The fire brigade",
        "readers": [Role.HUB_LEAD],
        "expires_on": TODAY,
    }
    return warnings.warn(act, ref, **usual | told)


def judged(act: Act, ref: str) -> tuple[set[WarningKind], set[int]]:
    found = people.person(act, ref)
    assert found is not None
    return set(found.warned_of), set(found.kept_from)


def test_a_warning_is_told_to_its_readers_and_to_nobody_else(store: Flask) -> None:
    with transaction():
        worker, lead = an_act(), an_act(Role.HUB_LEAD, HUB)
        person = a_person()
        made = warned(worker, person.ref, sites=[HUB])
    assert [one.id for one in warnings.of(lead, person.id)] == [made.id]
    assert warnings.of(lead, person.id)[0].sites == ("165 Rough Sleeping Hub, King's Cross",)
    assert warnings.of(worker, person.id) == []
    for verb in (warnings.end, warnings.renew):
        more = {"expires_on": TODAY} if verb is warnings.renew else {}
        with pytest.raises(Absent), transaction():
            verb(worker, person.ref, made.id, **more)


@pytest.mark.parametrize(("days", "stands"), [(-1, True), (0, True), (1, False)])
def test_a_warning_keeps_somebody_away_to_the_end_of_its_last_day_in_london(
    store: Flask, days: int, *, stands: bool
) -> None:
    with transaction():
        act = an_act(at=NOW - timedelta(days=2))
        person = a_person()
        warned(act, person.ref, sites=[HUB])
        then = at(act, NOW.replace(hour=23, minute=59) + timedelta(days=days))
        kinds, sites = judged(then, person.ref)
    assert (kinds, sites) == (({WarningKind.ARSON}, {a_site().id}) if stands else (set(), set()))


def test_one_that_is_taken_back_keeps_nobody_away_and_one_that_expired_is_renewed(
    store: Flask,
) -> None:
    with transaction():
        lead = an_act(Role.HUB_LEAD, HUB)
        person, other = a_person(), a_person()
        ended, kept = warned(lead, person.ref), warned(lead, person.ref, kind=WarningKind.SEXUAL)
        for _ in range(2):
            warnings.end(lead, person.ref, ended.id)
        assert judged(lead, person.ref) == ({WarningKind.SEXUAL}, set())
        soon = at(lead, NOW + timedelta(days=3))
        assert judged(soon, person.ref) == (set(), set())
        warnings.renew(soon, person.ref, kept.id, expires_on=TODAY + timedelta(days=3))
        assert judged(soon, person.ref) == ({WarningKind.SEXUAL}, set())
        merging.merge(lead, person.ref, other.ref)
        assert judged(soon, other.ref) == ({WarningKind.SEXUAL}, set())
    with pytest.raises(Refused, match="taken back"), transaction():
        warnings.renew(soon, other.ref, ended.id, expires_on=TODAY + timedelta(days=9))


def test_a_warning_says_what_who_and_for_whom(store: Flask) -> None:
    with transaction():
        act, person = an_act(), a_person()
    for wrong in ("detail", "source", "readers"):
        with pytest.raises(Invalid) as refusal, transaction():
            warned(act, person.ref, **{wrong: [] if wrong == "readers" else " "})
        assert set(refusal.value.errors) == {wrong}
    with pytest.raises(Unknown), transaction():
        warned(act, person.ref, sites=["nowhere"])


def test_the_page_proposes_the_leads_and_tells_others_nothing(app: Flask, signed_in: Ask) -> None:
    worker, manager = signed_in(Role.OUTREACH), signed_in(Role.MANAGER)
    with app.app_context(), transaction():
        ref = a_person().ref
    page = f"/people/{ref}/warnings"
    form = worker.get(page).get_data(as_text=True)
    assert form.count("checked") == len(warnings.PROPOSED)
    told = {
        "csrf_token": csrf_of(worker, page),
        "kind": "violence",
        "detail": "Threw a chair",
        "source": "Staff of the day centre",
        "readers": ["manager"],
        "expires_on": f"{acts.now() + timedelta(days=2):%Y-%m-%d}",
    }
    assert worker.post(page, data=told | {"source": ""}).status_code == 422
    assert worker.post(page, data=told).status_code == 303
    assert "Threw a chair" in manager.get(page).get_data(as_text=True)
    mine = worker.get(page).get_data(as_text=True)
    assert "None that you may read." in mine
    assert "chair" not in mine + worker.get(f"/people/{ref}").get_data(as_text=True)
