"""Questions that a service answers over the broker: a question has an id, and its answer has the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal, Protocol, TypeVar

import msgspec
from msgspec import Struct

from perfwatch.errors import BrokerError, ChannelError, RuleError, SettingError
from perfwatch.readings.codec import UNREADABLE

Refusal = Literal["missing", "conflict", "unusable", "failed"]


class Answer(Struct):
    """`detail` says what was done, or why not; then `refusal` is what kind of why."""

    id: str
    detail: str = ""
    refusal: Refusal | None = None


class Missing(Exception):
    """There is nothing of that name or number."""


class Conflict(Exception):
    """It cannot be done as things are."""


class Failed(Exception):
    """It was tried, and did not succeed."""


class _Identified(Struct):
    id: str


class _Question(Protocol):
    id: str


Q = TypeVar("Q", bound=_Question)
A = TypeVar("A", bound=Answer)


async def answered(
    payload: bytes, question: msgspec.json.Decoder[Q], answer: type[A], do: Callable[[Q, A], Awaitable[str]]
) -> A | None:
    """What came of `do`, which says what it did; None when the payload is no question at all."""
    try:
        asked = question.decode(payload)
    except UNREADABLE as exc:
        return _unreadable(payload, answer, str(exc))
    told = answer(asked.id)
    try:
        told.detail = await do(asked, told)
    except Missing as exc:
        told.detail, told.refusal = str(exc), "missing"
    except Conflict as exc:
        told.detail, told.refusal = str(exc), "conflict"
    except (SettingError, RuleError, ChannelError) as exc:
        told.detail, told.refusal = str(exc), "unusable"
    except (BrokerError, Failed) as exc:
        told.detail, told.refusal = str(exc), "failed"
    except OSError as exc:
        told.detail, told.refusal = f"It cannot be written: {exc}", "failed"
    return told


def _unreadable(payload: bytes, answer: type[A], why: str) -> A | None:
    """An answer for a question that has an id at least."""
    try:
        return answer(msgspec.json.decode(payload, type=_Identified).id, why, "unusable")
    except UNREADABLE:
        return None
