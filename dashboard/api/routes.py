"""Every route below /api, in one router."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from starlette.routing import Router

from dashboard.api.auth import AuthApi
from dashboard.api.chart import ChartApi
from dashboard.api.cleanup import CleanupApi
from dashboard.api.compare import CompareApi
from dashboard.api.config import ConfigApi
from dashboard.api.credentials import CredentialsApi
from dashboard.api.history import HistoryApi
from dashboard.api.hosts import HostsApi
from dashboard.api.live import LiveApi
from dashboard.api.people import People
from dashboard.api.retention import RetentionApi
from dashboard.api.system import Place, SystemApi
from dashboard.api.users import UsersApi
from dashboard.bridges import Bridges
from dashboard.commands import Commands
from dashboard.hub import Hub
from dashboard.passwords import Passwords
from dashboard.sessions import Sessions
from dashboard.subscriber import Subscriber
from perfwatch.history.store import TieredStore
from perfwatch.users import Users


class Parts(NamedTuple):
    """What the routes stand on."""

    users: Users
    sessions: Sessions
    passwords: Passwords
    hub: Hub
    commands: Commands
    bridges: Bridges
    subscriber: Subscriber
    store: TieredStore
    place: Place
    folder: Path
    prefix: str


def api(parts: Parts) -> Router:
    """A router of its own: what it does not know is 404 as JSON, not a page of Streamlit's."""
    people = People(parts.users, parts.sessions, parts.passwords)
    hub, store, subscriber = parts.hub, parts.store, parts.subscriber
    return Router(
        [
            *AuthApi(people).routes(),
            *UsersApi(people).routes(),
            *LiveApi(hub).routes(),
            *HostsApi(hub, store).routes(),
            *HistoryApi(store, hub.heard).routes(),
            *ChartApi(store).routes(),
            *CompareApi(store).routes(),
            *RetentionApi(store).routes(),
            *CleanupApi(store).routes(),
            *ConfigApi(hub, parts.commands, subscriber).routes(),
            *CredentialsApi(parts.folder, subscriber.broker, parts.prefix).routes(),
            *SystemApi(hub, parts.bridges, subscriber, store, parts.place).routes(),
        ]
    )
