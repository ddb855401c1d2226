"""What a page weighs: the requests and bytes of a first visit, in a real Chromium.

    python -m benchmarks.bench_weight

Bytes are those on the wire, with the answers' headers. Nothing is kept from before.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from benchmarks.table import print_table
from tests.browser import chromium
from tests.servers import Mosquitto
from tests.stack import PASSWORD, Dashboard

PAGES = ("live", "hosts", "history", "alerts", "settings")
_KINDS = {"Streamlit's files": "/static/", "ours": "/assets/"}
_SETTLED_MS = 3000


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        folder = Path(name)
        with Mosquitto(folder) as broker, Dashboard(folder, broker.url) as server:
            rows = [(page, *weigh(browser, server, page)) for page in PAGES]
    print_table("A first visit (target: 40 requests, 700 kB)", ("page", "requests", "kB", *_KINDS), rows)


def weigh(browser: Browser, server: Dashboard, path: str) -> tuple[object, ...]:
    """Requests, kB, and the kB of each kind."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    login = {"username": "admin", "password": PASSWORD}
    assert context.request.post(f"{server.url}/api/auth/login", data=login).ok
    page = context.new_page()
    urls: dict[str, str] = {}
    sizes: dict[str, float] = {}

    def asked(event: dict[str, Any]) -> None:
        urls[event["requestId"]] = event["request"]["url"]

    def loaded(event: dict[str, Any]) -> None:
        sizes[event["requestId"]] = event["encodedDataLength"] / 1000

    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.requestWillBeSent", asked)
    session.on("Network.loadingFinished", loaded)
    page.goto(f"{server.url}/{path}")
    page.get_by_test_id("logout").wait_for()
    page.wait_for_timeout(_SETTLED_MS)
    context.close()
    fetched = {name: url for name, url in urls.items() if url.startswith("http")}
    of_kinds = (sum(sizes.get(n, 0) for n, url in fetched.items() if part in url) for part in _KINDS.values())
    return len(fetched), sum(sizes.get(name, 0) for name in fetched), *of_kinds


if __name__ == "__main__":
    main()
