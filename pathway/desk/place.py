"""What a lead says of their site: where it is, whom it takes, its numbers and its beds."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, Schema, ValidationError, fields

from pathway.acts import Act
from pathway.beds import board, rooms
from pathway.beds.rooms import Room
from pathway.db import transaction
from pathway.errors import Absent, Invalid, Refused
from pathway.fields import as_chosen, sentences
from pathway.people.rules import WarningKind
from pathway.sites import actions, queries
from pathway.sites.queries import SiteDetails
from pathway.sites.rules import HOLD_LENGTH, HOLD_MINUTES, SETTINGS, USUAL, SiteFacts
from pathway.sites.schemas import RoomsForm, SiteForm
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

bp = Blueprint("place", __name__)

LABELS: Mapping[str, str] = {
    "phone": "Telephone",
    "pickup_point": "Pick-up point",
    "address": "Address",
    "nominations": "Nomination shares",
    "intake_from": "Takes people in from",
    "intake_to": "Takes people in until",
    "dogs": "Dogs",
    "couples": "Couples",
    "max_support_level": "Largest support level",
    "refuses": "Warnings with which it takes nobody",
    "turnaround": "Beds are made ready after somebody leaves",
    "hold_minutes": HOLD_LENGTH.label,
    **{name: setting.label for name, setting in SETTINGS.items()},
}
"""What each field of the form is called."""

WarnedForm = SiteForm.from_dict(
    {"refuses": fields.List(fields.Enum(WarningKind, by_value=True), load_default=list)},
    name="WarnedForm",
)
"""What is typed of a site, with the warnings that people know and sites do not."""


@bp.get("/sites/<code>/edit")
@permits(Doing.DESCRIBE_SITE)
def edit(code: str) -> ResponseReturnValue:
    """Show what is known of a site, to be changed."""
    site, known = _mine(this_act(), code)
    return _page(site, _typed(site, known), {})


@bp.post("/sites/<code>/edit")
@permits(Doing.DESCRIBE_SITE)
def save(code: str) -> ResponseReturnValue:
    """Record it, unless somebody else was quicker."""
    act = this_act()
    site, _ = _mine(act, code)
    typed = {**dict.fromkeys(LABELS, ""), "version": "", **request.form.to_dict()}
    typed["refuses"] = ";".join(sorted(request.form.getlist("refuses")))
    try:
        refuses = typed["refuses"].split(";") if typed["refuses"] else ""
        told = _loaded(WarnedForm(unknown=EXCLUDE), typed | {"refuses": refuses})
        with transaction():
            actions.describe(act, site, told.pop("version"), told)
    except Invalid as fault:
        return _page(site, typed, fault.errors), 422
    except Refused as refusal:
        newest = _typed(*_mine(act, code))
        typed["version"] = newest["version"]
        return _page(site, typed, {"phone": [refusal.detail]}, newest), 409
    return redirect(url_for("desk.home"), code=303)


@bp.get("/sites/<code>/rooms")
@permits(Doing.DESCRIBE_SITE)
def show_rooms(code: str) -> ResponseReturnValue:
    """Show what is known of each bed, to be changed."""
    return _rooms_page(this_act(), code, {})


@bp.post("/sites/<code>/rooms")
@permits(Doing.DESCRIBE_SITE)
def save_rooms(code: str) -> ResponseReturnValue:
    """Record it, unless somebody else was quicker."""
    act = this_act()
    site, _ = _mine(act, code)
    lists = {name: request.form.getlist(name) for name in ("bed", *_OF_A_BED)}
    try:
        told = _loaded(RoomsForm(), {**lists, "version": request.form.get("version", "")})
        said = zip(*(told[name] for name in _OF_A_BED), strict=True)
        beds = [(ident, Room(*room)) for ident, room in zip(told["bed"], said, strict=True)]
        with transaction():
            rooms.describe(act, site, told["version"], beds)
    except Invalid as fault:
        return _rooms_page(act, code, fault.errors), 422
    except Refused as refusal:
        return _rooms_page(act, code, {"bed": [refusal.detail]}), 409
    return redirect(url_for("place.edit", code=code), code=303)


_OF_A_BED = ("step_free", "womens", "shared")


def _mine(act: Act, code: str) -> tuple[SiteFacts, SiteDetails]:
    site = queries.site(code)
    if site is None or not scope(act, Doing.DESCRIBE_SITE).covers(site):
        raise Absent
    known = queries.details(act, site)
    if known is None:
        raise Absent
    return site, known


def _loaded(form: Schema, typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return a form's values; an empty field says that nothing is known."""
    try:
        return dict(form.load({name: value for name, value in typed.items() if value != ""}))
    except ValidationError as fault:
        raise Invalid(
            {str(name): sentences(told) for name, told in fault.messages_dict.items()}
        ) from None


def _typed(site: SiteFacts, known: SiteDetails) -> dict[str, str]:
    """Return what is recorded, as the form shows it."""
    plain = {
        "phone": site.phone,
        "pickup_point": site.pickup_point,
        "address": known.address,
        "nominations": site.nominations,
        "intake_from": site.intake_from and f"{site.intake_from:%H:%M}",
        "intake_to": site.intake_to and f"{site.intake_to:%H:%M}",
        "dogs": as_chosen(site.dogs),
        "couples": as_chosen(site.couples),
        "max_support_level": site.max_support_level,
        "refuses": ";".join(sorted(site.refuses)),
        "turnaround": as_chosen(site.turnaround),
        "hold_minutes": site.hold_minutes,
        **asdict(site.numbers),
        "version": known.version,
    }
    return {name: "" if value is None else str(value) for name, value in plain.items()}


def _page(
    site: SiteFacts,
    typed: Mapping[str, str],
    errors: Mapping[str, object],
    newest: Mapping[str, str] | None = None,
) -> str:
    differing = [
        (label, newest[name].replace("_", " ") or "nothing")
        for name, label in LABELS.items()
        if newest and newest[name] != typed[name]
    ]
    return render_template(
        "desk/place.html",
        site=site,
        typed=typed,
        errors=errors,
        newest=differing,
        settings=SETTINGS,
        kinds={kind.value: kind.words for kind in WarningKind},
        usual={"hold_minutes": HOLD_MINUTES, **asdict(USUAL)},
        hold_length=HOLD_LENGTH,
    )


def _rooms_page(act: Act, code: str, errors: Mapping[str, object]) -> str:
    site, known = _mine(act, code)
    beds = [
        (bed, {name: as_chosen(getattr(bed, name)) for name in _OF_A_BED})
        for bed in board.beds_of(site, act.at)
    ]
    return render_template(
        "desk/rooms.html", site=site, beds=beds, version=known.version, errors=errors
    )
