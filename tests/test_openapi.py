"""The API's own document."""

import re

from flask import Flask
from openapi_spec_validator import validate


def test_the_document_is_valid_openapi_and_needs_no_token(app: Flask) -> None:
    answer = app.test_client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    document = answer.get_json()
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_every_route_of_the_api_is_in_the_document(app: Flask) -> None:
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    routes = {
        (re.sub(r"<(?:[^>]*:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and rule.endpoint != "openapi"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    told = {
        (path, method.upper())
        for path, operations in document["paths"].items()
        for method in operations
        if method != "parameters"
    }
    assert told == routes


def test_an_address_allows_what_the_document_tells_of_it(app: Flask) -> None:
    """Whoever asks what an address takes is not told what another one like it does."""
    addresses = app.url_map.bind("localhost")
    told = app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
    for path, operations in told.items():
        allowed = set(addresses.allowed_methods(re.sub(r"{\w+}", "1", path)))
        assert allowed - {"HEAD", "OPTIONS"} == {
            one.upper() for one in operations.keys() - {"parameters"}
        }


def test_every_call_tells_of_its_problems(app: Flask) -> None:
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            refusals = {status for status in operation["responses"] if status >= "400"}
            assert refusals >= {"400", "401", "403", "429", "503"}, path
            for status in refusals:
                told = operation["responses"][status]["$ref"].rsplit("/", 1)[-1]
                content = document["components"]["responses"][told]["content"]
                assert set(content) == {"application/problem+json"}, path
            keys = {parameter.get("name") for parameter in operation.get("parameters", [])}
            assert ("Idempotency-Key" in keys) == (method == "post"), path
