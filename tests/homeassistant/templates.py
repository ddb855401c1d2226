"""What Home Assistant's own engine makes of templates. The Python of its chroot runs this, not ours.

    python templates.py < cases.json > answered.json

A case has a template, a payload, and gets an answer: what an entity of MQTT takes as its value, or null where
the template fails.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import TemplateError
from homeassistant.helpers.template import Template


def answer(text: str, payload: str, home: HomeAssistant) -> str | None:
    failed = object()
    try:
        made: Any = Template(text, home).async_render_with_possible_json_value(payload, failed)
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError):
        return None
    return None if made is failed else str(made)


async def main() -> None:
    home = HomeAssistant("/tmp")
    cases = json.load(sys.stdin)
    for case in cases:
        case["answer"] = answer(case["template"], case["payload"], home)
    json.dump(cases, sys.stdout, indent=1, ensure_ascii=False)
    await home.async_stop(force=True)


asyncio.run(main())
