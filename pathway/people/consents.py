"""Recording what people agree to share: given, refused, withdrawn. Nothing is deleted."""

from sqlalchemy import insert, select, update

from pathway import audit
from pathway.acts import Act
from pathway.db import db, insert_or_skip
from pathway.errors import Invalid, Refused
from pathway.nights import london
from pathway.people import marks
from pathway.people.consent_models import ConsentWording, PersonConsent
from pathway.people.consent_rules import WORDINGS, ConsentKind, kinds_for
from pathway.people.rules import PersonFacts

UNKNOWN_KIND = f"Choose one of these: {', '.join(ConsentKind)}."
"""What is said of a kind that there is not, and alike of one that is not the caller's to know."""

OUT_OF_DATE = (
    "These words were changed while you had them open. Read out the new ones, then say it again."
)


def take(
    act: Act, ref: str, *, kind: ConsentKind, given: bool, version: int | None = None
) -> PersonFacts:
    """Write down what somebody answered after they were read the newest words.

    Each answer is one more record: what was said before is told by none. ``version`` is
    which words were read, where the caller knows.

    Raises:
        Absent: there is no such record, or it is closed to whoever acts.
        Invalid: that kind is not theirs to take.
        Refused: there are newer words than those that were read.
    """
    person = marks.locked(act, ref)
    _check(act, kind)
    newest = select(ConsentWording.id, ConsentWording.version).where(
        ConsentWording.kind == kind.value
    )
    wording_id, read = db.session.execute(
        newest.order_by(ConsentWording.version.desc()).limit(1)
    ).one()
    if version not in (None, read):
        raise Refused(OUT_OF_DATE)
    row = {"person_id": person.id, "wording_id": wording_id, "kind": kind.value, "given": given}
    db.session.execute(insert(PersonConsent).values(**row, at=act.at, by=act.staff_id))
    audit.record(act, "take consent", f"person:{person.ref}", {"kind": kind.value})
    return person


def withdraw(act: Act, ref: str, *, kind: ConsentKind) -> PersonFacts:
    """Take back what somebody agreed to, at once; where nothing stands nothing changes.

    Every older answer of that kind goes as well, so that none of them stands again when
    two records are parted. Raises as :func:`take`.
    """
    person = marks.locked(act, ref)
    _check(act, kind)
    db.session.execute(
        update(PersonConsent)
        .where(
            PersonConsent.person_id == person.id,
            PersonConsent.kind == kind.value,
            PersonConsent.given,
            PersonConsent.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=act.at, withdrawn_by=act.staff_id)
    )
    audit.record(act, "withdraw consent", f"person:{person.ref}", {"kind": kind.value})
    return person


def add_wording(act: Act, *, kind: ConsentKind, words: str) -> int:
    """Let new words be read out from now on; return their version.

    Raises:
        Invalid: nothing is written.
        Refused: somebody else wrote a new version at the same moment.
    """
    words = words.strip()
    if not words:
        raise Invalid({"words": ["Write what is read out."]})
    versions = select(ConsentWording.version).where(ConsentWording.kind == kind.value)
    last = db.session.scalar(versions.order_by(ConsentWording.version.desc()).limit(1))
    version = (last or 0) + 1
    row = {"kind": kind.value, "version": version, "words": words, "by": act.staff_id}
    if insert_or_skip(ConsentWording, row | {"from_on": london(act.at).date()}) is None:
        raise Refused("Somebody else wrote new words just now. Look at them first.")
    audit.record(act, "add consent wording", f"wording:{kind}", {"version": version})
    return version


def load_wordings(act: Act) -> bool:
    """Load the first words of each kind when there are none; return whether it did."""
    if db.session.scalar(select(ConsentWording.id).limit(1)) is not None:
        return False
    for kind, words in WORDINGS.items():
        add_wording(act, kind=kind, words=words)
    return True


def _check(act: Act, kind: ConsentKind) -> None:
    if kind not in kinds_for(act.roles):
        raise Invalid({"kind": [UNKNOWN_KIND]})
