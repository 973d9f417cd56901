"""Who may be meant by what somebody types or records, also by where they were seen lately."""

from collections.abc import Collection

from pathway import audit
from pathway.acts import Act
from pathway.db import transaction
from pathway.outreach import queries as outreach
from pathway.people import alike, sameness
from pathway.people.likeness import Likely, Told, told_of
from pathway.people.rules import PersonFacts


def likely(act: Act, told: Told, *, but: Collection[int] = ()) -> list[Likely]:
    """Return who may be meant, most alike first."""
    places = outreach.places_lately(act) if told.seen else None
    return alike.likely(act, told, but=but, places=places)


def like(act: Act, person: PersonFacts) -> list[Likely]:
    """Return who may be recorded as somebody else and be this person.

    Whoever was said not to be them is left out.
    """
    seen = outreach.places_lately(act).get(person.id, ())
    not_them = sameness.not_the_same(person.id)
    return likely(act, told_of(person, seen), but={person.id, *not_them})


def note(act: Act, found: list[Likely], subject: str = "list:people") -> None:
    """Write down who was shown as likely, in the transaction at hand."""
    refs = [one.person.ref for one in found]
    audit.record(act, "show people alike", subject, people=refs)


def shown(act: Act, told: Told) -> list[Likely]:
    """Return who may be meant and write down that they were shown."""
    found = likely(act, told)
    with transaction():
        note(act, found)
    return found
