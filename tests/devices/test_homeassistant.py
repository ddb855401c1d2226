"""Templates against what Home Assistant's own engine made of them (`make homeassistant-templates`)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from devices.discovery.template import compiled, render
from devices.values import Unusable
from tests.devices.test_shapes import SHAPES

(RECORDED,) = (Path(__file__).parent / "templates").glob("homeassistant-*.json")
CASES: list[dict[str, Any]] = msgspec.json.decode(RECORDED.read_bytes())

# What docs/devices.md says that we refuse.
REFUSED = re.compile(r"regex_|is match|is search|timestamp_|now\(|as_datetime|slugify|base64_|this\.")
_TEMPLATE = re.compile(r'"(?:value_template|val_tpl|stat_val_tpl)":\s*("(?:[^"\\]|\\.)*")')


def made(template: str, payload: str) -> str | None:
    try:
        return render(compiled(template), payload.encode())
    except Unusable:
        return None


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['template'][:40]} of {case['payload'][:20]}")
def test_a_template_makes_what_home_assistant_makes_of_it(case: dict[str, Any]) -> None:
    ours, theirs = made(case["template"], case["payload"]), case["answer"]
    if ours is None and REFUSED.search(case["template"]):
        return
    assert ours == (theirs if theirs is None else theirs.strip())


def test_every_template_that_was_announced_is_among_them() -> None:
    known = {case["template"] for case in CASES}
    announced = [
        msgspec.json.decode(text)
        for shape in SHAPES["homeassistant"]
        for text in _TEMPLATE.findall(shape["payload"])
    ]
    assert [one for one in announced if one not in known] == []
    assert len(announced) > 15
