"""Streamlit's options: the colours of components/tokens.css, and as little of its own chrome as possible."""

from __future__ import annotations

from typing import Any

BACKGROUND = "#0b0f14"
SURFACE = "#121820"
RAISED = "#1b2430"
BORDER = "#263241"
TEXT = "#e8eef5"
MUTED = "#a3b1c0"
FAINT = "#8494a5"
ACCENT = "#5cb8f5"
GOOD = "#3ecba5"
WARN = "#f2a73b"
BAD = "#ff8a80"
SERIES = ("#5cb8f5", "#f2a73b", "#3ecba5", "#d992c4", "#ecdf62", "#ee7b57")
"""Lines of a chart, in order. They stay apart for colour-blind eyes."""

OPTIONS: dict[str, Any] = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.toolbarMode": "viewer",
    "server.fileWatcherType": "none",
    "theme.base": "dark",
    "theme.backgroundColor": BACKGROUND,
    "theme.secondaryBackgroundColor": SURFACE,
    "theme.textColor": TEXT,
    "theme.primaryColor": ACCENT,
    "theme.linkColor": ACCENT,
    "theme.borderColor": BORDER,
    "theme.greenColor": GOOD,
    "theme.orangeColor": WARN,
    "theme.redColor": BAD,
    "theme.baseRadius": "8px",
    "theme.chartCategoricalColors": list(SERIES),
    "theme.headingFontSizes": ["1.5rem", "1.25rem", "1.1rem", "1rem", "1rem", "1rem"],
    "theme.metricValueFontSize": "1.6rem",
    "theme.paddingTop": "1rem",
    "theme.paddingBottom": "2rem",
}
"""For `streamlit.config.set_option`, or `[theme]` and the other sections of its configuration file."""
