"""Signing in through an organisation's own provider, which is a real one on the loopback."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import OctKey
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from pathway import acts
from pathway.config import Oidc, SettingsError, read
from pathway.db import db, transaction
from pathway.sites.models import Organisation
from pathway.staff import provider as adapter
from pathway.staff.doing import Role
from pathway.staff.models import Staff, StaffIdentity
from pathway.staff.organisation_pages import DOWN, REFUSED, STALE, UNKNOWN
from pathway.staff.secrecy import LIMITS, Guess
from pathway.web import create_app
from tests.conftest import SET_UP, set_up_factor, settings
from tests.house.test_pages import check
from tests.openid import (
    CLIENT_ID,
    CLIENT_SECRET,
    STRANGE_KEY,
    OpenIdProvider,
    path_of,
    provider,
)
from tests.staff.conftest import Add, Clock, count, is_in, sign_in, values, whats

GO = "/sign-in/organisation"
NAME = "Sign in with your SHP account"


@pytest.fixture
def oidc() -> Iterator[OpenIdProvider]:
    with provider() as one:
        yield one


@pytest.fixture
def app(database_url: str, oidc: OpenIdProvider) -> Iterator[Flask]:
    """The whole application, with a provider for the staff of SHP."""
    named = Oidc(oidc.issuer, CLIENT_ID, CLIENT_SECRET, "shp", NAME)
    app = create_app(replace(settings(database_url), oidc=named))
    app.testing = True
    yield app
    with app.app_context():
        db.engine.dispose()


def go(client: FlaskClient, wanted: str = "") -> str:
    """Follow the link to the provider and sign in there; return the way back."""
    sent = client.get(GO, query_string={"next": wanted} if wanted else None)
    assert sent.status_code == 303
    answer = requests.get(sent.location, allow_redirects=False, timeout=10)
    return path_of(answer.headers["Location"])


def come(client: FlaskClient, wanted: str = "") -> TestResponse:
    """Sign in through the provider, there and back."""
    return client.get(go(client, wanted))


def refused(answer: TestResponse, sentence: str, status: int = 403) -> bool:
    check(answer.text)
    assert "Sign in with your password instead." in answer.text
    assert "020 7846 3535" in answer.text
    return answer.status_code == status and sentence in answer.text


def links(app: Flask) -> int:
    return count(app, select(StaffIdentity.subject))


def test_a_member_of_the_organisation_signs_in(app: Flask, add: Add) -> None:
    ident = add()
    client = app.test_client()
    answer = come(client)
    assert answer.status_code == 303
    assert answer.location == "/"
    assert is_in(client)
    assert values(app, select(StaffIdentity.staff_id)) == [ident]
    assert {"link organisation sign-in", "sign in"} <= set(whats(app))


def test_what_is_asked_of_the_provider_is_fresh_and_hashed(app: Flask) -> None:
    asked = [parse_qs(urlsplit(app.test_client().get(GO).location).query) for _ in range(2)]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]
        assert len(asked[0][name][0]) >= 43
    assert asked[0]["code_challenge_method"] == ["S256"]
    assert "code_verifier" not in asked[0]
    assert asked[0]["redirect_uri"] == ["http://127.0.0.1:8000/sign-in/organisation/back"]


def test_going_there_writes_nothing(app: Flask, add: Add) -> None:
    add()
    before = whats(app)
    app.test_client().get(GO)
    assert whats(app) == before
    assert links(app) == 0


def test_the_second_time_the_link_counts_and_not_the_address(
    app: Flask, add: Add, oidc: OpenIdProvider
) -> None:
    ident = add()
    come(app.test_client())
    oidc.claims |= {"email": "married@example.org", "email_verified": False}
    client = app.test_client()
    come(client)
    assert is_in(client)
    assert values(app, select(StaffIdentity.staff_id)) == [ident]


def test_capitals_of_an_address_do_not_matter(app: Flask, add: Add, oidc: OpenIdProvider) -> None:
    add()
    oidc.claims["email"] = "Robin@Example.ORG"
    client = app.test_client()
    come(client)
    assert is_in(client)


def test_another_state_is_not_ours(app: Flask, add: Add, oidc: OpenIdProvider) -> None:
    add()
    client = app.test_client()
    way = go(client)
    assert refused(client.get(f"{way}x"), STALE)
    assert refused(client.get(way), STALE)
    assert not is_in(client)
    assert "token" not in oidc.asked


def test_the_way_back_of_somebody_else_signs_nobody_in(app: Flask, add: Add) -> None:
    add()
    thief, victim = app.test_client(), app.test_client()
    way = go(thief)
    assert refused(victim.get(way), STALE)
    go(victim)
    assert refused(victim.get(way), STALE)
    assert not is_in(victim)


def test_the_way_back_is_good_once(app: Flask, add: Add) -> None:
    add()
    client = app.test_client()
    way = go(client)
    kept = client.get_cookie("pathway")
    assert client.get(way).status_code == 303
    assert client.get(way).location == "/"
    thief = app.test_client()
    thief.set_cookie("pathway", kept.value if kept else "")
    assert refused(thief.get(way), REFUSED)
    assert not is_in(thief)


def test_what_was_begun_long_ago_is_not_finished(app: Flask, add: Add, clock: Clock) -> None:
    add()
    client = app.test_client()
    way = go(client)
    clock.passes(minutes=10, seconds=1)
    assert refused(client.get(way), STALE)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "somebody-else"},
        {"aud": ["pathway", "somebody-else"]},
        {"aud": "pathway", "azp": "somebody-else"},
        {"iss": "https://evil.example"},
        {"exp": 1_700_000_000},
        {"iat": 4_000_000_000, "exp": 4_000_000_300},
        {"sub": ""},
        {"sub": None},
        {"sub": 7},
        {"sub": "x" * 256},
        {"sub": "a\x00b"},
        {"amr": "mfa"},
    ],
    ids=str,
)
def test_a_proof_that_does_not_hold_signs_nobody_in(
    app: Flask, add: Add, oidc: OpenIdProvider, claims: dict[str, Any]
) -> None:
    add()
    oidc.claims |= claims
    client = app.test_client()
    assert refused(come(client), REFUSED)
    assert not is_in(client)
    assert links(app) == 0
    assert whats(app)[-1] == "wrong organisation sign-in"


def with_a_strange_key(oidc: OpenIdProvider) -> None:
    oidc.key = STRANGE_KEY


def with_the_clients_secret(oidc: OpenIdProvider) -> None:
    oidc.key = OctKey.import_key(CLIENT_SECRET)  # type: ignore[assignment]
    oidc.header = {"alg": "HS256", "kid": "one"}


def with_an_unknown_key(oidc: OpenIdProvider) -> None:
    oidc.header = {"alg": "RS256", "kid": "two"}


@pytest.mark.parametrize(
    "signed", [with_a_strange_key, with_the_clients_secret, with_an_unknown_key]
)
def test_a_proof_signed_otherwise_signs_nobody_in(
    app: Flask, add: Add, oidc: OpenIdProvider, signed: Callable[[OpenIdProvider], None]
) -> None:
    add()
    signed(oidc)
    client = app.test_client()
    assert refused(come(client), REFUSED)
    assert not is_in(client)


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": None},
        {"email": None},
        {"email": ""},
        {"email": ["robin@example.org"]},
        {"email": "nobody@example.org"},
        {"email": "robin@example.org\x00"},
    ],
    ids=str,
)
def test_an_address_that_is_unproven_or_unknown_lets_nobody_in(
    app: Flask, add: Add, oidc: OpenIdProvider, claims: dict[str, Any]
) -> None:
    add()
    oidc.claims |= claims
    client = app.test_client()
    assert refused(come(client), UNKNOWN)
    assert not is_in(client)
    assert links(app) == 0


def change(app: Flask, **what: Any) -> None:
    with app.app_context(), transaction() as session:
        session.execute(update(Staff).values(**what))


def moved(app: Flask) -> None:
    [other] = values(app, select(Organisation.id).where(Organisation.code == "rts"))
    change(app, organisation_id=other)


@pytest.mark.parametrize("linked", [False, True], ids=["first time", "linked before"])
@pytest.mark.parametrize(
    "happens",
    [moved, lambda app: change(app, left_at=acts.now()), lambda app: change(app, demo=True)],
    ids=["other organisation", "leaver", "demonstration"],
)
def test_only_members_of_the_organisation_who_are_there_are_let_in(
    app: Flask, add: Add, happens: Callable[[Flask], None], *, linked: bool
) -> None:
    add()
    if linked:
        come(app.test_client())
    happens(app)
    app.config["DEMO"] = True
    client = app.test_client()
    assert refused(come(client), UNKNOWN)
    assert not is_in(client)
    assert links(app) == int(linked)


def test_a_second_subject_with_the_same_address_is_not_linked(
    app: Flask, add: Add, oidc: OpenIdProvider
) -> None:
    add()
    come(app.test_client())
    oidc.claims["sub"] = "subject-2"
    client = app.test_client()
    assert refused(come(client), UNKNOWN)
    assert values(app, select(StaffIdentity.subject)) == ["subject-1"]


def test_a_linked_subject_never_becomes_somebody_else(
    app: Flask, add: Add, oidc: OpenIdProvider
) -> None:
    robin = add()
    come(app.test_client())
    sam = add(email="sam@example.org")
    oidc.claims["email"] = "sam@example.org"
    come(app.test_client())
    assert values(app, select(StaffIdentity.staff_id)) == [robin]
    with app.app_context(), transaction() as session:
        session.execute(update(Staff).where(Staff.id == robin).values(left_at=acts.now()))
    client = app.test_client()
    assert refused(come(client), UNKNOWN)
    assert values(app, select(StaffIdentity.staff_id)) == [robin]
    assert sam != robin


@pytest.mark.parametrize("name", ["openid-configuration", "token", "jwks"])
@pytest.mark.parametrize("status", [500, 503, 404])
def test_a_provider_that_breaks_leaves_the_password(
    app: Flask, add: Add, oidc: OpenIdProvider, name: str, status: int
) -> None:
    add()
    client = app.test_client()
    way = go(client)
    oidc.fails[name] = status
    assert refused(client.get(way), DOWN, 503)
    assert not is_in(client)
    assert sign_in(client).status_code == 303


def test_a_provider_that_is_down_is_told_at_once_and_counted_against_nobody(
    app: Flask, add: Add, oidc: OpenIdProvider
) -> None:
    add()
    way = go(client := app.test_client())
    assert way
    oidc.fails["openid-configuration"] = 503
    assert refused(client.get(way), DOWN, 503)
    for _ in range(LIMITS[Guess.PLACE].most + 1):
        assert refused(client.get(GO), DOWN, 503)
    assert sign_in(client).status_code == 303


def test_a_provider_that_is_gone_is_told(app: Flask) -> None:
    named = replace(app.extensions["provider"]._settings, issuer="http://127.0.0.1:9/tenant")
    app.extensions["provider"]._settings = named
    assert refused(app.test_client().get(GO), DOWN, 503)


@pytest.mark.parametrize("name", ["openid-configuration", "token", "jwks"])
def test_a_slow_provider_is_not_waited_for_and_holds_no_connection(
    app: Flask, add: Add, oidc: OpenIdProvider, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    add()
    monkeypatch.setattr(adapter, "TIMEOUT_SECONDS", (0.5, 0.5))
    held: list[int] = []
    asked = requests.Session.send

    def note(*given: Any, **more: Any) -> Any:
        held.append(db.engine.pool.checkedout())  # type: ignore[attr-defined]
        return asked(*given, **more)

    client = app.test_client()
    way = go(client)
    monkeypatch.setattr(requests.Session, "send", note)
    oidc.waits[name] = 1.5
    assert refused(client.get(way), DOWN, 503)
    assert held
    assert set(held) == {0}


def test_a_provider_that_names_another_issuer_is_not_believed(
    app: Flask, oidc: OpenIdProvider
) -> None:
    oidc.says = {"issuer": "https://evil.example"}
    assert refused(app.test_client().get(GO), DOWN, 503)


def test_who_declines_there_is_told_calmly(app: Flask) -> None:
    client = app.test_client()
    state = parse_qs(urlsplit(client.get(GO).location).query)["state"][0]
    answer = client.get(f"{GO}/back?error=access_denied&state={state}")
    assert refused(answer, REFUSED)


@pytest.mark.parametrize("query", ["", "?code=x", "?state=", "?state=%00&code=%F0%9F%99%82"])
def test_whoever_comes_back_from_nowhere_is_told_calmly(app: Flask, query: str) -> None:
    assert refused(app.test_client().get(f"{GO}/back{query}"), STALE)


def test_coming_back_wrong_is_counted_like_a_wrong_password(app: Flask, add: Add) -> None:
    add()
    client = app.test_client()
    most = LIMITS[Guess.PLACE].most
    for _ in range(most):
        assert client.get(f"{GO}/back").status_code == 403
    assert client.get(f"{GO}/back").status_code == 429
    assert client.get(GO).status_code == 429
    assert sign_in(client).status_code == 429
    assert whats(app).count("wrong organisation sign-in") == most


def test_signing_in_there_all_night_is_never_too_many(app: Flask, add: Add) -> None:
    add()
    for _ in range(LIMITS[Guess.PLACE].most + 1):
        assert come(app.test_client()).status_code == 303


@pytest.mark.parametrize("methods", [["mfa"], ["pwd", "otp"], ["hwk"]])
def test_a_provider_that_asked_for_a_second_factor_vouches(
    app: Flask, add: Add, oidc: OpenIdProvider, methods: list[str]
) -> None:
    add(Role.MANAGER)
    oidc.claims["amr"] = methods
    client = app.test_client()
    assert come(client).location == "/"
    assert is_in(client)


@pytest.mark.parametrize("methods", [None, [], ["pwd"], ["pwd", "sms"], ["face"]])
def test_otherwise_our_own_is_asked_for(
    app: Flask, add: Add, oidc: OpenIdProvider, methods: list[str] | None
) -> None:
    add(Role.MANAGER)
    if methods is not None:
        oidc.claims["amr"] = methods
    client = app.test_client()
    assert come(client).location == SET_UP
    assert not is_in(client)
    set_up_factor(client)
    assert is_in(client)
    assert come(app.test_client()).location == "/sign-in/code"


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [("/beds", "/beds"), ("//evil.example", "/"), ("https://evil.example", "/"), ("/\\x", "/")],
)
def test_the_way_back_leads_only_to_pages_of_ours(
    app: Flask, add: Add, wanted: str, reached: str
) -> None:
    add()
    assert come(app.test_client(), wanted).location == reached


def test_the_session_changes_at_sign_in(app: Flask, add: Add) -> None:
    add()
    client = app.test_client()
    sign_in(client, password="not the password")
    way = go(client)
    before = client.get_cookie("pathway")
    client.get(way)
    thief = app.test_client()
    thief.set_cookie("pathway", before.value if before else "")
    assert is_in(client)
    assert not is_in(thief)


def test_the_sign_in_page_offers_it_by_its_name(app: Flask) -> None:
    page = app.test_client().get("/sign-in?next=/beds")
    check(page.text)
    assert NAME in page.text
    assert "/sign-in/organisation?next=/beds" in page.text.replace("%2F", "/")


def test_who_is_in_already_is_not_sent_there(app: Flask, add: Add) -> None:
    add()
    client = app.test_client()
    sign_in(client)
    assert client.get(GO).location == "/"


def test_without_a_provider_there_is_no_such_page(database_url: str) -> None:
    app = create_app(settings(database_url))
    client = app.test_client()
    assert client.get(GO).status_code == 404
    assert client.get(f"{GO}/back").status_code == 404
    assert "organisation" not in client.get("/sign-in").text
    with app.app_context():
        db.engine.dispose()


NAMES = ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "ORGANISATION", "NAME")
GIVEN = {f"PATHWAY_OIDC_{name}": "https://id.example.org" for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_setting_is_named(name: str) -> None:
    given = {key: value for key, value in GIVEN.items() if not key.endswith(f"OIDC_{name}")}
    with pytest.raises(SettingsError, match=f"PATHWAY_OIDC_{name} missing"):
        read(given)


def test_all_or_none_of_the_settings_are_given() -> None:
    assert read({}).oidc is None
    found = read(GIVEN).oidc
    assert found is not None
    assert found.client_id == "https://id.example.org"


@pytest.mark.parametrize("issuer", ["http://id.example.org", "id.example.org", "ftp://x"])
def test_a_provider_is_reached_over_https_only(issuer: str) -> None:
    with pytest.raises(SettingsError, match="PATHWAY_OIDC_ISSUER must begin https://"):
        read(GIVEN | {"PATHWAY_OIDC_ISSUER": issuer})
