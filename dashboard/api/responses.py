"""What every route answers with when it cannot answer."""

from __future__ import annotations

from starlette.responses import JSONResponse


class BadRequest(Exception):
    """A parameter cannot be used. Names it, its value and what was expected."""

    def __init__(self, name: str, expected: str, value: str | None = None) -> None:
        given = "is missing" if value is None else f"is {value[:100]!r}"
        super().__init__(f"{name} {given}: {expected}")


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An error as every route gives it: `{"detail": …}`."""
    return JSONResponse({"detail": detail}, status, headers)
