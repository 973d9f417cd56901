"""What a text from a member of staff does, and what it is answered.

A sender's number can be forged, so a text does only what a worker can undo at
once, and learns nothing of anybody.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pathway import audit
from pathway.acts import Act
from pathway.beds import actions, board, lately, texts, turning
from pathway.beds.rules import ALREADY_PLACED, PlacementFacts, PlacementStatus
from pathway.beds.shortcodes import by_code, short_code
from pathway.beds.sight import may_see
from pathway.db import db
from pathway.duty import actions as duty
from pathway.duty import walks
from pathway.duty.queries import alarms, walk_of
from pathway.errors import Absent, Busy, Invalid, Refused, Telling, Unfit
from pathway.messages.incoming import Outcome
from pathway.messages.septets import plain
from pathway.messages.verbs import Said, Verb
from pathway.sites import queries as sites
from pathway.sites.queries import public_lines
from pathway.sites.rules import SiteFacts
from pathway.staff.doing import Doing
from pathway.staff.rules import may, scope

HELP = "Text BEDS for free beds{holding}. OK and its number answers an alarm. STOP ends texts."
WHICH_ALARM = "Which alarm? Text OK and its number. Open Pathway for a list."
NO_SUCH_ALARM = "There is no such alarm, or it did not go to you. Open Pathway for a list."
SAFE = "Good: your walk is over. Was this not you? Ring the duty manager at once."
NOT_OUT = "You are safe: no walk of yours runs."
HOLDING = ", HOLD with site code and short code, RELEASE to give it back, SAFE after a walk"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a text, and the words that go back."""

    outcome: Outcome
    words: str


def answer(act: Act, said: Said, key: str) -> Answer:
    """Do what a text asks for; a refusal leaves nothing behind but its sentence.

    ``key`` is what short codes are worked out with.
    """
    return _VERBS[said.verb](act, said, key)


def stranger() -> str:
    """Return what a number of nobody's is told: public lines and nothing else."""
    lines = {line.code: line for line in public_lines()}
    rts, danger = lines["rts"], lines["emergency"]
    told = f"This number is for staff only. {rts.name}: {rts.phone}. {rts.note}."
    return plain(f"{told} In danger ring {danger.phone}.")


def _beds(act: Act, _said: Said, _key: str) -> Answer:
    seen = board.tonight(act.at, scope(act, Doing.COUNT_BEDS))
    public = next(line.phone for line in public_lines() if line.code == "rts") or ""
    return _done(texts.tonight(seen.sites, act.at, public))


def _hold(act: Act, said: Said, key: str) -> Answer:
    if not may(act.roles, Doing.HOLD):
        return _refused(texts.NO_HOLDING)
    where = _open_sites().get(said.site or "")
    if where is None:
        return _refused(texts.NO_SUCH_SITE)
    meant = by_code(act, key).get(said.code or "", [])
    if len(meant) != 1:
        return _refused(texts.TWO_ALIKE if meant else texts.NO_SUCH_CODE)
    person = meant[0]
    try:
        with db.session.begin_nested():
            placement = actions.hold(act, person=person.ref, site=where.code)
    except Busy:
        raise
    except Refused as refusal:
        _note(act, refusal)
        if refusal.in_vain is not None:
            turning.note(act, refusal.in_vain)
        words = _sentence(refusal, where)
        return _refused(texts.ON_THE_SCREEN if person.name in words else words)
    return _done(texts.held(placement))


def _release(act: Act, said: Said, key: str) -> Answer:
    if not may(act.roles, Doing.KEEP_HOLD):
        return _refused(texts.NO_RELEASING)
    mine = _running(act)
    meant = [one for one in mine if _is_meant(act, one, said, key)]
    if len(meant) != 1:
        return _refused(_which(act, mine, said, key))
    try:
        with db.session.begin_nested():
            placement = actions.release(act, meant[0].id)
    except Busy:
        raise
    except Refused as refusal:
        _note(act, refusal)
        return _refused(texts.ON_THE_SCREEN)
    return _done(texts.released(placement))


