"""OpenAPI 3.1, made of the operations and their types. No input or output."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from dashboard.openapi.answers import Detail, Health
from dashboard.openapi.operations import OPERATIONS, REPEATED, REQUIRED, Operation
from perfwatch import distribution

_PLACES = "#/components/schemas/{name}"
_IN_PATH = re.compile(r"\{(\w+)\}")
_REASONS = {
    401: "No session, or one that is over; a wrong name or password",
    403: "A viewer would change something; a request from another site",
    404: "There is no such thing",
    409: "It cannot be done as things are",
    422: "A value that cannot be used, named with what was expected",
    424: "What it depends on, as the server of a channel, did not take it; says what that answered",
    429: "Too many attempts: see Retry-After",
    501: "Not this server's to do",
    503: "The broker, the history or the alerts service is away",
    504: "A host, the broker or the alerts service did not answer",
}


def document() -> dict[str, Any]:
    """The whole document, with one path for each route and one schema for each type."""
    types = [one for each in OPERATIONS.values() for one in (each.answer, each.body) if one is not None]
    # The same type may be named by many routes.
    unique = list({id(one): one for one in (Detail, *types)}.values())
    schemas, components = msgspec.json.schema_components(unique, ref_template=_PLACES)
    found = dict(zip(map(id, unique), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for (method, path), one in OPERATIONS.items():
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, one, found)
    return {
        "openapi": "3.1.0",
        "info": {"title": "PerfWatch", "version": distribution.VERSION},
        "security": [{"bearer": []}, {"cookie": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "perfwatch_session"},
            },
        },
    }


def _operation(method: str, path: str, one: Operation, schemas: Mapping[int, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"summary": one.summary, "operationId": _identifier(method, path)}
    in_path = [_parameter(name, "path", "Its name", True) for name in _IN_PATH.findall(path)]
    told["parameters"] = in_path + [
        _parameter(name, "query", text, name in REQUIRED) for name, text in one.query.items()
    ]
    if one.body is not None:
        told["requestBody"] = {"required": True, "content": _json(schemas[id(one.body)])}
    if one.public:
        told["security"] = []
    told["responses"] = _responses(method, one, schemas)
    return told


def _parameter(name: str, place: str, text: str, required: bool) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if name.endswith("_time"):
        schema["format"] = "date-time"
    if place == "query" and name in REPEATED:
        schema = {"type": "array", "items": schema}
    return {"name": name, "in": place, "description": text, "required": required, "schema": schema}


def _responses(method: str, one: Operation, schemas: Mapping[int, Any]) -> dict[str, Any]:
    content = _json(schemas[id(one.answer)]) if one.answer is not None else {one.media: {}}
    responses: dict[str, Any] = {str(one.status): {"description": one.summary, "content": content}}
    errors = {422, *one.errors} | ({401} if not one.public or one.body else set())
    errors |= {403} if method != "GET" else set()
    for status in sorted(errors):
        reason = _REASONS.get(status, HTTPStatus(status).phrase)
        responses[str(status)] = {"description": reason, "content": _json(schemas[id(Detail)])}
    if one.answer is Health:
        responses["503"] = {"description": _REASONS[503], "content": content}
    if "304" in one.summary:
        responses["304"] = {"description": "Not modified"}
    return responses


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _identifier(method: str, path: str) -> str:
    return "_".join([method.lower(), *re.findall(r"\w+", path.removeprefix("/api"))])
