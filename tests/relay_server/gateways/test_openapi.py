"""The description of the interface is valid, kept, and names every endpoint."""

from openapi_spec_validator import validate

from relay_server.gateways import openapi


def test_it_is_a_valid_document_of_openapi_3_1() -> None:
    found = openapi.document()
    assert found["openapi"] == "3.1.0"
    validate(found)


def test_the_kept_document_is_this_one() -> None:
    assert openapi.FILE.read_text("utf-8") == openapi.written()


def test_whoever_is_refused_is_told_how() -> None:
    for path, operations in openapi.document()["paths"].items():
        for operation in operations.values():
            assert {"400", "401", "403", "404", "429", "503"} <= operation["responses"].keys(), path
