"""The shape of what is typed about a drug alert."""

from marshmallow import Schema, fields

from pathway.fields import Day, text
from pathway.outreach.rules import LONGEST_ALERT


def _told(field: str, least: int, missing: str) -> fields.String:
    words = {"required": missing}
    return text(LONGEST_ALERT[field], least=least, required=True, error_messages=words)


class AlertForm(Schema):
    """The form that puts up a drug alert."""

    title = _told("title", 3, "Write what is going round.")
    words = _told("words", 3, "Write what to do.")
    source = _told("source", 2, "Write who says so.")
    from_on = Day(required=True, error_messages={"required": "Give the first day."})
    until_on = Day(required=True, error_messages={"required": "Give the last day."})
