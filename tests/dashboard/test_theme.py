"""One set of colours, written in two languages."""

from __future__ import annotations

import re

import pytest

from dashboard import theme
from dashboard.views.component import COMPONENTS

TOKENS = dict(re.findall(r"--pw-([a-z0-9-]+): (#[0-9a-f]+);", (COMPONENTS / "tokens.css").read_text()))
PYTHON = {
    "background": theme.BACKGROUND,
    "surface": theme.SURFACE,
    "raised": theme.RAISED,
    "border": theme.BORDER,
    "text": theme.TEXT,
    "muted": theme.MUTED,
    "faint": theme.FAINT,
    "accent": theme.ACCENT,
    "good": theme.GOOD,
    "warn": theme.WARN,
    "bad": theme.BAD,
    **{f"series-{place}": color for place, color in enumerate(theme.SERIES, 1)},
}


def _brightness(color: str) -> float:
    """Relative luminance (WCAG 2)."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    dark, bright = sorted((_brightness(one), _brightness(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", PYTHON)
def test_streamlit_and_the_stylesheets_have_the_same_color(name: str) -> None:
    assert TOKENS[name] == PYTHON[name]


@pytest.mark.parametrize("text", ["text", "muted", "faint", "accent", "good", "warn", "bad"])
@pytest.mark.parametrize("ground", ["background", "surface"])
def test_text_stands_out_from_its_ground(text: str, ground: str) -> None:
    assert _contrast(TOKENS[text], TOKENS[ground]) >= 4.5


def test_lines_stand_out_from_their_ground() -> None:
    assert all(_contrast(color, theme.SURFACE) >= 3 for color in theme.SERIES)


def test_streamlit_knows_every_option() -> None:
    from streamlit import config

    assert set(theme.OPTIONS) <= set(config.get_config_options())
