"""What the pages about one person share: whose they are, who may write, and a form read."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from marshmallow import Schema

from pathway import audit, fields
from pathway.acts import Act
from pathway.beds.care import may_edit, may_record
from pathway.db import transaction
from pathway.errors import Absent, Forbidden
from pathway.people import queries
from pathway.people.rules import PersonFacts

OWN_RESIDENTS = "You write about your own residents only. Ring their worker."


def open_person(act: Act, ref: str) -> PersonFacts:
    """Return whose page it is.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
    """
    person = queries.whole_person(act, ref)
    if person is None:
        raise Absent(glass=url_for("record.glass", ref=ref))
    return person


def writable(act: Act, ref: str) -> PersonFacts:
    """Return of whom something is written: hubs write of their residents only.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
        Forbidden: they are no resident of a site that whoever acts runs.
    """
    person = open_person(act, ref)
    if not may_record(act, person):
        raise Forbidden(OWN_RESIDENTS)
    return person


def editable(act: Act, ref: str) -> PersonFacts:
    """Return whose record is changed: hubs change those of their residents only.

    Raises as :func:`writable`.
    """
    person = open_person(act, ref)
    if not may_edit(act, person):
        raise Forbidden("You change the records of your own residents only. Ring their worker.")
    return person


def note_view(act: Act, what: str, person: PersonFacts) -> None:
    """Write down that somebody saw what is found out about a person."""
    with transaction():
        audit.record(act, what, f"person:{person.ref}")


def loaded(form: type[Schema], typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return a form's values; a field left empty is as if it were not there.

    Raises:
        Invalid: a value is wrong.
    """
    said = {name: value for name, value in typed.items() if value not in ("", [])}
    return fields.loaded(form, said)
