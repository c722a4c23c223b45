"""The OpenAPI document is valid, complete, and says what the handlers do."""

from typing import Any

import jsonschema
import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from support.serving import Served, a_despatch_advice

from gateway.answers import HTTP_STATUS
from gateway.channels.http.application import SUBMISSIONS, http_application
from gateway.channels.http.documented import PATH, openapi
from gateway.channels.http.operations import OPERATIONS, Operation
from gateway.channels.http.samples import document_examples
from gateway.errors import ERRORS
from translators.identify import identify
from translators.reading import read

DOCUMENT = openapi("https://gateway.tests.example", {"partner": ["https://id.tests.example/token"]})
PAGES = {"/", "/errors", "/errors/{code}", "/docs/moving-from-v0-to-v1", "/assets/pages.css", PATH}
CATCH_ALL = "/{version}/{rest}"
OTHER_CHANNELS = {"/as2"}
"""What AS2 products know from RFC 4130, and docs/as2.md."""


def shape(name: str) -> dict[str, Any]:
    """A schema of the document, able to look up the others."""
    return {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}


def test_the_document_is_valid_openapi() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_every_address_is_documented_and_nothing_else_is() -> None:
    def nowhere() -> Any:
        raise AssertionError

    served = {
        (route.path_format, method.lower())
        for route in http_application(nowhere).routes
        for method in getattr(route, "methods", ())
        if method != "OPTIONS"
    }
    documented = {(path, method) for path, item in DOCUMENT["paths"].items() for method in item}
    assert {(path, method) for path, method in served if path not in PAGES | {CATCH_ALL} | OTHER_CHANNELS} == documented
    assert {path for path, _ in served} - {path for path, _ in documented} == PAGES | {CATCH_ALL} | OTHER_CHANNELS


def test_the_parameters_are_those_of_the_handlers() -> None:
    def nowhere() -> Any:
        raise AssertionError

    for route in http_application(nowhere).routes:
        for handler in getattr(route, "route_handlers", ()):
            operation = next((one for one in OPERATIONS if one.path == route.path_format), None)
            if operation is None or operation.method.upper() not in handler.http_methods:
                continue
            documented = {one.name: one for one in operation.parameters if one.place != "header"}
            declared = {
                name: field for name, field in handler.parsed_fn_signature.parameters.items() if name != "request"
            }
            assert set(documented) == set(declared), operation.id
            for name, field in declared.items():
                given, schema = field.kwarg_definition, documented[name].schema
                assert (given.ge, given.le) == (schema.get("minimum"), schema.get("maximum")), name
                assert given.max_length == schema.get("maxLength"), name
                assert documented[name].about == given.description or documented[name].place == "path", name
                if "default" in schema:
                    assert field.default == schema["default"], name


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
def test_an_operation_says_everything(operation: Operation) -> None:
    made = DOCUMENT["paths"][operation.path][operation.method]
    assert made["summary"]
    assert made["description"]
    assert made["tags"] == [operation.tag]
    assert bool(made["security"]) == operation.path.startswith("/v1/")
    assert {str(HTTP_STATUS[code]) for code in operation.refusals} <= set(made["responses"])
    assert operation.method == "get" or made["requestBody"]["content"]


def test_operation_ids_and_addresses_are_unique() -> None:
    assert len({one.id for one in OPERATIONS}) == len(OPERATIONS)
    assert set(SUBMISSIONS) == {one.path for one in OPERATIONS if one.tag == "Documents"}


def examples_of(content: dict[str, Any]) -> list[tuple[dict[str, Any], Any]]:
    return [
        ({**media["schema"], "components": DOCUMENT["components"]}, example["value"])
        for media_type, media in content.items()
        if media_type.endswith("json")
        for example in media.get("examples", {}).values()
    ]


def test_every_example_holds_against_its_schema() -> None:
    checked = 0
    for item in DOCUMENT["paths"].values():
        for made in item.values():
            bodies = [made.get("requestBody", {}), *made["responses"].values()]
            for schema, example in (pair for body in bodies for pair in examples_of(body.get("content", {}))):
                jsonschema.Draft202012Validator(schema).validate(example)
                checked += 1
    for response in DOCUMENT["components"]["responses"].values():
        for schema, example in examples_of(response["content"]):
            jsonschema.Draft202012Validator(schema).validate(example)
            checked += 1
    assert checked > 100


@pytest.mark.parametrize("name", document_examples())
def test_every_example_document_can_be_read(name: str) -> None:
    media_type, content = document_examples()[name]
    label = identify(content, media_type)
    assert read(content, label).documents


def test_every_error_a_caller_can_meet_is_documented() -> None:
    documented = {code for operation in OPERATIONS for code in operation.refusals}
    of_other_channels = {code for code in ERRORS if code.startswith(("as2.", "pgp."))}
    to_what_is_not_documented_here = {"request.method"}
    assert set(ERRORS) - documented == to_what_is_not_documented_here | of_other_channels


async def test_the_document_is_served(served: Served) -> None:
    answer = await served.client.get(PATH)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.1"
    OpenAPIV31SpecValidator(answer.json()).validate()
    assert answer.json()["servers"] == [{"url": "/"}]


async def test_real_answers_hold_against_the_documented_shapes(served: Served) -> None:
    sent = (await served.order("PO-1")).json()
    jsonschema.Draft202012Validator(shape("Accepted")).validate(sent)
    history = (await served.client.get(sent["status"], headers=served.aurora())).json()
    jsonschema.Draft202012Validator(shape("MessageHistory")).validate(history)
    page = (await served.client.get("/v1/messages", headers=served.aurora())).json()
    jsonschema.Draft202012Validator(shape("Page")).validate(page)
    refused = (await served.post("/v1/documents", b"{}", served.aurora())).json()
    jsonschema.Draft202012Validator(shape("Problem")).validate(refused)
    await served.post("/v1/documents", a_despatch_advice(), served.supplier())
    await served.lay_ready()
    inbox = (await served.client.get("/v1/plants/salzungen/deliveries", headers=served.plant())).json()
    jsonschema.Draft202012Validator(shape("Inbox")).validate(inbox)
    assert len(inbox["deliveries"]) == 1
    ready = await served.client.get("/health/ready")
    jsonschema.Draft202012Validator(shape("Ready")).validate(ready.json())


def test_token_addresses_are_shown_where_they_are_known() -> None:
    schemes = DOCUMENT["components"]["securitySchemes"]
    assert schemes["partner"]["flows"]["clientCredentials"]["tokenUrl"] == "https://id.tests.example/token"
    assert schemes["plant"]["type"] == "http"
    assert schemes["plant-dpop"]["scheme"] == "DPoP"
    assert msgspec.json.encode(DOCUMENT)
