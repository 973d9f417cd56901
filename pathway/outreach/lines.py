"""The entries of a line of time that outreach holds: contacts and promises."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from pathway.db import run
from pathway.nights import day
from pathway.outreach.models import Contact, Promise, Spot
from pathway.outreach.promises import of_the_team
from pathway.outreach.rules import ContactKind, Hidden, Naloxone, Offer
from pathway.outreach.sight import visible
from pathway.people.lines import AUTHOR, PERSON, page, signed
from pathway.people.timeline import Entry, Look, Source
from pathway.sites.models import Organisation
from pathway.staff.models import Staff

_TOLD = {
    "place": Contact.place,
    "spot": Spot.name,
    "present": Contact.present,
    "offered": Contact.offered,
    "naloxone": Contact.naloxone,
    "overdose": Contact.overdose,
    "moved_on": Contact.moved_on,
    "hidden": Contact.hidden,
    "notes": Contact.notes,
}

_CONTACTS = page(
    select(Contact.id, Contact.at, Contact.kind, Contact.struck_at, *_TOLD.values())
    .add_columns(Contact.staff_id, Staff.name, Contact.staff_name, Organisation.name)
    .outerjoin(Spot, Spot.id == Contact.spot_id)
    .outerjoin(Staff, Staff.id == Contact.staff_id)
    .outerjoin(Organisation, Organisation.id == Contact.organisation_id)
    .where(Contact.person_id == PERSON),
    Contact.at,
    Contact.id,
)


def contacts(look: Look) -> list[Entry]:
    """Return the contacts that the reader may see."""
    rows = run(_CONTACTS.where(visible(look.act)), **look.values(Source.CONTACT))
    return [_contact(look, *row) for row in rows]


def _contact(look: Look, ident: int, at: Any, kind: str, struck_at: Any, *rest: Any) -> Entry:
    told = dict(zip(_TOLD, rest, strict=False))
    staff_id, name, typed, organisation = rest[len(_TOLD) :]
    return Entry(
        at,
        Source.CONTACT,
        ident,
        ContactKind(kind).words,
        _in_words(told),
        look.author(staff_id, name or typed, organisation),
        struck=struck_at is not None,
        opens=ident,
    )


def _in_words(told: Mapping[str, Any]) -> str:
    """Return what is told of a contact, a sentence each."""
    offers = ", ".join(Offer(one).words.lower() for one in told["offered"].split(";") if one)
    naloxone = told["naloxone"]
    parts = (
        ", ".join(dict.fromkeys(filter(None, (told["spot"], told["place"])))),
        Hidden(told["hidden"]).words if told["hidden"] else "",
        f"There: {told['present']}" if told["present"] else "",
        f"Offered: {offers}" if offers else "",
        f"Naloxone: {Naloxone(naloxone).words.lower()}" if naloxone else "",
        "Overdose" if told["overdose"] else "",
        "Moved on by enforcement" if told["moved_on"] else "",
        told["notes"] or "",
    )
    return ". ".join(part.strip().rstrip(".") for part in parts if part.strip())


_PROMISES = page(
    signed(
        select(Promise.id, Promise.at, Promise.words, Promise.due_on, Promise.kept, *AUTHOR)
        .select_from(Promise)
        .where(Promise.person_id == PERSON),
        Promise.by,
    ),
    Promise.at,
    Promise.id,
)


def promises(look: Look) -> list[Entry]:
    """Return what the reader's team promised somebody, and whether it was kept."""
    rows = run(_PROMISES.where(of_the_team(look.act)), **look.values(Source.PROMISE))
    return [
        Entry(
            at,
            Source.PROMISE,
            ident,
            f"Promised: {words}",
            f"By {day(due_on)}. {_kept(kept)}",
            look.author(*author),
        )
        for ident, at, words, due_on, kept, *author in rows
    ]


def _kept(kept: bool | None) -> str:
    return {None: "Not settled yet", True: "Kept", False: "Not kept"}[kept]
