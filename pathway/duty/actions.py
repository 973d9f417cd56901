"""Changes to the rota; alarms raised, answered, and taken to the next."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, update

from pathway import audit
from pathway.acts import Act
from pathway.db import db, insert_or_skip
from pathway.duty import queries, rules
from pathway.duty.address import PAGE, alarms_page
from pathway.duty.models import Alarm, AlarmTold, DutyTurn
from pathway.duty.rules import EVERYBODY, AlarmFacts, AlarmKind, Turn
from pathway.errors import Absent, Invalid, Refused
from pathway.messages import actions as texts
from pathway.messages import notices
from pathway.messages.rules import GOOD_FOR, Kind, Purpose
from pathway.nights import when


def add_turn(act: Act, *, staff_id: int, step: int, starts_at: datetime, ends_at: datetime) -> int:
    """Put somebody on the rota; return the turn's id.

    A turn that has begun already counts from now: who was on call before is
    not written anew.

    Raises:
        Invalid: they may not, or the times make no turn; by field.
    """
    roles = queries.roles_of(staff_id)
    faults = rules.faults_of_turn(step, roles, starts_at, ends_at, act.at)
    if faults:
        raise Invalid(faults)
    ident = _write(act, staff_id, step, max(starts_at, act.at), ends_at)
    audit.record(act, "add turn", f"turn:{ident}", _turn_detail(staff_id, step))
    return ident


def remove_turn(act: Act, ident: int) -> None:
    """Take a turn off the rota.

    Raises:
        Absent: there is no such turn, or it was taken off already.
        Refused: it is over.
    """
    turn = queries.turn(ident)
    if turn is None:
        raise Absent
    if turn.ends_at <= act.at:
        raise Refused("That turn is over. What was stays on the rota.")
    _take_off(act, ident)
    audit.record(act, "remove turn", f"turn:{ident}", _turn_detail(turn.staff_id, turn.step))


def take_over(act: Act, *, until: datetime, step: int = 1) -> int:
    """Be on call from now on, in place of whoever is; return the turn's id.

    Whoever was on this step has handed over: their turn ends here and does not
    come back when this one ends.

    Raises:
        Invalid: they may not, or ``until`` makes no turn; by field.
    """
    roles = queries.roles_of(act.staff_id or 0)
    faults = rules.faults_of_turn(step, roles, act.at, until, act.at)
    if faults:
        raise Invalid({"until": [one for told in faults.values() for one in told]})
    instant = timedelta(microseconds=1)
    for turn in queries.turns(act.at, act.at + instant):
        if turn.step == step and turn.starts_at < act.at:
            _change(turn.id, ends_at=act.at)
        elif turn.step == step:
            _take_off(act, turn.id)
    ident = _write(act, act.staff_id or 0, step, act.at, until)
    audit.record(act, "take over", f"turn:{ident}", _turn_detail(act.staff_id, step))
    return ident


def _write(act: Act, staff_id: int, step: int, starts_at: datetime, ends_at: datetime) -> int:
    row = {
        "staff_id": staff_id,
        "step": step,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "made_by": act.staff_id,
        "made_at": act.at,
    }
    added = db.session.execute(insert(DutyTurn).values(**row).returning(DutyTurn.id))
    return int(added.scalar_one())


def _take_off(act: Act, ident: int) -> None:
    _change(ident, removed_at=act.at)


def _change(ident: int, **values: Any) -> None:
    db.session.execute(update(DutyTurn).where(DutyTurn.id == ident).values(**values))


def _turn_detail(staff_id: int | None, step: int) -> dict[str, Any]:
    return {"staff": staff_id, "step": step}


def raise_alarm(
    act: Act,
    kind: AlarmKind,
    words: str,
    *,
    key: str | None = None,
    link: str | None = None,
    site_id: int | None = None,
    about: int | None = None,
) -> int | None:
    """Tell whoever is on call; return the alarm's id, or None when its key was raised before.

    They are told in the same transaction, by text whatever their quiet hours
    are. ``words`` name no person: no name but a worker's who may be in danger,
    no address, no fact about treatment. Whom it is ``about`` may be on call
    themselves: the next is told.
    """
    on_call = queries.on_duty(act.at)
    step = rules.next_step(0, on_call, [about] if about else [])
    row = {
        "key": key,
        "at": act.at,
        "kind": kind.value,
        "words": words,
        "link": link,
        "site_id": site_id,
        "raised_by": act.staff_id,
        "step": step,
        "told_at": act.at,
    }
    ident = insert_or_skip(Alarm, row)
    if ident is not None:
        told = _tell(act, ident, words, step, on_call)
        detail = {"kind": kind.value, "step": step, "told": told}
        audit.record(act, "raise alarm", f"alarm:{ident}", detail)
    return ident


def _tell(act: Act, ident: int, words: str, step: int, on_call: Mapping[int, Turn]) -> list[int]:
    """Tell those on one step, on the screen and by text; return who they are."""
    turn = on_call.get(step)
    whom = queries.runners() if step >= EVERYBODY else [(turn.staff_id, turn.phone)] if turn else []
    for staff_id, phone in whom:
        told = {"alarm_id": ident, "staff_id": staff_id, "step": step, "at": act.at}
        db.session.execute(insert(AlarmTold).values(**told))
        _show(act, ident, words, staff_id)
        if phone:
            _text(act, ident, words, staff_id, phone, step)
    return [staff_id for staff_id, _ in whom]


def _show(act: Act, ident: int, words: str, staff_id: int) -> None:
    notices.notify(
        act,
        Kind.ALARM,
        words,
        useful_until=act.at + GOOD_FOR[Purpose.ALARM],
        staff_id=staff_id,
        key=_notice_key(ident, staff_id),
        link=PAGE,
    )


def _text(act: Act, ident: int, words: str, staff_id: int, phone: str, step: int) -> None:
    texts.queue(
        act,
        to=phone,
        body=rules.text_of(ident, words, alarms_page()),
        purpose=Purpose.ALARM,
        staff_id=staff_id,
        key=f"{_notice_key(ident, staff_id)}:{step}",
    )


def _notice_key(ident: int, staff_id: int) -> str:
    return f"alarm:{ident}:{staff_id}"


def acknowledge(act: Act, ident: int) -> AlarmFacts:
    """Answer for an alarm: the first has it, and again it stays theirs.

    Raises:
        Absent: there is none, or nobody told whoever acts.
        Refused: somebody else was quicker. The sentence names them: it is for
            a page, not for a text.
    """
    found = queries.alarm(act, ident)
    if found is None:
        raise Absent
    _settle(act, ident)
    first = queries.alarm(act, ident) or found
    if first.answered_at is not None and first.answered_by_id != act.staff_id:
        since = when(first.answered_at, act.at)
        raise Refused(f"{first.answered_by} has had this alarm since {since}.")
    return first


def stand_down(act: Act, key: str, words: str) -> None:
    """Tell those who were told of an alarm that it is over, and why.

    One that nobody has answered is answered by whoever brings the news.
    """
    ident = queries.alarm_by_key(key)
    if ident is None:
        return
    _settle(act, ident)
    for staff_id, phone in queries.reached_by(ident):
        useful = act.at + GOOD_FOR[Purpose.ALARM]
        told = f"Alarm {ident} is over. {words}"
        notices.notify(
            act, Kind.ALARM, told, useful_until=useful, staff_id=staff_id, key=None, link=PAGE
        )
        if phone:
            body = rules.over_text(ident, words)
            key = f"alarm over:{ident}:{staff_id}"
            texts.queue(act, to=phone, body=body, purpose=Purpose.ALARM, staff_id=staff_id, key=key)


def settle_about(act: Act, links: Sequence[str]) -> None:
    """Answer the alarms that lead to these pages: what they asked for is over."""
    for ident in queries.open_alarms_about(links):
        _settle(act, ident)


def _settle(act: Act, ident: int) -> None:
    """Answer an alarm if nobody has, so that it goes no further."""
    if _answer(act, ident):
        for staff_id in queries.told_of(ident):
            notices.over(act, _notice_key(ident, staff_id))
        texts.withdraw(act, f"alarm:{ident}:")
        audit.record(act, "answer alarm", f"alarm:{ident}")


def _answer(act: Act, ident: int) -> bool:
    mine = {"acknowledged_at": act.at, "acknowledged_by": act.staff_id}
    free = (Alarm.id == ident, Alarm.acknowledged_at.is_(None))
    done = update(Alarm).where(*free).values(**mine).returning(Alarm.id)
    return db.session.execute(done).first() is not None


def escalate_one(act: Act, ident: int) -> bool:
    """Take an alarm that nobody answered in time to the next; return whether it was moved.

    Two processes at once move it once: it goes further only from the step at
    which it was read.
    """
    standing = queries.open_alarm(ident)
    if standing is None:
        return False
    step, told_at, words = standing
    due = rules.waits_until(step, told_at)
    if due is None or act.at < due:
        return False
    on_call = queries.on_duty(act.at)
    further = rules.next_step(step, on_call, queries.told_of(ident))
    if not _move(act, ident, step, further):
        return False
    told = _tell(act, ident, words, further, on_call)
    audit.record(act, "escalate alarm", f"alarm:{ident}", {"step": further, "told": told})
    return True


def _move(act: Act, ident: int, step: int, further: int) -> bool:
    still = (Alarm.id == ident, Alarm.step == step, Alarm.acknowledged_at.is_(None))
    moved = update(Alarm).where(*still).values(step=further, told_at=act.at)
    return db.session.execute(moved.returning(Alarm.id)).first() is not None
