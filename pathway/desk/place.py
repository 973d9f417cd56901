"""A site's phone, pick-up point and address, as its lead keeps them."""

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError

from pathway.acts import Act
from pathway.db import transaction
from pathway.errors import Absent, Refused
from pathway.sites import actions, queries
from pathway.sites.queries import SiteDetails
from pathway.sites.rules import DETAILS, SiteFacts
from pathway.sites.schemas import PlaceForm
from pathway.staff.acting import permits, this_act
from pathway.staff.rules import Doing, scope

bp = Blueprint("place", __name__)


@bp.get("/sites/<code>/edit")
@permits(Doing.DESCRIBE_SITE)
def edit(code: str) -> ResponseReturnValue:
    """Show what is known of a site, to be changed."""
    site, known = _mine(this_act(), code)
    typed = {
        "phone": site.phone or "",
        "pickup_point": site.pickup_point or "",
        "address": known.address or "",
        "version": known.version,
    }
    return _page(site, typed, {})


@bp.post("/sites/<code>/edit")
@permits(Doing.DESCRIBE_SITE)
def save(code: str) -> ResponseReturnValue:
    """Record it, unless somebody else was quicker."""
    act = this_act()
    site, _ = _mine(act, code)
    typed: dict[str, object] = {
        **dict.fromkeys(DETAILS, ""),
        "version": "",
        **request.form.to_dict(),
    }
    try:
        told = PlaceForm(unknown=EXCLUDE).load(typed)
        with transaction():
            actions.describe(act, site, told.pop("version"), told)
    except ValidationError as fault:
        return _page(site, typed, fault.messages_dict), 422
    except Refused as refusal:
        newest = _mine(act, code)
        typed["version"] = newest[1].version
        return _page(site, typed, {"phone": [refusal.detail]}, newest), 409
    return redirect(url_for("desk.home"), code=303)


def _mine(act: Act, code: str) -> tuple[SiteFacts, SiteDetails]:
    site = queries.site(code)
    if site is None or not scope(act, Doing.DESCRIBE_SITE).covers(site):
        raise Absent
    known = queries.details(act, site)
    if known is None:
        raise Absent
    return site, known


def _page(
    site: SiteFacts,
    typed: Mapping[str, object],
    errors: Mapping[str, object],
    newest: tuple[SiteFacts, SiteDetails] | None = None,
) -> str:
    return render_template("desk/place.html", site=site, typed=typed, errors=errors, newest=newest)
