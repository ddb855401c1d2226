"""Modules put into one script, which a real browser runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from dashboard.web import bundle
from dashboard.web.assets import COMPONENTS
from tests.dashboard.modules import served

pytestmark = pytest.mark.browser

_MOUNT = """async (text) => {
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  return (await import(address)).mount;
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with served() as page:
        yield page


def _entry(name: str) -> Path:
    return COMPONENTS / name / f"{name}.js"


@pytest.mark.parametrize(
    ("name", "plots"),
    [("hosts", False), ("live", True), ("history", True), ("settings", False), ("session", False)],
)
def test_a_component_is_made_of_what_it_imports(name: str, plots: bool) -> None:
    paths = bundle.needed(_entry(name))
    names = [path.relative_to(COMPONENTS).as_posix() for path in paths]
    assert names[-1] == f"{name}/{name}.js"
    assert len(names) == len(set(names))
    assert ("vendor/uplot/uPlot.esm.js" in names) == plots
    for place, path in enumerate(paths):
        imported = re.findall(r'^import .* from "(.*)";$', path.read_text(), re.MULTILINE)
        assert {(path.parent / one).resolve() for one in imported} <= set(paths[:place]), path


@pytest.mark.parametrize("name", ["hosts", "live", "history", "settings"])
def test_nothing_in_it_is_imported_any_more(name: str) -> None:
    text = bundle.script(_entry(name))
    commented = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    assert re.findall(r"^(?:import|export)\b.*", commented, re.MULTILINE) == [
        f"export const {{ mount }} = module{len(bundle.needed(_entry(name))) - 1};"
    ]


def test_every_way_to_export_and_import(page: Page, tmp_path: Path) -> None:
    files = {
        "base.js": "export const one = 1;\nexport async function two() {}\nexport class Three {}\n",
        "thing.js": "const Thing = { four: 4 };\nexport { Thing as default };\n",
        "part/entry.js": 'import { Three, one as first, two } from "../base.js";\n'
        'import Thing from "../thing.js";\n'
        "export const mount = [first, typeof two, new Three() instanceof Three, Thing.four];\n",
    }
    (tmp_path / "part").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert page.evaluate(_MOUNT, bundle.script(tmp_path / "part" / "entry.js")) == [1, "function", True, 4]
