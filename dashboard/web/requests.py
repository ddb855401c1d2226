"""What every route reads of a request."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.datastructures import QueryParams
from starlette.requests import Request

from dashboard.web.responses import BadRequest
from perfwatch.readings.codec import to_ms
from perfwatch.tokens import Session

_LONGEST_BODY = 10_000


async def body(request: Request) -> bytes:
    """The request's body, cut off where it is longer than any that we take."""
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > _LONGEST_BODY:
            break
    return content[:_LONGEST_BODY]


async def gone(request: Request) -> None:
    """Wait until the client hangs up. What is left of a body that was cut off comes before that."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def session_of(request: Request) -> Session:
    """The session that the guard let through."""
    session: Session = request.scope["perfwatch.session"]
    return session


def moment(given: QueryParams, name: str) -> int:
    """The time in that parameter, in ms; without a zone it is UTC. Raises BadRequest."""
    expected = "expected a time like 2026-11-23T14:00:00Z"
    text = given.get(name)
    if not text:
        raise BadRequest(name, expected)
    try:
        # A plus sign that was not quoted arrives as a space.
        found = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return to_ms(found.astimezone(UTC))
    except (ValueError, OverflowError) as exc:
        raise BadRequest(name, expected, text) from exc


def choice(given: QueryParams, name: str, allowed: tuple[str, ...], default: str) -> str:
    """One of `allowed`. Raises BadRequest."""
    text = given.get(name) or default
    if text not in allowed:
        raise BadRequest(name, f"expected one of {', '.join(allowed)}", text)
    return text
