"""Plain words for tables, columns and values, for whoever is given what is kept of them."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pathway.nights import clock, day, london

_TITLES = {
    "person": "Who you are",
    "person_opening": "Who could open your closed record",
    "person_not_here": "Sites you said are not for you",
    "person_warning": "Warnings",
    "person_warning_site": "Sites that a warning keeps you from",
    "person_number": "Your numbers in other records",
    "person_lookout": "Who asked to be told when you were met",
    "person_merge": "Two records that became one",
    "person_alias": "Other names",
    "person_key": "Words you are found by",
    "person_sound": "Sounds you are found by",
    "person_same": "Whether another record is about you as well",
    "person_apart": "People who must not meet",
    "person_together": "Wishes to stay together",
    "person_exclusion": "Sites that do not take you for a time",
    "person_consent": "What you agreed to",
    "assessment": "Assessments",
    "leaving": "Leaving prison, hospital and the like",
    "note": "Notes",
    "concern": "Safeguarding concerns",
    "concern_event": "What was done about safeguarding concerns",
    "shift": "Handover of an outreach shift",
    "street_count": "Street counts",
    "count_apart": "Two people of a street count who look alike",
    "contact": "When you were met",
    "contact_staged": "Meetings that are being taken over from a file",
    "promise": "What you were promised",
    "bed": "Beds",
    "bed_event": "What happened to a bed",
    "capacity": "How many beds a site has",
    "placement": "Your beds",
    "placement_event": "What happened to your beds",
    "placement_staged": "Stays that are being taken over from a file",
    "waiting": "Waiting for a bed",
    "turn_away": "When there was no bed for you",
    "legal_hold": "Records that may not be erased for now",
    "privacy_request": "What was asked about your record",
    "audit_entry": "Who looked at your record",
    "idempotency_key": "Copies of answers to staff",
}

_LABELS = {
    "at": "When",
    "by": "Recorded by",
    "bed_id": "Bed",
    "device_at": "By the phone's clock",
    "hidden": "Sheltered out of sight",
    "kept": "Kept the promise",
    "key": "Word",
    "made_by": "Recorded by",
    "night": "Night that began on",
    "present": "Who was there",
    "readers": "Roles that may read it",
    "ref": "Reference",
    "staff_id": "Member of staff",
    "staff_name": "Member of staff",
    "wording_id": "The words you were read",
    "organisation_id": "Organisation",
    "team_organisation_id": "Only for staff of",
    "team_role": "Only for the role",
    "before": "What was written earlier",
    "what": "What happened",
    "words": "What was written",
}

_CODE = re.compile(r"[a-z]+(_[a-z]+)+")


def title(table: str) -> str:
    """Return what a table is called for the person it is about.

    >>> title("contact"), title("shoe_size")
    ('When you were met', 'Shoe size')
    """
    return _TITLES.get(table) or table.replace("_", " ").capitalize()


def label(column: str) -> str:
    """Return what a column is called.

    >>> label("by"), label("date_of_birth"), label("site_id")
    ('Recorded by', 'Date of birth', 'Site')
    """
    return _LABELS.get(column) or column.removesuffix("_id").replace("_", " ").capitalize()


def plain(value: Any) -> str:
    """Return a value as people write it, times in London.

    >>> plain(True), plain("not_known"), plain({"late": False})
    ('yes', 'not known', 'late: no')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{day(london(value).date())}, {clock(value)}"
    if isinstance(value, date):
        return day(value)
    if isinstance(value, Mapping):
        told = {name: one for name, one in value.items() if one is not None}
        return "; ".join(f"{name.replace('_', ' ')}: {plain(one)}" for name, one in told.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(plain, value))
    text = str(value)
    return text.replace("_", " ") if _CODE.fullmatch(text) else text
