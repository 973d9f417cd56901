"""Promise: a request to the webhook is believed only when the provider signed it."""

import json
from typing import Any

import pytest

from pathway.messages.signatures import genuine
from tests.shared import SHARED

VECTORS = SHARED / "specs" / "twilio" / "signature_vectors.json"

URL = "https://pathway.example.org/twilio/inbound"


def vectors() -> list[Any]:
    if not VECTORS.exists():
        return []
    found: list[Any] = json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"]
    return found


@pytest.mark.shared
@pytest.mark.skipif(not VECTORS.exists(), reason="PATHWAY_SHARED has no signature vectors")
def test_every_vector_is_judged_as_the_provider_judges_it() -> None:
    judged = {
        one["name"]: genuine(
            one["auth_token"],
            one["signed_url"],
            one.get("raw_body", one["params"]),
            one["signature"],
        )
        for one in vectors()
    }
    assert judged == {one["name"]: one["valid"] for one in vectors()}
    assert len(judged) > 10


def test_a_body_without_its_hash_in_the_address_was_signed_by_nobody() -> None:
    assert not genuine("12345", URL, '{"Body": "STOP"}', "a9nBmqA0ju/hNViExpshrM61xv4=")


def test_an_empty_token_signs_nothing() -> None:
    assert not genuine("", URL, {}, "Ly3kUVlGJ2TYBHMk3m7ZQxG4Jko=")
