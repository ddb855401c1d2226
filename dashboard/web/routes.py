"""Every route below /api, in one router."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from starlette.routing import Router

from dashboard.auth.credentials import CredentialsApi
from dashboard.auth.login import AuthApi
from dashboard.auth.passwords import Passwords
from dashboard.auth.people import People
from dashboard.auth.sessions import Sessions
from dashboard.auth.users import UsersApi
from dashboard.history.chart import ChartApi
from dashboard.history.cleanup import CleanupApi
from dashboard.history.compare import CompareApi
from dashboard.history.known import KnownSeries
from dashboard.history.metrics import HistoryApi
from dashboard.history.queries import Queries
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
    """What the routes stand on; `patient` is `store` again, which gives a server more time."""

    users: Users
    sessions: Sessions
    passwords: Passwords
    hub: Hub
    commands: Commands
    bridges: Bridges
    subscriber: Subscriber
    store: TieredStore
    patient: TieredStore
    place: Place
    hosts: HostsApi
    folder: Path
    prefix: str


def api(parts: Parts) -> Router:
    """A router of its own: what it does not know is 404 as JSON, not a page of Streamlit's."""
    people = People(parts.users, parts.sessions, parts.passwords)
    hub, store, subscriber, place = parts.hub, parts.store, parts.subscriber, parts.place
    queries, known = Queries(str(place)), KnownSeries(parts.patient, str(place))
    return Router(
        [
            *AuthApi(people).routes(),
            *UsersApi(people).routes(),
            *LiveApi(hub).routes(),
            *parts.hosts.routes(),
            *HistoryApi(store, known, queries, hub.heard).routes(),
            *ChartApi(store, known, queries).routes(),
            *CompareApi(store, queries).routes(),
            *RetentionApi(store, queries).routes(),
            *CleanupApi(parts.patient).routes(),
            *ConfigApi(hub, parts.commands, subscriber).routes(),
            *CredentialsApi(parts.folder, subscriber.broker, parts.prefix).routes(),
            *SystemApi(hub, parts.bridges, subscriber, store, parts.patient, place, queries).routes(),
        ]
    )
