"""A component of components/<name>/ as something that a page can mount."""

from __future__ import annotations

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from dashboard.assets import COMPONENTS, VERSION

# Streamlit runs a component's script from a blob, from which only absolute addresses can be imported.
_BOOTSTRAP = """\
export default async (component) => {
  const path = perfwatch.base + "/assets/VERSION/NAME/NAME.js";
  const { mount } = await import(new URL(path, location.origin).href);
  return mount(component);
};
"""


def component(name: str, *styles: str) -> ComponentRenderer:
    """The component of that name; `styles` are further stylesheets, as paths below components/."""
    sheets = ("tokens.css", "common/base.css", *styles, f"{name}/{name}.css")
    return st.components.v2.component(
        f"perfwatch.{name}",
        html=_text(f"{name}/{name}.html"),
        css="\n".join(_text(sheet) for sheet in sheets),
        js=_BOOTSTRAP.replace("NAME", name).replace("VERSION", VERSION),
    )


def _text(path: str) -> str:
    return (COMPONENTS / path).read_text(encoding="utf-8")
