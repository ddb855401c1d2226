"""What another service answers over the broker, as a route's answer."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from starlette.responses import Response

from dashboard.web.responses import problem
from perfwatch.asking import Answer
from perfwatch.errors import BrokerError

_STATUS = {"missing": 404, "conflict": 409, "unusable": 422, "failed": 424}

A = TypeVar("A", bound=Answer)


async def answer_of(service: str, asking: Awaitable[A], seconds: float) -> A | Response:
    """The service's answer, or a response that says why there is none that helps."""
    try:
        answer = await asking
    except TimeoutError:
        return problem(504, f"The {service} service did not answer within {seconds:g} s: see its log")
    except BrokerError as exc:
        return problem(503, str(exc))
    return answer if answer.refusal is None else problem(_STATUS[answer.refusal], answer.detail)
