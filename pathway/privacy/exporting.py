"""Giving somebody what is kept of them, and writing down that it was given."""

from collections.abc import Mapping

from pathway import audit
from pathway.acts import Act
from pathway.errors import Absent
from pathway.privacy import gathering, given
from pathway.privacy.given import Answer, Reading, Teller


def export(act: Act, ref: str, give: Mapping[str, str] | None = None) -> Answer:
    """Return everything that somebody is given of themselves, merged records included.

    ``give`` are the words that somebody read and marked; without it all wait to be read.

    Raises:
        Absent: no record has this reference.
    """
    who = gathering.whom(ref)
    if who is None:
        raise Absent(f"There is no person {ref[:40]}.")
    teller = Teller(gathering.known(), Reading(who.ref, give), gathering.named_table)
    told = given.answer(
        who.ref,
        act.at,
        gathering.rows_of(who),
        gathering.looks_at(who),
        teller,
        who.refs - {who.ref},
    )
    kept = {"words_given": told.given, "words_withheld": len(told.to_read)}
    audit.record(act, "export person", f"person:{who.ref}", kept)
    return told
