"""Where else somebody's reference stands: in words about others, in links, in kept answers.

What was written of somebody else keeps its words, and a word that says nothing
takes the place of the reference. The audit trail refuses to be changed, and is
sealed: there a reference that leads nowhere stays.
"""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, and_, delete, or_, select, update
from sqlalchemy.types import String

from pathway import audit
from pathway.beds.models import Placement
from pathway.db import Base, db
from pathway.idempotency import IdempotencyKey
from pathway.messages.models import Notice, NoticeMark
from pathway.people.models import Person
from pathway.people.rules import REF_LENGTH
from pathway.privacy.models import Erased

INSTEAD = "erased"
"""What takes the place of a reference in words about others."""

SHORTEST = 6
"""A reference of fewer signs, as a file may bring it, could be any word or number (ours)."""

_APART = {
    *(audit.AuditEntry.__tablename__, audit.AuditMention.__tablename__, "audit_seal"),
    *(Erased.__tablename__, Person.__tablename__, IdempotencyKey.__tablename__),
}
"""Tables in which a reference stays or is replaced otherwise."""


def forget_links(people: Collection[int], refs: Collection[str]) -> None:
    """Remove the notices that lead to these people or to where they were placed."""
    placed = db.session.scalars(select(Placement.id).where(Placement.person_id.in_(people)))
    pages = [*(f"/people/{ref}" for ref in refs), *(f"/placements/{ident}" for ident in placed)]
    for page in pages:
        there = or_(Notice.link == page, Notice.link.startswith(f"{page}/", autoescape=True))
        mine = select(Notice.id).where(there)
        db.session.execute(delete(NoticeMark).where(NoticeMark.notice_id.in_(mine)))
        db.session.execute(delete(Notice).where(there))


def forget_answers(refs: Collection[str]) -> None:
    """Empty the kept answers that hold one of these references, with whatever else they say.

    The key stays: what a phone sends again must not be done again.
    """
    answer = IdempotencyKey.answer
    told = [f"{before}{json.dumps(ref)[1:-1]}" for ref in refs for before in ('"', "/people/")]
    holding = or_(*(answer.contains(one, autoescape=True) for one in told))
    db.session.execute(update(IdempotencyKey).where(holding).values(answer=None))


def reword(refs: Collection[str]) -> None:
    """Take these references out of whatever words of others hold them."""
    telling = [ref for ref in refs if len(ref) >= SHORTEST]
    if not telling:
        return
    signs = "|".join(re.escape(ref) for ref in telling)
    meant = re.compile(rf"(?<![\w.-])(?:{signs})(?![\w-])", re.IGNORECASE)
    for table in _worded():
        _reword(table, telling, meant)


def _worded() -> Iterator[Table]:
    for table in Base.metadata.sorted_tables:
        if table.name not in _APART and list(_words_of(table)):
            yield table


def _words_of(table: Table) -> Iterator[Any]:
    """Yield the columns that are long enough for a reference and more."""
    for column in table.c:
        kind = column.type
        if isinstance(kind, String) and (isinstance(kind, Text) or (kind.length or 0) > REF_LENGTH):
            yield column


def _reword(table: Table, refs: Collection[str], meant: re.Pattern[str]) -> None:
    columns, key = list(_words_of(table)), list(table.primary_key)
    holding = or_(*(_holds(column, ref) for column in columns for ref in refs))
    for row in db.session.execute(select(table).where(holding)).mappings().all():
        same = and_(*(column == row[column.name] for column in key))
        told = {column.name: row[column.name] for column in columns if row[column.name]}
        said = {name: meant.sub(INSTEAD, words) for name, words in told.items()}
        db.session.execute(update(table).where(same).values(said))


def _holds(column: Any, ref: str) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = column.icontains(ref, autoescape=True)
    return condition
