"""Who may be meant, over JSON: asked before somebody is added, with the words in the body."""

from typing import Any

from flask.typing import ResponseReturnValue

from pathway.answers import done
from pathway.desk import alike
from pathway.openapi import ApiBlueprint
from pathway.people.likeness import Told
from pathway.people.schemas import LikelyAsked, LikelyFound
from pathway.staff.acting import permits, this_act, this_request
from pathway.staff.doing import Doing

blp = ApiBlueprint("alike_api", __name__, url_prefix="/api/v1", description="People")


@blp.route("/people/likely", methods=["POST"])
@permits(Doing.ADD_PEOPLE)
@blp.arguments(LikelyAsked)
@blp.response(200, LikelyFound)
def likely(asked: dict[str, Any]) -> ResponseReturnValue:
    """Return who may be meant by what is known of somebody; nobody is added."""
    this_request({})  # a key is judged as everywhere, though no answer is kept under it
    found = alike.shown(this_act(), _told(asked))
    items = [
        {
            "ref": one.person.ref,
            "name": one.person.name,
            "score": one.score,
            "reasons": list(one.reasons),
        }
        for one in found
    ]
    return done({"items": items}, 200)


def _told(asked: dict[str, Any]) -> Told:
    names = (asked.get("given_name"), asked.get("family_name"))
    seen = asked.get("seen")
    return Told(
        names=tuple(name for name in names if name),
        born=asked.get("date_of_birth"),
        birth_year=asked.get("birth_year"),
        birth_month=asked.get("birth_month"),
        birth_guessed=asked.get("birth_guessed") is True,
        dog_name=asked.get("dog_name"),
        seen=(seen,) if seen else (),
        aliases=tuple(asked.get("aliases", ())),
    )
