"""Who may call the addresses that the provider of texts calls."""

from flask import current_app, request

from pathway.config import Twilio
from pathway.messages.signatures import genuine

FORM = "application/x-www-form-urlencoded"

LARGEST_BODY = 64 * 1024
"""The most bytes that are looked at (ours): a long text with all that goes with it is a third.

A signature is worked out over every single value, which takes seconds for a
body as large as other pages may be sent.
"""


def signed_by_twilio() -> bool:
    """Return whether this request is the provider's own; with none configured, nobody's is.

    Judged by the address that the provider was given, not by the one that a
    proxy before us made of it.
    """
    twilio: Twilio | None = current_app.config["TWILIO"]
    if twilio is None or len(request.get_data()) > LARGEST_BODY:
        return False
    signature = request.headers.get("X-Twilio-Signature", "")
    return genuine(twilio.auth_token, _address(), _content(), signature)


def _address() -> str:
    query = request.query_string.decode("latin-1")
    address = f"{current_app.config['PUBLIC_URL']}{request.path}"
    return f"{address}?{query}" if query else address


def _content() -> dict[str, str | list[str]] | str:
    """Return the whole form, or the text of any other body."""
    if request.mimetype == FORM:
        return {name: request.form.getlist(name) for name in request.form}
    body = request.get_data()
    return body.decode("utf-8", "replace") if body else {}
