"""A clock that can be moved, members of staff with a password, and browsers of theirs."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from pathway import acts
from pathway.audit import AuditEntry
from pathway.db import db, transaction
from pathway.staff import actions
from pathway.staff.doing import Role
from tests import factories
from tests.conftest import csrf_of, submit
from tests.factories import PASSWORD

EMAIL = "robin@example.org"


class Clock:
    """The service's clock, which stands still until a test moves it on."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC).replace(second=10, microsecond=0)

    def now(self, zone: tzinfo) -> datetime:
        """Return the present moment as the service is to see it."""
        return self.at.astimezone(zone)

    def passes(self, **time: float) -> None:
        self.at += timedelta(**time)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(acts, "datetime", clock)
    return clock


Add = Callable[..., int]


@pytest.fixture
def add(app: Flask) -> Add:
    """Add a member of staff who has a password; return the id."""

    def add(role: Role = Role.OUTREACH, *codes: str, email: str = EMAIL) -> int:
        kept = actions.kept_password(PASSWORD)
        with app.app_context(), transaction():
            act = factories.an_act(role, *codes, email=email)
            actions.set_password(act, act.staff_id or 0, kept)
            return act.staff_id or 0

    return add


def sign_in(
    client: FlaskClient, email: str = EMAIL, password: str = PASSWORD, **more: str
) -> TestResponse:
    return submit(client, "/sign-in", {"email": email, "password": password, **more})


def is_in(client: FlaskClient) -> bool:
    answer = client.get("/account")
    assert answer.status_code in {200, 303}
    return answer.status_code == 200


def secret_of(client: FlaskClient) -> str:
    """Return what a browser's cookie carries of its sign-in."""
    with client.session_transaction() as session:
        return str(session.get("sign_in", ""))


def code_of(secret: str, steps: int = 0) -> str:
    """Return the code that an authenticator shows, some half-minutes from now."""
    return pyotp.TOTP(secret).at(acts.now() + timedelta(seconds=30 * steps))


def give_code(client: FlaskClient, code: str) -> TestResponse:
    return submit(client, "/sign-in/code", {"code": code})


def act_on(client: FlaskClient, action: str, page: str = "/account", **fields: str) -> TestResponse:
    """Post what a page offers."""
    return client.post(action, data={"csrf_token": csrf_of(client, page), **fields})


def whats(app: Flask) -> list[str]:
    """Return what the audit trail tells, in order."""
    with app.app_context():
        return list(db.session.scalars(select(AuditEntry.what).order_by(AuditEntry.id)))


def values(app: Flask, query: Any) -> list[Any]:
    with app.app_context():
        return list(db.session.scalars(query))


def count(app: Flask, query: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(query.subquery())) or 0


def as_told(page: TestResponse) -> str:
    """Return a page without what is another in every answer."""
    told = re.sub(r'data-now="[^"]*"', "", page.text)
    return re.sub(r'(name="(csrf_token|idempotency_key)" value=)"[^"]*"', r"\1", told)
