"""The examples of reverse proxies in front of a real dashboard: pages, and the WebSocket through them."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from paho.mqtt.publish import single
from websockets.asyncio.client import connect
from websockets.typing import Origin

from perfwatch.readings.codec import encode, now
from perfwatch.readings.core import Cpu
from tests.certificates import self_signed
from tests.deploy.documents import ROOT, read
from tests.servers import SEARCHED, Mosquitto, accepts, free_port, wait_until
from tests.stack import PASSWORD, Dashboard

PROXIES = ROOT / "deploy" / "proxy"
EXAMPLE = "watch.example.org"
READING = encode(Cpu(timestamp=now(), usage_percent=7.0))


def binary(name: str) -> str:
    found = shutil.which(name, path=f"{SEARCHED}:{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def nginx(folder: Path, port: int, behind: int) -> list[str]:
    self_signed(folder, "DNS:localhost", "fullchain.pem", "privkey.pem")
    site = (PROXIES / "nginx.conf").read_text().replace(f"/etc/ssl/{EXAMPLE}", str(folder))
    site = site.replace("127.0.0.1:8000", f"127.0.0.1:{behind}").replace(
        "listen 80;", f"listen {free_port()};"
    )
    site = site.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl").replace(EXAMPLE, "localhost")
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    written = folder / "nginx.conf"
    main = f"pid {folder}/pid; error_log stderr; daemon off; events {{}}"
    written.write_text(f"{main}\nhttp {{ access_log off; {places}\n{site}}}")
    return [binary("nginx"), "-e", "stderr", "-p", str(folder), "-c", str(written)]


def caddy(folder: Path, port: int, behind: int) -> list[str]:
    site = (PROXIES / "Caddyfile").read_text().replace("127.0.0.1:8000", f"127.0.0.1:{behind}")
    site = site.replace(f"\n{EXAMPLE} {{", f"\nhttps://localhost:{port} {{")
    written = folder / "Caddyfile"
    # A certificate of its own authority, as no public one knows this machine.
    written.write_text(
        "{\nadmin off\nlocal_certs\nskip_install_trust\nauto_https disable_redirects\n"
        f"storage file_system {folder}/certificates\n}}\n{site}"
    )
    return [binary("caddy"), "run", "--config", str(written), "--adapter", "caddyfile"]


@contextmanager
def running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | {"HOME": str(folder)})
    try:
        wait_until(lambda: accepts(port) or process.poll() is not None, "the proxy listens")
        assert process.poll() is None, (folder / "log").read_text()
        yield
    finally:
        process.terminate()
        process.wait(60)


async def frame(url: str, token: str) -> dict[str, object]:
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    address = f"{url.replace('https', 'wss')}/api/ws/metrics?token={token}"
    async with (
        connect(address, ssl=trust, origin=Origin(url.removesuffix("/perfwatch"))) as opened,
        asyncio.timeout(20),
    ):
        received: dict[str, object] = json.loads(await opened.recv())
        return received


@pytest.mark.parametrize("base", ["", "/perfwatch"])
@pytest.mark.parametrize("example", [nginx, caddy], ids=["nginx", "Caddy"])
def test_pages_and_sockets_get_through(
    tmp_path: Path, example: Callable[[Path, int, int], list[str]], base: str
) -> None:
    port = free_port()
    url = f"https://localhost:{port}"
    data = tmp_path / "data"
    data.mkdir()
    with (
        Mosquitto(tmp_path) as broker,
        Dashboard(data, broker.url, allowed_origin=url, base_path=base) as dashboard,
    ):
        command = example(tmp_path, port, dashboard.port)
        single("perfwatch/nas/cpu", READING, qos=1, retain=True, hostname=broker.host, port=broker.port)
        with running(command, tmp_path, port):
            asyncio.run(look_through(url, base))


async def look_through(url: str, base: str) -> None:
    """Log in, open a page, wait for a reading, all at the proxy's address."""
    async with httpx.AsyncClient(base_url=url, verify=False, timeout=60, headers={"Origin": url}) as client:
        answer = await client.post(f"{base}/api/auth/login", json={"username": "admin", "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        assert (await client.get(f"{base}/live")).status_code == 200
    assert (await frame(url + base, answer.json()["access_token"]))["host"] == "nas"


def test_traefik_leads_to_the_dashboard_under_the_same_name() -> None:
    http = read("deploy/proxy/traefik.yml")["http"]
    assert http["routers"]["perfwatch"]["rule"] == f"Host(`{EXAMPLE}`)"
    assert http["services"]["perfwatch"]["loadBalancer"]["servers"] == [{"url": "http://127.0.0.1:8000"}]


@pytest.mark.parametrize("file", ["Caddyfile", "nginx.conf", "traefik.yml"])
def test_each_says_which_setting_goes_with_it(file: str) -> None:
    assert f"PERFWATCH_ALLOWED_ORIGIN=https://{EXAMPLE}" in (PROXIES / file).read_text()
