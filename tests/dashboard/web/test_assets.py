"""Scripts and styles over real HTTP: small on the wire, and asked for once."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dashboard.web.assets import STREAMLIT, VERSION
from tests.servers import Mosquitto
from tests.stack import Apart, Dashboard, bearer


@pytest.fixture(scope="module")
def dashboard(module_broker: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    with Apart(Path(tmp_path_factory.mktemp("dashboard")), module_broker.url) as server:
        yield server


def _script(dashboard: Dashboard, token: str) -> str:
    page = httpx.get(f"{dashboard.url}/live", headers=bearer(token)).text
    found = re.search(r'src="\./(static/js/[^"]+)"', page)
    assert found, page
    return found[1]


def test_streamlits_scripts_are_sent_compressed_and_kept(dashboard: Dashboard, token: str) -> None:
    path = _script(dashboard, token)
    answer = httpx.get(f"{dashboard.url}/{path}", headers=bearer(token))
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.text == (STREAMLIT / path).read_text()
    assert int(answer.headers["content-length"]) < 0.5 * len(answer.content)


def test_who_takes_no_gzip_gets_the_script_as_it_is(dashboard: Dashboard, token: str) -> None:
    path = _script(dashboard, token)
    plain = {**bearer(token), "Accept-Encoding": "identity"}
    answer = httpx.get(f"{dashboard.url}/{path}", headers=plain)
    assert "content-encoding" not in answer.headers
    assert answer.text == (STREAMLIT / path).read_text()


@pytest.mark.parametrize("path", ["/static/../../version.py", "/static/%2e%2e/%2e%2e/version.py"])
def test_nothing_outside_the_folder_is_sent(dashboard: Dashboard, token: str, path: str) -> None:
    # Raw, as a client that does not tidy the path sends it.
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    with socket.create_connection(("127.0.0.1", dashboard.port), timeout=60) as connection:
        connection.sendall(f"{request}Accept-Encoding: gzip\r\nConnection: close\r\n\r\n".encode())
        answer = connection.makefile("rb").read()
    assert b" 200 " not in answer.split(b"\r\n")[0]


@pytest.mark.parametrize("page", ["hosts", "live", "history", "settings"])
def test_a_page_is_one_script_that_is_kept(dashboard: Dashboard, token: str, page: str) -> None:
    html = httpx.get(f"{dashboard.url}/{page}", headers=bearer(token)).text
    address = f"/assets/{VERSION}/bundles/{page}.js"
    assert f'<link rel="modulepreload" href=".{address}" />' in html
    answer = httpx.get(f"{dashboard.url}{address}")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]


def test_streamlits_scripts_wait_in_a_template(dashboard: Dashboard, token: str) -> None:
    html = httpx.get(f"{dashboard.url}/live", headers=bearer(token)).text
    before, _, rest = html.partition('<template id="streamlit">')
    waiting, _, after = rest.partition("</template>")
    assert all("static/js/" not in part and "static/css/" not in part for part in (before, after))
    assert re.search(r'<script type="module" crossorigin src="\./static/js/index\..*\.js">', waiting)
    assert len(re.findall('rel="modulepreload"', waiting)) > 20
    assert 'rel="stylesheet"' in waiting


def test_letters_come_from_our_font_and_all_others_from_streamlits(dashboard: Dashboard, token: str) -> None:
    html = httpx.get(f"{dashboard.url}/live", headers=bearer(token)).text
    others, ours = re.findall(r'src: url\("\./(.+\.woff2)"\)', html)
    assert (STREAMLIT / others).is_file()
    assert html.count(others) == 1, "the whole font is fetched only where it is needed"
    answer = httpx.get(f"{dashboard.url}/{ours}")
    assert (answer.headers["content-type"], len(answer.content) < 30_000) == ("font/woff2", True)
    assert "immutable" in answer.headers["cache-control"]


def test_what_has_no_version_in_its_address_is_asked_for_each_time(dashboard: Dashboard) -> None:
    answer = httpx.get(f"{dashboard.url}/assets/tokens.css")
    assert answer.headers["cache-control"] == "no-cache"
    assert VERSION not in str(answer.url)
