"""The dashboard's one server: pages, API, sockets and static files on one port."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import uvicorn
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from streamlit import config
from streamlit.starlette import App

from dashboard.alerts.known import Alerts
from dashboard.auth.guard import IDENTITY, PUBLIC, Guard
from dashboard.auth.join import JoinApi
from dashboard.auth.login_log import LoginLog
from dashboard.auth.logins import Logins
from dashboard.auth.passwords import Passwords
from dashboard.auth.sessions import Sessions
from dashboard.background import Background
from dashboard.devices.known import DevicesService
from dashboard.export.metrics import METRICS, MetricsApi
from dashboard.history.known import KnownSeries
from dashboard.history.queries import DEADLINE_SECONDS
from dashboard.live.bridges import Bridges
from dashboard.live.hosts import HostsApi
from dashboard.live.hub import Hub
from dashboard.live.remote_config import Commands
from dashboard.live.subscriber import Subscriber
from dashboard.live.watching import Watching
from dashboard.openapi.routes import guarded
from dashboard.own_pages.folder import PREFIX, OwnPages
from dashboard.own_pages.widgets import Widgets
from dashboard.web import theme
from dashboard.web.assets import COMPONENTS, STREAMLIT, VERSION, Assets, Bundle, Packed
from dashboard.web.base_path import BasePath
from dashboard.web.browsers import Browsers, page_policy
from dashboard.web.connections import MOST_CONNECTIONS, MOST_FROM_PAGE, Requests, Socket, allow_many_files
from dashboard.web.health import HealthApi, StoreProbe
from dashboard.web.joined import Joined, JoinedFiles
from dashboard.web.known import Known
from dashboard.web.responses import HANDLERS
from dashboard.web.routes import Parts, api
from dashboard.web.serving import Server
from dashboard.web.start_page import PLAIN, Shell, start_pages
from dashboard.web.system import Where
from perfwatch import widgets
from perfwatch.api_tokens import ApiTokens
from perfwatch.broker import broker_of
from perfwatch.errors import SettingError, StartError
from perfwatch.history.influx.url import is_influx
from perfwatch.history.open import open_store
from perfwatch.history.start import check_start
from perfwatch.settings import Settings, variable
from perfwatch.tokens import Key, Revocations, Tokens
from perfwatch.topics import Topics
from perfwatch.users import Users
from perfwatch.workers import Workers

PAGES = ("hosts", "live", "history", "alerts", "settings")
# Each with what comes along: who is logged in is on every page.
BUNDLES = (*((page, "session") for page in PAGES), ("session",), ("live_chart",))
REVOKED = "revoked.json"
_CLOSING_SECONDS = 0.5
VIEWS = Path(str(files("dashboard") / "views"))

# The guard checks the session and names the user in these headers, which Streamlit shows as st.user.
_STREAMLIT = {
    "server.trustedUserHeaders": dict(zip(IDENTITY, ("username", "jti", "expires"), strict=True)),
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,
}


def run(settings: Settings) -> None:
    """Serve the dashboard until it is told to stop. Raises what made it stop otherwise."""
    check_start(settings.history_url)
    allow_many_files()
    background = Background()
    server = Server(_served(build(settings, background), settings))
    background.stop = server.end
    # What is loaded by now stays: to look through it for garbage took as long as a query.
    gc.freeze()
    with suppress(KeyboardInterrupt):
        server.run()
    if background.failure:
        raise background.failure
    if not server.started:
        raise StartError(f"The dashboard cannot listen at {settings.address}:{settings.port}")


def _served(app: App, settings: Settings) -> uvicorn.Config:
    proxy = settings.trusted_proxy
    certificate, key = settings.cert_file, settings.key_file
    for name in ("cert_file", "key_file") if certificate or key else ():
        path = getattr(settings, name)
        if not Path(path).is_file():
            raise SettingError(variable(name), "must name a file: certificate and key go together", path)
    return uvicorn.Config(
        app,
        host=settings.address,
        port=settings.port,
        # X-Forwarded-For from anyone but a named proxy would let a guesser choose his address.
        proxy_headers=bool(proxy),
        forwarded_allow_ips=proxy or None,
        # Both the access log and the log of sockets that open show addresses, and so tokens.
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        date_header=False,
        http=partial(Requests, most=settings.connections_per_address, proxy=proxy),  # type: ignore[arg-type]
        limit_concurrency=MOST_CONNECTIONS,
        ws=Socket,
        ws_max_size=MOST_FROM_PAGE,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        timeout_graceful_shutdown=2,
        ssl_certfile=certificate or None,
        ssl_keyfile=key or None,
    )


def build(settings: Settings, background: Background) -> App:
    """The whole application; nothing is connected before its lifespan begins, and with it `background`."""
    parts, shells, folder = _parts(settings), start_pages(PAGES), settings.data_path
    joined = Joined(folder)
    background.works = (
        *(parts.subscriber.run, parts.watching.run, parts.probe.run),
        *(parts.hosts.run, parts.sessions.follow, parts.login_log.run),
        joined.run,
    )
    _configure_streamlit()
    widgets.provide(Widgets(settings))
    return App(
        VIEWS / "main.py",
        secrets={"perfwatch": {"revoked": str(folder / REVOKED), "data": str(folder)}},
        lifespan=_lifespan(parts, background),
        routes=_routes(parts, shells, joined),
        exception_handlers=HANDLERS,
        middleware=_middleware(parts, shells, joined),
    )


def _parts(settings: Settings) -> Parts:
    folder, hub = settings.data_path, Hub()
    key, lifetime = Key(folder / "secrets" / "jwt").current, round(settings.token_lifetime)
    tokens = Tokens(key, Revocations(folder / REVOKED), lifetime=lifetime)
    users, api_tokens = Users(folder / "users.json"), ApiTokens(folder)
    commands, bridges, alerts, devices = Commands(), Bridges(), Alerts(), DevicesService()
    broker, topics = broker_of(settings), Topics(settings.topic_prefix)
    subscriber = Subscriber(broker, topics, hub, commands, bridges, alerts, devices)
    store, patient = open_store(settings.history_url, DEADLINE_SECONDS), open_store(settings.history_url)
    place = Where("InfluxDB" if is_influx(settings.history) else "SQLite", settings.history_shown)
    known = KnownSeries(patient, str(place))
    return Parts(
        users=users,
        sessions=Sessions(tokens, users, api_tokens, Logins(folder / "sessions.json", settings.session_idle)),
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
        patient=patient,
        known=known,
        place=place,
        hosts=HostsApi(hub, patient, known),
        settings=settings,
        probe=StoreProbe(store, str(place)),
    )


def _routes(parts: Parts, shells: Mapping[str, str], joined: Joined) -> list[BaseRoute]:
    router, assets = api(parts), f"/assets/{VERSION}"
    return [
        Route("/api/{path:path}", router),
        WebSocketRoute("/api/{path:path}", router),
        *guarded(HealthApi(parts.subscriber, parts.probe, parts.bridges).routes()),
        *guarded(MetricsApi(parts.hub, parts.bridges, parts.subscriber, parts.probe).routes()),
        *JoinApi(parts.settings.data_path).routes(),
        Route("/login", _login_page),
        Route("/", Start(parts.hub)),
        *(Route(f"/{page}", Shell(shells[page], joined).__call__) for page in PAGES),
        Route(f"/{PREFIX}{{name}}", Shell(shells[PLAIN], joined).__call__),
        *(Route(f"{assets}/bundles/{name}.js", Bundle(name, *more).__call__) for name, *more in BUNDLES),
        Mount(assets, Assets.versioned()),
        Mount("/assets", Assets()),
    ]


def _lifespan(
    parts: Parts, background: Background
) -> Callable[[App], AbstractAsyncContextManager[dict[str, Any] | None]]:
    @asynccontextmanager
    async def lifespan(app: App) -> AsyncIterator[dict[str, Any] | None]:
        async with background.running():
            yield None
        parts.passwords.close()
        for opened in (parts.store, parts.patient):
            with suppress(TimeoutError):
                await Workers("closing the history", 1).run(opened.close, deadline=_CLOSING_SECONDS)

    return lifespan


def _middleware(parts: Parts, shells: Mapping[str, str], joined: Joined) -> list[Middleware]:
    settings = parts.settings
    policy = page_policy([*shells.values(), (STREAMLIT / "index.html").read_text(encoding="utf-8")])
    origin, hosts = settings.allowed_origin, settings.allowed_hosts.lower().split(",")
    public = PUBLIC | {METRICS} if settings.metrics_open else PUBLIC
    return [
        Middleware(BasePath, base=settings.base_path),
        Middleware(Browsers, policy=policy, origins=origin.split(","), hosts=hosts),
        *_elsewhere(origin),
        Middleware(Guard, sessions=parts.sessions, allowed_origin=origin, public=public),
        Middleware(Known, pages=PAGES, comes_and_goes=OwnPages(settings.data_path).has),
        Middleware(JoinedFiles, joined=joined),
        Middleware(Packed),
    ]


def _elsewhere(allowed_origin: str) -> list[Middleware]:
    """What lets pages of other origins use the API with a token: browsers send them no cookie of ours."""
    origins = [origin.strip().rstrip("/").lower() for origin in allowed_origin.split(",") if origin.strip()]
    allowing = Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=("GET", "POST", "PUT", "DELETE"),
        allow_headers=("Authorization", "Content-Type"),
        expose_headers=("Retry-After",),
    )
    return [allowing] if origins else []


def _configure_streamlit() -> None:
    for name, value in {**theme.OPTIONS, **_STREAMLIT}.items():
        config.set_option(name, value)


class Start:
    """Leads to the overview of several hosts; a single one is shown at once."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = "/hosts" if len(self._hub.hosts()) > 1 else "/live"
        await RedirectResponse(page, 303)(scope, receive, send)


async def _login_page(request: Request) -> Response:
    # Everything that the page needs comes from this server and stands in files of its own.
    policy = "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
    return FileResponse(
        COMPONENTS / "login.html", headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    )
