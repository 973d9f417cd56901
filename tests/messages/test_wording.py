"""What one text says of several notices."""

from datetime import UTC, datetime, timedelta

import pytest

from pathway.messages.rules import Kind
from pathway.messages.septets import ONE_TEXT, is_gsm7, septets
from pathway.messages.wording import YOUR_SITE, NoticeFacts, one_text

URL = "https://pathway.example.org"
OPEN = f"Open {URL}/notices"
UNTIL = datetime(2026, 1, 9, 22, 15, tzinfo=UTC)
LAPSED = "Your hold on bed 12 at St Giles lapsed at 22:15."


def coming(ident: int, code: str = "165-hub") -> NoticeFacts:
    words = "Someone is coming to bed 12 by 22:15."
    return NoticeFacts(ident, UNTIL, Kind.SOMEONE_COMING, words, None, UNTIL, code=code)


def lapsed(ident: int, words: str = LAPSED) -> NoticeFacts:
    return NoticeFacts(ident, UNTIL, Kind.HOLD_LAPSED, words, None, UNTIL)


def waits(ident: int) -> NoticeFacts:
    words = "The words of whoever caused it are for the screen."
    return NoticeFacts(ident, UNTIL, Kind.REFERRAL_WAITS, words, None, UNTIL, code="165-hub")


@pytest.mark.parametrize(
    ("notices", "words"),
    [
        ([coming(1)], "Someone is coming to 165-hub by 22:15."),
        ([coming(1, YOUR_SITE)], "Someone is coming to your site by 22:15."),
        ([coming(1), coming(2)], "2 people are coming to 165-hub."),
        ([coming(1, YOUR_SITE), coming(2, YOUR_SITE)], "2 people are coming to your site."),
        ([lapsed(1)], LAPSED),
        ([lapsed(1), lapsed(2)], "2 holds of yours ended."),
        ([waits(1)], "A referral waits."),
        ([waits(1), waits(2)], "2 referrals wait."),
        (
            [lapsed(4), coming(3), waits(5), coming(1), coming(2)],
            f"3 people are coming to 165-hub. {LAPSED} A referral waits.",
        ),
        (
            [coming(1, "st-giles"), coming(2)],
            "Someone is coming to 165-hub by 22:15. Someone is coming to st-giles by 22:15.",
        ),
    ],
)
def test_what_several_notices_come_to(notices: list[NoticeFacts], words: str) -> None:
    assert one_text(notices, URL) == f"{words} {OPEN}"


def test_what_does_not_fit_is_counted() -> None:
    many = [coming(number, f"the-hub-of-street-{number}") for number in range(12)]
    text = one_text([*many, lapsed(20), lapsed(21)], URL)
    told = text.count("Someone is coming")
    assert 0 < told < 12
    assert text.endswith(f" And {14 - told} more. {OPEN}")
    assert septets(text) <= ONE_TEXT


def test_no_text_is_longer_than_one_whatever_it_tells() -> None:
    for length in (10, 90, 120, 150, 300):
        for notices in ([lapsed(1, "W" * length)], [coming(1, "c" * length), lapsed(2)]):
            for url in (URL, "https://" + "long." * 40 + "org", "https://example.org/’"):
                assert septets(one_text(notices, url)) <= ONE_TEXT


def test_a_sign_outside_the_alphabet_does_not_make_two_texts_of_one() -> None:
    text = one_text([lapsed(1, "Your hold on bed 12 at King’s Cross lapsed at 22:15.")], URL)
    assert text == f"Your hold on bed 12 at King's Cross lapsed at 22:15. {OPEN}"
    assert is_gsm7(text)


def test_an_alarm_is_no_matter_of_these_texts() -> None:
    alarm = NoticeFacts(1, UNTIL, Kind.ALARM, "No forecast.", None, UNTIL)
    assert one_text([alarm, coming(2)], URL) == one_text([coming(2)], URL)


def test_a_notice_is_over_once_it_is_said_to_be_or_its_time_has_passed() -> None:
    assert not coming(1).is_over(UNTIL - timedelta(seconds=1))
    assert coming(1).is_over(UNTIL)
    gone = NoticeFacts(1, UNTIL, Kind.ALARM, "x", None, UNTIL, over_at=UNTIL)
    assert gone.is_over(UNTIL - timedelta(hours=1))
