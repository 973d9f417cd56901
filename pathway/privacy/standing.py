"""What of an emptied row stays because it counts: everything else that is personal goes.

A column that nobody named here is emptied by itself, so that a new one is never
forgotten. What stays tells that something happened on a night at a site, to
somebody of whom nothing is known any more.
"""

from collections.abc import Mapping

from pathway.people.actions import UNKNOWN

STANDS: Mapping[str, frozenset[str]] = {
    table: frozenset(names.split())
    for table, names in {
        "person": "ref created_at unnamed restricted_at",
        "leaving": "institution left_on at",
        "contact": "kind at night recorded_at organisation_id site_id hidden struck_at",
        "placement": "site_id bed_id status planned made_at expires_at checked_in_at "
        "departed_at destination expected_at ended_at",
        "placement_event": "site_id bed_id what at recorded_at expires_at",
        "turn_away": "site_id night at needed",
        "privacy_request": "kind received_on due_on at decision decided_at",
        "legal_hold": "at lifted_at person_id",
    }.items()
}
"""By table: the columns that count.

Whether somebody gave no name is told apart in the number of people who slept rough;
what a turned-away person's bed would have had to be is what unmet need is made of;
that a hold stood and was lifted shows that nothing went while it did.
"""

BLANK: Mapping[str, Mapping[str, object]] = {"person": UNKNOWN}
"""What is written where a column is never empty and a blank of its type would not be read."""