def _running(act: Act) -> list[PlacementFacts]:
    """Return the holds of whoever texts that run, those at confidential sites too."""
    keeps = scope(act, Doing.KEEP_HOLD)
    return [
        one
        for one in lately.made_by(act)
        if one.status_at(act.at) is PlacementStatus.HELD
        and may_see(act, one)
        and keeps.covers(one.site, one.made_by)
    ]


def _is_meant(act: Act, placement: PlacementFacts, said: Said, key: str) -> bool:
    """Return whether a hold is what a text names; nobody names a confidential site."""
    if said.site is None:
        return True
    code = short_code(key, act.staff_id or 0, placement.person.ref)
    named = (placement.site.code.casefold(), code)
    return not placement.site.confidential and named == (said.site, said.code)


def _which(act: Act, mine: list[PlacementFacts], said: Said, key: str) -> str:
    if not mine:
        return texts.NO_HOLD
    if said.site is not None:
        return texts.NO_SUCH_HOLD
    shown = [one for one in mine if not one.site.confidential]
    codes = [short_code(key, act.staff_id or 0, one.person.ref).upper() for one in shown]
    choices = [(one.site.code, code) for one, code in zip(shown, codes, strict=True)]
    return texts.which(choices, len(mine) - len(shown))


def _acknowledge(act: Act, said: Said, _key: str) -> Answer:
    """Answer for an alarm: the one that is named, or the only open one.

    Whoever owns the number is told that they have it: a forged text shows.
    """
    alarm = said.number or _only_alarm(act)
    if alarm is None:
        return _refused(WHICH_ALARM)
    try:
        with db.session.begin_nested():
            duty.acknowledge(act, alarm)
    except Busy:
        raise
    except Absent as refusal:
        _note(act, refusal)
        return _refused(NO_SUCH_ALARM)
    except Refused:
        return _refused(f"Somebody else has alarm {alarm} already.")
    return _done(f"You have alarm {alarm}. Was this not you? Open Pathway and tell your lead.")


def _only_alarm(act: Act) -> int | None:
    unanswered = [one.id for one in alarms(act, act.at) if one.answered_at is None]
    return unanswered[0] if len(unanswered) == 1 else None


def _safe(act: Act, _said: Said, _key: str) -> Answer:
    """End the walk of whoever texts; they are told so, because a number can be forged."""
    out = walk_of(act) is not None
    walks.safe(act)
    return _done(SAFE if out else NOT_OUT)


def _help(act: Act, _said: Said, _key: str) -> Answer:
    holding = HOLDING if may(act.roles, Doing.HOLD) else ""
    return _done(HELP.format(holding=holding))


_VERBS: Mapping[Verb, Callable[[Act, Said, str], Answer]] = {
    Verb.BEDS: _beds,
    Verb.HOLD: _hold,
    Verb.RELEASE: _release,
    Verb.OK: _acknowledge,
    Verb.SAFE: _safe,
    Verb.HELP: _help,
}


def _open_sites() -> dict[str, SiteFacts]:
    """Return the sites that a text may name, by code as it is typed in small."""
    return {site.code.casefold(): site for site in sites.sites() if not site.confidential}


def _sentence(refusal: Refused, where: SiteFacts) -> str:
    """Return a refusal as it may travel: no name, nothing about anybody, never where they are."""
    if isinstance(refusal, Telling):
        return ALREADY_PLACED
    if isinstance(refusal, Invalid):
        return texts.ON_THE_SCREEN
    shown = _open_sites()
    others = [
        (one["site"], one["free"])
        for one in refusal.extra.get("alternatives", ())
        if one["hold"] and one["site"].casefold() in shown
    ]
    detail = texts.UNFIT if isinstance(refusal, Unfit) else refusal.detail
    return texts.refused(detail, where, others)


def _note(act: Act, refusal: Refused) -> None:
    """Record that somebody was kept from something, as a page does."""
    if refusal.denial:
        audit.record(act, audit.DENIED, "route:inbound.receive", {"status": refusal.status})


def _done(words: str) -> Answer:
    return Answer(Outcome.DONE, words)


def _refused(words: str) -> Answer:
    return Answer(Outcome.REFUSED, words)
