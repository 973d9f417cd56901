"""Texts that come in, as the provider hands them over."""

import re
from collections.abc import Mapping
from contextlib import suppress

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.acts import Act, by_service, now
from pathway.beds.shortcodes import by_ref
from pathway.db import transaction
from pathway.desk.answering import answer, stranger
from pathway.desk.webhooks import signed_by_twilio
from pathway.errors import Collided, Forbidden
from pathway.idempotency import TRIES
from pathway.messages import actions, incoming
from pathway.messages.incoming import Outcome
from pathway.messages.queries import ever_texted
from pathway.messages.rules import SID, Purpose
from pathway.messages.verbs import Said, Verb, read
from pathway.staff import phones, tries
from pathway.staff.acting import public, who
from pathway.staff.doing import Doing
from pathway.staff.rules import may
from pathway.staff.secrecy import Guess

bp = Blueprint("inbound", __name__)

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
"""Exactly what the provider sends: a signature runs names and values together."""

_NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


@bp.post("/twilio/inbound")
@public
def receive() -> ResponseReturnValue:
    """Do what a text asks for, once, and answer by a text of our own."""
    if not signed_by_twilio():
        raise Forbidden("Only the provider of texts may call this.")
    form = request.form
    sender, sid = form.get("From", ""), form.get("MessageSid", "")
    sound = _NUMBER.fullmatch(sender) and SID.fullmatch(sid) and "Body" in form
    if sound and not incoming.known(sid):
        said = read(form["Body"], form.get("OptOutType", ""))
        if said.verb not in {Verb.STOP, Verb.START}:
            _count(sender)
        _take(sender, sid, said)
    return Response(_NOTHING, mimetype="text/xml")


def _count(sender: str) -> None:
    """Count a text before anything is done, in a transaction of its own.

    Raises:
        TooMany: there were too many from this number, or from strangers.
    """
    at = now()
    guesses: tuple[tuple[Guess, tuple[str, ...]], ...] = ((Guess.TEXT, (sender,)),)
    if phones.holder(sender) is None:
        guesses = ((Guess.STRANGER, (sender,)), (Guess.STRANGERS, ()))
    for guess, whose in guesses:
        tries.refuse_if_spent(at, guess, *whose)
    with transaction():
        for guess, whose in guesses:
            tries.count_try(at, guess, *whose)
        tries.sweep(at)


def _take(sender: str, sid: str, said: Said) -> None:
    """Do it; what collides with somebody else is done again, from its beginning."""
    for _ in range(TRIES - 1):
        with suppress(Collided):
            return _once(sender, sid, said)
    return _once(sender, sid, said)


def _once(sender: str, sid: str, said: Said) -> None:
    """Write down the text, what it causes and its answer: all of it, or nothing."""
    with transaction():
        member = phones.holder(sender)
        act = by_service(now())
        if member is not None:
            act = Act(
                act.at,
                member.id,
                member.name,
                member.roles,
                member.site_ids,
                organisation_id=member.organisation_id,
            )
        ident = incoming.take(act, sid, said.verb)
        if ident is None:
            return
        if member is not None:
            audit.record(act, "text in", f"text in:{ident}", {"verb": said.verb.value})
        words = _words(act, sender, ident, said)
        if words:
            key = f"in:{sid}"
            actions.queue(
                act, to=sender, body=words, purpose=Purpose.REPLY, staff_id=act.staff_id, key=key
            )


def _words(act: Act, sender: str, ident: int, said: Said) -> str | None:
    """Do what is asked and return what goes back.

    Nothing goes back upon STOP and START, nor is anybody too strange for them:
    the provider answers those itself. Of a number that we never sent a text
    nothing is kept: the provider tells us, should we ever try.
    """
    if said.verb is Verb.STOP:
        if act.staff_id is not None or ever_texted(sender):
            actions.stop(act, sender)
        return None
    if said.verb is Verb.START:
        actions.start(sender)
        return None
    if act.staff_id is None:
        incoming.settle(ident, Outcome.STRANGER)
        return stranger()
    told = answer(act, said, _key())
    incoming.settle(ident, told.outcome)
    return told.words


def short_codes() -> Mapping[str, str]:
    """Return the short codes of one's own list by reference, for those who hold by text."""
    act = who()
    if act is None or not may(act.roles, Doing.HOLD) or phones.phone_of(act.staff_id) is None:
        return {}
    return by_ref(act, _key())


def _key() -> str:
    return str(current_app.config["SECRET_KEY"])
