"""What the API does with a person beyond one package: closing, breaking the glass, merging."""

from collections.abc import Callable
from typing import Any

from flask.typing import ResponseReturnValue

from pathway.answers import done
from pathway.beds import care
from pathway.db import transaction
from pathway.idempotency import once
from pathway.openapi import ApiBlueprint
from pathway.people import closing, editing
from pathway.people.rules import PersonFacts
from pathway.people.schemas import (
    GlassAsked,
    MergeAsked,
    NotHereAsked,
    Nothing,
    PersonShown,
    RestrictAsked,
)
from pathway.staff.acting import permits, this_act, this_request
from pathway.staff.doing import Doing

blp = ApiBlueprint("record_api", __name__, url_prefix="/api/v1", description="People")


@blp.route("/people/<ref>/restrict", methods=["POST"])
@permits(Doing.RESTRICT)
@blp.arguments(RestrictAsked, required=False)
@blp.response(200, PersonShown)
def restrict(asked: dict[str, Any], ref: str) -> ResponseReturnValue:
    """Close a person's record to others."""
    act = this_act()
    return _person(asked, lambda: care.restrict(act, ref, asked.get("reason")))


@blp.route("/people/<ref>/lift", methods=["POST"])
@permits(Doing.SEE_PEOPLE)
@blp.arguments(Nothing, required=False)
@blp.response(200, PersonShown)
def lift(asked: dict[str, Any], ref: str) -> ResponseReturnValue:
    """Open a closed record to everybody again."""
    act = this_act()
    return _person(asked, lambda: closing.lift(act, ref))


@blp.route("/people/<ref>/break-glass", methods=["POST"])
@permits(Doing.SEE_PEOPLE)
@blp.arguments(GlassAsked)
@blp.response(200, PersonShown)
def break_glass(asked: dict[str, Any], ref: str) -> ResponseReturnValue:
    """Open a closed record for twelve hours, with a reason that the lead reads."""
    act = this_act()
    return _person(asked, lambda: closing.break_glass(act, ref, asked["reason"]))


@blp.route("/people/<ref>/merge", methods=["POST"])
@permits(Doing.MERGE)
@blp.arguments(MergeAsked)
@blp.response(200, PersonShown)
def merge(asked: dict[str, Any], ref: str) -> ResponseReturnValue:
    """Let this record become another; its reference leads there from now on."""
    act = this_act()
    return _person(asked, lambda: care.merge(act, ref, asked["into"]))


@blp.route("/people/<ref>/unmerge", methods=["POST"])
@permits(Doing.MERGE)
@blp.arguments(Nothing, required=False)
@blp.response(200, PersonShown)
def unmerge(asked: dict[str, Any], ref: str) -> ResponseReturnValue:
    """Part a record again from the one it became."""
    act = this_act()
    return _person(asked, lambda: care.unmerge(act, ref))


@blp.route("/people/<ref>/not-here", methods=["POST"])
@permits(Doing.NOT_HERE)
@blp.arguments(NotHereAsked)
@blp.response(200, PersonShown)
def not_here(asked: dict[str, Any], ref: str) -> ResponseReturnValue:
    """Mark that a site is not for somebody, at their word; the mark is told to nobody."""
    act = this_act()
    return _person(asked, lambda: editing.not_here(act, ref, **asked))


@blp.route("/people/<ref>/here-again", methods=["POST"])
@permits(Doing.HERE_AGAIN)
@blp.arguments(NotHereAsked)
@blp.response(200, PersonShown)
def here_again(asked: dict[str, Any], ref: str) -> ResponseReturnValue:
    """Take such a mark back."""
    act = this_act()
    return _person(asked, lambda: editing.here_again(act, ref, **asked))


def _person(asked: dict[str, Any], do: Callable[[], PersonFacts]) -> ResponseReturnValue:
    """Do it once, and answer with the person.

    A kept answer is given again only to whoever may still open the record.
    """
    act = this_act()
    did: list[bool] = []

    def told() -> dict[str, Any]:
        did.append(True)
        return dict(PersonShown().dump(do()))

    answer = once(act, this_request(asked), told)
    if not did:
        with transaction():
            closing.see_again(act, answer["ref"])
    return done(answer)
