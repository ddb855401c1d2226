"""One set of colours, in a light and a dark theme."""

from __future__ import annotations

import re
from itertools import combinations
from math import dist

import pytest

from dashboard.web import theme
from dashboard.web.assets import COMPONENTS


def _linear(color: str) -> list[float]:
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def _brightness(color: str) -> float:
    """Relative luminance (WCAG 2)."""
    linear = _linear(color)
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
@pytest.mark.parametrize("place", range(1, 9))
def test_lines_stand_out_from_their_ground(tokens: dict[str, str], place: int) -> None:
    assert _contrast(tokens[f"series-{place}"], tokens["surface"]) >= 3


def test_every_color_has_a_light_and_a_dark_side() -> None:
    names = re.findall(r"--pw-([a-z0-9-]+): [^;]*#", (COMPONENTS / "tokens.css").read_text())
    assert list(theme.LIGHT) == list(theme.DARK) == names


def test_streamlit_knows_every_option() -> None:
    from streamlit import config

    assert set(theme.OPTIONS) <= set(config.get_config_options())


# What red-blind, green-blind and blue-blind eyes make of linear RGB (Machado, Oliveira and Fernandes 2009).
_EYES = {
    "all three": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "no green": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "no blue": ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
}


def _seen(color: str, eye: str) -> list[float]:
    """The colour in Oklab as that eye sees it: equal distances look about equally different."""
    light = _linear(color)
    cones = [max(0.0, sum(share * c for share, c in zip(row, light, strict=True))) for row in _EYES[eye]]
    red, green, blue = cones
    long, middle, short = (
        sum(share * c for share, c in zip(row, (red, green, blue), strict=True)) ** (1 / 3)
        for row in ((0.4122, 0.5363, 0.0514), (0.2119, 0.6807, 0.1074), (0.0883, 0.2817, 0.63))
    )
    return [
        0.2105 * long + 0.7936 * middle - 0.0041 * short,
        1.978 * long - 2.4286 * middle + 0.4506 * short,
        0.0259 * long + 0.7828 * middle - 0.8087 * short,
    ]


@pytest.mark.parametrize("tokens", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("eye", _EYES)
def test_any_two_lines_are_told_apart_by_every_eye(tokens: dict[str, str], eye: str) -> None:
    seen = [_seen(tokens[f"series-{place}"], eye) for place in range(1, 9)]
    apart = {(a, b): dist(seen[a], seen[b]) for a, b in combinations(range(8), 2)}
    assert min(apart.values()) > 0.055, min(apart, key=lambda pair: apart[pair])
