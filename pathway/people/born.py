"""When somebody was born, as far as it is known: a whole date, a month, a year or a guess."""

from datetime import date
from typing import NamedTuple

SAME_DAY = "same date of birth"
ONE_DIGIT = "date of birth differs in one digit"
DAY_AND_MONTH = "date of birth has day and month swapped"
SAME_YEAR = "born in the same year"
ABOUT_THE_AGE = "about the same age"

EARLIEST_YEAR = 1900
"""The first year in which somebody who is known here may be born (ours): a slip of the key."""

_MONTHS = 12

_SAME_DAY, _SWAPPED, _ONE_DIGIT, _SAME_MONTH, _SAME_YEAR, _ABOUT = 40.0, 28.0, 22.0, 20.0, 12.0, 6.0
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
    if (mine.year, mine.month, mine.day) == (theirs.year, theirs.day, theirs.month):
        return _SWAPPED, DAY_AND_MONTH
    if _differing(mine, theirs) == 1:
        return _ONE_DIGIT, ONE_DIGIT
    years = abs(mine.year - theirs.year)
    if not years and {(mine.month, mine.day), (theirs.month, theirs.day)} & {(1, 1)}:
        return _SAME_YEAR, SAME_YEAR
    return (_NEAR if not years else _YEAR_APART if years <= _CLOSE_YEARS else _APART), None


def _differing(mine: date, theirs: date) -> int:
    """Return in how many digits two dates differ; two that changed places are one."""
    one, other = f"{mine:%Y%m%d}", f"{theirs:%Y%m%d}"
    places = [place for place in range(len(one)) if one[place] != other[place]]
    first, last = places[0], places[-1]
    swapped = len(places) == 2 and (one[first], one[last]) == (other[last], other[first])  # noqa: PLR2004 - a pair
    return 1 if swapped and last == first + 1 else len(places)


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
        return (_NEAR if years == 1 else _YEAR_APART if years <= _CLOSE_YEARS else _APART), None
    months = {one.in_month, other.in_month} - {None}
    both = one.in_month is not None and other.in_month is not None
    if both and len(months) > 1:
        return _NEAR, None
    return (_SAME_MONTH if both else _SAME_YEAR), SAME_YEAR
