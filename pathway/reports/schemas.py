"""The shape of measures outside the service."""

from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validates_schema

from pathway.fields import Day
from pathway.reports.rules import Asked, Period, bad_period

YEARS = range(1990, 2200)
"""The years that a night may be in (ours)."""


def _near(night: date) -> None:
    if night.year not in YEARS:
        msg = "That night is too far away."
        raise ValidationError(msg)


class PeriodAsked(Schema):
    """The nights from first to last, as they are known by a day; both may be unsaid."""

    first = Day(data_key="from", validate=_near)
    last = Day(data_key="to", validate=_near)
    as_of = Day(validate=_near)

    @validates_schema
    def _in_order(self, asked: dict[str, Any], **_: Any) -> None:
        if ("first" in asked) != ("last" in asked):
            missing = "to" if "first" in asked else "from"
            raise ValidationError("Say both, or neither.", missing)
        fault = bad_period(Period(asked["first"], asked["last"])) if "first" in asked else None
        if fault:
            raise ValidationError(fault, "to")

    @post_load
    def _asked(self, asked: dict[str, Any], **_: Any) -> Asked:
        whole = Period(asked["first"], asked["last"]) if "first" in asked else None
        return Asked(whole, asked.get("as_of"))


class NightsShown(Schema):
    """Nights added up."""

    bed_nights = fields.Integer(required=True)
    occupied = fields.Integer(required=True)
    over = fields.Integer(required=True)
    void = fields.Integer(required=True)
    turnaround = fields.Integer(required=True)
    percent = fields.Float(required=True, allow_none=True)


class MonthShown(NightsShown):
    """One month."""

    month = fields.String(required=True)


class SiteNightsShown(NightsShown):
    """One site."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    by_month = fields.List(fields.Nested(MonthShown), required=True)


class OccupancyShown(Schema):
    """How full sites were."""

    first = fields.Date(data_key="from", required=True)
    last = fields.Date(data_key="to", required=True)
    sites = fields.List(fields.Nested(SiteNightsShown), required=True)
    definition = fields.String(required=True)
    source = fields.String(required=True)
