"""When somebody was born, as far as it is known: a whole date, a month, a year or a guess."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

SAME_DAY = "same date of birth"
ONE_DIGIT = "date of birth differs in one digit"
DAY_AND_MONTH = "date of birth has day and month swapped"
SAME_BIRTHDAY = "same day and month of birth, another year"
SAME_YEAR = "born in the same year"
ABOUT_THE_AGE = "about the same age"

EARLIEST_YEAR = 1900
"""The first year in which somebody who is known here may be born (ours): a slip of the key."""

PARTLY = ("birth_year", "birth_month", "birth_guessed")
"""What is known of a birth while its whole date is not."""

_MONTHS = 12

_SAME_DAY, _SWAPPED, _ONE_DIGIT, _SAME_BIRTHDAY = 40.0, 28.0, 22.0, 15.0
_SAME_MONTH, _SAME_YEAR, _ABOUT = 20.0, 12.0, 6.0
"""Points of what two births have in common (ours)."""

_ONLY_PART_OF_NAME = 0.5
"""What is left of the points of dates that differ where only part of the name is the same."""

_NEAR, _YEAR_APART, _APART = -12.0, -25.0, -40.0
"""Points of two dates in one year, a year or two apart, and further apart (ours)."""

_CLOSE_YEARS, _GUESS_CLOSE, _GUESS_FAR = 2, 3, 10
"""Years between two births that may be a slip; that a guess may miss by; and may hardly."""


class Birth(NamedTuple):
    """When somebody was born; ``guessed`` is that somebody took them to be about so old."""

    on: date | None = None
    year: int | None = None
    month: int | None = None
    guessed: bool = False

    @property
    def in_year(self) -> int | None:
        """Return the year, however much more is known."""
        return self.on.year if self.on else self.year

    @property
    def in_month(self) -> int | None:
        """Return the month, if it is known."""
        return self.on.month if self.on else self.month

    def may_be(self, other: "Birth") -> bool:
        """Return whether both may be one day, as far as each is known.

        >>> Birth(year=1984).may_be(Birth(on=date(1984, 6, 2)))
        True
        """
        mine, theirs = self.span(), other.span()
        return bool(mine and theirs and mine[0] <= theirs[1] and theirs[0] <= mine[1])

    def span(self) -> tuple[date, date] | None:
        """Return the first and the last day on which they may be born, or None.

        >>> Birth(year=1985, month=2).span()
        (datetime.date(1985, 2, 1), datetime.date(1985, 2, 28))
        """
        if self.on:
            return self.on, self.on
        if self.year is None:
            return None
        first, last = self.month or 1, self.month or _MONTHS
        after = date(self.year + last // _MONTHS, last % _MONTHS + 1, 1)
        return date(self.year, first, 1), date.fromordinal(after.toordinal() - 1)

    @property
    def words(self) -> str:
        """Return it as people say it, or nothing where nothing is known.

        >>> Birth(year=1985, guessed=True).words, Birth(year=1985, month=3).words
        ('about 1985 (a guess)', 'in March 1985')
        """
        if self.on:
            said = f"{self.on.day} {self.on:%B %Y}"
            return f"about {said} (a guess)" if self.guessed else said
        if self.year is None:
            return ""
        said = f"{date(self.year, self.month, 1):%B %Y}" if self.month else str(self.year)
        return f"about {said} (a guess)" if self.guessed else f"in {said}"


def birth_in(told: Mapping[str, Any]) -> Birth:
    """Return the birth that a form or a call tells."""
    return Birth(
        told.get("date_of_birth"),
        told.get("birth_year"),
        told.get("birth_month"),
        told.get("birth_guessed") is True,
    )


def settled(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of somebody, without a year, month or guess beside a whole date.

    >>> settled({"date_of_birth": date(1985, 3, 2), "birth_year": 1985})["birth_year"]
    """
    return {**told, **unsaid(told.get("date_of_birth"))}


def unsaid(born: date | None) -> dict[str, None]:
    """Return what a whole date of birth leaves unsaid: all that was known before it was."""
    return dict.fromkeys(PARTLY) if born else {}


