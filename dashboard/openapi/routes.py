"""`/api/openapi.json` and `/api/docs`; and what no route has declared is refused by name."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from html import escape
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.openapi.document import document
from dashboard.openapi.operations import OPERATIONS
from dashboard.web.requests import check_names

_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'"


class OpenApi:
    def __init__(self) -> None:
        self._document = document()
        self._page = page(self._document)

    def routes(self) -> list[Route]:
        return [Route("/api/openapi.json", self.document), Route("/api/docs", self.page)]

    async def document(self, request: Request) -> Response:
        return JSONResponse(self._document)

    async def page(self, request: Request) -> Response:
        return HTMLResponse(self._page, headers={"Content-Security-Policy": _POLICY})


def page(content: dict[str, Any]) -> str:
    """The document for people: every route with its parameters, body and answers."""
    sections = [
        _section(f"{method.upper()} {path}", one)
        for path, methods in content["paths"].items()
        for method, one in methods.items()
    ]
    schemas = [
        f'<dt id="{escape(name)}"><code>{escape(name)}</code></dt><dd>{_fields(schema)}</dd>'
        for name, schema in content["components"]["schemas"].items()
    ]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>PerfWatch API</title>'
        '<meta name="viewport" content="width=device-width">'
        '<link rel="stylesheet" href="../assets/tokens.css">'
        f"<h1>PerfWatch {escape(content['info']['version'])}: API</h1>"
        '<p>For programs: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>'
        f"{''.join(sections)}<h2>Types</h2><dl>{''.join(schemas)}</dl></html>"
    )


def _section(title: str, one: dict[str, Any]) -> str:
    rows = [
        f"<li><code>{escape(each['name'])}</code>{' (required)' if each['required'] else ''}: "
        f"{escape(each['description'])}</li>"
        for each in one["parameters"]
    ]
    if "requestBody" in one:
        rows.append(f"<li>body: {_type(one['requestBody'])}</li>")
    rows += [
        f"<li>{status}: {escape(told['description'])} {_type(told)}</li>"
        for status, told in one["responses"].items()
    ]
    return f"<h2><code>{escape(title)}</code></h2><p>{escape(one['summary'])}</p><ul>{''.join(rows)}</ul>"


def _type(told: dict[str, Any]) -> str:
    schema = told.get("content", {}).get("application/json", {}).get("schema", {})
    return _shown(schema) if schema else ""


def _fields(schema: dict[str, Any]) -> str:
    fields = [
        f"<li><code>{escape(name)}</code>: {_shown(kind)}</li>"
        for name, kind in schema.get("properties", {}).items()
    ]
    return f"{escape(schema.get('description', ''))}<ul>{''.join(fields)}</ul>"


def _shown(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_shown(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_shown(schema.get('items', {}))}"
    return escape(str(schema.get("type", "anything")))


class Declared:
    """A route's application, behind a look at its query: a name that is not declared is 422."""

    def __init__(self, app: ASGIApp, known: Collection[str]) -> None:
        self._app = app
        self._known = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            given = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
            check_names([name for name, _ in given], self._known)
        await self._app(scope, receive, send)


def guarded(routes: Iterable[BaseRoute]) -> list[BaseRoute]:
    """The routes, each of which takes only the parameters that it declares."""
    checked = list(routes)
    for route in checked:
        if isinstance(route, Route):
            known = {
                name: text
                for method in route.methods or ()
                if (method, route.path) in OPERATIONS
                for name, text in OPERATIONS[method, route.path].query.items()
            }
            route.app = Declared(route.app, known)
    return checked
