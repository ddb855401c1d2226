"""Streamlit's options: the colours of components/tokens.css, and as little of its own chrome as possible."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

_TOKEN = re.compile(r"--pw-([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
_FOUND = _TOKEN.findall((files("dashboard") / "components" / "tokens.css").read_text())

LIGHT: dict[str, str] = {name: light for name, light, _ in _FOUND}
DARK: dict[str, str] = {name: dark for name, _, dark in _FOUND}
"""Colours by their name without `--pw-`."""


def _section(name: str, tokens: dict[str, str]) -> dict[str, Any]:
    wanted = {
        "backgroundColor": tokens["background"],
        "secondaryBackgroundColor": tokens["surface"],
        "textColor": tokens["text"],
        "primaryColor": tokens["accent"],
        "linkColor": tokens["accent"],
        "borderColor": tokens["border"],
        "greenColor": tokens["good"],
        "orangeColor": tokens["warn"],
        "redColor": tokens["bad"],
        "chartCategoricalColors": [tokens[f"series-{place}"] for place in range(1, 9)],
    }
    return {f"theme.{name}.{option}": value for option, value in wanted.items()}


OPTIONS: dict[str, Any] = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.toolbarMode": "viewer",
    "server.fileWatcherType": "none",
    **_section("light", LIGHT),
    **_section("dark", DARK),
    "theme.baseRadius": "8px",
    "theme.font": "PerfWatch, sans-serif",
    "theme.codeFont": "ui-monospace, monospace",
    "theme.headingFontSizes": ["1.5rem", "1.25rem", "1.1rem", "1rem", "1rem", "1rem"],
    "theme.metricValueFontSize": "1.6rem",
    "theme.paddingTop": "1rem",
    "theme.paddingBottom": "2rem",
}
"""For `streamlit.config.set_option`, or `[theme]` and the other sections of its configuration file."""
