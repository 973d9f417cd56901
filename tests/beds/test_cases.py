"""Every row of the table of a placement's life: who does what when, and what then is so.

Each case is a few steps at one hub with three beds. A step says who does what,
what it comes to, or the words that refuse it; a refusal is seen to have changed
nothing, and after every step the board adds up. Source: DOMAIN.md section 4.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from pathway.acts import Act, by_service
from pathway.beds import actions, board, capacity, claims, queries
from pathway.beds.board import SiteTonight
from pathway.beds.models import Bed, BedEvent, Capacity, Confirmation, Placement, PlacementEvent
from pathway.beds.overdue import away_asks, overstaying
from pathway.beds.rules import Welfare
from pathway.db import db, transaction
from pathway.errors import Refused
from pathway.messages.models import Notice
from pathway.nights import night_of
from pathway.people import editing
from pathway.people.models import Person, PersonNotHere
from pathway.sites.models import Site
from pathway.sites.rules import Gender
from pathway.staff.doing import Doing, Role
from pathway.staff.rules import scope
from tests.factories import HUB, NOW, a_person, a_site, an_act, at

GILES, RESPITE = "st-giles", "respite-rooms"
BEDS = {HUB: 3, GILES: 2, RESPITE: 1}
STAFF = {
    "worker": (Role.OUTREACH, ()),
    "other worker": (Role.OUTREACH, ()),
    "hub": (Role.HUB, (HUB,)),
    "colleague": (Role.HUB, (HUB,)),
    "lead": (Role.HUB_LEAD, (HUB,)),
    "st giles": (Role.HUB, (GILES,)),
    "respite": (Role.HUB, (RESPITE,)),
}


PEOPLE = {
    **dict.fromkeys(("Ana", "Ben", "Cal", "Dee"), Gender.WOMAN),
    "Max": Gender.MAN,
}


@dataclass(frozen=True)
class Step:
    """One thing done, or time that passes."""

    who: str = ""
    verb: str = ""
    person: str = ""
    passes: timedelta = timedelta(0)
    asked: Mapping[str, Any] = field(default_factory=dict)
    free: int | None = None
    over_by: int | None = None
    status: str | None = None
    refused: str | None = None


def does(who: str, verb: str, person: str = "", **told: Any) -> Step:
    wanted = {name: told.pop(name, None) for name in ("free", "over_by", "status", "refused")}
    return Step(who, verb, person, asked=told, **wanted)


def later(free: int | None = None, over_by: int | None = None, **passes: float) -> Step:
    return Step(passes=timedelta(**passes), free=free, over_by=over_by)


def ago(**passed: float) -> timedelta:
    return -timedelta(**passed)


def ahead(**passes: float) -> timedelta:
    return timedelta(**passes)


HOLDS = does("worker", "hold", "Ana", free=2, status="held")
IS_IN = does("hub", "walk_in", "Ana", free=2, status="in")
BOOKED = does("hub", "book", "Ana", expected_at=ahead(hours=2), free=2, status="booked")
LEAVES: Mapping[str, Any] = {"reason": "Left in the morning", "destination": "street"}
WINDOW: Mapping[str, Any] = {"reason": "Window broken"}
NOTHING = "There is nothing here, or it is not yours to see."
FULL = [does("hub", "walk_in", name) for name in ("Ben", "Cal", "Dee")]
RANG: Mapping[str, Any] = {"called": True}

CASES: dict[str, list[Step]] = {
    # hold length
    "a hold frees its bed in the very second it lapses": [
        HOLDS,
        later(minutes=44, seconds=59, free=2),
        later(seconds=1, free=3),
    ],
    "the shortest and the longest hold": [
        does("worker", "hold", "Ana", minutes=20, free=2),
        does("worker", "hold", "Ben", minutes=120, free=1),
    ],
    "a hold one minute too short": [
        does("worker", "hold", "Ana", minutes=19, refused="from 20 to 120 minutes")
    ],
    "a hold one minute too long": [
        does("worker", "hold", "Ana", minutes=121, refused="from 20 to 120 minutes")
    ],
    "a setting that changes leaves a hold in being as it was": [
        HOLDS,
        does("", "settings", hold_minutes=20),
        later(minutes=21, free=2),
        does("worker", "hold", "Ben", free=1),
        later(minutes=20, free=2),
        later(minutes=4, free=3),
    ],
    "a site with longer holds": [
        does("", "settings", numbers={"most_hold": 180}),
        does("worker", "hold", "Ana", minutes=180, free=2),
    ],
    # expired hold
    "check-in revives a hold that lapsed, and leaves free as it was but for the bed": [
        HOLDS,
        later(minutes=50, free=3),
        does("hub", "check_in", "Ana", status="in", free=2),
    ],
    "a lapsed hold whose bed was taken": [
        *FULL[:2],
        does("worker", "hold", "Ana", free=0),
        later(minutes=50, free=1),
        does("other worker", "hold", "Dee", free=0),
        does("hub", "check_in", "Ana", refused="not free any more", free=0),
    ],
    # extend
    "a hold runs two hours at most": [
        HOLDS,
        does("worker", "extend", "Ana", minutes=75, status="held"),
        does("worker", "extend", "Ana", minutes=1, refused="cannot run past"),
        later(minutes=119, free=2),
        later(minutes=1, free=3),
    ],
    "an extension after the end": [
        HOLDS,
        later(minutes=45, free=3),
        does("worker", "extend", "Ana", minutes=15, refused="Hold a bed again"),
    ],
    "an extension into another booking": [
        *FULL[:2],
        does("worker", "hold", "Ana", free=0),
        later(minutes=45),
        does("hub", "book", "Dee", expected_at=ahead(hours=3), free=0),
        does("worker", "extend", "Ana", minutes=15, refused="Hold a bed again", free=0),
    ],
    # booking
    "a booking takes its bed from now and never lapses unseen": [
        BOOKED,
        later(hours=11, free=2),
        later(hours=20, free=2),
        does("hub", "check_in", "Ana", status="in", free=2),
    ],
    "a booking a day and a half ahead": [
        does("hub", "book", "Ana", expected_at=ahead(hours=36), free=2)
    ],
    "a booking too far ahead": [
        does("hub", "book", "Ana", expected_at=ahead(hours=36, minutes=1), refused="36 hours")
    ],
    "a booking for a time that has passed": [
        does("hub", "book", "Ana", expected_at=ago(minutes=1), refused="passed")
    ],
    "a hold becomes a booking for when it would have lapsed": [
        HOLDS,
        does("hub", "make_booking", "Ana", status="booked", free=2),
        later(hours=3, free=2),
    ],
    "a worker on the street books nothing": [
        does(
            "worker",
            "book",
            "Ana",
            expected_at=ahead(hours=2),
            refused="You book beds at your own sites only. Ring",
        )
    ],
    "a booking is given back": [BOOKED, does("hub", "cancel", "Ana", status="cancelled", free=3)],
    "a hold is cancelled twice": [
        HOLDS,
        does("worker", "cancel", "Ana", status="cancelled", free=3),
        does("worker", "cancel", "Ana", status="cancelled", free=3),
    ],
    # last bed, repeat, one live placement
    "the last bed goes once": [
        *FULL,
        does("worker", "hold", "Ana", refused="No bed is free at", free=0),
    ],
    "a release returns exactly one bed, once": [
        HOLDS,
        does("worker", "release", "Ana", status="released", free=3),
        does("worker", "release", "Ana", status="released", free=3),
    ],
    "an arrival is told twice": [
        IS_IN,
        does("hub", "check_in", "Ana", status="in", free=2),
    ],
    "an arrival at another time than the one that stands": [
        HOLDS,
        later(minutes=30),
        does("hub", "check_in", "Ana", at=ago(minutes=10), status="in", free=2),
        does("hub", "check_in", "Ana", at=ago(minutes=10), status="in", free=2),
        does("hub", "check_in", "Ana", at=ago(minutes=20), refused="already", free=2),
    ],
    "somebody who is placed is told to those who may open it": [
        IS_IN,
        does("hub", "hold", "Ana", refused="is in at", free=2),
    ],
    "somebody who is placed is one uniform sentence to all others": [
        IS_IN,
        does("worker", "hold", "Ana", refused="Already placed. Ring the duty manager.", free=2),
    ],
    "another hub finds no placement of ours": [
        IS_IN,
        does("st giles", "depart", "Ana", **LEAVES, refused=NOTHING, free=2),
        does("st giles", "away", "Ana", reason="Hospital", refused=NOTHING, free=2),
        does("st giles", "undo", "Ana", refused=NOTHING, free=2),
    ],
    # void
    "a void takes a free bed": [
        does("hub", "void", bed=1, **WINDOW, free=2),
        does("hub", "reinstate", bed=1, free=3),
    ],
    "a void ends by itself": [
        does("hub", "void", bed=1, until=ahead(hours=1), **WINDOW, free=2),
        later(minutes=60, free=3),
    ],
    "a void that ends before it begins": [
        does("hub", "void", bed=1, until=ago(minutes=1), **WINDOW, refused="has passed")
    ],
    "a void under a hold": [
        HOLDS,
        does("hub", "void", bed=1, **WINDOW, refused="Cancel that first", free=2),
    ],
    "a void under a booking": [
        BOOKED,
        does("hub", "void", bed=1, **WINDOW, refused="Cancel that first", free=2),
    ],
    "a void on an occupied bed waits for the departure, which nothing blocks": [
        IS_IN,
        does("hub", "void", bed=1, **WINDOW, free=2),
        does("hub", "depart", "Ana", **LEAVES, status="departed", free=2),
        does("hub", "reinstate", bed=1, free=3),
    ],
    # turnaround
    "a bed is free at once where nothing is made ready": [
        IS_IN,
        does("hub", "depart", "Ana", **LEAVES, free=3),
    ],
    "a bed waits until it is ready where it has to be": [
        does("", "settings", turnaround=True),
        IS_IN,
        does("hub", "depart", "Ana", **LEAVES, free=2),
        later(hours=1),
        does("hub", "ready", bed=1, at=ago(hours=2), refused="before", free=2),
        does("hub", "ready", bed=1, free=3),
    ],
    # no-show
    "a no-show before the grace is over": [
        BOOKED,
        later(hours=2, minutes=59),
        does("hub", "no_show", "Ana", **RANG, refused="from", free=2),
        later(minutes=1),
        does("hub", "no_show", "Ana", **RANG, status="no_show", free=3),
    ],
    "a no-show for whom nobody rang": [
        BOOKED,
        later(hours=4),
        does("hub", "no_show", "Ana", refused="Ring", free=2),
    ],
    "a no-show of somebody vulnerable asks what is done for them": [
        does("", "is", "Ana", vulnerable=True),
        BOOKED,
        later(hours=4),
        does("hub", "no_show", "Ana", **RANG, refused="vulnerable", free=2),
        does("hub", "no_show", "Ana", **RANG, welfare=Welfare.OUTREACH, status="no_show", free=3),
    ],
    "a no-show who comes after all within two hours": [
        BOOKED,
        later(hours=4),
        does("hub", "no_show", "Ana", **RANG, free=3),
        later(minutes=119),
        does("colleague", "undo", "Ana", status="booked", free=2),
    ],
    "a no-show who comes too late": [
        BOOKED,
        later(hours=4),
        does("hub", "no_show", "Ana", **RANG, free=3),
        later(minutes=121),
        does("colleague", "undo", "Ana", refused="more than 120 minutes ago", free=3),
    ],
    "a no-show whose bed was given away": [
        *FULL[:2],
        does("hub", "book", "Ana", expected_at=ahead(hours=2), free=0),
        later(hours=4),
        does("hub", "no_show", "Ana", **RANG, free=1),
        does("worker", "hold", "Dee", free=0),
        does("hub", "undo", "Ana", refused="has gone to somebody else", free=0),
    ],
    "a hold that lapsed is marked as one who did not come": [
        HOLDS,
        later(hours=2, free=3),
        does("hub", "no_show", "Ana", **RANG, status="no_show", free=3),
    ],
    # stay limit
    "past the limit somebody overstays and keeps the bed": [
        does("", "settings", numbers={"stay_nights": 2}),
        IS_IN,
        later(days=1),
        does("", "overstays", "Ana", so=False),
        later(days=1),
        does("", "overstays", "Ana", so=True, free=2),
        does("hub", "decide_stay", "Ana", authorised=True, reason="No move on", refused=NOTHING),
        does("lead", "decide_stay", "Ana", authorised=True, reason="No move on", status="in"),
    ],
    # transfer
    "a transfer leaves one live record": [
        IS_IN,
        does("hub", "transfer", "Ana", site=GILES, status="in", free=3),
        does("st giles", "depart", "Ana", **LEAVES, status="departed", free=3),
    ],
    "a transfer to another bed of the same site": [
        IS_IN,
        does("hub", "transfer", "Ana", bed=2, status="in", free=2),
    ],
    "a transfer to where nothing is free": [
        IS_IN,
        *[does("st giles", "walk_in", name, site=GILES) for name in ("Ben", "Cal")],
        does("hub", "transfer", "Ana", site=GILES, refused="No bed is free at", free=2),
    ],
    "a transfer to a site that does not take them": [
        does("hub", "walk_in", "Max", free=2),
        does("hub", "transfer", "Max", site=RESPITE, refused="for women only", free=2),
    ],
    "a planned transfer takes both beds until they arrive": [
        IS_IN,
        does("hub", "transfer", "Ana", site=GILES, planned=True, status="held", free=2),
        does("st giles", "check_in", "Ana", status="in", free=3),
    ],
    "a planned transfer that lapses leaves them where they are": [
        IS_IN,
        does("hub", "transfer", "Ana", site=GILES, planned=True, status="held", free=2),
        later(hours=1, free=2),
        does("hub", "transfer", "Ana", nth=1, site=GILES, planned=True, status="held", free=2),
    ],
    "who leaves first keeps the hold that was planned": [
        IS_IN,
        does("hub", "transfer", "Ana", site=GILES, planned=True, free=2),
        does("hub", "depart", "Ana", nth=1, reason="Walking there", destination=GILES, free=3),
        does("st giles", "check_in", "Ana", status="in", free=3),
    ],
    # away
    "the bed of somebody away is kept, and after three nights the hub decides": [
        IS_IN,
        does("hub", "away", "Ana", reason="Hospital", status="in", free=2),
        later(days=2, hours=23),
        does("", "asks", "Ana", so=False, free=2),
        later(hours=1),
        does("", "asks", "Ana", so=True, free=2),
        does("hub", "back", "Ana", status="in", free=2),
        does("", "asks", "Ana", so=False, free=2),
    ],
    "who is not in is not away": [
        HOLDS,
        does("hub", "away", "Ana", reason="Hospital", refused="not in", free=2),
    ],
    # departure
    "a departure before the arrival": [
        IS_IN,
        does("hub", "depart", "Ana", at=ago(minutes=1), **LEAVES, refused="before the arrival"),
    ],
    "a departure to nowhere that is known": [
        IS_IN,
        does("hub", "depart", "Ana", reason="x", destination="the moon", refused="from the list"),
    ],
    "a departure is told twice": [
        IS_IN,
        does("hub", "depart", "Ana", **LEAVES, status="departed", free=3),
        does("hub", "depart", "Ana", **LEAVES, status="departed", free=3),
    ],
    # back-dating
    "staff date an arrival a day back": [
        does("hub", "walk_in", "Ana", at=ago(hours=24), status="in", free=2)
    ],
    "staff date no arrival further back": [
        does("hub", "walk_in", "Ana", at=ago(hours=24, minutes=1), refused="tell your lead")
    ],
    "a lead without the paper sheet": [
        does("lead", "walk_in", "Ana", at=ago(days=3), refused="number of the paper sheet")
    ],
    "a lead with the paper sheet": [
        does("lead", "walk_in", "Ana", at=ago(days=3), sheet="S-17", status="in", free=2)
    ],
    "a lead with a sheet that is too old": [
        does("lead", "walk_in", "Ana", at=ago(days=14, minutes=1), sheet="S-1", refused="14 days")
    ],
    "the bed was not free then": [
        later(days=2),
        does("hub", "walk_in", "Ben", bed=1, at=ago(hours=20), free=2),
        does("hub", "depart", "Ben", at=ago(hours=2), **LEAVES, free=3),
        does("hub", "walk_in", "Ana", bed=1, at=ago(hours=3), refused="then", free=3),
        does("hub", "walk_in", "Ana", bed=1, at=ago(hours=2), status="in", free=2),
    ],
    "a stay that is over is written from paper": [
        later(days=3),
        IS_IN,
        does(
            "lead",
            "record_stay",
            "Ana",
            bed=2,
            at=ago(hours=60),
            departed_at=ago(hours=50),
            sheet="F-3",
            **LEAVES,
            status="departed",
            free=2,
        ),
    ],
    "a departure on paper before its arrival": [
        later(days=3),
        does(
            "lead",
            "record_stay",
            "Ana",
            at=ago(hours=50),
            departed_at=ago(hours=60),
            sheet="F-3",
            **LEAVES,
            refused="before",
        ),
    ],
    # undo
    "one undoes what one did a quarter of an hour ago": [
        IS_IN,
        does("hub", "depart", "Ana", **LEAVES, free=3),
        later(minutes=15),
        does("hub", "undo", "Ana", status="in", free=2),
    ],
    "nobody undoes their own after that": [
        IS_IN,
        does("hub", "depart", "Ana", **LEAVES, free=3),
        later(minutes=15, seconds=1),
        does("hub", "undo", "Ana", refused="lead", free=3),
        does("lead", "undo", "Ana", status="in", free=2),
    ],
    "a lead undoes within a day": [
        IS_IN,
        does("hub", "depart", "Ana", **LEAVES, free=3),
        later(hours=24, seconds=1),
        does("lead", "undo", "Ana", refused="more than 24 hours ago", free=3),
    ],
    "nobody undoes what a colleague did": [
        IS_IN,
        does("hub", "depart", "Ana", **LEAVES, free=3),
        does("colleague", "undo", "Ana", refused="lead", free=3),
    ],
    "an undo whose bed was given away": [
        *FULL[:2],
        does("hub", "walk_in", "Ana", free=0),
        does("hub", "depart", "Ana", **LEAVES, free=1),
        does("worker", "hold", "Dee", free=0),
        does("hub", "undo", "Ana", refused="has gone to somebody else", free=0),
    ],
    "an undo for somebody who is placed again": [
        IS_IN,
        does("hub", "depart", "Ana", **LEAVES, free=3),
        does("hub", "walk_in", "Ana", bed=2, free=2),
        does("hub", "undo", "Ana", nth=1, refused="is in at", free=2),
    ],
    "what is undone is not undone again": [
        IS_IN,
        does("hub", "depart", "Ana", **LEAVES, free=3),
        does("hub", "undo", "Ana", status="in", free=2),
        does("hub", "undo", "Ana", refused="nothing to undo", free=2),
    ],
    "an undo clears what had to be made ready": [
        does("", "settings", turnaround=True),
        IS_IN,
        does("hub", "depart", "Ana", **LEAVES, free=2),
        does("hub", "undo", "Ana", status="in", free=2),
        does("hub", "depart", "Ana", **LEAVES, free=2),
        does("hub", "ready", bed=1, free=3),
    ],
    "a hold made by mistake": [HOLDS, does("worker", "undo", "Ana", status="voided", free=3)],
    "a transfer is undone with both its records": [
        IS_IN,
        does("hub", "transfer", "Ana", bed=2, free=2),
        does("hub", "undo", "Ana", status="voided", free=2),
        does("hub", "depart", "Ana", nth=1, **LEAVES, status="departed", free=3),
    ],
    "a lead takes back no move into a site of somebody else's": [
        IS_IN,
        does("hub", "transfer", "Ana", site=GILES, free=3),
        does("lead", "undo", "Ana", nth=1, refused="Somebody else did that", free=3),
        does("hub", "undo", "Ana", nth=1, status="in", free=2),
    ],
    "a planned move that lapsed is no no-show": [
        IS_IN,
        does("hub", "transfer", "Ana", site=GILES, planned=True, status="held", free=2),
        later(hours=2),
        does("st giles", "no_show", "Ana", **RANG, refused="stayed where they were", free=2),
    ],
    "a record made in error": [
        IS_IN,
        does("hub", "strike", "Ana", reason="Wrong person", refused=NOTHING, free=2),
        does("lead", "strike", "Ana", reason="Wrong person", status="voided", free=3),
    ],
    # capacity and closing
    "a cut names who is in the way": [
        *FULL,
        does("lead", "capacity", beds=2, refused="Move them first", free=0),
    ],
    "a cut of beds that are empty": [IS_IN, does("lead", "capacity", beds=1, free=0, over_by=0)],
    "a site with residents does not close": [
        IS_IN,
        does("lead", "close", refused="Move them first", free=2),
    ],
    "a site without residents closes": [does("lead", "close", free=None)],
    "one over capacity, with the lead's reason": [
        *FULL,
        does("hub", "walk_in", "Ana", over="Minus four outside", refused="lead", free=0),
        does("lead", "walk_in", "Ana", over="Minus four outside", free=0, over_by=1),
        does("lead", "depart", "Ana", **LEAVES, free=0, over_by=0),
    ],
    "a hold over capacity that lapses is a bed that never was": [
        *FULL,
        does("lead", "hold", "Ana", over="Minus four outside", free=0, over_by=1),
        later(minutes=45, free=0, over_by=0),
        does("worker", "hold", "Max", refused="No bed is free at", free=0),
    ],
    # not here
    "a site that is not for somebody, at their word": [
        does("worker", "not_here", "Ana"),
        does(
            "worker", "hold", "Ana", refused="Not suitable tonight. Ring the duty manager.", free=3
        ),
        does("worker", "here_again", "Ana"),
        HOLDS,
    ],
}

TABLES = (
    *(Placement, PlacementEvent, Bed, BedEvent, Capacity, Confirmation, Person, PersonNotHere),
    Site,
)


class House:
    """Who works at three sites; made once, since the cases change nothing of it."""

    def __init__(self) -> None:
        with transaction():
            self.staff = {
                name: an_act(role, *codes, email=f"{name.replace(' ', '-')}@example.org")
                for name, (role, codes) in STAFF.items()
            }


class Story:
    """One hub with three beds, five people whom nobody has placed, and what happens."""

    def __init__(self, house: House) -> None:
        db.session.remove()
        self.moment, self.staff = NOW, house.staff
        long_ago = NOW - timedelta(days=30)
        with transaction() as session:
            for table in (
                Notice,
                PersonNotHere,
                PlacementEvent,
                Placement,
                BedEvent,
                Bed,
                Capacity,
            ):
                session.execute(delete(table))
            session.execute(update(Site).values(hold_minutes=45, turnaround=False, numbers=None))
            for code, beds in BEDS.items():
                capacity.set_capacity(by_service(long_ago), a_site(code), beds, night_of(long_ago))
            self.people = {
                name: a_person(given_name=name, gender=gender).ref
                for name, gender in PEOPLE.items()
            }

    def happens(self, step: Step) -> None:
        self.moment += step.passes
        if step.verb:
            self.tried(step)
        now = self.hub()
        if step.free is not None:
            assert now.counts is not None
            assert now.counts.free == step.free, step
        if step.over_by is not None and now.counts:
            assert now.counts.over == step.over_by, step

    def tried(self, step: Step) -> None:
        before, words = self.dump(), None
        done: Any = None
        try:
            with transaction():
                done = self.do(step)
        except Refused as refusal:
            words = told(refusal)
        assert (words is None) is (step.refused is None), (step, words)
        assert (step.refused or "") in (words or ""), words
        assert words is None or self.dump() == before, "a refusal changed something"
        if step.status is not None:
            assert done is not None
            assert done.status_at(self.moment) == step.status, step

    def dump(self) -> list[Any]:
        return [list(db.session.execute(select(table.__table__))) for table in TABLES]

    def do(self, step: Step) -> Any:
        asked = {name: self.meant(name, value) for name, value in step.asked.items()}
        own: Callable[..., Any] | None = getattr(self, f"do_{step.verb}", None)
        if own is not None:
            return own(self.act(step.who), step.person, **asked)
        if step.verb in {"void", "reinstate", "ready"}:
            return getattr(actions, step.verb)(self.act(step.who), asked.pop("bed"), **asked)
        ident = self.placement(step.person, asked.pop("nth", 0))
        return getattr(actions, step.verb)(self.act(step.who), ident, **asked)

    def meant(self, name: str, value: Any) -> Any:
        if isinstance(value, timedelta):
            return self.moment + value
        if name == "bed":
            query = select(Bed.id).where(Bed.site_id == a_site().id, Bed.label == str(value))
            return db.session.scalars(query).one()
        return value

    def act(self, who: str) -> Act:
        return at(self.staff[who], self.moment) if who else by_service(self.moment)

    def placement(self, person: str, nth: int) -> int:
        """Return a person's newest placement, or the one that many before it."""
        mine = select(Placement.id).join(Person, Person.id == Placement.person_id)
        query = mine.where(Person.ref == self.people[person]).order_by(Placement.id.desc())
        return db.session.scalars(query.offset(nth)).first() or 0

    def hub(self) -> SiteTonight:
        seen = board.tonight(self.moment, scope(self.act("lead"), Doing.RUN_SITE))
        for one in seen.sites:
            if one.counts:
                of = one.counts
                parts = of.occupied + of.booked + of.held + of.void + of.turnaround + of.free
                assert parts == of.capacity + of.over
        return next((one for one in seen.sites if one.site.code == HUB), None) or SiteTonight(
            a_site(), None, None, None
        )

    def placing(self, verb: Callable[..., Any], act: Act, person: str, **asked: Any) -> Any:
        if "bed" not in asked:
            asked.setdefault("site", HUB)
        return verb(act, person=self.people[person], **asked)

    def do_hold(self, act: Act, person: str, **asked: Any) -> Any:
        return self.placing(actions.hold, act, person, **asked)

    def do_walk_in(self, act: Act, person: str, **asked: Any) -> Any:
        return self.placing(actions.walk_in, act, person, **asked)

    def do_book(self, act: Act, person: str, **asked: Any) -> Any:
        return self.placing(claims.book, act, person, **asked)

    def do_make_booking(self, act: Act, person: str, **asked: Any) -> Any:
        return actions.book(act, self.placement(person, 0), **asked)

    def do_record_stay(self, act: Act, person: str, **asked: Any) -> Any:
        return self.placing(actions.record_stay, act, person, **asked)

    def do_settings(self, _act: Act, _person: str, **values: Any) -> None:
        db.session.execute(update(Site).where(Site.code == HUB).values(**values))

    def do_is(self, _act: Act, person: str, **facts: Any) -> None:
        mine = Person.ref == self.people[person]
        db.session.execute(update(Person).where(mine).values(**facts))

    def do_capacity(self, act: Act, _person: str, *, beds: int) -> None:
        capacity.set_capacity(act, a_site(), beds, night_of(self.moment))

    def do_close(self, act: Act, _person: str) -> None:
        capacity.close_site(act, HUB, from_night=night_of(self.moment), reason="Works")

    def do_not_here(self, act: Act, person: str) -> None:
        editing.not_here(act, self.people[person], site=HUB)

    def do_here_again(self, act: Act, person: str) -> None:
        editing.here_again(act, self.people[person], site=HUB)

    def do_overstays(self, _act: Act, person: str, *, so: bool) -> None:
        assert overstaying(self.facts(person), self.moment) is so

    def do_asks(self, _act: Act, person: str, *, so: bool) -> None:
        assert away_asks(self.facts(person), self.moment) is so

    def facts(self, person: str) -> Any:
        return queries.placement(self.placement(person, 0))


def told(refusal: Refused) -> str:
    """Return every word of a refusal."""
    errors = getattr(refusal, "errors", {})
    return " ".join([str(refusal), *(str(one) for told in errors.values() for one in told)])


def test_the_life_of_a_placement(store: Flask, subtests: pytest.Subtests) -> None:
    house = House()
    for case, steps in CASES.items():
        with subtests.test(case):
            story = Story(house)
            for step in steps:
                story.happens(step)
