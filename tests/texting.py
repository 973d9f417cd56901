"""Texts to the service, signed as the provider signs them."""

import itertools

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from pathway.config import Twilio
from pathway.db import db
from pathway.messages.models import Text, TextIn

TOKEN = "a token for tests"
TWILIO = Twilio("AC" + "0" * 32, TOKEN, "+447700900000")
PATH = "/twilio/inbound"
URL = f"http://127.0.0.1:8000{PATH}"

WORKER = "+447700900101"
STRANGER = "+447700900666"

_numbers = itertools.count(1)


def fresh_sid() -> str:
    """Return a name of the provider's that no text had yet."""
    return f"SM{next(_numbers):032x}"


def fields(body: str, sender: str = WORKER, sid: str | None = None, **more: str) -> dict[str, str]:
    told = {"From": sender, "To": "+447700900000", "Body": body, "NumSegments": "1"}
    return told | {"MessageSid": sid or fresh_sid(), "AccountSid": TWILIO.account_sid} | more


def signed(told: dict[str, str], url: str = URL, token: str = TOKEN) -> dict[str, str]:
    """Return the header with which the provider signs a form."""
    return {"X-Twilio-Signature": RequestValidator(token).compute_signature(url, told)}


def text(
    client: FlaskClient, body: str, sender: str = WORKER, sid: str | None = None, **more: str
) -> TestResponse:
    """Hand a text over as the provider does."""
    told = fields(body, sender, sid, **more)
    return client.post(PATH, data=told, headers=signed(told))


def replies(app: Flask) -> list[tuple[str, str]]:
    """Return every number that a text goes to, and its words, in order."""
    with app.app_context():
        query = select(Text.to_number, Text.body).order_by(Text.id)
        return [(to, body) for to, body in db.session.execute(query)]


def taken(app: Flask) -> list[tuple[str, str]]:
    """Return the verb and the outcome of every text that came in, in order."""
    with app.app_context():
        query = select(TextIn.verb, TextIn.outcome).order_by(TextIn.id)
        return [(verb, outcome) for verb, outcome in db.session.execute(query)]
