"""What every route answers with when it cannot answer."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from perfwatch.errors import StoreError, Unsupported


class BadRequest(Exception):
    """A parameter cannot be used. Names it, its value and what was expected."""

    def __init__(self, name: str, expected: str, value: str | None = None) -> None:
        given = "is missing" if value is None else f"is {value[:100]!r}"
        super().__init__(f"{name} {given}: {expected}")


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An error as every route gives it: `{"detail": …}`."""
    return JSONResponse({"detail": detail}, status, headers)


def store_failed(exc: StoreError) -> JSONResponse:
    """501 for what the history's server will never do, 503 for what it may do soon."""
    return problem(501 if isinstance(exc, Unsupported) else 503, str(exc))


def too_many(seconds: int) -> JSONResponse:
    """What whoever gives wrong passwords gets."""
    detail = f"Too many failed logins: try again in {seconds} s"
    return problem(429, detail, {"Retry-After": str(max(1, seconds))})


async def http_exception(request: Request, exc: HTTPException) -> Response:
    """Starlette's own refusals (no such route, wrong method) in the form of every other error here."""
    if request.url.path.startswith("/api/"):
        detail = f"{request.method} {request.url.path}: {exc.detail}"
        return problem(exc.status_code, detail, dict(exc.headers or {}))
    return PlainTextResponse(exc.detail, exc.status_code, exc.headers)
