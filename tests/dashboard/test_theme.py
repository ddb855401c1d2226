"""One set of colours, in a light and a dark theme."""

from __future__ import annotations

import re

import pytest

from dashboard import theme
from dashboard.assets import COMPONENTS


def _brightness(color: str) -> float:
    """Relative luminance (WCAG 2)."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    dark, bright = sorted((_brightness(one), _brightness(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("tokens", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("text", ["text", "muted", "faint", "accent", "good", "warn", "bad"])
@pytest.mark.parametrize("ground", ["background", "surface"])
def test_text_stands_out_from_its_ground(tokens: dict[str, str], text: str, ground: str) -> None:
    assert _contrast(tokens[text], tokens[ground]) >= 4.5


@pytest.mark.parametrize("tokens", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_what_is_written_on_raised_ground_and_on_the_accent_can_be_read(tokens: dict[str, str]) -> None:
    assert _contrast(tokens["text"], tokens["raised"]) >= 4.5
    assert _contrast(tokens["muted"], tokens["raised"]) >= 4.5
    assert _contrast(tokens["on-accent"], tokens["accent"]) >= 4.5


@pytest.mark.parametrize("tokens", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("place", range(1, 7))
def test_lines_stand_out_from_their_ground(tokens: dict[str, str], place: int) -> None:
    assert _contrast(tokens[f"series-{place}"], tokens["surface"]) >= 3


def test_every_color_has_a_light_and_a_dark_side() -> None:
    names = re.findall(r"--pw-([a-z0-9-]+): [^;]*#", (COMPONENTS / "tokens.css").read_text())
    assert list(theme.LIGHT) == list(theme.DARK) == names


def test_streamlit_knows_every_option() -> None:
    from streamlit import config

    assert set(theme.OPTIONS) <= set(config.get_config_options())
