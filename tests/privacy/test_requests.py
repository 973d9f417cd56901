"""Requests are recorded, listed by their day, and decided once."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from pathway import acts
from pathway.audit import AuditEntry
from pathway.beds import care
from pathway.db import db, transaction
from pathway.errors import Absent, Refused, Unknown
from pathway.nights import london
from pathway.privacy import requests
from pathway.privacy.asking import Decision
from pathway.privacy.rules import AskedFor
from pathway.staff.doing import Role
from tests import factories
from tests.conftest import Ask, submit
from tests.factories import NOW

LIST, NEW = "/privacy/requests", "/privacy/requests/new"


def test_a_request_is_decided_once_and_the_same_again_changes_nothing(store: Flask) -> None:
    with transaction():
        act = factories.an_act(Role.MANAGER)
        ident = factories.a_request(act, factories.a_person())
        done = requests.decide(act, ident, decision=Decision.GRANTED)
        later = factories.at(act, NOW + timedelta(days=1))
        assert requests.decide(later, ident, decision=Decision.GRANTED) == done
        with pytest.raises(Refused, match="already"):
            requests.decide(later, ident, decision=Decision.REFUSED, reason="Not them")
        with pytest.raises(Absent):
            requests.decide(act, ident + 1, decision=Decision.GRANTED)
    lines = select(func.count()).where(AuditEntry.what == "decide request")
    assert db.session.scalar(lines) == 1


def test_a_request_about_nobody_known_or_about_a_closed_record_reads_alike(store: Flask) -> None:
    with transaction():
        act, closed = factories.an_act(Role.MANAGER), factories.a_person()
        care.restrict(factories.an_act(Role.OUTREACH), closed.ref)
        asked: dict[str, Any] = {"kind": AskedFor.ACCESS, "asked_by": "They"}
        told = []
        for ref in ("P-NOBODY", closed.ref):
            with pytest.raises(Unknown) as refusal:
                requests.record(act, person=ref, received_on=london(NOW).date(), **asked)
            told.append(refusal.value.errors)
    assert told[0] == told[1]


def test_a_manager_sees_what_is_overdue_first_and_enforcement_is_refused(
    app: Flask, signed_in: Ask
) -> None:
    manager = signed_in(Role.MANAGER)
    assert "Nobody has asked yet." in manager.get(LIST).get_data(as_text=True)
    assert "Nothing is given to police" in manager.get(NEW).get_data(as_text=True)
    today = london(acts.now()).date()
    told = {"asked_by": "They do", "kind": "access", "received_on": today.isoformat()}
    late = (today - timedelta(days=40)).isoformat()
    for kind, on in (("access", today.isoformat()), ("enforcement", late)):
        answer = submit(manager, LIST, told | {"kind": kind, "received_on": on}, NEW)
        assert answer.status_code == 303
    page = manager.get(LIST).get_data(as_text=True)
    first, second = re.findall(r"/privacy/requests/(\d+)", page)
    assert page.index("Overdue by") < page.index("Answer it by")
    one = f"{LIST}/{first}"
    granted = submit(manager, f"{one}/decide", {"decision": "granted"}, one)
    assert granted.status_code == 422
    assert "Nothing is given to police" in granted.get_data(as_text=True)
    refused = {"decision": "refused", "reason": "No access for enforcement"}
    assert submit(manager, f"{one}/decide", refused, one).status_code == 303
    page = manager.get(LIST).get_data(as_text=True)
    assert [*re.findall(r"/privacy/requests/(\d+)", page)] == [second, first]
    wrong = submit(manager, LIST, {"received_on": "2999-01-01", "person": "P-NO"}, NEW)
    assert wrong.status_code == 422
    assert "Choose what is asked for." in wrong.get_data(as_text=True)
