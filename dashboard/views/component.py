"""A component of components/<name>/ as something that a page can mount."""

from __future__ import annotations

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from dashboard.web import markup
from dashboard.web.assets import VERSION

# Streamlit runs a component's script from a blob, from which only absolute addresses can be imported.
_BOOTSTRAP = """\
export default async (component) => {
  const path = perfwatch.base + "/assets/VERSION/bundles/NAME.js";
  const { mount } = await import(new URL(path, location.origin).href);
  return mount(component);
};
"""


def component(name: str) -> ComponentRenderer:
    """The component of that name. Its elements come as a template: mount.js may have them already."""
    return st.components.v2.component(
        f"perfwatch.{name}",
        html=f"<template>{markup.html(name)}</template>",
        css=markup.css(name),
        js=_BOOTSTRAP.replace("NAME", name).replace("VERSION", VERSION),
    )
