"""Script in everything that a stranger can name: nothing of it runs, on any page, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Page, expect

from tests.browser import chromium
from tests.servers import Mosquitto, wait_until
from tests.stack import PASSWORD, Dashboard, Person

pytestmark = pytest.mark.browser

KINDS = [
    "<script>hacked=1<!--",
    "<img src=x onerror=hacked=1>",
    "<svg onload=hacked=1>",
    "'><img src=x onerror=hacked=1>",
    '"><img src=x onerror=hacked=1>',
    '" onmouseover="hacked=1" autofocus onfocus="hacked=1',
    "javascript:hacked=1",
    "<a href=javascript:hacked=1>x",
    "<details open ontoggle=hacked=1>",
    "<iframe srcdoc='<script>parent.hacked=1<\\u002fscript>'>",
    "<style>@import'javascript:hacked=1'",
    "<math><mtext><img src=x onerror=hacked=1>",
    "${hacked=1}",
    "{{hacked=1}}",
    ":red[x] [x](javascript:hacked=1) $$\\href{javascript:hacked=1}{x}$$",
]
SECTIONS = ("hosts", "account", "users", "tokens", "system")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    folder = Path(tmp_path_factory.mktemp("scripts"))
    with Mosquitto(folder) as broker, Dashboard(folder, broker.url) as server:
        person = Person(server.url)
        publish(broker)
        wait_until(lambda: len(person.get("/api/hosts").json()["hosts"]) >= len(KINDS), "all is told")
        for kind in KINDS[:3]:
            body = {"username": "admin", "password": PASSWORD}
            agent = {"User-Agent": kind}
            httpx.post(f"{server.url}/api/auth/login", json=body, headers=agent, timeout=60)
        yield server


def publish(broker: Mosquitto) -> None:
    """A host for each kind, in whose every name and text it is."""
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    for kind in KINDS:
        host = kind.replace("/", "").replace("+", "").replace("#", "")
        texts = dict.fromkeys(("hostname", "os", "kernel", "cpu_model", "version", "twin"), kind)
        reading = {"timestamp": "2026-11-23T12:00:00.000Z", "usage_percent": 1, kind: 1, "text": kind}
        told = {
            "status": kind,
            "info": {**texts, "interval": 5, "sources": {"cpu": kind, kind: kind}},
            "config": {"interval": 5, "sources": {kind: True}, "perf_cores": kind},
            "network": {**reading, "interfaces": {kind: {"bytes_recv_per_sec": 1}}},
            host: reading,
        }
        for topic, content in told.items():
            payload = content if isinstance(content, str) else json.dumps(content)
            client.publish(f"perfwatch/{host}/{topic}", payload, 1, True).wait_for_publish(60)
        client.publish(f"perfwatch-bridge/{host}/status", kind, 1, True).wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def settle(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.get_by_test_id("logout")).to_be_visible()
    expect(page.locator("#early")).to_have_count(0)
    page.wait_for_load_state("networkidle")


def test_nothing_that_a_stranger_names_runs(server: Dashboard) -> None:
    with chromium() as browser:
        context = browser.new_context()
        login = {"username": "admin", "password": PASSWORD}
        assert context.request.post(f"{server.url}/api/auth/login", data=login).ok
        page = context.new_page()
        pages = ["hosts", "live", "history", *(f"settings?section={one}" for one in SECTIONS)]
        for name in pages:
            settle(page, f"{server.url}/{name}")
            assert page.evaluate("typeof window.hacked") == "undefined", name
            assert page.locator("img[src=x], [onload], [onerror], a[href^=javascript]").count() == 0, name
        shown = page.get_by_text(KINDS[1]).first
        expect(shown).to_be_attached()
