"""Modules as one script that a real browser runs, and those that come later and import from it."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from dashboard.web import joining
from dashboard.web.assets import STREAMLIT
from dashboard.web.joining import CannotJoinError, Modules
from tests.dashboard.modules import served
from tests.dashboard.web.made_up import AT_ONCE, LATER, index, made_up, needs_esbuild

_RUN = """async () => {
  globalThis.order = [];
  const script = await import("/streamlit.js");
  const [one, load, add] = ["m0_s", "m0_default", "m0_a"].map((name) => script[name]);
  add();
  const later = await load();
  later.add();
  return {
    order, ring: script.m0_r(), deps: script.m0_l, one: one(), live: script.m1_t, seen: later.seen(),
    asked: performance.getEntriesByType("resource").map(({ name }) => name.split("/").pop())
      .filter((name) => name.endsWith(".js")),
  };
}"""


@needs_esbuild
@pytest.mark.browser
def test_a_script_runs_as_its_modules_did_and_what_comes_later_shares_them(tmp_path: Path) -> None:
    streamlit, joined = made_up(tmp_path / "streamlit"), tmp_path / "joined"
    joined.mkdir()
    modules = Modules((streamlit / "index.html").read_text())
    (joined / joining.NAME).write_bytes(gzip.decompress(joining.join(streamlit, "esbuild")))
    for name, text in LATER.items():
        (joined / name).write_text(modules.changed(text))
    with served(folder=joined) as page:
        found = page.evaluate(_RUN)
    assert found["order"] == ["counter", "effect", "index", "later"]
    assert found["ring"] == ["plain", "one", "two after one"]
    # It was counted in the script, then by what came later: all see both.
    assert (found["one"], found["live"], found["seen"]) == (2, 2, [2, 2, "plain", "one"])
    assert found["deps"] == ["./later.L1.js", "./streamlit.js", "./more.M1.js", "../css/later.css"]
    assert sorted(found["asked"]) == ["later.L1.js", "more.M1.js", "streamlit.js"]


@pytest.mark.parametrize(
    "text",
    [
        'import*as e from"./counter.C1.js";',
        'import e from"./counter.C1.js";',
        'export{t}from"./counter.C1.js";',
        "const e=()=>import(`./counter.C1.js`);",
        'const e=()=>import("./counter.C1.js");',
    ],
)
def test_what_names_a_module_in_another_way_is_refused(text: str) -> None:
    with pytest.raises(CannotJoinError, match=r"counter\.C1\.js is named in a way that we do not know"):
        Modules(index()).changed(text)


def test_what_names_no_module_of_the_script_stays_as_it_is() -> None:
    text = 'import{a as b}from"./other.O1.js";import"./more.M1.js";const c=["./other.O1.js"];export{b};'
    assert Modules(index()).changed(text) == text


@needs_esbuild
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"later": 'import{q as e}from"./counter.C1.js";'}, "later.L1.js imports what is not exported: m1_q"),
        ({"more": 'export*from"./plain.P1.js";'}, "plain.P1.js is named in a way that we do not know"),
        (
            {"counter": 'import{t as e}from"./more.M1.js";let n=e;export{n,n as t};'},
            "more.M1.js is imported at once",
        ),
        ({"counter": "export{"}, r"esbuild \d+\.\d+\.\d+: Expected identifier"),
        ({"ring": 'import{q as e}from"./counter.C1.js";export{e as t};'}, r"esbuild \S+: No matching export"),
    ],
)
def test_modules_that_do_not_fit_together_are_refused(
    changed: dict[str, str], said: str, tmp_path: Path
) -> None:
    with pytest.raises(CannotJoinError, match=said):
        joining.join(made_up(tmp_path / "streamlit", **changed), "esbuild")


def test_a_start_page_of_another_form_is_refused(tmp_path: Path) -> None:
    folder = made_up(tmp_path / "streamlit")
    (folder / "index.html").write_text(index().replace("crossorigin ", ""))
    with pytest.raises(CannotJoinError, match="the start page names no module"):
        joining.join(folder, "esbuild")


def test_the_key_changes_with_the_names_of_the_modules() -> None:
    assert Modules(index()).key == Modules(index()).key
    assert Modules(index()).key != Modules(index(*AT_ONCE, "another.A1.js")).key


def test_every_later_module_of_streamlit_names_none_of_the_script() -> None:
    modules = Modules((STREAMLIT / "index.html").read_text())
    later = [path for path in (STREAMLIT / "static" / "js").glob("*.js") if path.name not in modules.places]
    assert (len(modules.places), len(later)) > (50, 200)
    for path in later:
        changed = modules.changed(path.read_text())
        assert [name for name in modules.places if f"/{name}" in changed] == [], path


@needs_esbuild
def test_streamlits_modules_become_one_script() -> None:
    script = gzip.decompress(joining.join(STREAMLIT, "esbuild")).decode()
    modules = Modules((STREAMLIT / "index.html").read_text())
    assert 1_500_000 < len(script) < 3_000_000
    assert [name for name in modules.places if f"/{name}" in script] == []
