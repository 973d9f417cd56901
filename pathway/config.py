"""Settings: read once from the environment, typed and frozen."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The repository's root, where templates, migrations and instance lie."""

MAX_BODY_BYTES = 8 * 1024 * 1024
"""The largest request that is read, in bytes (ours)."""

ERASURES = "erasures.txt"
"""What the file of those who were erased is called, unless PATHWAY_ERASURES says otherwise."""


class SettingsError(Exception):
    """A setting is missing or wrong; the sentence names it."""


@dataclass(frozen=True, slots=True)
class Oidc:
    """The OpenID Connect provider through which one organisation's staff may sign in."""

    issuer: str
    client_id: str
    client_secret: str
    organisation: str
    name: str


@dataclass(frozen=True, slots=True)
class Twilio:
    """The account that texts go out from and come in to.

    ``sender`` is a number as E.164 writes it, or a messaging service beginning
    MG. ``api`` is another base address than the provider's own, or None.
    """

    account_sid: str
    auth_token: str
    sender: str
    api: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """How this process is to run.

    ``secret_key`` signs cookies and may be None for command-line work that
    serves nobody. ``public_url`` has no trailing slash. ``proxies`` is how many
    proxies stand before the service and may be believed about the caller's address.
    """

    database_url: str
    secret_key: str | None
    public_url: str = "http://127.0.0.1:8000"
    demo: bool = False
    second_factor_for_all: bool = False
    proxies: int = 0
    oidc: Oidc | None = None
    twilio: Twilio | None = None
    metrics_token: str | None = None
    threads: int = 16
    erasures: Path | None = None

    @property
    def ledger(self) -> Path:
        """Where is written down who was erased: beside the database and never in it."""
        if self.erasures is not None:
            return self.erasures
        if self.sqlite:
            return Path(self.database_url.removeprefix("sqlite:///")).with_name(ERASURES)
        return ROOT / "instance" / ERASURES

    @property
    def sqlite(self) -> bool:
        """Whether the embedded engine is in use."""
        return self.database_url.startswith("sqlite")

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies may travel over https only."""
        return self.public_url.startswith("https://")


def read(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsError: a value is wrong; the sentence names the setting.
    """
    env = os.environ if environ is None else environ
    demo = _yes(env, "PATHWAY_DEMO")
    return Settings(
        database_url=_database_url(env),
        secret_key=env.get("PATHWAY_SECRET_KEY") or (_kept_secret() if demo else None),
        public_url=_public_url(env),
        demo=demo,
        second_factor_for_all=_second_factor_for_all(env),
        proxies=_proxies(env),
        oidc=_oidc(env),
        twilio=_twilio(env),
        metrics_token=_metrics_token(env),
        erasures=_erasures(env),
    )


def _yes(env: Mapping[str, str], name: str) -> bool:
    value = env.get(name, "").strip().lower()
    if value in {"", "0", "no", "false"}:
        return False
    if value in {"1", "yes", "true"}:
        return True
    msg = f"{name} is “{value}”: write 1 or 0."
    raise SettingsError(msg)


def _second_factor_for_all(env: Mapping[str, str]) -> bool:
    value = env.get("PATHWAY_SECOND_FACTOR", "").strip().lower() or "roles"
    if value in {"roles", "all"}:
        return value == "all"
    msg = f"PATHWAY_SECOND_FACTOR is “{value}”: write roles or all."
    raise SettingsError(msg)


MOST_PROXIES = 5
"""More than this many proxies in a row is a mistake (ours)."""


def _proxies(env: Mapping[str, str]) -> int:
    value = env.get("PATHWAY_PROXIES", "").strip() or "0"
    if value.isascii() and value.isdigit() and int(value) <= MOST_PROXIES:
        return int(value)
    msg = f"PATHWAY_PROXIES is “{value}”: write how many proxies there are, 0 to {MOST_PROXIES}."
    raise SettingsError(msg)


_OIDC = (
    "PATHWAY_OIDC_ISSUER",
    "PATHWAY_OIDC_CLIENT_ID",
    "PATHWAY_OIDC_CLIENT_SECRET",
    "PATHWAY_OIDC_ORGANISATION",
    "PATHWAY_OIDC_NAME",
)
"""In the order of :class:`Oidc`."""

_LOOPBACK = ("http://127.0.0.1:", "http://localhost:")


