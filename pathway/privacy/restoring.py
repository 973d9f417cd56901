"""After a restore: whoever was erased and is in the database again, is erased again."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select

from pathway.acts import Act
from pathway.db import db, insert_or_skip, transaction
from pathway.errors import Refused
from pathway.people.models import Person
from pathway.privacy import erasing, holding, recency
from pathway.privacy.ledger import Ledger, Line
from pathway.privacy.models import Erased

AT_ONCE = 500
"""How many references one question names."""


class LeftToDecide(Exception):
    """Somebody was written of after they were erased: a manager decides on them."""


@dataclass(slots=True)
class Done:
    """How many were erased again, and the references that somebody must decide on."""

    erased: int = 0
    left: list[str] = field(default_factory=list)


def reapply(act: Act, ledger: Ledger, fenced: Callable[[], None] = lambda: None) -> Done:
    """Erase again whoever the ledger names, each in a transaction of their own."""
    done = Done()
    for line in _back(ledger):
        with transaction():
            fenced()
            if _is_new(line):
                continue
            if _is_in_doubt(line):
                done.left.append(line.ref)
                continue
            done.erased += _again(act, line, ledger, done)
    _mirror(ledger, fenced)
    return done


def _again(act: Act, line: Line, ledger: Ledger, done: Done) -> int:
    try:
        erasing.erase_again(act, line.ref, ledger)
    except Refused:
        done.left.append(line.ref)
        return 0
    return 1


def _back(ledger: Ledger) -> list[Line]:
    """Return the lines whose references lead to a record."""
    lines = {line.ref: line for line in ledger.lines()}
    refs, found = list(lines), []
    for start in range(0, len(refs), AT_ONCE):
        some = Person.ref.in_(refs[start : start + AT_ONCE])
        found += [lines[ref] for ref in db.session.scalars(select(Person.ref).where(some))]
    return found


def _is_new(line: Line) -> bool:
    """Return whether nobody bears a reference any more, or somebody who was recorded later."""
    made = db.session.scalar(select(Person.created_at).where(Person.ref == line.ref))
    return made is None or made > line.at


def _is_in_doubt(line: Line) -> bool:
    """Return whether somebody wrote of them after they were erased, as the ledger has it.

    The erasure was cut short then, or the service ran on a backup for a while. A legal
    hold is among what is written: one that a backup brought back is older, and had been
    lifted before they could be erased.
    """
    ident = db.session.scalar(select(Person.id).where(Person.ref == line.ref))
    people = [] if ident is None else [ident]
    return holding.stands(people, since=line.at) or recency.written_since(people, line.at)


def _mirror(ledger: Ledger, fenced: Callable[[], None]) -> None:
    """Say in the database, too, who was erased."""
    known = set(db.session.scalars(select(Erased.ref)))
    missing = {line.ref: line.at for line in ledger.lines() if line.ref not in known}
    if not missing:
        return
    with transaction():
        fenced()
        for ref, at in missing.items():
            if not _bears(ref):
                insert_or_skip(Erased, {"ref": ref, "at": at, "by": None})


def _bears(ref: str) -> bool:
    return db.session.scalar(select(Person.id).where(Person.ref == ref)) is not None
