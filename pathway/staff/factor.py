"""The second factor: codes of an authenticator, and the secret they come from.

Codes as RFC 6238: six digits, a new one every 30 seconds. The secret is kept
encrypted with a key made from the service's own secret, so that a copy of the
database alone makes no codes.
"""

import base64
import hmac
import io
import secrets

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

STEP_SECONDS = 30
"""How long a code stands. Source: RFC 6238."""

DRIFT_STEPS = 1
"""How many steps a phone's clock may be off either way. Source: RFC 6238, 5.2."""

RECOVERY_CODES = 8
"""How many recovery codes are given at once (ours)."""

_SIGNS = "23456789BCDFGHJKMNPQRTVWXY"
"""Nothing that is misread for another sign."""


class Vault:
    """Keeps what must not stand in the database as it is."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._fernet = Fernet(base64.urlsafe_b64encode(self._derived(b"second factor")))

    def lock(self, text: str) -> str:
        """Return text encrypted."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, kept: str) -> str | None:
        """Return text decrypted, or None when it was encrypted under another secret."""
        try:
            return self._fernet.decrypt(kept.encode()).decode()
        except InvalidToken:
            return None

    def fresh_secret(self, *seed: object) -> str:
        """Return the secret that is offered to somebody who sets up a second factor.

        Made from what the caller's sign-in alone knows, so that the page can
        be asked for twice and show the same without anything being stored.
        """
        made = hmac.digest(self._derived(b"offer"), repr(seed).encode(), "sha256")
        return base64.b32encode(made[:20]).decode()

    def code_hash(self, code: str) -> str:
        """Return what is kept of a recovery code: without our secret it cannot be guessed at."""
        return hmac.digest(self._derived(b"recovery"), plain(code).encode(), "sha256").hex()

    def _derived(self, purpose: bytes) -> bytes:
        return HKDF(SHA256(), 32, salt=None, info=b"pathway " + purpose).derive(self._secret)


def plain(code: str) -> str:
    """Return a code as typed without spaces and hyphens, in capitals."""
    return "".join(sign for sign in code.upper() if sign.isalnum())


def step_of(secret: str, code: str, at: float) -> int | None:
    """Return which half-minute a code belongs to, if it is near ``at`` (a POSIX time)."""
    now = int(at) // STEP_SECONDS
    made = pyotp.TOTP(secret)
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if hmac.compare_digest(made.at(step * STEP_SECONDS).encode(), plain(code).encode()):
            return step
    return None


def grouped(secret: str) -> str:
    """Return a secret in groups of four signs, as somebody types it.

    >>> grouped("ABCDEFGHIJ")
    'ABCD EFGH IJ'
    """
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def recovery_codes() -> list[str]:
    """Return fresh recovery codes, in two groups of five signs."""
    return ["-".join(_five() for _ in range(2)) for _ in range(RECOVERY_CODES)]


def picture(secret: str, email: str) -> str:
    """Return the QR code that an authenticator reads, as SVG to put into a page."""
    address = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="Pathway")
    out = io.BytesIO()
    segno.make(address, error="m").save(
        out,
        kind="svg",
        xmldecl=False,
        svgns=False,
        scale=5,
        border=4,
        light="#fff",
        dark="#000",
    )
    return out.getvalue().decode()


def _five() -> str:
    return "".join(secrets.choice(_SIGNS) for _ in range(5))
