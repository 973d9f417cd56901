"""Short codes: what a worker texts in place of a person's name.

A code is worked out, never stored, and means something to one worker only: it
is looked for among the people whom that worker added or placed last.
"""

import hashlib
import hmac
from collections.abc import Mapping

from pathway.acts import Act
from pathway.beds.lately import recent_people
from pathway.people.rules import PersonFacts

SIGNS = "23456789bcdfghjkmnpqrtvwxy"
"""No vowels and nothing that is misread for another sign, as in a person's reference."""

LENGTH = 4
MOST = 50
"""How many people one worker's codes are for (ours)."""


def short_code(key: str, staff_id: int, ref: str) -> str:
    """Return what one worker calls one person in a text."""
    told = f"short code {staff_id} {ref}".encode()
    number = int.from_bytes(hmac.digest(key.encode(), told, hashlib.sha256))
    signs = []
    for _ in range(LENGTH):
        number, place = divmod(number, len(SIGNS))
        signs.append(SIGNS[place])
    return "".join(signs)


def by_code(act: Act, key: str) -> Mapping[str, list[PersonFacts]]:
    """Return the people of one worker's list by code; two may share one."""
    found: dict[str, list[PersonFacts]] = {}
    for person in recent_people(act, MOST):
        found.setdefault(short_code(key, act.staff_id or 0, person.ref), []).append(person)
    return found


def by_ref(act: Act, key: str) -> Mapping[str, str]:
    """Return the code of everybody on one worker's list who shares it with nobody, in capitals."""
    return {
        people[0].ref: code.upper()
        for code, people in by_code(act, key).items()
        if len(people) == 1
    }
