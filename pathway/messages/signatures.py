"""Whether a request was signed by the provider of texts: an adapter to its library.

Source: Twilio's own validator. It signs the whole address, and of a form every
name with its values; of any other body the address carries a hash.
"""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from twilio.request_validator import RequestValidator

_HASH = "bodySHA256"


def genuine(
    token: str, url: str, params: Mapping[str, str | list[str]] | str, signature: str
) -> bool:
    """Return whether a request to this address, with this form or this body, is the provider's.

    ``params`` is a form, whose values may be repeated, or the text of another
    body. A text that the address has no hash of was signed by nobody.
    """
    if not token or not signature:
        return False
    if isinstance(params, str):
        return _HASH in parse_qs(urlsplit(url).query) and _valid(token, url, params, signature)
    return _valid(token, url, _Form(params), signature)


class _Form(dict[str, list[str]]):
    """A form as the validator wants it: every value of every name."""

    def __init__(self, params: Mapping[str, str | list[str]]) -> None:
        super().__init__(
            {name: [told] if isinstance(told, str) else told for name, told in params.items()}
        )

    def getlist(self, name: str) -> list[str]:
        return self[name]


def _valid(token: str, url: str, params: _Form | str, signature: str) -> bool:
    validator = RequestValidator(token)
    return bool(validator.validate(url, params, signature))
