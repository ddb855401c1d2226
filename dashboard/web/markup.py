"""A component's HTML and CSS, as the start page and Streamlit mount them."""

from __future__ import annotations

from base64 import b64encode

from dashboard.web import bundle
from dashboard.web.assets import COMPONENTS

_UPLOT, _PLOT, _STATUS = "vendor/uplot/uPlot.min.css", "common/plot.css", "common/status.css"
_FORMS, _TOAST = "common/forms.css", "common/toast.css"
_SHEETS = {
    "live": (_UPLOT, _PLOT, _STATUS),
    "live_chart": (_UPLOT, _PLOT),
    "hosts": (_STATUS, _TOAST),
    "history": (_UPLOT,),
    "alerts": (_FORMS, _TOAST),
    "settings": (_FORMS,),
}


def html(name: str) -> str:
    """The elements of a component."""
    return text(f"{name}/{name}.html")


def css(name: str) -> str:
    """All that a component is styled by: it stands in a shadow tree, which no sheet of the page reaches."""
    sheets = ("tokens.css", "common/base.css", *_SHEETS.get(name, ()), f"{name}/{name}.css")
    return "\n".join(light(sheet) for sheet in sheets)


def light(path: str) -> str:
    """A script or a sheet below components/, as light as can be."""
    return bundle.light(text(path))


def text(path: str) -> str:
    """A file below components/."""
    return (COMPONENTS / path).read_text(encoding="utf-8")


def image(name: str) -> str:
    """An SVG as an address that has it within."""
    return f"data:image/svg+xml;base64,{b64encode(text(name).encode()).decode()}"
