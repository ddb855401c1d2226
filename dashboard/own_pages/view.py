"""One page of somebody's own, run where Streamlit runs ours. What goes wrong in it stays on it."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

import streamlit as st

from dashboard.own_pages.folder import OwnPage, OwnPages
from perfwatch.errors import PageError

_log = logging.getLogger(__name__)


def view(pages: OwnPages, page: OwnPage) -> Callable[[], None]:
    """What Streamlit calls to show that page."""

    def show() -> None:
        try:
            run(pages, page)
        except PageError as exc:
            st.error(str(exc))
        # SystemExit would leave the page loading for ever.
        except (Exception, SystemExit) as exc:  # noqa: BLE001  # whatever somebody wrote there is told on the page
            _log.warning("The page %s failed", page.path, exc_info=exc)
            st.error(f"{sentence(page, exc)}. The dashboard's log has the whole of it.")

    return show


def run(pages: OwnPages, page: OwnPage) -> None:
    """Run the file as it is now, from its first line. Raises whatever it raises, and PageError."""
    code = compile(pages.source(page), str(page.path), "exec")
    # As Streamlit runs a script: a dataclass looks for its module by this name.
    exec(code, {"__name__": "__main__", "__file__": str(page.path)})


def sentence(page: OwnPage, error: BaseException) -> str:
    """`power_costs.py, line 12: ZeroDivisionError: division by zero`."""
    if isinstance(error, SyntaxError):
        line, said = error.lineno, error.msg
    else:
        frames = traceback.extract_tb(error.__traceback__)
        line = next((one.lineno for one in reversed(frames) if one.filename == str(page.path)), None)
        said = str(error)
    where = f"{page.path.name}, line {line}" if line else page.path.name
    return f"{where}: {type(error).__name__}{f': {said}' if said else ''}".rstrip(".")
