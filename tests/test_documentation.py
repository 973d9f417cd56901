"""The API's document says nothing that is not so, whoever asks and whatever is sent."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from flask import Flask
from schemathesis import hooks
from schemathesis.engine import events, from_schema
from schemathesis.specs.openapi.schemas import OpenApiSchema
from schemathesis.transport.wsgi import WSGITransport
from sqlalchemy import delete

from pathway.db import transaction
from pathway.staff.doing import Role
from pathway.staff.models import Tries
from tests import walk

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
]
"""All but those of the acceptance of data that fits its shape: rules refuse much of it."""

EXAMPLES = {"sqlite": 5, "postgresql": 2}
"""How many requests of each kind are made up for one call and one role.

Shapes do not depend on the engine; that each engine's own refusals are told
needs few.
"""


EDGES: Mapping[str, set[Role]] = {
    "sqlite": {Role.HUB_LEAD, Role.OUTREACH, Role.ADMIN},
    "postgresql": {Role.HUB_LEAD},
}
"""Who tries every edge of every shape beside what is made up, some 1,500 requests more.

They are the same for everybody: whoever may do most, something and least, and
nobody. What each role may do is asked call by call in tests/house/test_who_may.py.
"""


def told_by(app: Flask, token: str | None, examples: int, *, edges: bool) -> OpenApiSchema:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    config = schema.config
    config.update(headers={"Authorization": token} if token else {}, workers=1)
    config.generation.update(max_examples=examples, deterministic=True, database="none")
    config.phases.stateful.enabled = False
    config.phases.coverage.enabled = edges
    config.checks.update(included_check_names=CHECKS)
    return schema


Seen = dict[str, set[int]]
"""The statuses that each call answered with."""


@contextmanager
def naming_what_exists(world: walk.World, by_route: Mapping[str, walk.Call]) -> Iterator[None]:
    """Let every other request that fits its shape name things that exist."""
    turns: Counter[str] = Counter()

    def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
        label = case.operation.label
        turns[label] += case.meta is not None and case.meta.generation.mode.is_positive
        if case.meta is None or not case.meta.generation.mode.is_positive or turns[label] % 2:
            return
        route = case.operation.path
        filled = world.path(route)
        for name in case.path_parameters or {}:
            case.path_parameters[name] = _part(route, filled, name)
        if isinstance(case.body, dict):
            case.body = walk.body_of(world, by_route[label])

    schemathesis.hook(before_call)
    try:
        yield
    finally:
        hooks.unregister(before_call)


def _part(route: str, filled: str, name: str) -> str:
    """Return what stands in an address where a route has a parameter."""
    parts = zip(route.split("/"), filled.split("/"), strict=True)
    return next(value for told, value in parts if told == "{" + name + "}")


def lies(
    app: Flask, token: str | None, seen: Seen, examples: int, *, edges: bool = True
) -> list[str]:
    """Ask everything of every call; return what was not as the document says."""
    found = []
    for event in from_schema(told_by(app, token, examples, edges=edges)).execute():
        if isinstance(event, events.NonFatalError):
            found.append(f"{event.label}: {event.value!r}")
        if isinstance(event, events.FatalError):
            found.append(repr(event.exception))
        if not isinstance(event, events.ScenarioFinished):
            continue
        asked = event.recorder
        for ident, sent in asked.interactions.items():
            if sent.response is not None and asked.cases[ident].value.operation.method in METHODS:
                seen[asked.label].add(sent.response.status_code)
        found += [
            f"{check.name}: {asked.cases[ident].value.as_curl_command()}: "
            f"{check.failure_info.failure}"
            for ident, checks in asked.checks.items()
            for check in checks
            if check.failure_info is not None
        ]
    return found


METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(autouse=True)
def in_process(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what is for sockets alone, and forget guesses: they would all end in 429."""
    send = WSGITransport.send

    def without(self: WSGITransport, case: Any, **options: Any) -> Any:
        for name in ("max_redirects", "verify", "cert", "proxies"):
            options.pop(name, None)
        answer = send(self, case, **options)
        if answer.status_code == 401:
            with app.app_context(), transaction() as session:
                session.execute(delete(Tries))
        return answer

    monkeypatch.setattr(WSGITransport, "send", without)


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
def test_the_document_is_true_for_every_role_and_for_nobody(app: Flask, engine: str) -> None:
    app.testing = False
    examples = EXAMPLES[engine]
    by_route = {call.name: call for call in walk.calls(walk.document_of(app))}
    seen: Seen = defaultdict(set)
    for role in Role:
        world = walk.a_world(app, role)
        token = walk.with_token(world).environ_base["HTTP_AUTHORIZATION"]
        with naming_what_exists(world, by_route):
            told = lies(app, token, seen, examples, edges=role in EDGES[engine])
        assert not told, "\n".join([role, *told])
    assert seen.keys() == by_route.keys()
    for name, statuses in seen.items():
        assert any(status < 300 for status in statuses), f"{name} never succeeded: {statuses}"
        assert any(status >= 400 for status in statuses), f"{name} was never refused: {statuses}"
    unasked: Seen = defaultdict(set)
    with naming_what_exists(world, by_route):
        told = lies(app, None, unasked, examples, edges=engine == "sqlite")
    assert not told, "\n".join(told)
    assert all(200 not in statuses and 201 not in statuses for statuses in unasked.values())
