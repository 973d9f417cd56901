"""What the tables of sites, staff, messages, duty, the trail and the machinery hold."""

from collections.abc import Mapping

from pathway.privacy.kinds import Kept, kept

_TRAIL = "Who looked must stay provable: no line of the trail is ever changed or removed."
_LOOKED = "Each look is told, with who; which page it was may tell of a concern or of a list."
_LIST = "It may hold the references of other people whom the same list showed."

SITES: Mapping[str, Kept] = {
    "organisation": kept(nothing="id code name"),
    "site": kept(
        nothing="id code name organisation_id confidential venue admits_woman admits_man "
        "admits_other max_support_level nrpf phone pickup_point address hold_minutes turnaround "
        "numbers intake_from intake_to dogs couples nominations refuses version"
    ),
}

STAFF: Mapping[str, Kept] = {
    "staff": kept(
        staff="email name organisation_id password_hash pin_hash totp_secret totp_step phone "
        "created_at left_at",
        nothing="id demo",
    ),
    "staff_role": kept(staff="staff_id role"),
    "staff_site": kept(staff="staff_id site_id"),
    "screen": kept(nothing="id secret_hash at ended_at"),
    "screen_staff": kept(staff="staff_id until", nothing="screen_id"),
    "sign_in": kept(
        staff="staff_id secret_hash at expires_at ended_at waits_for screen_id device",
        nothing="id",
    ),
    "recovery_code": kept(staff="staff_id code_hash used_at", nothing="id"),
    "staff_identity": kept(staff="issuer subject staff_id"),
    "tries": kept(nothing="key since count"),
    "phone_claim": kept(staff="staff_id phone code_hash expires_at"),
    "api_token": kept(staff="staff_id secret_hash at revoked_at", nothing="id"),
    "password_link": kept(staff="staff_id secret_hash at expires_at used_at", nothing="id"),
}

MESSAGES: Mapping[str, Kept] = {
    "text_message": kept(
        staff="staff_id to_number",
        nothing="id key body purpose state at due_at good_until changed_at tries claimed_at "
        "asked_at asks sid error again_of",
    ),
    "text_in": kept(staff="staff_id", nothing="id sid at verb outcome"),
    "stopped_number": kept(staff="number at"),
    "notice": kept(
        staff="staff_id made_by",
        nothing="id key at kind audience site_id words link useful_until over_at",
    ),
    "notice_mark": kept(staff="staff_id read_at texted_at", nothing="notice_id"),
    "text_choice": kept(staff="staff_id kind"),
    "quiet_hours": kept(staff="staff_id begins ends"),
}

DUTY: Mapping[str, Kept] = {
    "duty_turn": kept(
        staff="staff_id step starts_at ends_at made_by made_at removed_at", nothing="id"
    ),
    "alarm": kept(
        staff="raised_by acknowledged_by",
        nothing="id key at kind words link site_id step told_at acknowledged_at",
    ),
    "alarm_told": kept(staff="staff_id step at", nothing="alarm_id"),
    "walk": kept(staff="staff_id site_id started_at due_at ended_at alarmed_at", nothing="id"),
}

TRAIL: Mapping[str, Kept] = {
    "audit_entry": kept(
        theirs="at",
        others="what subject detail",
        staff="staff_id",
        nothing="id person",
        leads="person",
        why={"what": _LOOKED, "subject": _LIST, "detail": _LIST, "fate": _TRAIL},
    ),
    "audit_mention": kept(nothing="entry_id ref", leads="ref", why={"fate": _TRAIL}),
    "audit_seal": kept(nothing="id first_id last_id entries previous hash at"),
}

MACHINERY: Mapping[str, Kept] = {
    "idempotency_key": kept(
        others="answer",
        staff="staff_id",
        nothing="id key fingerprint at for_good",
        why={"answer": "A copy of what staff were answered, kept a day; for good only references."},
    ),
    "job_lease": kept(nothing="id fence holder beat beat_at"),
    "job_run": kept(nothing="id job slot fence started_at ended_at result note"),
}
