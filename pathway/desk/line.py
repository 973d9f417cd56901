"""One line of time of a person, put together from what every package tells of them."""

from collections.abc import Callable, Collection, Mapping

from pathway.acts import Act
from pathway.assessments import lines as assessments
from pathway.beds import lines as beds
from pathway.outreach import lines as outreach
from pathway.people import lines as people
from pathway.people.rules import PersonFacts
from pathway.people.timeline import NEWEST, Entry, Kind, Look, Mark, Source, in_order, mark_of
from pathway.staff.doing import Doing
from pathway.staff.naming import unnamed_to
from pathway.staff.rules import may

PAGE = 50
"""How many entries one page of the line has (ours)."""

GLANCE = 20
"""How many entries the person's own page shows (ours)."""

SOURCES: Mapping[Source, Callable[[Look], list[Entry]]] = {
    Source.CONTACT: outreach.contacts,
    Source.PLACEMENT: beds.placements,
    Source.ASSESSMENT: assessments.assessments,
    Source.NOTE: assessments.notes,
    Source.WARNING: people.warnings,
    Source.CONCERN: assessments.concerns,
    Source.PROMISE: outreach.promises,
    Source.MERGE: people.merges,
    Source.NOT_HERE: people.not_here,
    Source.DEATH: people.death,
    Source.CONSENT: people.consents,
    Source.WAIT: beds.waits,
    Source.APART: people.apart,
    Source.EXCLUSION: people.exclusions,
}
"""Who tells what: one statement each, however long the line is."""


def read(
    act: Act,
    person: PersonFacts,
    *,
    kinds: Collection[Kind] = (),
    after: Mark = NEWEST,
    most: int = PAGE,
) -> tuple[list[Entry], Mark | None]:
    """Return a page of what whoever acts may see, newest first, and where the next begins.

    Each source is asked for as many entries as the page may need of it: all of
    them could be its own.
    """
    if not may(act.roles, Doing.SEE_CONTACTS):
        return [], None
    look = Look(act, person, after, most + 1, unnamed_to(act))
    asked = [tell for source, tell in SOURCES.items() if not kinds or source.kind in kinds]
    found = in_order(entry for tell in asked for entry in tell(look))
    shown = found[:most]
    return shown, mark_of(shown[-1]) if len(found) > most else None
