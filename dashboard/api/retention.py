"""`/api/retention`: how long the history keeps what, and removing what is older now."""

from __future__ import annotations

import asyncio
import time

import msgspec
from msgspec import UNSET, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.api.requests import body
from dashboard.api.responses import BadRequest, problem, store_failed
from perfwatch.errors import StoreError
from perfwatch.history.pacing import paced
from perfwatch.history.policy import LONGEST_DAYS, Policy
from perfwatch.history.rollup import cleanup
from perfwatch.history.store import TieredStore

_DAYS = f"expected a whole number of days from 1 to {LONGEST_DAYS}"
_EXPECTED = {
    "retention_days": _DAYS,
    "downsample_after_days": _DAYS,
    "enabled": "expected true or false",
}


class Change(Struct, forbid_unknown_fields=True):
    """What of a policy to change; what is not given stays."""

    retention_days: object | UnsetType = UNSET
    downsample_after_days: object | UnsetType = UNSET
    enabled: object | UnsetType = UNSET


class RetentionApi:
    """The policy is kept in the store, where the bridge finds it: it follows a change within a minute."""

    def __init__(self, store: TieredStore) -> None:
        self._store = store
        self._cleaning = asyncio.Lock()

    def routes(self) -> list[Route]:
        return [
            Route("/api/retention", self.show, methods=["GET"]),
            Route("/api/retention", self.change, methods=["PUT"]),
            Route("/api/retention/cleanup", self.clean, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        try:
            policy = await asyncio.to_thread(self._store.policy)
        except StoreError as exc:
            return store_failed(exc)
        return JSONResponse(msgspec.to_builtins(policy))

    async def change(self, request: Request) -> Response:
        try:
            change = msgspec.json.decode(await body(request), type=Change)
            policy = await asyncio.to_thread(_change, self._store, change)
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            named = ", ".join(f'"{name}": …' for name in _EXPECTED)
            return problem(422, f"The body must be {{{named}}} as JSON, each optional: {exc}")
        except BadRequest as exc:
            return problem(422, str(exc))
        except StoreError as exc:
            return store_failed(exc)
        return JSONResponse(msgspec.to_builtins(policy))

    async def clean(self, request: Request) -> Response:
        if self._cleaning.locked():
            return problem(409, "A cleanup is running already: ask again when it has answered")
        began = time.monotonic()
        try:
            async with self._cleaning:
                policy = await asyncio.to_thread(self._store.policy)
                steps = cleanup(self._store, policy, time.time_ns() // 1_000_000)
                done = await paced(steps, self._store.rest)
        except StoreError as exc:
            return store_failed(exc)
        return JSONResponse(
            {
                "rolled_up": done.rolled_up,
                "removed": {"raw": done.raw, "rollups": done.rollups},
                "seconds": round(time.monotonic() - began, 3),
                "policy": msgspec.to_builtins(policy),
            }
        )


def _change(store: TieredStore, change: Change) -> Policy:
    policy = changed(store.policy(), change)
    store.set_policy(policy)
    return policy


def changed(policy: Policy, change: Change) -> Policy:
    """The policy with that change. Raises BadRequest naming the value that cannot be used."""
    for name, value in msgspec.structs.asdict(change).items():
        if value is UNSET:
            continue
        try:
            policy = msgspec.convert({**msgspec.to_builtins(policy), name: value}, Policy)
        except msgspec.ValidationError as exc:
            raise BadRequest(name, _EXPECTED[name], msgspec.json.encode(value).decode()) from exc
    return policy
