"""The start page: ours of every Streamlit that we support, and Streamlit's own of one that changed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dashboard.server import PAGES
from dashboard.web import start_page
from dashboard.web.assets import STREAMLIT

# As installed, and as the oldest and the newest that pyproject.toml allows had it when it was recorded.
KNOWN = [STREAMLIT / "index.html", *sorted((Path(__file__).parent / "streamlit").glob("index-*.html"))]
INDEX = KNOWN[0].read_text()


def test_the_oldest_streamlit_that_we_take_is_recorded() -> None:
    wanted = re.search(r'"streamlit>=([\d.]+),', (Path(__file__).parents[3] / "pyproject.toml").read_text())
    assert wanted
    assert f"index-{wanted[1]}.0.html" in [path.name for path in KNOWN]


@pytest.mark.parametrize("path", KNOWN, ids=lambda path: path.stem)
@pytest.mark.parametrize("page", PAGES)
def test_streamlits_scripts_wait_in_ours(path: Path, page: str) -> None:
    index = path.read_text()
    html = start_page.shell(index, page)
    waiting = html[html.index('<template id="streamlit">') :]
    loaded = re.findall(r'(?:src|href)="(\./static/[^"]+\.(?:js|css))"', index)
    assert len(loaded) > 10
    assert all(waiting.count(one) == html.count(one) == 1 for one in loaded)
    assert html.index('id="root"') < html.index('id="early"') < html.index('<template id="streamlit">')
    assert "<title>PerfWatch</title>" in html


@pytest.mark.parametrize("path", KNOWN, ids=lambda path: path.stem)
def test_before_a_page_of_somebodys_own_nothing_of_ours_runs(path: Path) -> None:
    html = start_page.plain_shell(path.read_text())
    assert 'id="early"' not in html
    assert re.search(r'<script type="module" crossorigin src="\./static/js/', html)
    assert "<title>PerfWatch</title>" in html
    assert ".st-key-pages" in html


@pytest.mark.parametrize(
    ("was", "is_now", "said"),
    [
        ("<title>Streamlit</title>", "<title>App</title>", "no title"),
        ('<div id="root"></div>', '<div id="app"></div>', "no root element"),
        ('<div id="root"></div>', '<div id="root"></div><div id="root"></div>', "2 root elements"),
        ("./favicon.png", "./icon.ico", "no icon"),
        ('as="font"', 'as="fetch"', "no font"),
        ('<script type="module" crossorigin src=', "<script type=module crossorigin src=", "no entry script"),
        ("</head>", '<script src="./static/js/more.js"></script></head>', "a script that we do not know"),
        ("</head>", '<link href="./more.css" rel="stylesheet"></head>', "a script that we do not know"),
        (INDEX, "", "no title"),
    ],
)
def test_a_streamlit_that_changed_is_sent_as_it_is_and_that_is_said_once(
    was: str,
    is_now: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    changed = INDEX.replace(was, is_now)
    (tmp_path / "index.html").write_text(changed)
    monkeypatch.setattr(start_page, "STREAMLIT", tmp_path)
    assert start_page.start_pages(PAGES) == dict.fromkeys((*PAGES, start_page.PLAIN), changed)
    [record] = caplog.records
    assert said in record.getMessage()
