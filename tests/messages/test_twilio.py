"""Promise 32: what we send and what we read is what Twilio's own document says."""

import json
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from pathway.messages.rules import FINAL, PROVIDERS, TextState
from pathway.messages.words import ERROR_WORDS
from tests.messages.conftest import Desk
from tests.provider import ACCOUNT, Asked
from tests.shared import SHARED

SPECS = SHARED / "specs" / "twilio"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not SPECS.exists(), reason="needs ../shared: the outside specifications"),
]

MESSAGES = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
MESSAGE = "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    name = SPECS / "twilio_api_v2010.messages.openapi.json"
    loaded: dict[str, Any] = json.loads(name.read_text(encoding="utf-8"))
    return loaded


def faults(document: dict[str, Any], schema: dict[str, Any], value: object) -> list[str]:
    """Return what is wrong with a value, with nullable read as OpenAPI 3.0 means it."""
    whole = nullable(schema) | {"components": nullable(document["components"])}
    found = Draft202012Validator(whole, format_checker=FormatChecker()).iter_errors(value)
    return [f"{list(one.path)}: {one.message}" for one in found]


def nullable(schema: Any) -> Any:
    """Return an OpenAPI 3.0 schema as JSON Schema has it."""
    if isinstance(schema, list):
        return [nullable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    told = {name: nullable(value) for name, value in schema.items()}
    if told.pop("nullable", False) is True and "type" in told:
        told["type"] = [told["type"], "null"]
    return told


def form_of(asked: Asked, schema: dict[str, Any]) -> dict[str, Any]:
    """Return a form's fields with the types that the document gives them."""
    told: dict[str, Any] = {}
    for name, values in asked.form.items():
        kind = schema["properties"].get(name, {}).get("type")
        one: Any = values if kind == "array" else values[0]
        told[name] = int(one) if kind == "integer" else one
    return told


def test_the_states_are_the_providers_thirteen_and_our_own(document: dict[str, Any]) -> None:
    theirs = document["components"]["schemas"]["message_enum_status"]["enum"]
    assert {state.value for state in PROVIDERS} == set(theirs)
    assert len(theirs) == 13
    ours = {"waiting", "calling", "unknown", "on_screen"}
    assert {state.value for state in set(TextState) - PROVIDERS} == ours


def test_what_ends_a_text_and_every_code_is_known_here() -> None:
    """Whoever reads the page of texts is told in words what went wrong."""
    told = json.loads((SPECS / "message_statuses_and_errors.json").read_text(encoding="utf-8"))
    assert {state.value for state in FINAL} - {"read"} == set(told["terminal_for_outbound_sms"])
    assert {str(code) for code in ERROR_WORDS} == set(told["error_codes_hand_collected"])


@pytest.mark.parametrize("sender", ["+447700900999", "MG" + "a" * 32])
def test_a_text_is_asked_for_as_the_document_says(
    desk: Desk, document: dict[str, Any], sender: str
) -> None:
    assert desk.provider is not None
    desk.provider._settings = type(desk.provider._settings)(
        ACCOUNT, "a token for tests", sender, desk.standin.address
    )
    desk.queue()
    desk.send()
    (asked,) = desk.standin.asked
    assert (asked.method, asked.path) == ("POST", MESSAGES.format(AccountSid=ACCOUNT))
    body = document["paths"][MESSAGES]["post"]["requestBody"]["content"]
    schema = body["application/x-www-form-urlencoded"]["schema"]
    form = form_of(asked, schema)
    assert set(form) <= set(schema["properties"])
    assert faults(document, schema, form) == []
    assert faults(document, schema, form | {"MessagingServiceSid": "MG"}) != []
    assert ("From" in form) is not ("MessagingServiceSid" in form)


def test_the_provider_is_asked_about_texts_as_the_document_says(
    desk: Desk, document: dict[str, Any]
) -> None:
    desk.standin.breaks = [(500, {})]
    desk.queue()
    desk.send()
    desk.sweep(timedelta(minutes=2))
    desk.sweep(timedelta(minutes=40))
    found, fetched = desk.standin.asked[1:]
    assert (found.method, found.path) == ("GET", MESSAGES.format(AccountSid=ACCOUNT))
    known = {one["name"] for one in document["paths"][MESSAGES]["get"]["parameters"]}
    assert set(found.query) <= known
    sid = desk.standin.messages[0]["sid"]
    assert fetched.path == MESSAGE.format(AccountSid=ACCOUNT, Sid=sid)


@pytest.mark.parametrize("sender", ["+447700900999", "MG" + "a" * 32])
def test_the_provider_that_stands_in_answers_as_the_document_says(
    desk: Desk, document: dict[str, Any], sender: str
) -> None:
    kind = "From" if sender.startswith("+") else "MessagingServiceSid"
    made = desk.standin.take({"To": ["+447700900123"], "Body": ["words"], kind: [sender]})
    schema = document["components"]["schemas"]["api.v2010.account.message"]
    assert set(made) == set(schema["properties"])
    assert faults(document, schema, made) == []
    assert faults(document, schema, made | {"status": "lost"}) != []
    answers = document["paths"][MESSAGES]["post"]["responses"]
    assert "201" in answers
