"""The shape of what is typed about a drug alert."""

from marshmallow import Schema

from pathway.fields import Day, text


class AlertForm(Schema):
    """The form that puts up a drug alert."""

    title = text(
        120, least=3, required=True, error_messages={"required": "Write what is going round."}
    )
    words = text(500, least=3, required=True, error_messages={"required": "Write what to do."})
    source = text(200, least=2, required=True, error_messages={"required": "Write who says so."})
    from_on = Day(required=True, error_messages={"required": "Give the first day."})
    until_on = Day(required=True, error_messages={"required": "Give the last day."})
