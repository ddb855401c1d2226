"""`/api/retention`: how long the history keeps what."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.history.queries import Queries
from dashboard.web.requests import read
from dashboard.web.responses import BadRequest
from perfwatch.history.policy import LONGEST_DAYS, Policy
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

    def __init__(self, store: TieredStore, queries: Queries) -> None:
        self._store = store
        self._queries = queries

    def routes(self) -> list[Route]:
        return [
            Route("/api/retention", self.show, methods=["GET"]),
            Route("/api/retention", self.change, methods=["PUT"]),
        ]

    async def show(self, request: Request) -> Response:
        return JSONResponse(msgspec.to_builtins(await self._queries.run(request, self._store.policy)))

    async def change(self, request: Request) -> Response:
        named = ", ".join(f'"{name}": …' for name in _EXPECTED)
        change = await read(request, Change, f"{{{named}}}, each optional,")
        policy = await self._queries.run(request, _change, self._store, change)
        return JSONResponse(msgspec.to_builtins(policy))


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
