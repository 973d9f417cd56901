"""What an assessment says, who reads a note, and where a concern stands."""

from enum import StrEnum


class Known(StrEnum):
    """Whether something is so, as far as anybody knows."""

    YES = "yes"
    NO = "no"
    NOT_KNOWN = "not_known"


class Institution(StrEnum):
    """What somebody has left. Source: DOMAIN.md section 6, institution leaver."""

    PRISON = "prison"
    HOSPITAL = "hospital"
    ARMED_FORCES = "armed_forces"
    ASYLUM_SUPPORT = "asylum_support"

    @property
    def words(self) -> str:
        """Return the institution as people say it."""
        return self.value.replace("_", " ").capitalize()


class ConcernKind(StrEnum):
    """Whom a safeguarding concern is about."""

    CHILD = "child"
    ADULT = "adult"


class ConcernStep(StrEnum):
    """What happened to a safeguarding concern.

    The last four are written beside what people do: whom the service told, that a
    mark was taken back, and that a concern goes on because a death was taken back.
    """

    RAISED = "raised"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    CHASED = "chased"
    CLOSED = "closed"
    TOLD_UNSENT = "told_unsent"
    TOLD_UNHEARD = "told_unheard"
    NOT_A_CHILD = "not_a_child"
    REOPENED = "reopened"

    @property
    def words(self) -> str:
        """Return the step as people say it."""
        return {
            "told_unsent": "Leads told: not sent yet",
            "told_unheard": "Leads told: nobody has acknowledged it",
            "not_a_child": "Mark “possibly under 18” taken back",
            "reopened": "Goes on: a death was taken back",
        }.get(self.value, self.value.capitalize())


LONGEST_WORDS = 2_000
"""The most characters of what somebody wants, of a note and of a concern (ours)."""

LONGEST_LANGUAGE = 60
"""The most characters of a language's name (ours)."""
