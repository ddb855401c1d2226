"""Every route below /api, in one router."""

from __future__ import annotations

from typing import NamedTuple

from starlette.routing import Router

from dashboard.alerts.api import AlertsApi
from dashboard.alerts.known import Alerts
from dashboard.alerts.preview import PreviewApi
from dashboard.auth.credentials import CredentialsApi
from dashboard.auth.join import JoinApi
from dashboard.auth.login import AuthApi
from dashboard.auth.login_log import LoginLog
from dashboard.auth.own_sessions import OwnSessionsApi
from dashboard.auth.passwords import Passwords
from dashboard.auth.people import People
from dashboard.auth.second_factor import SecondFactorApi, SecondFactors
from dashboard.auth.sessions import Sessions
from dashboard.auth.tokens import TokensApi
from dashboard.auth.users import UsersApi
from dashboard.devices.api import DevicesApi
from dashboard.devices.known import DevicesService
from dashboard.export.summary import SummaryApi
from dashboard.history.chart import ChartApi
from dashboard.history.cleanup import CleanupApi
from dashboard.history.compare import CompareApi
from dashboard.history.host import HostApi
from dashboard.history.known import KnownSeries
from dashboard.history.metrics import HistoryApi
from dashboard.history.queries import Queries
from dashboard.history.recent import RecentApi
from dashboard.history.retention import RetentionApi
from dashboard.live.bridges import Bridges
from dashboard.live.config import ConfigApi
from dashboard.live.hosts import HostsApi
from dashboard.live.hub import Hub
from dashboard.live.remote_config import Commands
from dashboard.live.socket import LiveApi
from dashboard.live.subscriber import Subscriber
from dashboard.live.tags import TagsApi
from dashboard.live.watching import Watching
from dashboard.openapi.routes import OpenApi, guarded
from dashboard.web.health import StoreProbe
from dashboard.web.system import SystemApi, Where
from perfwatch.api_tokens import ApiTokens
from perfwatch.history.store import TieredStore
from perfwatch.settings import Settings
from perfwatch.users import Users


class Parts(NamedTuple):
    """What the routes stand on; `patient` is `store` again, which gives a server more time."""

    users: Users
    sessions: Sessions
    passwords: Passwords
    login_log: LoginLog
    api_tokens: ApiTokens
    hub: Hub
    commands: Commands
    bridges: Bridges
    alerts: Alerts
    devices: DevicesService
    subscriber: Subscriber
    watching: Watching
    store: TieredStore
    patient: TieredStore
    known: KnownSeries
    place: Where
    hosts: HostsApi
    settings: Settings
    probe: StoreProbe


def api(parts: Parts) -> Router:
    """A router of its own: what it does not know is 404 as JSON, not a page of Streamlit's."""
    people = People(parts.users, parts.sessions, parts.passwords)
    factors = SecondFactors(parts.users)
    hub, store, subscriber, place = parts.hub, parts.store, parts.subscriber, parts.place
    folder = parts.settings.data_path
    queries, known = Queries(str(place)), parts.known
    return Router(
        guarded(
            [
                *AuthApi(people, factors, parts.login_log).routes(),
                *SecondFactorApi(people, factors).routes(),
                *OwnSessionsApi(parts.sessions).routes(),
                *UsersApi(people).routes(),
                *TokensApi(parts.api_tokens, parts.sessions).routes(),
                *LiveApi(hub, store, parts.watching).routes(),
                *parts.hosts.routes(),
                *TagsApi(hub, subscriber).routes(),
                *HistoryApi(store, known, queries, hub.heard).routes(),
                *ChartApi(store, known, queries).routes(),
                *HostApi(store, known, queries, hub.heard).routes(),
                *RecentApi(store, known, queries).routes(),
                *CompareApi(store, queries).routes(),
                *RetentionApi(store, queries).routes(),
                *CleanupApi(parts.patient).routes(),
                *ConfigApi(hub, parts.commands, subscriber).routes(),
                *CredentialsApi(folder, subscriber.broker, parts.settings.topic_prefix).routes(),
                *JoinApi(folder).api(),
                *SystemApi(
                    hub, parts.bridges, subscriber, store, parts.patient, place, queries, folder
                ).routes(),
                *AlertsApi(parts.alerts, subscriber, hub.tags).routes(),
                *DevicesApi(parts.devices, subscriber, parts.settings).routes(),
                *PreviewApi(store, known, queries, hub.tags).routes(),
                *SummaryApi(hub, subscriber, parts.probe).routes(),
                *OpenApi().routes(),
            ]
        ),
        redirect_slashes=False,
    )
