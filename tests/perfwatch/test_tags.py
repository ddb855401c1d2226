"""Tags as they are written, given and selected by."""

from __future__ import annotations

import pytest

from perfwatch.errors import SettingError
from perfwatch.setting_sources import load
from perfwatch.tags import Tags, decode, given_over, merged, parse, selects

OWN = {"room": "cellar", "role": "nas"}


@pytest.mark.parametrize(
    ("text", "tags"),
    [("", {}), ("room=cellar, role=nas,", OWN), ("room=Küche 1", {"room": "Küche 1"})],
)
def test_tags_are_written_with_commas(text: str, tags: Tags) -> None:
    assert parse(text) == tags


@pytest.mark.parametrize(
    "text",
    [
        *("cellar", "room=", "Room=cellar", "room=a,room=b", "room=a*", "a=b=c", f"room={'x' * 65}"),
        ",".join(f"t{number}=1" for number in range(17)),
    ],
)
def test_what_is_no_tag_is_refused_and_named(text: str) -> None:
    with pytest.raises(SettingError, match=r"PERFWATCH_TAGS.*room=cellar,role=nas"):
        load({"PERFWATCH_TAGS": text})


def test_what_was_given_stands_over_the_own() -> None:
    given = given_over(OWN, {"room": "attic", "role": "", "rack": "2", "row": ""})
    assert given == {"room": "attic", "role": "", "rack": "2"}
    assert merged(OWN, given) == {"room": "attic", "rack": "2"}
    assert given_over(OWN, given | OWN | {"rack": ""}) == {}


@pytest.mark.parametrize("payload", [b"", b"[]", b'{"room": 1}', b'{"Room": "x"}', b"\xff"])
def test_a_payload_that_has_no_tags_gives_none(payload: bytes) -> None:
    assert decode(payload) == {}


@pytest.mark.parametrize(
    ("pattern", "selected"),
    [
        ("nas", True),
        ("n*", True),
        ("room=cellar", True),
        ("room=*", True),
        ("*=nas", True),
        ("room=attic", False),
        ("room", False),
        ("r*", False),
    ],
)
def test_a_pattern_fits_a_name_or_with_an_equals_sign_a_tag(pattern: str, selected: bool) -> None:
    assert selects(pattern, "nas", OWN) is selected
