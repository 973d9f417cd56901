"""The shape of the forms of street counts."""

from typing import Any

from marshmallow import Schema, fields, validate

from pathway.fields import Day, Ident, text
from pathway.outreach.count_rules import (
    LONGEST_NAME,
    LONGEST_SOURCE,
    LONGEST_WALKERS,
    LONGEST_WHY,
    MOST_COUNTED,
)
from pathway.outreach.rules import COUNTED_ON_THE_STREET, LONGEST_PLACE, ContactKind
from pathway.people.rules import NAME_LENGTH, REF_LENGTH
from pathway.sites.rules import Gender

LONGEST_AREAS = 4_000
"""The most characters of all areas, one on each line (ours)."""


def _told(words: str) -> dict[str, Any]:
    return {"required": True, "error_messages": {"required": words}}


class CountForm(Schema):
    """A new count: its night, its hours, and its areas, one on each line."""

    name = text(LONGEST_NAME, least=1, **_told("Write a name, such as “June 2026”."))
    night = Day(**_told("Choose the night."))
    starts = fields.Time("%H:%M", **_told("Write when it starts."))
    ends = fields.Time("%H:%M", **_told("Write when it ends."))
    areas = text(LONGEST_AREAS, least=1, **_told("Write at least one area."))


class EarlierForm(Schema):
    """The figure of an earlier count, and where it stands."""

    name = text(LONGEST_NAME, least=1, **_told("Write a name, such as “June 2024”."))
    night = Day(**_told("Choose the night."))
    counted = fields.Integer(
        validate=validate.Range(0, MOST_COUNTED), **_told("Write how many were counted.")
    )
    source = text(LONGEST_SOURCE, least=1, **_told("Write where the figure comes from."))


class AreaForm(Schema):
    """One more area of a count."""

    name = text(LONGEST_NAME, least=1, **_told("Write its name."))
    team = text(LONGEST_WALKERS, least=1)


class SightingForm(Schema):
    """Somebody met at a count: known by a reference, or described."""

    kind = fields.Enum(ContactKind, by_value=True, **_told("Tap how you found them."))
    met = fields.Time("%H:%M")
    place = text(LONGEST_PLACE, least=1)
    description = text(NAME_LENGTH, least=1)
    person = text(REF_LENGTH, least=1)
    gender = fields.Enum(Gender, by_value=True)


class UndoForm(Schema):
    """A sighting that is taken back."""

    contact = Ident(**_told("Choose a sighting from the list."))


class PairForm(Schema):
    """Two people of a count."""

    one = text(REF_LENGTH, least=1, **_told("Choose a pair from the list."))
    other = text(REF_LENGTH, least=1, **_told("Choose a pair from the list."))


class WhyForm(Schema):
    """A reason, where one is given."""

    why = text(LONGEST_WHY, least=1)


COUNTED = {kind.value: kind.words for kind in COUNTED_ON_THE_STREET}
"""What a team chooses from."""

GENDERS = {one.value: one.value.replace("_", " ").capitalize() for one in Gender}
