"""The shape of waits outside the service."""

from marshmallow import Schema, fields, validate

from pathway.beds.turn import NO_SUCH_PRIORITY, PRIORITIES, USUAL
from pathway.fields import Instant, text

_PRIORITY = validate.OneOf(list(PRIORITIES), error=NO_SUCH_PRIORITY)


class WaitAsked(Schema):
    """Who is to wait for a bed, where, and how soon their turn comes: 1 comes first."""

    person = text(40, least=1, required=True)
    site = text(40, least=1, required=True)
    priority = fields.Integer(strict=True, load_default=USUAL, validate=_PRIORITY)


class WaitForm(Schema):
    """The same, typed."""

    person = text(40, least=1, required=True)
    site = text(40, least=1, required=True)
    priority = fields.Integer(load_default=USUAL, validate=_PRIORITY)


class PriorityForm(Schema):
    """How soon somebody's turn comes."""

    priority = fields.Integer(
        required=True, validate=_PRIORITY, error_messages={"required": NO_SUCH_PRIORITY}
    )


class WaitShown(Schema):
    """That somebody waits for a bed: ``waiting``, ``offered``, ``withdrawn`` or ``ended``."""

    id = fields.String(required=True)
    person = fields.String(required=True)
    site = fields.String(required=True)
    priority = fields.Integer(required=True)
    since = Instant(required=True)
    status = fields.String(required=True)
    placement = fields.String(required=True, allow_none=True)


class PlaceShown(WaitShown):
    """The same, with the place on the list; ``reason`` is why nothing is offered just now."""

    place = fields.Integer(required=True)
    reason = fields.String(required=True, allow_none=True)


class QueueShown(Schema):
    """The list of a site in turn; ``closed`` is how many records on it are closed to one."""

    items = fields.List(fields.Nested(PlaceShown), required=True)
    next = fields.String(required=True, allow_none=True)
    closed = fields.Integer(required=True)
