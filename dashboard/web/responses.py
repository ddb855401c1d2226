"""What every route answers with when it cannot answer."""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dashboard.auth.admission import Throttled
from perfwatch.errors import StoreError, Unsupported

_log = logging.getLogger(__name__)


class BadRequest(Exception):
    """A parameter cannot be used. Names it, its value and what was expected."""

    def __init__(self, name: str, expected: str, value: str | None = None) -> None:
        given = "is missing" if value is None else f"is {value[:100]!r}"
        super().__init__(f"{name} {given}: {expected}")


class Unusable(Exception):
    """A body, or the name of a parameter, cannot be used. Its text is the whole sentence."""


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An error as every route gives it: `{"detail": …}`."""
    return JSONResponse({"detail": detail}, status, headers)


def encoded(answer: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(answer), media_type="application/json")


async def bad_request(request: Request, exc: BadRequest | Unusable) -> Response:
    return problem(422, str(exc))


async def store_failed(request: Request, exc: StoreError) -> Response:
    """501 for what the history's server will never do, 503 for what it may do soon."""
    if isinstance(exc, Unsupported):
        return problem(501, str(exc))
    return problem(503, str(exc), {"Retry-After": "5"})


async def refused(request: Request, exc: Throttled) -> Response:
    """What whoever gives too many passwords gets."""
    return problem(429, str(exc), {"Retry-After": str(exc.seconds)})


async def gone(request: Request, exc: ClientDisconnect) -> Response:
    """Nobody is there to read an answer; nginx's code for that."""
    return Response(status_code=499)


async def http_exception(request: Request, exc: HTTPException) -> Response:
    """Starlette's own refusals (no such route, wrong method) in the form of every other error here."""
    if request.url.path.startswith("/api/"):
        detail = f"{request.method} {request.url.path}: {exc.detail}"
        return problem(exc.status_code, detail, dict(exc.headers or {}))
    return PlainTextResponse(exc.detail, exc.status_code, exc.headers)


async def disk_failed(request: Request, exc: OSError) -> Response:
    """What was to be kept is not; a full disk is the usual reason."""
    _log.error("%s %s failed: %s", request.method, request.url.path, exc)
    return problem(503, f"The server cannot keep that: {exc.strerror or exc}", {"Retry-After": "60"})


HANDLERS: Any = {
    HTTPException: http_exception,
    BadRequest: bad_request,
    Unusable: bad_request,
    StoreError: store_failed,
    Throttled: refused,
    ClientDisconnect: gone,
    OSError: disk_failed,
}
"""What a route may raise, for the application's `exception_handlers`."""
