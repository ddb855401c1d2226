"""Every route below /api, in one router."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from starlette.routing import Router

from dashboard.auth.credentials import CredentialsApi
from dashboard.auth.join import JoinApi
from dashboard.auth.login import AuthApi
from dashboard.auth.passwords import Passwords
from dashboard.auth.people import People
from dashboard.auth.sessions import Sessions
from dashboard.auth.users import UsersApi
from dashboard.history.chart import ChartApi
from dashboard.history.cleanup import CleanupApi
from dashboard.history.compare import CompareApi
from dashboard.history.metrics import HistoryApi
from dashboard.history.retention import RetentionApi
from dashboard.live.bridges import Bridges
from dashboard.live.config import ConfigApi
from dashboard.live.hosts import HostsApi
from dashboard.live.hub import Hub
from dashboard.live.remote_config import Commands
from dashboard.live.socket import LiveApi
from dashboard.live.subscriber import Subscriber
from dashboard.web.system import Place, SystemApi
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
            *JoinApi(parts.folder).api(),
            *SystemApi(hub, parts.bridges, subscriber, store, parts.place).routes(),
        ]
    )
