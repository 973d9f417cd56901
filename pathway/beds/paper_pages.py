"""The page that enters a paper sheet, one row at a time."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pathway import audit
from pathway.acts import Act
from pathway.beds import actions, board
from pathway.beds.moves_schemas import PaperForm
from pathway.beds.paper import on_sheet
from pathway.beds.rules import ONWARD
from pathway.beds.taps import done, load
from pathway.db import transaction
from pathway.errors import Absent, Forbidden, Invalid, Refused
from pathway.people import queries as people
from pathway.people.rules import PersonFacts
from pathway.sites import queries as sites
from pathway.sites.rules import SiteFacts
from pathway.staff.acting import permits, this_act
from pathway.staff.doing import Doing
from pathway.staff.rules import scope

bp = Blueprint("paper", __name__)

KEPT = ("sheet", "at")
"""What stays filled in from row to row."""

AMBIGUOUS = 8
"""How many people of one name are offered to choose from (ours)."""


@bp.get("/sites/<code>/paper")
@permits(Doing.RUN_SITE)
def show(code: str) -> ResponseReturnValue:
    """Show a sheet so far, and a row to fill in."""
    act = this_act()
    typed = {name: request.args.get(name, "")[:40].replace("\x00", "") for name in KEPT}
    return _page(act, _mine(act, code), typed, {}, [])


@bp.post("/sites/<code>/paper")
@permits(Doing.RUN_SITE)
def enter(code: str) -> ResponseReturnValue:
    """Write one row down, then show the sheet again for the next."""
    act = this_act()
    site = _mine(act, code)
    typed = request.form.to_dict()
    found: list[PersonFacts] = []
    try:
        asked = load(PaperForm)
        found = _named(act, asked["person"])
        _record(act, site, asked, found)
    except Invalid as refusal:
        return _page(act, site, typed, dict(refusal.errors), found), 422
    except (Absent, Forbidden):
        raise
    except Refused as refusal:
        return _page(act, site, typed, {"person": [refusal.detail]}, found), refusal.status
    sheet, came = (typed.get(name, "") for name in KEPT)
    return redirect(url_for("paper.show", code=code, sheet=sheet, at=came), code=303)


def _named(act: Act, words: str) -> list[PersonFacts]:
    """Return whom a reference or a name may mean."""
    one = people.person(act, words.upper())
    if one is not None:
        return [one]
    found = people.search(act, words, limit=AMBIGUOUS)
    with transaction():
        refs = [person.ref for person in found]
        audit.record(act, "search people", "list:people", people=refs)
    return found


def _record(act: Act, site: SiteFacts, asked: dict[str, Any], found: list[PersonFacts]) -> None:
    if not found:
        raise Invalid({"person": ["Nobody has this name or reference. Add them first."]})
    if len(found) > 1:
        raise Invalid({"person": ["More than one has this name. Write the reference from below."]})
    told = {**asked, "person": found[0].ref}
    place = {"bed": told.pop("bed")} if "bed" in told else {"site": site.code}
    if "bed" in place and place["bed"] not in _beds(site, act):
        raise Invalid({"bed": ["Choose a bed of this site."]})
    done(act, lambda: actions.record_stay(act, **place, **told))


def _beds(site: SiteFacts, act: Act) -> dict[int, str]:
    return {bed.id: bed.label for bed in board.beds_of(site, act.at)}


def _mine(act: Act, code: str) -> SiteFacts:
    site = sites.site(code)
    if site is None or not scope(act, Doing.RUN_SITE).covers(site):
        raise Absent
    return site


def _page(
    act: Act,
    site: SiteFacts,
    typed: dict[str, str],
    errors: dict[str, Any],
    found: list[PersonFacts],
) -> str:
    number = typed.get("sheet", "").strip()
    rows = on_sheet(act, site, number) if number else []
    with transaction():
        refs = [one.person.ref for one in rows]
        audit.record(act, "view sheet", f"site:{site.code}", people=refs)
    here = {one.code: one.name for one in sites.sites() if not one.confidential}
    here.pop(site.code, None)
    return render_template(
        "beds/paper.html",
        site=site,
        rows=rows,
        typed=typed,
        errors=errors,
        found=found if len(found) > 1 else [],
        beds={str(ident): label for ident, label in _beds(site, act).items()},
        places=ONWARD | here,
        lead=scope(act, Doing.BACKDATE).covers(site),
        now=act.at,
    )
