"""What a text says of beds: no name, no confidential site, and one text wherever it can be."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pathway.beds.board import SiteTonight
from pathway.beds.rules import PlacementFacts
from pathway.messages.septets import first_fitting, is_gsm7, plain
from pathway.nights import clock
from pathway.sites.rules import SiteFacts

NO_SUCH_SITE = "That site cannot be held by text. Text BEDS for the codes, or use the screen."
"""The answer for a confidential site and for one that is not there: the two are alike."""

NO_SUCH_CODE = "That short code is not on your list. It stands beside the person on the screen."
TWO_ALIKE = "Two people on your list have that short code. Use the screen."
NO_HOLDING = "Your role does not hold beds. Ring the duty manager."
NO_RELEASING = "Your role does not release holds. Ring the duty manager."
NO_HOLD = "You have no hold running."
NO_SUCH_HOLD = "You have no such hold running. Text RELEASE alone for a list."
ON_THE_SCREEN = "That cannot be done by text. Use the screen, or ring the duty manager."

UNFIT = "That site does not take this person. The screen says why."
"""The answer where a rule says no: its own sentence tells of gender, needs or money."""

BELOW = "Choose another below."
"""What a page says above other beds; a text names them instead."""


def tonight(seen: Iterable[SiteTonight], at: datetime, public_line: str) -> str:
    """Return tonight's board as one text, which always ends with whom women ring.

    ``seen`` is what whoever asks may see of it; a confidential site gives its
    telephone number and nothing else.
    """
    sites = list(seen)
    free = {one.site.code: one.counts.free for one in sites if one.counts}
    shown = [one.site.code for one in sites if not one.site.confidential]
    ending = f"Women: ring {_womens_line(sites) or public_line}"
    return _fitted([(code, free.get(code, 0)) for code in shown], clock(at), ending)


def _womens_line(sites: Sequence[SiteTonight]) -> str | None:
    phones = (
        one.site.phone
        for one in sites
        if one.counts and one.site.confidential and one.site.women_only
    )
    return next((phone for phone in phones if phone and is_gsm7(phone)), None)


def _fitted(free: Iterable[tuple[str, int]], at: str, ending: str) -> str:
    found = sorted(((code, beds) for code, beds in free if beds > 0), key=lambda one: -one[1])
    if not found:
        return f"No bed free at {at}. {ending}"
    named = [f"{code} {beds}" for code, beds in found if is_gsm7(code)]
    return first_fitting(
        (
            f"Free at {at}: {_list(named[:shown], len(found) - shown)}. {ending}"
            for shown in range(len(named), 0, -1)
        ),
        f"Sites with free beds at {at}: {len(found)}. {ending}",
    )


def _list(named: Sequence[str], left: int) -> str:
    return ", ".join(named) + (f" +{left} more" if left else "")


def held(placement: PlacementFacts) -> str:
    """Return that a bed is held, and how it is given back."""
    until = f" until {clock(placement.expires_at)}" if placement.expires_at else ""
    where = f"bed {placement.bed_label}, {placement.site.code}"
    return plain(f"Held{until}: {where}. RELEASE gives it back.")


def released(placement: PlacementFacts) -> str:
    """Return that a bed was given back; a confidential site is not named."""
    if placement.site.confidential:
        return "Given back."
    return plain(f"Given back: bed {placement.bed_label}, {placement.site.code}.")


def which(choices: Sequence[tuple[str, str]], hidden: int) -> str:
    """Return how each of several holds is given back; ``hidden`` are on the screen alone."""
    named = [plain(f"RELEASE {site} {code}") for site, code in choices]
    return first_fitting(
        (
            f"Which? {', '.join(named[:shown])}{_unshown(len(named) - shown + hidden)}"
            for shown in range(len(named), 0, -1)
        ),
        f"{hidden + len(named)} holds of yours run. Give one back on the screen.",
    )


def _unshown(left: int) -> str:
    return f", +{left} on the screen" if left else ""


def refused(sentence: str, where: SiteFacts, others: Sequence[tuple[str, int]]) -> str:
    """Return a rule's refusal without the name of the site, with other beds where they fit."""
    told = sentence.replace(BELOW, "").replace(where.name, "that site").strip()
    told = plain(told[:1].upper() + told[1:])
    named = [f"{code} {free}" for code, free in others if is_gsm7(code)]
    return first_fitting(
        (f"{told} Free: {', '.join(named[:shown])}." for shown in range(len(named), 0, -1)), told
    )
