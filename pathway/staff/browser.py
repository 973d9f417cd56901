"""What a browser carries of its sign-in, and how it is let in."""

import re

from flask import current_app, request, session, url_for

from pathway.acts import Act, by_service, now
from pathway.db import transaction
from pathway.staff import queries, signing_in, tries
from pathway.staff.acting import SESSION_SECRET, place
from pathway.staff.actions import secret_hash
from pathway.staff.factor import Vault
from pathway.staff.queries import Credentials, Waiting
from pathway.staff.secrecy import NEEDS_SECOND_FACTOR, Guess, Step

SIGN_IN = SESSION_SECRET
SCREEN = "screen"
SHARE = "share"
WANTED = "wanted"
"""The names of what stands in the signed cookie: secrets, a wish, and a page to go on to."""

_OURS = re.compile(r"/(?![/\\])[!-\[\]-~]*")
"""An address that cannot lead to another host: one slash, printable ASCII, no backslash."""

_DEVICES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android phone or tablet"),
    ("Windows", "Windows computer"),
    ("Macintosh", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux computer"),
)


def vault() -> Vault:
    """Return what encrypts second factors."""
    made: Vault = current_app.extensions["vault"]
    return made


def device() -> str:
    """Return in plain words what kind of device asks."""
    agent = request.user_agent.string
    return next((words for sign, words in _DEVICES if sign in agent), "Unknown device")


def waiting() -> Waiting | None:
    """Return the sign-in of this browser that waits for a second factor."""
    if SIGN_IN not in session:
        return None
    return queries.waiting(secret_hash(session[SIGN_IN]), now())


def this_screen() -> int | None:
    """Return the shared screen that this browser is, if it is one."""
    return queries.screen(secret_hash(session[SCREEN])) if SCREEN in session else None


def let_in(known: Credentials, *, vouched: bool = False) -> Step | None:
    """Begin a sign-in for somebody who proved who they are; return what is asked next."""
    everybody = bool(current_app.config["SECOND_FACTOR_FOR_ALL"])
    step = signing_in.asked_next(known, everybody=everybody, vouched=vouched)
    if step is None:
        complete(known.id)
        return None
    act = Act(now(), known.id, "")
    with transaction():
        _end_old(act)
        secret = signing_in.begin(act, known.id, waits_for=step, device=device())
    session[SIGN_IN] = secret
    return step


def complete(staff_id: int) -> None:
    """Sign somebody in under a new secret; nothing of the session before stays but the screen."""
    act = Act(now(), staff_id, "")
    kept = {SCREEN: session[SCREEN]} if SCREEN in session else {}
    screen_id = this_screen()
    with transaction():
        _end_old(act)
        if session.get(SHARE) and screen_id is None:
            screen_id, kept[SCREEN] = signing_in.share_screen(act)
        if screen_id is not None and not NEEDS_SECOND_FACTOR & queries.roles_of(staff_id):
            signing_in.join_screen(act, staff_id, screen_id)
        secret = signing_in.begin(act, staff_id, device=device(), screen_id=screen_id)
    session.clear()
    session.update(kept)
    session[SIGN_IN] = secret


def after(wanted: str) -> str:
    """Return where to go after signing in: only ever a page of ours."""
    return wanted if _OURS.fullmatch(wanted) else url_for("desk.home")


def try_once(*tried: tuple[Guess, tuple[object, ...]]) -> None:
    """Count tries before they are judged, in a transaction of their own.

    Raises:
        TooMany: one of the limits is reached.
    """
    at = now()
    for guess, who in tried:
        tries.refuse_if_spent(at, guess, *who)
    with transaction():
        for guess, who in tried:
            tries.count_try(at, guess, *who)


def refuse_if_spent(guess: Guess) -> None:
    """Refuse a place that has guessed too often, without writing anything.

    Raises:
        TooMany: the limit is reached.
    """
    tries.refuse_if_spent(now(), guess, place())


def forgive(guess: Guess, *who: object) -> None:
    """Forget the tries of somebody who got it right."""
    with transaction():
        tries.forgive(guess, *who)


def note_wrong(what: str, staff_id: int | None) -> None:
    """Record that somebody was not let in, in a transaction of its own."""
    with transaction():
        signing_in.note_wrong(by_service(now()), what, staff_id)


def _end_old(act: Act) -> None:
    if SIGN_IN in session:
        signing_in.end(act, session[SIGN_IN])
