"""What every route reads of a request."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from msgspec import Struct
from starlette.datastructures import QueryParams
from starlette.requests import Request

from dashboard.web.responses import BadRequest, Unusable
from perfwatch.readings.codec import UNREADABLE, to_ms
from perfwatch.tokens import Session

_LONGEST_BODY = 10_000
_UNKNOWN = re.compile("unknown field `(.*?)`")

T = TypeVar("T", bound=Struct)


async def body(request: Request, most: int = _LONGEST_BODY) -> bytes:
    """The request's body, cut off where it is longer than any that we take."""
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > most:
            break
    return content[:most]


async def read(request: Request, kind: type[T], expected: str, most: int = _LONGEST_BODY) -> T:
    """The body as that type. Raises Unusable; a value may be a password, so none is shown."""
    try:
        return msgspec.json.decode(await body(request, most), type=kind)
    except UNREADABLE as exc:
        unknown = _UNKNOWN.search(str(exc))
        hint = f" ({nearest(unknown[1], kind.__struct_fields__)})" if unknown else ""
        raise Unusable(f"The body must be {expected} as JSON: {exc}{hint}") from exc


def check_names(given: Iterable[str], known: Collection[str]) -> None:
    """Raise Unusable for the first parameter that is not known."""
    for name in given:
        if name not in known:
            raise Unusable(f"{name[:100]!r} is no parameter of this route: {nearest(name, known)}")


def nearest(name: str, known: Collection[str]) -> str:
    """What whoever wrote `name` may have meant."""
    near = difflib.get_close_matches(name, known, 1, 0.5)
    return f"did you mean {near[0]}?" if near else f"expected {', '.join(known) or 'none'}"


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