def birth_faults(birth: Birth, today: date) -> dict[str, list[str]]:
    """Return what cannot be so of a birth, by field; nothing where all is well."""
    if birth.on and birth.on > today:
        return {"date_of_birth": ["That day has not come yet."]}
    if birth.month is not None and birth.year is None:
        return {"birth_year": ["Write the year as well, or leave the month empty."]}
    if birth.year is not None and not EARLIEST_YEAR <= birth.year <= today.year:
        return {"birth_year": [f"Write a year from {EARLIEST_YEAR} to {today.year}."]}
    if birth.year == today.year and (birth.month or 0) > today.month:
        return {"birth_month": ["That month has not come yet."]}
    other_month = birth.month is not None and birth.on and birth.month != birth.on.month
    if birth.on and ((birth.year or birth.on.year) != birth.on.year or other_month):
        said = "This is not the year or the month of the date of birth. Correct one of them."
        return {"birth_year": [said]}
    return {}


def births_alike(one: Birth, other: Birth, *, whole_name: bool) -> tuple[float, str | None]:
    """Return what two births say for or against one person, in points, and in words.

    What differs counts for less where only part of the name is the same.
    """
    exact = one.on and other.on and not (one.guessed or other.guessed)
    points, said = _dates_alike(one, other) if exact else _years_alike(one, other)
    if points > 0 and said is not SAME_DAY and not whole_name:
        points *= _ONLY_PART_OF_NAME
    return points, said


def _dates_alike(one: Birth, other: Birth) -> tuple[float, str | None]:
    """Return what two whole dates say."""
    mine, theirs = one.on, other.on
    if mine is None or theirs is None:
        return 0.0, None
    if mine == theirs:
        return _SAME_DAY, SAME_DAY
    years = abs(mine.year - theirs.year)
    return _slip(mine, theirs, years) or (_apart(years), None)


def _slip(mine: date, theirs: date, years: int) -> tuple[float, str] | None:
    """Return what two dates say that may be one, written down wrongly."""
    if not years and (mine.month, mine.day) == (theirs.day, theirs.month):
        return _SWAPPED, DAY_AND_MONTH
    if _differing(mine, theirs) == 1:
        return _ONE_DIGIT, ONE_DIGIT
    if (mine.month, mine.day) == (theirs.month, theirs.day) and years <= _CLOSE_YEARS:
        return _SAME_BIRTHDAY, SAME_BIRTHDAY
    year_alone = (1, 1) in {(mine.month, mine.day), (theirs.month, theirs.day)}
    return (_SAME_YEAR, SAME_YEAR) if year_alone and not years else None


def _apart(years: int) -> float:
    """Return what speaks against two births so many years apart that are not one."""
    if not years:
        return _NEAR
    return _YEAR_APART if years <= _CLOSE_YEARS else _APART


def _differing(mine: date, theirs: date) -> int:
    """Return in how many digits two dates differ; two neighbours that changed places are one."""
    one, other = mine.isoformat(), theirs.isoformat()
    places = [place for place in range(len(one)) if one[place] != other[place]]
    first, last = places[0], places[-1]
    swapped = last == first + 1 and (one[first], one[last]) == (other[last], other[first])
    return 1 if swapped else len(places)


def _years_alike(one: Birth, other: Birth) -> tuple[float, str | None]:
    """Return what two births say of which one at least is not wholly known."""
    mine, theirs = one.in_year, other.in_year
    if mine is None or theirs is None:
        return 0.0, None
    years = abs(mine - theirs)
    if one.guessed or other.guessed:
        if years <= _GUESS_CLOSE:
            return _ABOUT, ABOUT_THE_AGE
        return (0.0 if years <= _GUESS_FAR // 2 else _NEAR if years <= _GUESS_FAR else _APART), None
    if years:
        return (_NEAR if years == 1 else _apart(years)), None
    months = {one.in_month, other.in_month} - {None}
    both = one.in_month is not None and other.in_month is not None
    if both and len(months) > 1:
        return _NEAR, None
    return (_SAME_MONTH if both else _SAME_YEAR), SAME_YEAR
