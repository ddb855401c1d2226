"""The components' own modules, to be asked in a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from dashboard.web.assets import COMPONENTS
from tests.browser import chromium


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None: ...


@contextmanager
def served(timezone: str = "UTC", folder: Path = COMPONENTS) -> Iterator[Page]:
    """A page of an origin that has the modules, in a browser of that time zone."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        with chromium() as browser:
            page = browser.new_page(timezone_id=timezone)
            page.goto(f"http://127.0.0.1:{server.server_port}/icon.svg")
            yield page
        server.shutdown()
        thread.join()


def ask(page: Page, module: str, expression: str, given: object = None) -> Any:
    """What `expression` gives, in which `m` is the module and `given` what was given."""
    script = f"async (given) => {{ const m = await import('/{module}'); return {expression}; }}"
    return page.evaluate(script, given)
