"""A component of components/<name>/ as something that a page can mount."""

from __future__ import annotations

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from dashboard.web import markup
from dashboard.web.assets import VERSION

# Streamlit runs a component's script from a blob, from which only absolute addresses can be imported. Where
# its own start page is sent (web/start_page.py), nobody said what we are below: the page's address tells it.
# Otherwise the page's script may have that component with it.
_BOOTSTRAP = """\
export default async (component) => {
  const base = window.perfwatch?.base ?? location.pathname.replace(/\\/[^/]*$/, "");
  const own = () => import(`${location.origin}${base}/assets/VERSION/bundles/NAME.js`);
  const page = await window.perfwatch?.page?.catch(() => undefined);
  return (page?.NAME ?? (await own()).mount)(component);
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
