"""A component's HTML and CSS, as the start page and Streamlit mount them."""

from __future__ import annotations

from dashboard.web.assets import COMPONENTS

_PLOT, _STATUS, _FORMS = "vendor/uplot/uPlot.min.css", "common/status.css", "common/forms.css"
_TOAST = "common/toast.css"
_SHEETS = {
    "live": (_PLOT, _STATUS),
    "hosts": (_STATUS, _TOAST),
    "history": (_PLOT,),
    "alerts": (_FORMS, _TOAST),
    "settings": (_FORMS,),
}


def html(name: str) -> str:
    """The elements of a component."""
    return text(f"{name}/{name}.html")


def css(name: str) -> str:
    """All that a component is styled by: it stands in a shadow tree, which no sheet of the page reaches."""
    sheets = ("tokens.css", "common/base.css", *_SHEETS.get(name, ()), f"{name}/{name}.css")
    return "\n".join(text(sheet) for sheet in sheets)


def text(path: str) -> str:
    """A file below components/."""
    return (COMPONENTS / path).read_text(encoding="utf-8")
