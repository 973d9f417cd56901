"""What every column holds: what of it somebody is given who asks, and what goes with them.

A column that is not here fails the build, so that nobody adds one without deciding.
"""

from collections.abc import Mapping

from pathway.privacy.columns_house import DUTY, MACHINERY, MESSAGES, SITES, STAFF, TRAIL
from pathway.privacy.columns_nights import BEDS, OUTREACH
from pathway.privacy.columns_people import ASKED, FOUND_OUT, PEOPLE
from pathway.privacy.kinds import Fate, Holds, Kept

__all__ = ["KEPT", "Fate", "Holds", "Kept"]

KEPT: Mapping[str, Kept] = {
    **PEOPLE,
    **FOUND_OUT,
    **OUTREACH,
    **BEDS,
    **ASKED,
    **SITES,
    **STAFF,
    **MESSAGES,
    **DUTY,
    **TRAIL,
    **MACHINERY,
}
"""Every table of the schema."""
