"""The adapter to an organisation's OpenID Connect provider, over Authlib.

Authorization code flow with state, nonce and PKCE. Nothing is kept here or in
the database: what has to be remembered meanwhile is handed to the caller.
Source: OpenID Connect Core 1.0, Discovery 1.0, RFC 7636.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from pathway.config import Oidc

TIMEOUT_SECONDS = (3.05, 5)
"""How long to wait for the provider to answer the call, and for its next bytes (ours)."""

LEEWAY_SECONDS = 60
"""How far the provider's clock may be off ours (ours)."""

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256")
"""How a token may be signed: with a key pair, never with a shared secret."""

BACK = "/sign-in/organisation/back"

LONGEST_SUBJECT = 255
"""The most characters of a subject. Source: OpenID Connect Core 1.0, section 2."""


_NO_PROOF = (AuthlibBaseError, JoseError, AttributeError, KeyError, TypeError, ValueError)
"""What comes of a refusal, or of an answer that is not shaped like one."""


class Unreachable(Exception):
    """The provider is down, slow, or answers with something that is no answer."""


class Unproven(Exception):
    """The provider did not prove who it is."""


@dataclass(frozen=True, slots=True)
class Said:
    """Who the provider says it is; ``email`` only when the provider verified it."""

    issuer: str
    subject: str
    email: str | None
    methods: tuple[str, ...]


class Provider:
    """One provider, as its settings name it."""

    def __init__(self, settings: Oidc, public_url: str) -> None:
        self._settings = settings
        self.organisation = settings.organisation
        self._back = f"{public_url}{BACK}"

    def begin(self) -> tuple[str, dict[str, str]]:
        """Return where to send the browser, and what to remember until it is back.

        Raises:
            Unreachable: the provider does not say where.
        """
        about = self._discovered()
        kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        with self._client(about) as client:
            url, _ = client.create_authorization_url(
                about["authorization_endpoint"],
                state=kept["state"],
                nonce=kept["nonce"],
                code_verifier=kept["verifier"],
            )
        return str(url), kept

    def finish(self, code: str, kept: Mapping[str, str], at: float) -> Said:
        """Exchange a code and return who it is, with every part of the proof checked.

        Raises:
            Unreachable: the provider is down or slow.
            Unproven: it refuses the code, or what it says does not hold.
        """
        if not code:
            raise Unproven
        about = self._discovered()
        token = self._exchanged(about, code, kept["verifier"])
        keys = self._fetched(about["jwks_uri"])
        try:
            proof = jwt.decode(token["id_token"], KeySet.import_key_set(keys), ALGORITHMS)  # type: ignore[arg-type]
            claims = CodeIDToken(
                proof.claims,
                proof.header,
                options={
                    "iss": {"essential": True, "value": self._settings.issuer},
                    "aud": {"essential": True, "value": self._settings.client_id},
                },
                params={"nonce": kept["nonce"], "client_id": self._settings.client_id},
            )
            claims.validate(now=int(at), leeway=LEEWAY_SECONDS)
            return self._said(claims)
        except _NO_PROOF as problem:
            raise Unproven from problem

    def _exchanged(self, about: Mapping[str, Any], code: str, verifier: str) -> Mapping[str, Any]:
        with self._client(about) as client:
            try:
                token: Mapping[str, Any] = client.fetch_token(
                    about["token_endpoint"],
                    code=code,
                    code_verifier=verifier,
                    timeout=TIMEOUT_SECONDS,
                    allow_redirects=False,
                )
            except requests.RequestException as problem:
                raise Unreachable from problem
            except _NO_PROOF as problem:
                raise Unproven from problem
        return token

    def _said(self, claims: Mapping[str, Any]) -> Said:
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
            raise Unproven
        if not (subject.isascii() and subject.isprintable()):
            raise Unproven
        email = claims.get("email") if claims.get("email_verified") is True else None
        methods = tuple(str(one) for one in claims.get("amr") or ())
        issuer = self._settings.issuer
        return Said(issuer, subject, email if isinstance(email, str) else None, methods)

    def _client(self, about: Mapping[str, Any]) -> OAuth2Session:
        ways = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        basic = "client_secret_basic" in ways
        return OAuth2Session(
            self._settings.client_id,
            self._settings.client_secret,
            token_endpoint_auth_method="client_secret_basic" if basic else "client_secret_post",
            scope="openid email",
            redirect_uri=self._back,
            code_challenge_method="S256",
        )

    def _discovered(self) -> dict[str, Any]:
        """Return what the provider publishes about itself; its addresses are as safe as its own."""
        issuer = self._settings.issuer
        about = self._fetched(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        safe = issuer[: issuer.index("://") + 3]
        named = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if about.get("issuer") != issuer or not all(
            str(about.get(name, "")).startswith(safe) for name in named
        ):
            raise Unreachable
        return about

    def _fetched(self, url: str) -> dict[str, Any]:
        try:
            answer = requests.get(url, timeout=TIMEOUT_SECONDS, allow_redirects=False)
            answer.raise_for_status()
            found = answer.json()
        except (requests.RequestException, ValueError) as problem:
            raise Unreachable from problem
        if not isinstance(found, dict):
            raise Unreachable
        return found
