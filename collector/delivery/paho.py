"""paho's client, which is taken from here alone.

It imports what finds a proxy, and would ask that only where PySocks is installed: 1.4 MB in each collector.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType

_FINDS_PROXIES = "urllib.request"

__all__ = ["mqtt"]


@contextmanager
def _without_proxies() -> Iterator[None]:
    """An empty module stands in for that one meanwhile, unless somebody needs it."""
    if _FINDS_PROXIES in sys.modules or find_spec("socks"):
        yield
        return
    sys.modules[_FINDS_PROXIES] = ModuleType(_FINDS_PROXIES)
    try:
        yield
    finally:
        del sys.modules[_FINDS_PROXIES]


with _without_proxies():
    from paho.mqtt import client as mqtt
