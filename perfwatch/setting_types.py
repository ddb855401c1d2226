"""What values settings take. No input or output.

Each parses a text, says in words what it expects, and writes a value as its user would.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from msgspec import Struct

from perfwatch import tags
from perfwatch.durations import format_ms, parse_ms
from perfwatch.errors import TopicError
from perfwatch.history.influx import url as influx_url
from perfwatch.readings.core import READINGS
from perfwatch.topics import Topics, safe_level

N = TypeVar("N", int, float)

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?i?b?)", re.IGNORECASE)
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_CORES = re.compile(r"(?=.{1,200}$)(all|\d+(-\d+)?(,\d+(-\d+)?)*)")
_HOSTS = re.compile(r"([A-Za-z0-9.-]+(,[A-Za-z0-9.-]+)*)?")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*/?")
DEVICE_PRESETS = (
    "zigbee2mqtt",
    "tasmota",
    "homie",
    "telegraf",
    "rtl_433",
    "sparkplug",
    "homeassistant",
    "shelly",
    "esphome",
    "plain",
)
"""The kinds of devices that `devices` knows, in the order in which it asks for them."""

_YES, _NO = ("true", "1", "yes", "on"), ("false", "0", "no", "off")


class Text(Struct, frozen=True):
    """Any text for which `check` does not raise ValueError."""

    expected: str = "text"
    check: Callable[[str], object] = str
    metavar: str = "TEXT"
    secret: bool = False

    def parse(self, text: str) -> str:
        self.check(text)
        return text

    def show(self, value: str) -> str:
        return value


class Duration(Struct, frozen=True):
    """Seconds between `low` and `high`, written as 5s, 500ms, 1m30s, 1h or 7d."""

    low: float = 0.0
    high: float = 3650 * 86400.0
    metavar: str = "DURATION"
    secret: bool = False

    @property
    def expected(self) -> str:
        example = self.show(max(self.low, min(self.high, 60.0)))
        return f"a length of time from {self.show(self.low)} to {self.show(self.high)}, like {example}"

    def parse(self, text: str) -> float:
        return _within(parse_ms(text) / 1000, self.low, self.high)

    def show(self, value: float) -> str:
        return format_ms(round(value * 1000))


class Size(Struct, frozen=True):
    """Bytes, written as 200MB, 10GB or 1GiB. A plain number counts `unit` bytes; so does the value."""

    low: int
    unit: int = 1
    metavar: str = "SIZE"
    secret: bool = False

    @property
    def expected(self) -> str:
        return f"a size of {self.show(self.low)} or more, like 200MB or 10GB"

    def parse(self, text: str) -> int:
        found = _SIZE.fullmatch(text.strip())
        if not found:
            raise ValueError(text)
        number, unit = float(found[1]), found[2].lower().removesuffix("b")
        if not found[2]:
            return _within(round(number), self.low, 10**15)
        factor = 1024 ** "kmgt".index(unit[0]) * 1024 if unit.endswith("i") else _UNITS[unit]
        return _within(round(number * factor / self.unit), self.low, 10**15)

    def show(self, value: int) -> str:
        for name, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
            if value * self.unit >= factor and value * self.unit % factor == 0:
                return f"{value * self.unit // factor}{name}"
        return f"{value * self.unit}B"


class Whole(Struct, frozen=True):
    """A whole number."""

    low: int
    high: int
    metavar: str = "NUMBER"
    secret: bool = False

    @property
    def expected(self) -> str:
        return f"a whole number from {self.low} to {self.high}"

    def parse(self, text: str) -> int:
        return _within(int(text), self.low, self.high)

    def show(self, value: int) -> str:
        return str(value)


class Flag(Struct, frozen=True):
    """Yes or no."""

    expected: str = "true or false"
    metavar: str = "true|false"
    secret: bool = False

    def parse(self, text: str) -> bool:
        if text.lower() not in (*_YES, *_NO):
            raise ValueError(text)
        return text.lower() in _YES

    def show(self, value: bool) -> str:
        return str(value).lower()


SettingType = Text | Duration | Size | Whole | Flag


def _within(value: N, low: float, high: float) -> N:
    if not low <= value <= high:
        raise ValueError(value)
    return value


def _sources(text: str) -> None:
    if unknown := {name.strip() for name in text.split(",")} - {"all", *READINGS}:
        raise ValueError(unknown)


def _presets(text: str) -> None:
    if text not in ("", "all") and (unknown := set(listed(text)) - set(DEVICE_PRESETS)):
        raise ValueError(unknown)


def listed(text: str) -> list[str]:
    """The names in a list like `cpu,memory`."""
    return [name.strip() for name in text.split(",") if name.strip()]


def _zone(text: str) -> None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # only devices may have one

    try:
        ZoneInfo(text or "UTC")
    except (ZoneInfoNotFoundError, OSError) as exc:  # a folder's name is an OSError
        raise ValueError(text) from exc


def _address(text: str) -> None:
    if text and text != "localhost":
        ipaddress.ip_address(text)


def _origins(text: str) -> None:
    for one in text.split(","):
        _origin(one.strip())


def _origin(text: str) -> None:
    url = urlsplit(text)
    bare = url.scheme in ("http", "https") and url.hostname and url.path in ("", "/")
    if text and not (bare and not url.query and not url.fragment and not url.username):
        raise ValueError(text)
    _ = url.port


def _history(text: str) -> None:
    known = not text or text.startswith("sqlite:///") or influx_url.is_influx(text)
    if not known or (text.startswith("sqlite:///") and not text.removeprefix("sqlite://").strip("/")):
        raise ValueError


def _host(text: str) -> None:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return
    raise ValueError(text)


def _level(text: str) -> None:
    if text and safe_level(text) != text:
        raise ValueError(text)


def _prefix(text: str) -> None:
    try:
        Topics(text)
    except TopicError as exc:
        raise ValueError(text) from exc


def _matching(pattern: re.Pattern[str]) -> Callable[[str], object]:
    def check(text: str) -> None:
        if not pattern.fullmatch(text):
            raise ValueError

    return check


FILE = Text("a path", metavar="FILE")
FOLDER = Text("a path", metavar="FOLDER")
SECRET = Text(secret=True)
PORT = Whole(1, 65535, metavar="PORT")
FLAG = Flag()
ADDRESS = Text("an IP address of this machine, like 0.0.0.0 for all of them", _address, "ADDRESS")
PROXY = Text("the IP address of the proxy, like 192.168.1.2", _address, "ADDRESS")
BROKER = Text("an address like mqtt://user:password@host:1883", metavar="URL", secret=True)
HISTORY = Text("sqlite:///path or influxdb://host:8086/database", _history, "URL", secret=True)
ORIGIN = Text("scheme and host, like https://watch.example.org", _origin, "URL")
ORIGINS = Text("scheme and host, like https://watch.example.org, or several with commas", _origins, "URLS")
PREFIX = Text("levels of a topic without + # and $, like home/watch", _prefix, "TOPIC")
LEVEL = Text("one level of a topic, without / + # and $", _level, "NAME")
HOST = Text(
    "a name, not an address (to choose where to listen, use --address and --mqtt-address)", _host, "NAME"
)
HOSTS = Text("names of hosts, like nas.example.org,watch.it", _matching(_HOSTS), "LIST")
TAGS = Text(tags.EXPECTED, tags.parse, "LIST")
SOURCES = Text(f"all, or some of {', '.join(READINGS)}", _sources, "LIST")
PRESETS = Text(f"all, or some of {', '.join(DEVICE_PRESETS)}", _presets, "LIST")
ZONE = Text("a time zone, like Europe/Berlin", _zone, "ZONE")
CORES = Text("all, or numbers of cores, like 0-3,6", _matching(_CORES), "LIST")
BASE_PATH = Text("a path, like /perfwatch", _matching(_PATH), "PATH")
PASSWORD = Text("12 characters or more", _matching(re.compile(r"(.{12,})?", re.DOTALL)), secret=True)
LOG_LEVEL = Text(
    "debug, info, warning or error",
    _matching(re.compile("debug|info|warning|error", re.IGNORECASE)),
    "debug|info|warning|error",
)
