"""A Streamlit of a few modules, written as its bundler writes them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

needs_esbuild = pytest.mark.skipif(not shutil.which("esbuild"), reason="esbuild is not installed")

AT_ONCE = {
    # What a bundler has to take care of: a ring, what changes once it was imported, the order of effects.
    "index.E1.js": (
        'import{t as e,n as t}from"./counter.C1.js";import"./effect.F1.js";import n from"./plain.P1.js";'
        'import*as r from"./ring.R1.js";import{t as i}from"./ring.R2.js";order.push(`index`);'
        'const deps=["./later.L1.js","./counter.C1.js","./more.M1.js","../css/later.css"];'
        "const load=()=>import(`./later.L1.js`),seen=()=>e,ring=()=>[n,r.t(),i()];"
        "export{t as a,load as default,deps as l,ring as r,seen as s};"
    ),
    "counter.C1.js": "order.push(`counter`);let e=0;function t(){e+=1}export{t as n,e as t};",
    "effect.F1.js": "order.push(`effect`);",
    "plain.P1.js": "const e=`plain`;export{e as default};",
    "ring.R1.js": 'import{t as e}from"./ring.R2.js";function t(){return`one`}const n=e;export{n,t};',
    "ring.R2.js": 'import{t as e}from"./ring.R1.js";function t(){return`two after `+e()}export{t};',
}
LATER = {
    "later.L1.js": (
        'import{n as e,t}from"./counter.C1.js";import{default as n}from"./plain.P1.js";'
        'import"./effect.F1.js";'
        'import{t as r}from"./more.M1.js";import{s as i}from"./index.E1.js";order.push(`later`);'
        "var seen=()=>[t,i(),n,r()];export{e as add,seen};"
    ),
    "more.M1.js": 'import{t as e}from"./ring.R1.js";function t(){return e()}export{t};',
}


def index(*names: str) -> str:
    entry, *others = names or AT_ONCE
    links = "".join(
        f'    <link rel="modulepreload" crossorigin href="./static/js/{name}">\n' for name in others
    )
    return (
        '<head>\n    <link rel="modulepreload" href="./assets/ours.js" />\n'
        f'    <script type="module" crossorigin src="./static/js/{entry}"></script>\n{links}</head>\n'
    )


def made_up(folder: Path, **changed: str) -> Path:
    """Its folder. What is changed is named by the start of its name."""
    modules = folder / "static" / "js"
    modules.mkdir(parents=True)
    (folder / "index.html").write_text(index())
    for name, text in {**AT_ONCE, **LATER}.items():
        (modules / name).write_text(changed.get(name.partition(".")[0], text))
    return folder
