"""What Home Assistant's own template engine makes of templates: run by the Python in its chroot, not by ours.

    python templates.py < [[template, payload], …] > [answer or null, …]

An answer is what an MQTT entity takes as its value; null where the template fails.
"""

from __future__ import annotations

import asyncio
import json
import sys

from homeassistant.core import HomeAssistant
from homeassistant.helpers.template import Template

FAILED = object()


async def main() -> None:
    hass = HomeAssistant("/tmp")
    answers = []
    for text, payload in json.load(sys.stdin):
        try:
            made = Template(text, hass).async_render_with_possible_json_value(payload, FAILED)
        except Exception:  # noqa: BLE001
            made = FAILED
        answers.append(None if made is FAILED else str(made))
    json.dump(answers, sys.stdout)
    await hass.async_stop(force=True)


asyncio.run(main())
