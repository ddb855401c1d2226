"""The one script of Streamlit's modules at the server: when there is one, and what pages and browsers get."""

from __future__ import annotations

import gzip
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from dashboard.web import joining
from dashboard.web.assets import STREAMLIT
from dashboard.web.joined import KEPT, Joined
from tests.dashboard.web.made_up import index, made_up, needs_esbuild
from tests.servers import Mosquitto, wait_until
from tests.stack import Dashboard, await_one_script, bearer, log_in

_NAMED = re.compile(r'<script type="module" crossorigin src="\.(/static/joined-[0-9a-f]{12})/streamlit\.js">')


@pytest.fixture
def streamlit(tmp_path: Path) -> Path:
    return made_up(tmp_path / "streamlit")


def esbuild(folder: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """Put another program in its place; none without lines."""
    folder.mkdir(exist_ok=True)
    if lines:
        program = folder / "esbuild"
        program.write_text("\n".join(("#!/bin/sh", *lines)))
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}" if lines else str(folder))


async def test_without_esbuild_nothing_changes_and_nothing_is_said(
    streamlit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    esbuild(tmp_path / "bin", monkeypatch)
    joined = Joined(tmp_path, streamlit)
    with caplog.at_level(logging.INFO):
        await joined.run()
    assert joined.named_in(index()) == index()
    assert await joined.file("/static/joined-/streamlit.js") is None
    assert caplog.records == []


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (["echo it is broken >&2", "exit 1"], "it is broken"),
        (["exit 3"], "it ended with 3"),
        (["kill -9 $$"], "it ended with -9"),
    ],
)
async def test_an_esbuild_that_fails_is_named_once_and_nothing_changes(
    program: list[str],
    said: str,
    streamlit: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    esbuild(tmp_path / "bin", monkeypatch, *program)
    joined = Joined(tmp_path, streamlit)
    await joined.run()
    assert joined.named_in(index()) == index()
    assert not (tmp_path / KEPT).exists()
    [record] = caplog.records
    assert said in record.getMessage()
    assert "They work all the same" in record.getMessage()


async def test_an_esbuild_that_hangs_is_ended(
    streamlit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pid = tmp_path / "pid"
    esbuild(tmp_path / "bin", monkeypatch, f"echo $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 1000")
    joined = Joined(tmp_path, streamlit, seconds=5)
    await joined.run()
    assert joined.named_in(index()) == index()
    assert "longer than 5 s" in caplog.records[0].getMessage()
    # It is none of ours any more: whoever took it over may not have asked how it ended.
    number = int(pid.read_text())
    wait_until(lambda: not _runs(number), "esbuild is ended")


def _runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@needs_esbuild
async def test_pages_name_the_script_and_later_modules_are_beside_it(streamlit: Path, tmp_path: Path) -> None:
    joined = Joined(tmp_path, streamlit)
    await joined.run()
    page = joined.named_in(index())
    found = _NAMED.search(page)
    assert found
    assert page.count("modulepreload") == 2, "ours, and the script itself"
    assert "/static/js/" not in page
    script = await joined.file(f"{found[1]}/streamlit.js")
    later = await joined.file(f"{found[1]}/later.L1.js")
    assert script
    assert b"as m1_t" in gzip.decompress(script)
    assert later
    assert b'import{m1_n as e,m1_t as t}from"./streamlit.js"' in gzip.decompress(later)
    for path in (f"{found[1]}/none.js", f"{found[1]}/../../../index.html", "/static/joined-0/streamlit.js"):
        assert await joined.file(path) is None


@needs_esbuild
async def test_a_script_is_made_once_for_a_streamlit(
    streamlit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await Joined(tmp_path, streamlit).run()
    kept = (tmp_path / KEPT).read_bytes()
    esbuild(tmp_path / "bin", monkeypatch)
    assert _NAMED.search(Joined(tmp_path, streamlit).named_in(index()))
    (tmp_path / KEPT).write_bytes(kept[: len(kept) // 2])
    assert Joined(tmp_path, streamlit).named_in(index()) == index()
    (tmp_path / KEPT).write_bytes(kept)
    (streamlit / "index.html").write_text(index("another.A1.js"))
    assert Joined(tmp_path, streamlit).named_in(index()) == index()


@needs_esbuild
async def test_a_script_that_cannot_be_kept_is_used_all_the_same(streamlit: Path, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file, and no folder")
    joined = Joined(tmp_path / "data", streamlit)
    await joined.run()
    assert _NAMED.search(joined.named_in(index()))


@pytest.fixture(scope="module")
def dashboard(module_broker: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    with Dashboard(Path(tmp_path_factory.mktemp("dashboard")), module_broker.url) as server:
        await_one_script(server.url, log_in(server.url))
        yield server


def folder(dashboard: Dashboard, token: str) -> str:
    page = httpx.get(f"{dashboard.url}/live", headers=bearer(token)).text
    found = _NAMED.search(page)
    assert found, page
    return dashboard.url + found[1]


@needs_esbuild
def test_the_script_is_sent_compressed_and_kept(dashboard: Dashboard, token: str) -> None:
    answer = httpx.get(f"{folder(dashboard, token)}/streamlit.js", headers=bearer(token))
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert int(answer.headers["content-length"]) < 550_000


@needs_esbuild
def test_who_takes_no_gzip_gets_a_module_as_it_is(dashboard: Dashboard, token: str) -> None:
    name = next((STREAMLIT / "static" / "js").glob("BidiComponent.*.js")).name
    plain = {**bearer(token), "Accept-Encoding": "identity"}
    answer = httpx.get(f"{folder(dashboard, token)}/{name}", headers=plain)
    assert "content-encoding" not in answer.headers
    modules = joining.Modules((STREAMLIT / "index.html").read_text())
    assert answer.text == modules.changed((STREAMLIT / "static" / "js" / name).read_text())


@needs_esbuild
def test_only_who_is_logged_in_gets_it_and_what_is_not_there_is_404(dashboard: Dashboard, token: str) -> None:
    place = folder(dashboard, token)
    assert httpx.get(f"{place}/streamlit.js").status_code == 401
    assert httpx.get(f"{place}/none.js", headers=bearer(token)).status_code == 404
    assert httpx.head(f"{place}/streamlit.js", headers=bearer(token)).status_code == 200
    assert httpx.post(f"{place}/streamlit.js", headers=bearer(token)).status_code == 404


@needs_esbuild
@pytest.mark.parametrize("page", ["hosts", "live", "history", "alerts", "settings"])
def test_it_waits_in_a_template_like_streamlits_own(dashboard: Dashboard, token: str, page: str) -> None:
    html = httpx.get(f"{dashboard.url}/{page}", headers=bearer(token)).text
    before, _, rest = html.partition('<template id="streamlit">')
    waiting, _, after = rest.partition("</template>")
    assert all("/static/joined-" not in part and "static/css/" not in part for part in (before, after))
    assert _NAMED.search(waiting)
    assert 'rel="stylesheet"' in waiting
    assert '<link rel="modulepreload" href="./assets/' in before
