"""The dashboard's routes without a server around them, for tests that ask them very often."""

from __future__ import annotations

from pathlib import Path

from argon2 import PasswordHasher

from dashboard.alerts.known import Alerts
from dashboard.auth.login_log import LoginLog
from dashboard.auth.logins import Logins
from dashboard.auth.passwords import Passwords
from dashboard.auth.sessions import Sessions
from dashboard.devices.known import DevicesService
from dashboard.history.known import KnownSeries
from dashboard.live.bridges import Bridges
from dashboard.live.hosts import HostsApi
from dashboard.live.hub import Hub
from dashboard.live.remote_config import Commands
from dashboard.live.subscriber import Subscriber
from dashboard.live.watching import Watching
from dashboard.web.health import StoreProbe
from dashboard.web.routes import Parts
from dashboard.web.system import Where
from perfwatch.api_tokens import ApiTokens
from perfwatch.broker import broker_of
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.settings import Settings
from perfwatch.tokens import Revocations, Tokens
from perfwatch.topics import Topics
from perfwatch.users import Users


def parts(folder: Path) -> Parts:
    """What the routes stand on, with nothing running and a history in `folder`."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    users, api_tokens = Users(folder / "users.json", quick), ApiTokens(folder)
    tokens = Tokens(lambda: "k" * 64, Revocations(folder / "revoked.json"))
    hub, commands, bridges, alerts, devices = Hub(), Commands(), Bridges(), Alerts(), DevicesService()
    store = SqliteStore(folder / "history.db")
    subscriber = Subscriber(broker_of(Settings()), Topics(), hub, commands, bridges, alerts, devices)
    known = KnownSeries(store, "SQLite here")
    return Parts(
        users=users,
        sessions=Sessions(tokens, users, api_tokens, Logins(folder / "sessions.json", 3600)),
        passwords=Passwords(users),
        login_log=LoginLog(),
        api_tokens=api_tokens,
        hub=hub,
        commands=commands,
        bridges=bridges,
        alerts=alerts,
        devices=devices,
        subscriber=subscriber,
        watching=Watching(subscriber.watch),
        store=store,
        patient=store,
        known=known,
        place=Where("SQLite", "here"),
        hosts=HostsApi(hub, store, known),
        settings=Settings(data_dir=str(folder)),
        probe=StoreProbe(store, "here"),
    )
