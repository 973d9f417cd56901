"""What the tables of contacts, street counts, beds and placements hold."""

from collections.abc import Mapping

from pathway.privacy.kinds import Fate, Kept, kept

_OF_THE_NIGHT = "It speaks of a whole night and of several people, and is in nobody's record."
_OF_THE_BED = "It is about the building, and is in nobody's record."
_OF_THE_COUNT = "A count that was signed off must still come to the same number."

OUTREACH: Mapping[str, Kept] = {
    "spot": kept(nothing="id name route lat lon ended_at"),
    "shift": kept(
        others="words",
        staff="made_by handed_over_by",
        nothing="id organisation_id night name starts_at ends_at made_at handed_over_at",
        because=_OF_THE_NIGHT,
    ),
    "shift_member": kept(staff="staff_id", nothing="shift_id"),
    "shift_spot": kept(nothing="shift_id spot_id visited_at"),
    "street_count": kept(
        others="signed_why reopened_why",
        staff="made_by signed_by reopened_by",
        nothing="id night name starts_at ends_at made_at signed_at counted source reopened_at",
        because=_OF_THE_NIGHT,
    ),
    "count_area": kept(staff="team", nothing="id count_id name finished_at"),
    "count_apart": kept(
        theirs="at",
        staff="by",
        nothing="id count_id person_id other_id",
        leads="person_id other_id",
        why={"fate": _OF_THE_COUNT},
    ),
    "contact": kept(
        theirs="kind at night recorded_at organisation_id site_id lat lon offered naloxone "
        "overdose moved_on hidden struck_at chained_at",
        words="spot_id place present notes",
        staff="staff_id staff_name struck_by chained_by",
        nothing="id person_id device_at shift_id count_area_id",
        leads="person_id",
        fate=Fate.EMPTY,
    ),
    "contact_staged": kept(
        theirs="kind at night organisation_id",
        words="place",
        staff="staff_id staff_name",
        nothing="id batch person_id",
        leads="person_id",
        fate=Fate.GO,
    ),
    "contact_import": kept(nothing="id batch"),
    "promise": kept(
        theirs="at organisation_id due_on kept settled_at",
        words="words",
        staff="by settled_by",
        nothing="id person_id contact_id",
        leads="person_id",
        fate=Fate.GO,
    ),
    "drug_alert": kept(staff="by", nothing="id title words source from_on until_on at ended_at"),
}

BEDS: Mapping[str, Kept] = {
    "bed": kept(
        others="void_reason",
        nothing="id site_id label position extra first_night last_night void_from void_until "
        "turnaround_since step_free womens shared",
        because=_OF_THE_BED,
    ),
    "bed_event": kept(
        others="reason",
        staff="by",
        nothing="id bed_id site_id what at recorded_at until",
        because=_OF_THE_BED,
    ),
    "capacity": kept(others="reason", nothing="site_id from_night beds", because=_OF_THE_BED),
    "confirmation": kept(staff="by", nothing="id site_id at said_free recorded_free"),
    "placement": kept(
        theirs="site_id bed_id status planned made_at expires_at checked_in_at departed_at "
        "destination expected_at ended_at away_at away_until kept_at stay_authorised",
        words="departure_reason away_reason stay_reason",
        staff="made_by",
        nothing="id person_id transfer_from",
        leads="person_id",
        fate=Fate.EMPTY,
    ),
    "placement_event": kept(
        theirs="site_id bed_id what at recorded_at expires_at",
        words="detail",
        others="before",
        staff="by",
        nothing="id placement_id undoes sheet device_at",
        leads="placement_id",
        fate=Fate.EMPTY,
        why={"before": "It repeats what earlier lines say, so that the newest can be undone."},
    ),
    "placement_import": kept(nothing="id batch"),
    "placement_staged": kept(
        theirs="site_id checked_in_at departed_at destination",
        words="departure_reason",
        nothing="id batch person_id",
        leads="person_id",
        fate=Fate.GO,
    ),
    "waiting": kept(
        theirs="site_id priority since offered_at ended_at ended_why",
        staff="by ended_by",
        nothing="id person_id placement_id",
        leads="person_id",
        fate=Fate.GO,
    ),
    "turn_away": kept(
        theirs="site_id night at needed",
        staff="by",
        nothing="id person_id",
        leads="person_id",
        fate=Fate.EMPTY,
    ),
}
