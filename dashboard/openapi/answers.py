"""What the routes answer with, as types: the document is made of them, and tests hold the answers to them."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from perfwatch.readings.core import DeviceInfo, HostInfo
from perfwatch.users import Role

Presence = Literal["online", "offline"]


class JoinLine(Struct):
    """To be pasted on that machine within so many minutes."""

    line: str
    minutes: int


class Detail(Struct):
    """A sentence: what was done, or what is wrong, with which value, and what was expected."""

    detail: str


class LoggedIn(Struct):
    access_token: str
    token_type: Literal["bearer"]
    expires_in: int


class Me(Struct):
    username: str
    role: Role
    expires_at: str | None
    second_factor: bool
    recovery_codes: int


class OwnSession(Struct):
    """`current` is the one that asks. It was used last at `address`, by what called itself `client`."""

    id: str
    current: bool
    began_at: str
    used_at: str
    expires_at: str
    address: str
    client: str


class OwnSessions(Struct):
    sessions: list[OwnSession]


class SecondFactorSecret(Struct):
    """For an app: `picture` is the QR code of `uri`, as an address that a browser shows as an image."""

    secret: str
    uri: str
    picture: str


class RecoveryCodes(Struct):
    """Each lets in once in the place of a code of the app. They are shown this once only."""

    recovery_codes: list[str]


class User(Struct):
    username: str
    role: Role


class Users(Struct):
    users: list[User]


class Token(Struct):
    name: str
    role: Role
    created_at: str
    expires_at: str | None
    last_used: str | None


class NewToken(Token):
    """`token` is shown this once only."""

    token: str


class Tokens(Struct):
    tokens: list[Token]


class Host(Struct):
    host: str
    kind: Literal["collector", "device"]
    status: str | None
    since: str | None
    last_seen: str | None
    tags: dict[str, str]
    info: HostInfo | None
    device: DeviceInfo | None
    timestamp: str | None


class Hosts(Struct):
    hosts: list[Host]


class Tagged(Struct):
    """The tags that each of those hosts has now."""

    tags: dict[str, dict[str, str]]


class Collector(Struct):
    host: str
    status: str | None
    since: str | None
    config: dict[str, Any] | None
    sources: dict[str, str | None]


class Config(Struct):
    hosts: list[Collector]


class Credential(Struct):
    """`writes` are the topic filters that it may also read and write."""

    name: str
    role: str
    writes: list[str]
    created_at: str


class NewCredential(Credential):
    """`url` has the password, and is shown this once only."""

    url: str
    example: str


class Credentials(Struct):
    credentials: list[Credential]


class Dashboard(Struct):
    uptime_seconds: int
    memory_bytes: int | None
    viewers: int


class Denied(Struct):
    account: str
    topic: str
    at: str
    advice: str


class Broker(Struct):
    address: str
    connected: bool
    since: str | None
    version: str | None
    denied: list[Denied]


class Store(Struct):
    kind: str
    place: str
    bytes: int | None
    oldest: str | None
    newest: str | None
    problem: str | None


class Bridge(Struct):
    bridge: str
    status: str | None
    last_heard: str | None
    stats: dict[str, Any] | None


class SystemCollector(Struct):
    host: str
    status: str | None
    version: str
    interval: float
    sources: dict[str, str | None]


class System(Struct):
    version: str
    python: str
    platform: str
    dashboard: Dashboard
    broker: Broker
    store: Store
    bridges: list[Bridge]
    collectors: list[SystemCollector]


class Health(Struct):
    status: Literal["ok", "unavailable"]
    broker: str
    store: str
    history: str = ""
    detail: str = ""
