"""The shape of measures outside the service."""

from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from pathway.fields import Day, Digits, text
from pathway.outreach.classify import BAND_NAMES
from pathway.reports.framework import NUMBERS
from pathway.reports.rules import Asked, Period, bad_period
from pathway.reports.sleeping import BREAKDOWNS, EVERYBODY, GROUPS
from pathway.reports.unmet import NUMBERS as AWAY_NUMBERS
from pathway.reports.unmet import PEOPLE

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


def _numbers(**options: Any) -> fields.Dict:
    return fields.Dict(keys=fields.String(), values=fields.Integer(), required=True, **options)


class RatioShown(Schema):
    """A share of something."""

    numerator = fields.Integer(required=True)
    denominator = fields.Integer(required=True)
    percent = fields.Float(required=True, allow_none=True)


def _ratios() -> fields.Dict:
    return fields.Dict(keys=fields.String(), values=fields.Nested(RatioShown), required=True)


class SleepingShown(Schema):
    """How many people slept rough."""

    first = fields.Date(data_key="from", required=True)
    last = fields.Date(data_key="to", required=True)
    people = fields.Integer(required=True)
    flow = fields.Integer(required=True)
    stock = fields.Integer(required=True)
    returner = fields.Integer(required=True)
    hidden = fields.Integer(required=True)
    unnamed = fields.Integer(required=True)
    shares = _ratios()
    by_gender = _numbers()
    by_nationality = _numbers()
    by_continent = _numbers()
    continent_shares = _ratios()
    definition = fields.String(required=True)
    source = fields.String(required=True)


class FrameworkMonthShown(Schema):
    """One month; its flags overlap and are never added up."""

    month = fields.String(required=True)
    people = fields.Integer(required=True)
    new = fields.Integer(required=True)
    long_term = fields.Integer(required=True)
    returner = fields.Integer(required=True)
    institution_leaver = fields.Integer(required=True)
    nights = _numbers(metadata={"example": dict.fromkeys(BAND_NAMES, 0)})


class FrameworkShown(Schema):
    """The month figures of the national framework."""

    first = fields.Date(data_key="from", required=True)
    last = fields.Date(data_key="to", required=True)
    months = fields.List(fields.Nested(FrameworkMonthShown), required=True)
    definition = fields.String(required=True)
    source = fields.String(required=True)


class UnmetNightShown(Schema):
    """One night; each person counts once."""

    night = fields.Date(required=True)
    people = fields.Integer(required=True)
    met_within_2h = fields.Integer(required=True)
    not_met = fields.Integer(required=True)
    pending = fields.Integer(required=True)


class UnmetShown(Schema):
    """How many people there was no bed for."""

    first = fields.Date(data_key="from", required=True)
    last = fields.Date(data_key="to", required=True)
    nights = fields.List(fields.Nested(UnmetNightShown), required=True)
    turned_away = fields.Integer(required=True)
    people = fields.Integer(required=True)
    met_within_2h = fields.Integer(required=True)
    not_met = fields.Integer(required=True)
    pending = fields.Integer(required=True)
    met = fields.Nested(RatioShown, required=True)
    by_need = _numbers()
    definition = fields.String(required=True)
    source = fields.String(required=True)


MOST_PAGES = 9_999
"""The last page that may be asked for (ours)."""

LONGEST_CODE = 20
"""The most characters of what people are divided by (ours)."""


class BehindAsked(Schema):
    """Which number's people are asked for, and which page of them."""

    group = fields.String(load_default=EVERYBODY, validate=validate.OneOf(list(GROUPS)))
    number = fields.String(load_default=EVERYBODY, validate=validate.OneOf(list(NUMBERS)))
    month = Day(load_default=None, validate=_near)
    gender = text(LONGEST_CODE)
    nationality = text(LONGEST_CODE)
    continent = text(LONGEST_CODE)
    page = Digits(load_default=1, validate=validate.Range(min=1, max=MOST_PAGES))

    @post_load
    def _facets(self, asked: dict[str, Any], **_: Any) -> dict[str, Any]:
        return asked | {"facets": {name: asked[name] for name in BREAKDOWNS if name in asked}}


class AwayBehindAsked(Schema):
    """Which number's people are asked for, of which night, and which page of them."""

    number = fields.String(load_default=PEOPLE, validate=validate.OneOf(list(AWAY_NUMBERS)))
    night = Day(load_default=None, validate=_near)
    page = Digits(load_default=1, validate=validate.Range(min=1, max=MOST_PAGES))
