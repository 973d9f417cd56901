"""The roles, the things that routes do, and how far one may be allowed to do them."""

from enum import StrEnum


class Role(StrEnum):
    """A role that a member of staff holds; several may be held at once."""

    OUTREACH = "outreach"
    HUB = "hub"
    HUB_LEAD = "hub_lead"
    SWEP_COORDINATOR = "swep_coordinator"
    TREATMENT = "treatment"
    MANAGER = "manager"
    ADMIN = "admin"

    @property
    def words(self) -> str:
        """Return the role as people say it."""
        return self.value.replace("_", " ").replace("swep", "SWEP")


class Reach(StrEnum):
    """How far a permission goes."""

    OWN = "what they made themselves"
    OWN_TEAM = "what their own organisation's staff recorded"
    OWN_SITES = "the sites they are named for"
    VENUES = "severe weather venues"
    OPEN = "every site that is not confidential"
    ALL = "everywhere"


class Doing(StrEnum):
    """One thing that a route does. A route that names none is refused."""

    COUNT_BEDS = "see how many beds are free"
    SEE_PEOPLE = "see people"
    ADD_PEOPLE = "add a person"
    SEE_PLACEMENTS = "see placements"
    HOLD = "hold a bed"
    KEEP_HOLD = "extend or release a hold"
    RUN_SITE = "check people in and out"
    KEEP_BEDS = "take a bed out of use and put it back"
    OVERRIDE = "admit someone by decision of the lead"
    BOOK = "expect someone at a stated time"
    HOLD_UNNAMED = "hold a bed for a caller who gives no name"
    NOT_HERE = "say that a site is not for someone"
    HERE_AGAIN = "see which sites are not for someone, and take that back"
    SET_BEDS = "change how many beds a site has"
    BACKDATE = "enter a paper sheet of the last fortnight"
    SEE_OCCUPANCY = "see how full sites were"
    BE_WALKED = "be looked out for while walking someone to a site"
    EDIT_PEOPLE = "change what is recorded of a person"
    MERGE = "merge two records of one person"
    RESTRICT = "close a person's record to others"
    LIFT = "open a restricted record again"
    WATCH = "see who broke the glass, and alarms"
    DESCRIBE_SITE = "change what is said of a site and its beds"
    RUN_STAFF = "look after members of staff"
    READ_AUDIT = "read the audit trail"
    SEE_TEXTS = "see texts, and who cannot be reached"
    RUN_ROTA = "change who is on duty"
    TAKE_DUTY = "be duty manager from now on"
    SEE_JOBS = "see the background jobs"
    SEE_CONTACTS = "see contacts on the street, assessments and the timeline"
    RECORD = "record a contact, an assessment, a note or a warning"
    MATCH = "say who somebody was of whom only a description was known"
    SAFEGUARD = "raise a safeguarding concern and follow it up"
    RECORD_DEATH = "record that somebody has died"
    RUN_SHIFT = "plan a shift and hand it over"
    RUN_COUNT = "run a street count"
    SIGN_COUNT = "sign off a street count"
    WARN_OF_DRUGS = "put up a drug alert"
    SEE_SLEEPING = "see how many people sleep rough"
    SEE_FRAMEWORK = "see the month figures of the national framework"
    SAY_SAME = "say that two records may be one person, or are not"
    CONSENT = "record what somebody agreed to share"
    KEEP_APART = "record that two people must never meet, or want to stay together"
    EXCLUDE = "exclude somebody from a site until a day"
    WAIT = "put somebody on the list for a bed"
    TURN_AWAY = "record that there was no bed for somebody"
    SEE_UNMET = "see how many people there was no bed for"
    ANSWER_FOR = "answer for what is kept of a person: requests, legal holds, erasure"
    SET_RETENTION = "change for how long records are kept"
    SIGNED_IN = "be signed in"