def _all_or_none(env: Mapping[str, str], names: tuple[str, ...]) -> list[str]:
    """Return the values of settings that make sense together only, or an empty list."""
    given = {name: env.get(name, "").strip() for name in names}
    if not any(given.values()):
        return []
    missing = [name for name, value in given.items() if not value]
    if missing:
        family = ", ".join(names)
        raise SettingsError(f"{', '.join(missing)} missing: set all of {family}, or none.")
    return list(given.values())


def _oidc(env: Mapping[str, str]) -> Oidc | None:
    given = dict(zip(_OIDC, _all_or_none(env, _OIDC), strict=False))
    if not given:
        return None
    if not given["PATHWAY_OIDC_ISSUER"].startswith(("https://", *_LOOPBACK)):
        raise SettingsError("PATHWAY_OIDC_ISSUER must begin https://.")
    return Oidc(*given.values())


_TWILIO = (
    "PATHWAY_TWILIO_ACCOUNT_SID",
    "PATHWAY_TWILIO_AUTH_TOKEN",
    "PATHWAY_TWILIO_FROM",
)
"""In the order of :class:`Twilio`."""

_SENDER = re.compile(r"\+[1-9][0-9]{6,14}|MG[0-9a-fA-F]{32}")


def _twilio(env: Mapping[str, str]) -> Twilio | None:
    given = _all_or_none(env, _TWILIO)
    if not given:
        return None
    sid, token, sender = given
    if not re.fullmatch(r"AC[0-9a-fA-F]{32}", sid):
        raise SettingsError("PATHWAY_TWILIO_ACCOUNT_SID must be AC and 32 hexadecimal digits.")
    sender = sender.replace(" ", "")
    if not _SENDER.fullmatch(sender):
        raise SettingsError("PATHWAY_TWILIO_FROM must be a number like +447700900000, or MG...")
    api = env.get("PATHWAY_TWILIO_API", "").strip().rstrip("/") or None
    if api and not api.startswith(("https://", *_LOOPBACK)):
        raise SettingsError("PATHWAY_TWILIO_API must begin https://.")
    return Twilio(sid, token, sender, api)


SHORTEST_TOKEN = 16
"""A token of fewer characters can be guessed (ours)."""


def _metrics_token(env: Mapping[str, str]) -> str | None:
    value = env.get("PATHWAY_METRICS_TOKEN", "").strip()
    if value and len(value) < SHORTEST_TOKEN:
        raise SettingsError(f"PATHWAY_METRICS_TOKEN is short: write {SHORTEST_TOKEN} or more.")
    return value or None


def _erasures(env: Mapping[str, str]) -> Path | None:
    value = env.get("PATHWAY_ERASURES", "").strip()
    path = Path(value).absolute()
    if value and path.is_dir():
        msg = f"PATHWAY_ERASURES is “{value}”, which is a folder: name a file."
        raise SettingsError(msg)
    return path if value else None


def _database_url(env: Mapping[str, str]) -> str:
    url = env.get("PATHWAY_DATABASE_URL", "").strip()
    if not url:
        return f"sqlite:///{ROOT / 'instance' / 'pathway.db'}"
    if url.startswith("postgresql+psycopg://"):
        return url
    if url.startswith("sqlite:///"):
        path = url.removeprefix("sqlite:///")
        if path and not path.startswith((":memory:", "file:")):
            return f"sqlite:///{Path(path).absolute()}"
        msg = "PATHWAY_DATABASE_URL names no file: write sqlite:///FILE."
        raise SettingsError(msg)
    msg = "PATHWAY_DATABASE_URL must begin sqlite:/// or postgresql+psycopg://."
    raise SettingsError(msg)


def _public_url(env: Mapping[str, str]) -> str:
    url = env.get("PATHWAY_PUBLIC_URL", "").strip().rstrip("/") or "http://127.0.0.1:8000"
    if url.startswith(("http://", "https://")):
        return url
    msg = "PATHWAY_PUBLIC_URL must begin http:// or https://."
    raise SettingsError(msg)


def _kept_secret() -> str:
    """Return the demonstration's secret, made once and kept under ``instance/``."""
    path = ROOT / "instance" / "demo-secret"
    if path.exists():
        return path.read_text(encoding="ascii").strip()
    path.parent.mkdir(exist_ok=True)
    secret = secrets.token_urlsafe(48)
    path.touch(mode=0o600)
    path.write_text(secret + "\n", encoding="ascii")
    return secret
