"""Modules put into one script, which a real browser runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from dashboard.web import bundle
from dashboard.web.assets import COMPONENTS
from perfwatch.errors import StartError
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
    [
        ("hosts", False),
        ("live", True),
        ("history", True),
        ("settings", False),
        ("session", False),
        ("live_chart", True),
    ],
)
def test_a_component_is_made_of_what_it_imports(name: str, plots: bool) -> None:
    paths = [module.path for module in bundle.needed(_entry(name))]
    names = [path.relative_to(COMPONENTS).as_posix() for path in paths]
    assert names[-1] == f"{name}/{name}.js"
    assert len(names) == len(set(names))
    assert ("vendor/uplot/uPlot.min.js" in names) == plots
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


def test_what_comes_along_shares_what_both_import(page: Page) -> None:
    entries = _entry("hosts"), _entry("session")
    apart = {module.path for entry in entries for module in bundle.needed(entry)}
    assert {module.path for module in bundle.needed(*entries)} == apart
    text = bundle.script(*entries)
    assert text.count("class Failed") == 1
    found = page.evaluate(_MOUNT.replace(".mount", ""), text)
    assert sorted(found) == ["mount", "session"]


def test_it_says_nothing_to_readers_but_licences() -> None:
    lines = bundle.script(_entry("live")).splitlines()
    assert [line for line in lines if line.startswith(("//", "/** ", " "))] == []
    assert any(line.startswith("/*! ") and "uPlot" in line for line in lines)


def test_every_way_to_export_and_import(page: Page, tmp_path: Path) -> None:
    files = {
        "base.js": "export const one = 1;\nexport async function two() {}\nexport class Three {}\n",
        "thing.js": "/*\nexport const Thing = 0;\n*/\nexport const five = 5;\n"
        "const Thing = { four: 4 };\nexport { Thing as default };\n",
        "part/entry.js": 'import { Three, one as first, two } from "../base.js";\n'
        'import Thing from "../thing.js";\n'
        '/** @typedef {import("../thing.js").Type} Type */\n'
        'import { five } from "../thing.js";\n// import("of.what") has a default too: export it\n'
        "export const mount = [first, typeof two, new Three() instanceof Three, Thing.four,\n"
        '  /** @type {import("../thing.js").Type} */ (five)];\n',
    }
    (tmp_path / "part").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert page.evaluate(_MOUNT, bundle.script(tmp_path / "part" / "entry.js")) == [1, "function", True, 4, 5]


_ONE = 'import { one } from "./one.js";\n'


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (f'{_ONE}const later = () => import("./one.js");\n', 2, "an import as a call"),
        ('{ import("./one.js"); }\n', 1, "an import as a call"),
        ('export * from "./one.js";\n', 1, "another form"),
        ('\nexport { one } from "./one.js";\n', 2, "another form"),
        ("const a = 1;\nexport { a };\n", 2, "another form"),
        ("export default 1;\n", 1, "another form"),
        ("export let counted = 0;\n", 1, "another form"),
        ("export const { a, b } = {};\n", 1, "another form"),
        ("export function* steps() {}\n", 1, "another form"),
        ('import * as all from "./one.js";\n', 1, "another form"),
        ('import first, { one } from "./one.js";\n', 1, "another form"),
        ('import {\n  one,\n} from "./one.js";\n', 1, "another form"),
        ('import { one } from "./one.js"; import { one as two } from "./one.js";\n', 1, "another form"),
        ('import "./one.js";\n', 1, "another form"),
        ('import thing from "thing";\n', 1, "another form"),
        ("import { one } from './one.js';\n", 1, "another form"),
        ('if (true) {\n  import { one } from "./one.js";\n}\n', 2, "another form"),
        ("const text = `\nexport const one = 1;\n`;\n", 1, "a text over several lines"),
        ("const text = '\\\nexport const one = 1;';\n", 1, "a text over several lines"),
        ("one(); /*\nexport const two = 2;\n*/\n", 2, "after the start of a comment"),
        ("const here = import.meta.resolve('x');\n", 1, "import.meta"),
        ("const answer = await fetch('/');\n", 1, "an await outside of a function"),
        (f'{_ONE}import {{ two }} from "./one.js";\n', 2, "imports two, which is not exported there"),
        ('import one from "./one.js";\n', 1, "imports default, which is not exported there"),
        ('import { one } from "./gone.js";\n', 1, "imports what is not there"),
        ('import { mount } from "./entry.js";\n', 1, "imports what imports it"),
        ('import { back } from "./back.js";\n', 1, "imports what imports it"),
    ],
)
def test_what_cannot_be_bundled_is_refused_by_file_and_line(
    text: str, line: int, what: str, tmp_path: Path
) -> None:
    (tmp_path / "one.js").write_text("export const one = 1;\n")
    (tmp_path / "back.js").write_text('import { mount } from "./entry.js";\nexport const back = mount;\n')
    (tmp_path / "entry.js").write_text(f"{text}export const mount = 1;\n")
    with pytest.raises(StartError, match=rf"\.js, line {line}, cannot be bundled: .*{re.escape(what)}"):
        bundle.script(tmp_path / "entry.js")


def test_a_component_that_exports_no_mount_is_refused(tmp_path: Path) -> None:
    (tmp_path / "entry.js").write_text("export const other = 1;\n")
    with pytest.raises(StartError, match="exports no mount"):
        bundle.script(tmp_path / "entry.js")
