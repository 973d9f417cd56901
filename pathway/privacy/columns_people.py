"""What the tables of people, consent, assessments and privacy hold."""

from collections.abc import Mapping

from pathway.privacy.kinds import Fate, Kept, kept

_APART = "It would tell somebody that another person must be kept from them, and so of that person."
_CONCERN = "Told in confidence to keep somebody safe: the safeguarding lead judges it one by one."
_HOLD = "It may stand for a claim or an inquiry that nobody may be warned of: judged one by one."

_PROOF = "It shows that the law was kept, and says no more than that."

PEOPLE: Mapping[str, Kept] = {
    "person": kept(
        theirs="ref given_name family_name date_of_birth gender nationality recourse "
        "local_connection support_level needs created_at restricted_at needs_step_free has_dog "
        "with_partner vulnerable unnamed perhaps_child at_risk language interpreter died_on "
        "birth_year birth_month birth_guessed dog_name",
        words="description",
        staff="created_by",
        nothing="id version merged_into_id",
        leads="merged_into_id",
        fate=Fate.EMPTY,
    ),
    "person_opening": kept(
        theirs="kind site_id at until",
        words="reason",
        staff="staff_id",
        nothing="id person_id",
        leads="person_id",
        fate=Fate.GO,
    ),
    "person_not_here": kept(
        theirs="site_id at",
        staff="by",
        nothing="id person_id",
        leads="person_id",
        fate=Fate.GO,
    ),
    "person_warning": kept(
        theirs="kind readers expires_on at ended_at",
        words="detail",
        others="source",
        staff="by ended_by",
        nothing="id person_id",
        leads="person_id",
        fate=Fate.GO,
        hides={"detail": ("kind", "named_person")},
        why={
            "source": "Whoever warned did so in confidence, and may be in danger if it is told.",
            "detail": "What is written of a risk from somebody who is named is about them.",
        },
    ),
    "person_warning_site": kept(
        theirs="site_id", nothing="warning_id", leads="warning_id", fate=Fate.GO
    ),
    "person_number": kept(
        theirs="scheme number at",
        staff="by",
        nothing="id person_id",
        leads="person_id",
        fate=Fate.GO,
    ),
    "person_lookout": kept(
        theirs="since until met_at",
        staff="staff_id",
        nothing="id person_id key",
        leads="person_id",
        fate=Fate.GO,
    ),
    "person_merge": kept(
        theirs="at undone_at",
        staff="by",
        nothing="id person_id into_id moved",
        leads="person_id into_id",
        fate=Fate.GO,
    ),
    "person_alias": kept(theirs="alias", nothing="id person_id", leads="person_id", fate=Fate.GO),
    "person_key": kept(theirs="key", nothing="person_id", leads="person_id", fate=Fate.GO),
    "person_sound": kept(theirs="sound", nothing="person_id", leads="person_id", fate=Fate.GO),
    "person_same": kept(
        theirs="verdict at ended_at",
        staff="by",
        nothing="id person_id other_id",
        leads="person_id other_id",
        fate=Fate.GO,
    ),
    "person_apart": kept(
        others="why readers expires_on at ended_at other_id person_id",
        staff="by ended_by",
        nothing="id",
        leads="person_id other_id",
        fate=Fate.GO,
        because=_APART,
    ),
    "person_together": kept(
        theirs="at withdrawn_at",
        others="other_id",
        staff="by withdrawn_by",
        nothing="id person_id",
        leads="person_id other_id",
        fate=Fate.GO,
        why={"other_id": "What somebody else wishes, and whom it is about, is theirs to tell."},
    ),
    "person_exclusion": kept(
        theirs="site_id until_on at ended_at",
        words="reason",
        staff="by ended_by",
        nothing="id person_id",
        leads="person_id",
        fate=Fate.GO,
    ),
    "consent_wording": kept(nothing="id kind version words from_on", staff="by"),
    "person_consent": kept(
        theirs="wording_id kind given at withdrawn_at",
        staff="by withdrawn_by",
        nothing="id person_id",
        leads="person_id",
        fate=Fate.GO,
    ),
}

FOUND_OUT: Mapping[str, Kept] = {
    "assessment": kept(
        theirs="at recorded_at alcohol drugs mental_health physical_health recourse "
        "local_connection gender support_level language interpreter at_risk vulnerable "
        "needs_step_free has_dog with_partner",
        words="wants",
        staff="by",
        nothing="id person_id device_at",
        leads="person_id",
        fate=Fate.GO,
    ),
    "leaving": kept(
        theirs="institution left_on at",
        staff="by",
        nothing="id person_id",
        leads="person_id",
        fate=Fate.EMPTY,
    ),
    "note": kept(
        theirs="at team_organisation_id team_role struck_at",
        words="words",
        staff="by",
        nothing="id person_id",
        leads="person_id",
        fate=Fate.GO,
    ),
    "concern": kept(
        others="kind step words raised_at sent_at acknowledged_at chased_at closed_at person_id",
        staff="raised_by",
        nothing="id",
        leads="person_id",
        fate=Fate.GO,
        because=_CONCERN,
    ),
    "concern_event": kept(
        others="what at detail concern_id",
        staff="by",
        nothing="id",
        leads="concern_id",
        fate=Fate.GO,
        because=_CONCERN,
    ),
}

ASKED: Mapping[str, Kept] = {
    "retention": kept(nothing="kind days basis at", staff="by"),
    "legal_hold": kept(
        others="reason at lifted_at person_id",
        staff="by lifted_by",
        nothing="id",
        leads="person_id",
        fate=Fate.EMPTY,
        because=_HOLD,
    ),
    "erased": kept(nothing="id ref at", staff="by", why={"fate": _PROOF}),
    "privacy_request": kept(
        theirs="kind received_on due_on at decision decided_at",
        words="asked_by reason",
        staff="by decided_by",
        nothing="id person_id",
        leads="person_id",
        fate=Fate.EMPTY,
    ),
}
