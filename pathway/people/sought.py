"""What somebody looks for, kept out of every address.

A name in an address stays in the history of a shared computer, and in the logs
of whatever stands before us. So a search is posted, and leads back to its page
with the words encrypted: for whoever typed them alone, and not for long.
"""

import base64
from datetime import timedelta

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app, request

from pathway.acts import Act
from pathway.people.rules import NAME_LENGTH

SOUGHT = "sought"
"""What the parameter of an address is called that holds such words."""

LASTS = timedelta(minutes=30)
"""How long an address finds again what was looked for (ours): then the page is empty."""


def asked_for() -> str:
    """Return what a form looks for."""
    return request.form.get("q", "").strip()[:NAME_LENGTH].replace("\x00", "")


def sealed(act: Act, words: str) -> str | None:
    """Return words as an address may hold them; None where there are none."""
    if not words:
        return None
    told = f"{act.staff_id}\n{words}".encode()
    return _fernet().encrypt_at_time(told, _second(act)).decode()


def sought(act: Act) -> str:
    """Return what this page is asked for: nothing where that is old, or another's."""
    given = request.args.get(SOUGHT, "").encode()
    try:
        told = _fernet().decrypt_at_time(given, int(LASTS.total_seconds()), _second(act))
    except InvalidToken:
        return ""
    whose, _, words = told.decode().partition("\n")
    return words if whose == str(act.staff_id) else ""


def _second(act: Act) -> int:
    return int(act.at.timestamp())


def _fernet() -> Fernet:
    secret = str(current_app.config["SECRET_KEY"]).encode()
    made = HKDF(SHA256(), 32, salt=None, info=b"pathway sought").derive(secret)
    return Fernet(base64.urlsafe_b64encode(made))
