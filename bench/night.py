"""What a night is made of: people, a hold as it travels, and every bed given back."""

import itertools
import json
import uuid
from collections.abc import Mapping

from sqlalchemy import insert, update

from bench.client import request
from pathway import acts
from pathway.beds.models import IS_LIVE, Placement
from pathway.db import transaction
from pathway.people.actions import UNKNOWN
from pathway.people.models import Person
from tests.factories import HUB

JSON = {"Content-Type": "application/json"}
OK = 200
CREATED = 201

_numbers = itertools.count(1)


def new_people(number: int) -> list[str]:
    """Add people of whom nothing is known; return their references."""
    refs = [f"B-{next(_numbers)}" for _ in range(number)]
    made = UNKNOWN | {"created_at": acts.now()}
    with transaction() as session:
        session.execute(insert(Person), [made | {"ref": ref} for ref in refs])
    return refs


def end_placements() -> None:
    """Give every bed back at once, past the service."""
    with transaction() as session:
        session.execute(update(Placement).where(IS_LIVE).values(status="released"))


def hold_request(ref: str, bearer: Mapping[str, str]) -> bytes:
    """Return the request that holds any free bed of the hub for a person."""
    return post("/api/v1/placements", bearer, {"person": ref, "site": HUB})


def post(path: str, bearer: Mapping[str, str], body: Mapping[str, str]) -> bytes:
    """Return a request to the API with a key of its own."""
    headers = {**JSON, **bearer, "Idempotency-Key": uuid.uuid4().hex}
    return request("POST", path, headers, json.dumps(body).encode())
