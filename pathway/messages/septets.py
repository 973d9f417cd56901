"""How much of a text message some words take, and how they are made to fit.

Source: 3GPP TS 23.038, the GSM 7-bit default alphabet and its extension table.
"""

from collections.abc import Iterable

ONE_TEXT = 160
"""The most septets that one text carries; longer words travel as several texts."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The signs that take one septet."""

_EXTENDED = frozenset("\f^{}\\[~]|€")
"""The signs that take two: an escape goes before them."""


_TYPED = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-"})
"""Signs that a keyboard makes of plain ones, and what they were."""


def septets(text: str) -> int:
    """Return how many septets some words take, at most ``ONE_TEXT`` when they fit in one text.

    One sign outside the alphabet turns the whole text into UCS-2, sixteen bits
    a sign, of which one text carries 70.

    >>> septets("Women: ring 020 7946 0000")
    25
    >>> septets("[€]")
    6
    >>> septets("’" * 70), septets("’" * 71)
    (160, 163)
    """
    if not is_gsm7(text):
        units = len(text.encode("utf-16-be", "surrogatepass")) // 2
        return -(-units * 16 // 7)
    return len(text) + sum(sign in _EXTENDED for sign in text)


def is_gsm7(text: str) -> bool:
    """Return whether every sign is in the alphabet, so that none makes the text dearer.

    >>> is_gsm7("Café, £5"), is_gsm7("It’s cold")
    (True, False)
    """
    return all(sign in _BASIC or sign in _EXTENDED for sign in text)


def plain(words: str) -> str:
    """Return words in the signs of one text: another sign would more than halve what fits.

    >>> plain("“Café” for Zoë")
    '"Café" for Zo?'
    """
    told = words.translate(_TYPED)
    return "".join(sign if is_gsm7(sign) else "?" for sign in told)


def cut(words: str, room: int) -> str:
    """Return words of the alphabet within so many septets; what is cut off leaves two dots.

    >>> cut("No forecast", 11), cut("No forecast", 9), cut("[€]", 5)
    ('No forecast', 'No fore..', '[..')
    """
    if septets(words) <= room:
        return words
    while words and septets(words) > room - 2:
        words = words[:-1]
    return f"{words.rstrip()}.."


def first_fitting(longest_first: Iterable[str], otherwise: str) -> str:
    """Return the first of these that fits into one text, or the other words.

    >>> first_fitting(["x" * 161, "Two holds."], "Some holds.")
    'Two holds.'
    """
    return next((words for words in longest_first if septets(words) <= ONE_TEXT), otherwise)
