"""A rota with somebody on each step, and what they were told."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from pathway.acts import Act, by_service
from pathway.audit import AuditEntry
from pathway.db import db, transaction
from pathway.duty import actions, queries
from pathway.duty.rules import AlarmKind
from pathway.messages.models import Notice, Text
from pathway.staff.doing import Role
from pathway.staff.models import Staff
from tests.factories import HUB, NOW, an_act

SERVICE = by_service(NOW)
WORDS = "There is no forecast."


@dataclass
class Rota:
    """Who is first, second and third on call, and an administrator who is not."""

    manager: Act
    coordinator: Act
    lead: Act
    admin: Act


@pytest.fixture
def rota(store: Flask) -> Rota:
    with transaction():
        made = Rota(
            an_act(Role.MANAGER),
            an_act(Role.SWEP_COORDINATOR),
            an_act(Role.HUB_LEAD, HUB),
            an_act(Role.ADMIN),
        )
        for number, act in enumerate((made.manager, made.coordinator, made.lead), start=1):
            phone = f"+44770090000{number}"
            db.session.execute(update(Staff).where(Staff.id == act.staff_id).values(phone=phone))
            turn(act, step=number)
    return made


def turn(act: Act, step: int = 1, begins: float = 0, ends: float = 9) -> int:
    """Put somebody on the rota, hours from now."""
    return actions.add_turn(
        SERVICE,
        staff_id=act.staff_id or 0,
        step=step,
        starts_at=NOW + timedelta(hours=begins),
        ends_at=NOW + timedelta(hours=ends),
    )


def an_alarm(key: str | None = None) -> int:
    raised = actions.raise_alarm(SERVICE, AlarmKind.SERVICE, WORDS, key=key)
    assert raised is not None
    return raised


def texts() -> list[tuple[str, int]]:
    """Return the numbers and the keys' last parts of all texts, in order."""
    rows = db.session.execute(select(Text.to_number, Text.key).order_by(Text.id))
    return [(number[-1], int(str(key).rsplit(":", 1)[1])) for number, key in rows]


def told(ident: int) -> list[tuple[int, int]]:
    """Return who was told at which step."""
    found = queries.alarm(as_runner(), ident)
    assert found is not None
    return [(one.staff_id, one.step) for one in found.told]


def as_runner() -> Act:
    return Act(NOW, 0, "", frozenset({"manager"}))


def notices() -> list[tuple[int | None, bool]]:
    """Return whom each notice is for, and whether it is over."""
    rows = db.session.execute(select(Notice.staff_id, Notice.over_at).order_by(Notice.id))
    return [(row.staff_id, row.over_at is not None) for row in rows]


def lines(what: str) -> list[AuditEntry]:
    asked = select(AuditEntry).where(AuditEntry.what == what).order_by(AuditEntry.id)
    return list(db.session.scalars(asked))
