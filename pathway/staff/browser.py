"""What a browser carries of its sign-in, and how it is let in."""

import re

from flask import current_app, request, session, url_for

from pathway.acts import Act, by_service, now
from pathway.db import transaction
from pathway.errors import Invalid, Refused, Unauthorised
from pathway.staff import actions, queries, signing_in, tries
from pathway.staff.acting import SESSION_SECRET, place
from pathway.staff.actions import secret_hash
from pathway.staff.factor import Vault
from pathway.staff.queries import Credentials, Waiting
from pathway.staff.secrecy import Guess, Step

SIGN_IN = SESSION_SECRET
SCREEN = "screen"
SHARE = "share"
WANTED = "wanted"
BY_PIN = "by_pin"
"""The names of what stands in the signed cookie: secrets, a wish, a page to go on to, a mark."""

_OURS = re.compile(r"/(?![/\\])[!-\[\]-~]*")
"""An address that cannot lead to another host: one slash, printable ASCII, no backslash."""

WRONG = "That password is not right. Type the one you sign in with."

PIN_IS_NOT_ENOUGH = "A PIN is not enough for this. Sign out, sign in in full, and try again."

PAGES = {Step.CODE: "staff.code", Step.SET_UP: "staff.set_up"}
"""Where each further step is asked for."""

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


def by_pin() -> bool:
    """Return whether this browser's sign-in was begun with a PIN."""
    return bool(session.get(BY_PIN))


def let_in(known: Credentials, *, wanted: str, vouched: bool = False) -> str | None:
    """Begin a sign-in for somebody who proved who they are; return the page to go on to.

    None when what they proved it with was replaced meanwhile, or they left.
    """
    everybody = bool(current_app.config["SECOND_FACTOR_FOR_ALL"])
    step = signing_in.asked_next(known, everybody=everybody, vouched=vouched)
    if step is None:
        return after(wanted) if _complete(known.id, known) else None
    act = Act(now(), known.id, "")
    with transaction():
        if not signing_in.still_stands(known):
            return None
        _end_old(act)
        secret = signing_in.begin(act, known.id, waits_for=step, device=device())
    kept = {name: session[name] for name in (SCREEN, SHARE) if name in session}
    _carry({**kept, WANTED: after(wanted), SIGN_IN: secret})
    return url_for(PAGES[step])


def go_on(waiting: Waiting) -> str:
    """Sign in whoever passed the second step, once; return the page they wanted.

    Raises:
        Unauthorised: the sign-in that waited has ended meanwhile.
    """
    wanted = after(session.get(WANTED, ""))
    if not _complete(waiting.staff_id):
        raise Unauthorised
    return wanted


def _complete(staff_id: int, judged: Credentials | None = None) -> bool:
    """Sign somebody in under a new secret; nothing of the session before stays but the screen.

    Return whether what they were judged by still stands: it is ``judged``, or
    else the sign-in of this browser that waited for a second step.
    """
    act = Act(now(), staff_id, "")
    kept = {SCREEN: session[SCREEN]} if SCREEN in session else {}
    screen_id = this_screen()
    with transaction():
        actions.hold(staff_id)
        if judged is not None and not signing_in.still_stands(judged):
            return False
        if _end_old(act) != staff_id and judged is None:
            return False
        if session.get(SHARE) and screen_id is None:
            screen_id, kept[SCREEN] = signing_in.share_screen(act)
        if screen_id is not None:
            signing_in.join_screen(act, staff_id, screen_id)
            tries.forgive(Guess.PIN, screen_id, staff_id)
        secret = signing_in.begin(act, staff_id, device=device(), screen_id=screen_id)
    _carry({**kept, SIGN_IN: secret})
    return True


def come_back(judged: Credentials, screen_id: int) -> bool:
    """Sign somebody in on a shared screen with a PIN, no longer than until their shift ends.

    Return whether the PIN that was judged is still enough there.
    """
    act = Act(now(), judged.id, "")
    with transaction():
        until = signing_in.pin_stands_until(act, judged, screen_id)
        if until is None:
            return False
        _end_old(act)
        secret = signing_in.begin(act, judged.id, device=device(), screen_id=screen_id, until=until)
    _carry({SCREEN: session[SCREEN], SIGN_IN: secret, BY_PIN: True})
    return True


def _carry(kept: dict[str, object]) -> None:
    """Let the cookie carry this and nothing of before, the token of its forms included."""
    session.clear()
    session.update(kept)


def after(wanted: str) -> str:
    """Return where to go after signing in: only ever a page of ours."""
    return wanted if _OURS.fullmatch(wanted) else url_for("desk.home")


def confirm(known: Credentials) -> None:
    """Ask for the password again: a PIN or a screen left alone is not enough for this.

    Raises:
        Invalid: it is wrong.
        Refused: they have none and came back with a PIN.
        TooMany: it was guessed at too often.
    """
    if known.password_hash is None:
        if by_pin():
            raise Refused(PIN_IS_NOT_ENOUGH)
        return
    try_once((Guess.AGAIN, (known.id,)))
    if not signing_in.is_password_of(known, request.form.get("current_password", "")):
        note_wrong("wrong password", known.id)
        raise Invalid({"current_password": [WRONG]})
    forgive(Guess.AGAIN, known.id)


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
        tries.sweep(at)


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


def forgive_password(email: str, here: str) -> None:
    """Count a right password nowhere: a place and an address lose only this one try."""
    with transaction():
        tries.forgive(Guess.PASSWORD, email, here)
        tries.take_back(Guess.PLACE, here)
        tries.take_back(Guess.ACCOUNT, email)


def forgive_place(here: str) -> None:
    """Count nothing against a place for a try that was right, or that failed by no fault of it."""
    with transaction():
        tries.take_back(Guess.PLACE, here)


def note_wrong(what: str, staff_id: int | None) -> None:
    """Record that somebody was not let in, in a transaction of its own."""
    with transaction():
        signing_in.note_wrong(by_service(now()), what, staff_id)


def _end_old(act: Act) -> int | None:
    return signing_in.end(act, session[SIGN_IN]) if SIGN_IN in session else None
