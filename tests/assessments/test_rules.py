"""What is known, what differs and what is wrong with an assessment, without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pathway.assessments.rules import (
    Findings,
    Institution,
    Known,
    NoteFacts,
    bad_leaving,
    bad_moment,
    changes,
    known_now,
    needs_of,
)
from pathway.people.rules import Need, PersonFacts, Recourse, WarningKind
from pathway.people.warned import WarningFacts, bad_expiry
from pathway.sites.rules import Gender

NOW = datetime(2026, 1, 10, 0, 30, tzinfo=UTC)
TODAY = date(2026, 1, 10)
FERN = PersonFacts(1, "P-1", gender=Gender.WOMAN, needs=(Need.DRUGS,), has_dog=True)


def test_the_record_counts_before_the_version_before_because_it_may_have_changed_since() -> None:
    before = Findings(gender=Gender.MAN, has_dog=False, recourse=Recourse.NO, wants="A room")
    known = known_now(FERN, before)
    assert (known.gender, known.has_dog, known.recourse) == (Gender.WOMAN, True, Recourse.NOT_KNOWN)
    assert known.wants == "A room"


@pytest.mark.parametrize(
    ("need", "before", "known"),
    [
        (Need.DRUGS, Known.NO, Known.YES),
        (Need.ALCOHOL, Known.NO, Known.NO),
        (Need.ALCOHOL, Known.YES, Known.NOT_KNOWN),
        (Need.ALCOHOL, Known.NOT_KNOWN, Known.NOT_KNOWN),
    ],
)
def test_that_somebody_has_no_need_of_a_kind_is_known_from_the_version_before(
    need: Need, before: Known, known: Known
) -> None:
    told: dict[str, Any] = {need.value: before}
    found = known_now(FERN, Findings(**told))
    assert getattr(found, need) is known


def test_a_need_that_is_not_known_is_none_that_a_bed_is_found_by() -> None:
    found = Findings(alcohol=Known.NOT_KNOWN, drugs=Known.YES, mental_health=Known.NO)
    assert needs_of(found) == (Need.DRUGS,)


def test_a_change_is_told_in_plain_words() -> None:
    told = changes(Findings(), Findings(recourse=Recourse.NO, has_dog=True, wants="A room"))
    assert [(one.label, one.was, one.now) for one in told] == [
        ("Recourse to public funds", "not known", "no"),
        ("Has a dog with them", "not known", "yes"),
        ("What they want", "not known", "A room"),
    ]


def test_this_moment_is_no_time_to_come_and_the_next_one_is() -> None:
    assert bad_moment(NOW, NOW) is None
    assert bad_moment(NOW + timedelta(seconds=1), NOW)


def test_a_leaving_is_told_whole_and_not_of_tomorrow_in_london() -> None:
    prison = Institution.PRISON
    assert list(bad_leaving(None, None, NOW)) == []
    assert list(bad_leaving(prison, TODAY, NOW)) == []
    assert [name for name, _ in bad_leaving(prison, TODAY + timedelta(days=1), NOW)] == ["left_on"]
    assert [name for name, _ in bad_leaving(prison, None, NOW)] == ["left_on"]
    assert [name for name, _ in bad_leaving(None, TODAY, NOW)] == ["last_institution"]


@pytest.mark.parametrize(
    ("kind", "days", "refused"),
    [
        (WarningKind.ARSON, None, True),
        (WarningKind.LICENCE, None, False),
        (WarningKind.LICENCE, -1, True),
        (WarningKind.ARSON, -1, True),
        (WarningKind.ARSON, 0, False),
        (WarningKind.ARSON, 5 * 365, False),
        (WarningKind.ARSON, 5 * 365 + 1, True),
    ],
)
def test_a_warning_has_a_last_day_unless_it_is_a_licence_condition(
    kind: WarningKind, days: int | None, *, refused: bool
) -> None:
    until = None if days is None else TODAY + timedelta(days=days)
    assert (bad_expiry(kind, until, TODAY) is not None) is refused


def test_a_warning_stands_to_the_end_of_its_last_day_unless_it_is_taken_back() -> None:
    told = WarningFacts(1, WarningKind.ARSON, "", "", frozenset(), TODAY, NOW, None)
    assert [told.stands(TODAY + timedelta(days=days)) for days in (-1, 0, 1)] == [True, True, False]
    assert replace(told, expires_on=None).stands(TODAY)
    assert not replace(told, ended_at=NOW).stands(TODAY)


def test_a_note_is_taken_back_by_its_writer_for_a_day() -> None:
    note = NoteFacts(1, NOW, 7, "Fern", "Likes tea", shared=True)
    limit = NOW + timedelta(hours=24)
    assert note.may_be_struck(7, limit)
    assert not note.may_be_struck(7, limit + timedelta(seconds=1))
    assert not note.may_be_struck(8, NOW)
    assert not replace(note, by_id=None).may_be_struck(None, NOW)
    assert not replace(note, struck_at=NOW).may_be_struck(7, NOW)
