"""An OpenID Connect provider on the loopback, which can be told to misbehave."""

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

CLIENT_ID = "pathway"
CLIENT_SECRET = "a client's secret"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
STRANGE_KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})


class OpenIdProvider:
    """Its pages, and what it says of whoever signs in."""

    def __init__(self) -> None:
        self.issuer = ""
        self.claims: dict[str, Any] = {
            "sub": "subject-1",
            "email": "robin@example.org",
            "email_verified": True,
        }
        self.key = KEY
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "one"}
        self.fails: dict[str, int] = {}
        self.waits: dict[str, float] = {}
        self.says: dict[str, Any] = {}
        self.asked: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}

    def __call__(self, environ: Any, start: Any) -> Any:
        request = Request(environ)
        name = request.path.rsplit("/", 1)[-1]
        self.asked.append(name)
        time.sleep(self.waits.get(name, 0))
        if name in self.fails:
            return Response("broken", self.fails[name])(environ, start)
        page = {
            "openid-configuration": self._about,
            "jwks": self._keys,
            "authorize": self._authorize,
            "token": self._token,
        }[name]
        return page(request)(environ, start)

    def _json(self, told: dict[str, Any], status: int = 200) -> Response:
        import json

        return Response(json.dumps(told), status, content_type="application/json")

    def _about(self, _request: Request) -> Response:
        return self._json(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                **self.says,
            }
        )

    def _keys(self, _request: Request) -> Response:
        return self._json({"keys": [KEY.as_dict(private=False)]})

    def _authorize(self, request: Request) -> Response:
        """Sign in whoever comes, as a person would have typed their password."""
        asked = request.args
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert set(asked["scope"].split()) == {"openid", "email"}
        code = secrets.token_urlsafe()
        self._codes[code] = {
            "challenge": asked["code_challenge"],
            "nonce": asked["nonce"],
            "back": asked["redirect_uri"],
        }
        query = urlencode({"code": code, "state": asked["state"]})
        return Response(status=303, headers={"Location": f"{asked['redirect_uri']}?{query}"})

    def _token(self, request: Request) -> Response:
        login = request.authorization
        begun = self._codes.pop(request.form["code"], None)
        made = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(made).rstrip(b"=").decode()
        if not (
            begun
            and login
            and (login.username, login.password) == (CLIENT_ID, CLIENT_SECRET)
            and challenge == begun["challenge"]
            and request.form["redirect_uri"] == begun["back"]
        ):
            return self._json({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": begun["nonce"],
            **self.claims,
        }
        proof = jwt.encode(self.header, claims, self.key, ["RS256", "HS256"])
        return self._json({"access_token": "x", "token_type": "Bearer", "id_token": proof})


@contextmanager
def provider() -> Iterator[OpenIdProvider]:
    """Serve a provider on the loopback until the block ends."""
    one = OpenIdProvider()
    server = make_server("127.0.0.1", 0, one, threaded=True)
    one.issuer = f"http://127.0.0.1:{server.server_port}/tenant"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield one
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def path_of(url: str) -> str:
    """Return what a browser asks of the service when it follows an address."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"
