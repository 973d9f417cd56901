"""Signing in through an organisation's own provider: there, and back."""

import hmac
from collections.abc import Mapping

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from pathway.acts import by_service, now
from pathway.db import let_go, transaction
from pathway.errors import Absent
from pathway.sites.queries import public_lines
from pathway.staff import browser, identity, queries
from pathway.staff.acting import place, public, who
from pathway.staff.provider import BACK, Provider, Said, Unproven, Unreachable
from pathway.staff.queries import Credentials
from pathway.staff.secrecy import Guess, vouched_for
from pathway.staff.signing_in import WAITING_LASTS

bp = Blueprint("organisation", __name__)

BEGUN = "organisation"
"""Where the signed cookie keeps what was begun at the provider."""

DOWN = "Your organisation’s sign-in does not answer just now."
STALE = "That sign-in was begun too long ago, or in another browser."
REFUSED = "Your organisation’s sign-in did not let you in."
UNKNOWN = "Your organisation knows you, and Pathway does not know you by that."


@bp.get("/sign-in/organisation")
@public
def go() -> ResponseReturnValue:
    """Send the browser to the provider."""
    provider = _provider()
    if who() is not None:
        return redirect(url_for("desk.home"))
    browser.refuse_if_spent(Guess.PLACE)
    let_go()
    try:
        url, kept = provider.begin()
    except Unreachable:
        return _instead(DOWN), 503
    wanted = browser.after(request.args.get("next", ""))
    session[BEGUN] = {**kept, "next": wanted, "at": now().timestamp()}
    return redirect(url, code=303)


@bp.get(BACK)
@public
def back() -> ResponseReturnValue:
    """Sign in whoever the provider proves to be a member of its organisation's staff."""
    provider = _provider()
    begun = session.pop(BEGUN, {})
    if who() is not None:
        return redirect(url_for("desk.home"))
    browser.try_once((Guess.PLACE, (place(),)))
    try:
        said, known = _proven(provider, begun)
    except Unreachable:
        browser.forgive_place(place())
        return _instead(DOWN), 503
    except _NotLetIn as refusal:
        browser.note_wrong("wrong organisation sign-in", refusal.staff_id)
        return _instead(refusal.sentence), 403
    browser.forgive_place(place())
    onwards = browser.let_in(known, wanted=begun["next"], vouched=vouched_for(said.methods))
    if onwards is None:
        browser.note_wrong("wrong organisation sign-in", known.id)
        return _instead(REFUSED), 403
    return redirect(onwards, code=303)


class _NotLetIn(Exception):
    def __init__(self, sentence: str, staff_id: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.staff_id = staff_id


def _proven(provider: Provider, begun: Mapping[str, str]) -> tuple[Said, Credentials]:
    """Return who has come back; no connection to the database is held while the provider is asked.

    Raises:
        Unreachable: the provider is down or slow.
    """
    if not _is_ours(begun):
        raise _NotLetIn(STALE)
    let_go()
    try:
        said = provider.finish(request.args.get("code", ""), begun, now().timestamp())
    except Unproven as problem:
        raise _NotLetIn(REFUSED) from problem
    with transaction():
        known = identity.recognise(by_service(now()), said, provider.organisation)
    if known is None:
        meant = queries.credentials(said.email or "")
        raise _NotLetIn(UNKNOWN, meant.id if meant else None)
    return said, known


def _provider() -> Provider:
    provider: Provider | None = current_app.extensions.get("provider")
    if provider is None:
        raise Absent
    return provider


def _is_ours(begun: Mapping[str, str]) -> bool:
    """Return whether the answer belongs to what this very browser began a moment ago."""
    if not begun or now().timestamp() - float(begun["at"]) > WAITING_LASTS.total_seconds():
        return False
    told = request.args.get("state", "")
    return hmac.compare_digest(told.encode(), begun["state"].encode())


def _instead(sentence: str) -> str:
    return render_template("staff/organisation.html", sentence=sentence, lines=public_lines())
