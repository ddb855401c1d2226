"""Topic names: built and taken apart in this one place.

<prefix>/<host>/status | info | config | config/set | config/error
<prefix>/<host>/tags                 what the dashboard says that the host is tagged with
<prefix>/<host>/<metric>             one reading as JSON
<prefix>/<host>/<metric>/<path…>     one number as text
<prefix>/<host>/watch                somebody looks at the host: until it expires
<prefix>/<host>/watch/<metric>       one reading as JSON, between two of the host's interval
<prefix>/<host>/alert/<rule>         where a rule stands
<prefix>/alerts                      the sum of these
<prefix>-bridge/<id>/status | stats | health | rejected
<prefix>-bridge/<group>/lease        who of the group looks after the history
<prefix>-alerts/settings | ask | answer | lease
<prefix>-devices/status | ask | answer
"""

from __future__ import annotations

import enum
import re
from typing import NamedTuple

from perfwatch.errors import TopicError

DEFAULT_PREFIX = "perfwatch"
DEFAULT_DISCOVERY = "homeassistant"

# MQTT's wildcards and separator, `$` (reserved for the broker), and control characters, which a
# broker may refuse to carry.
_UNSAFE = re.compile(r"[+#/$\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_PLAIN = re.compile(r"[a-zA-Z0-9_-]+")
_NOT_PLAIN = re.compile(r"[^a-zA-Z0-9_-]")
_UNSAFE_IN_PREFIX = re.compile(r"[+#$\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Kind(enum.Enum):
    """What a host's topic carries."""

    STATUS = "status"
    INFO = "info"
    METRIC = "metric"
    SCALAR = "scalar"
    TAGS = "tags"
    CONFIG = "config"
    CONFIG_SET = "config/set"
    CONFIG_ERROR = "config/error"
    ALERT = "alert"
    WATCH = "watch"
    WATCHED = "watched"


_WORDS = {
    "status": Kind.STATUS,
    "info": Kind.INFO,
    "tags": Kind.TAGS,
    "config": Kind.CONFIG,
    "watch": Kind.WATCH,
}
_ALERTING = ("settings", "ask", "answer", "lease")
_OF_DEVICES = ("status", "ask", "answer")
_CONFIG_WORDS = {"set": Kind.CONFIG_SET, "error": Kind.CONFIG_ERROR}


class Topic(NamedTuple):
    """A host's topic, taken apart. `metric` and `path` are empty where the kind has none.

    An alert's path is the name of its rule.
    """

    kind: Kind
    host: str
    metric: str = ""
    path: tuple[str, ...] = ()


class Prefixes(NamedTuple):
    """The first levels of our topics, and of Home Assistant's discovery."""

    topics: str = DEFAULT_PREFIX
    discovery: str = DEFAULT_DISCOVERY


def safe_level(name: str) -> str:
    """`name` as one topic level: each character that MQTT cannot carry there becomes `_`.

    Raises TopicError when nothing is left of it.
    """
    level = _UNSAFE.sub("_", name.strip())
    if not level:
        raise TopicError(f"{name!r} cannot name a host: it is empty")
    return level


def plain_id(name: str) -> str:
    """`name` in letters, digits, `_` and `-` only, the same for as long as the name is.

    Such a name is its own id; another gets `_` where it must, and eight digits that tell it from
    whatever looks the same then.
    """
    if _PLAIN.fullmatch(name):
        return name
    import hashlib  # most names are plain, and OpenSSL's hashes are 0.7 MB

    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{_NOT_PLAIN.sub('_', name)}_{digest[:8]}"


def discovery_topic(host: str, prefix: str = DEFAULT_DISCOVERY, part: int = 1) -> str:
    """Where Home Assistant is told of a host; it reads no other characters there than `plain_id`'s.

    What does not fit into one message is told in further parts, from 2 on.
    """
    further = "" if part == 1 else f"/{part}"
    return f"{prefix}/device/perfwatch_{plain_id(host)}{further}/config"


class Topics:
    """The topics under one prefix, which may itself have several levels (`home/perfwatch`)."""

    def __init__(self, prefix: str = DEFAULT_PREFIX) -> None:
        if not all(prefix.split("/")) or _UNSAFE_IN_PREFIX.search(prefix):
            raise TopicError(f"{prefix!r} cannot start a topic: use levels like 'home/perfwatch'")
        self.prefix = prefix
        self._start = f"{prefix}/"
        self._bridge_start = f"{prefix}-bridge/"

    def status(self, host: str) -> str:
        return f"{self.prefix}/{host}/status"

    def info(self, host: str) -> str:
        return f"{self.prefix}/{host}/info"

    def tags(self, host: str) -> str:
        return f"{self.prefix}/{host}/tags"

    def metric(self, host: str, metric: str) -> str:
        return f"{self.prefix}/{host}/{metric}"

    def scalar(self, host: str, metric: str, path: tuple[str, ...]) -> str:
        return "/".join((self.prefix, host, metric, *path))

    def config(self, host: str) -> str:
        return f"{self.prefix}/{host}/config"

    def config_set(self, host: str) -> str:
        return f"{self.prefix}/{host}/config/set"

    def config_error(self, host: str) -> str:
        return f"{self.prefix}/{host}/config/error"

    def alert(self, host: str, rule: str) -> str:
        return f"{self.prefix}/{host}/alert/{rule}"

    def watch(self, host: str) -> str:
        return f"{self.prefix}/{host}/{Kind.WATCH.value}"

    def watched(self, host: str, metric: str) -> str:
        return f"{self.watch(host)}/{metric}"

    @property
    def alerts(self) -> str:
        """The sum of all alerts; it is no host's."""
        return f"{self.prefix}/alerts"

    def alerting(self, word: str) -> str:
        """The alerts service's own topic; `word` is settings, ask, answer or lease."""
        return f"{self.prefix}-alerts/{word}"

    def parse_alerting(self, name: str) -> str | None:
        """The word of a topic of the alerts service's own, or None when it is none."""
        start, _, word = name.rpartition("/")
        return word if start == f"{self.prefix}-alerts" and word in _ALERTING else None

    def devices(self, word: str) -> str:
        """The devices service's own topic; `word` is status, ask or answer."""
        return f"{self.prefix}-devices/{word}"

    def parse_devices(self, name: str) -> str | None:
        """The word of a topic of the devices service's own, or None when it is none."""
        start, _, word = name.rpartition("/")
        return word if start == f"{self.prefix}-devices" and word in _OF_DEVICES else None

    def readings(self, group: str = "") -> str:
        """What a bridge subscribes to: every host's topics, shared between the members of `group`."""
        return f"$share/{group}/{self.prefix}/+/+" if group else f"{self.prefix}/+/+"

    def bridge(self, bridge: str, word: str) -> str:
        """A bridge's own topic; `word` is status, stats, health or rejected, or lease for that of a group."""
        return f"{self._bridge_start}{bridge}/{word}"

    def parse_bridge(self, name: str) -> tuple[str, str] | None:
        """The bridge and the word of a bridge's topic, or None when it is none."""
        bridge, _, word = name.removeprefix(self._bridge_start).partition("/")
        known = (
            name.startswith(self._bridge_start)
            and bridge
            and word in ("status", "stats", "health", "rejected")
        )
        return (bridge, word) if known else None

    def build(self, topic: Topic) -> str:
        """The topic's name: the inverse of `parse`."""
        if topic.kind is Kind.METRIC:
            return self.metric(topic.host, topic.metric)
        if topic.kind is Kind.SCALAR:
            return self.scalar(topic.host, topic.metric, topic.path)
        if topic.kind is Kind.WATCHED:
            return self.watched(topic.host, topic.metric)
        if topic.kind is Kind.ALERT:
            return self.alert(topic.host, *topic.path)
        return f"{self.prefix}/{topic.host}/{topic.kind.value}"

    def parse(self, name: str) -> Topic | None:
        """The topic of that name, or None when it is no host's topic under this prefix."""
        if not name.startswith(self._start):
            return None
        host, *rest = name[len(self._start) :].split("/")
        if not host or not rest or not all(rest):
            return None
        word, *path = rest
        if not path:
            return Topic(_WORDS[word], host) if word in _WORDS else Topic(Kind.METRIC, host, word)
        if len(path) == 1:
            if word == "config" and path[0] in _CONFIG_WORDS:
                return Topic(_CONFIG_WORDS[path[0]], host)
            if word == "watch":
                return Topic(Kind.WATCHED, host, path[0])
            if word == "alert":
                return Topic(Kind.ALERT, host, path=tuple(path))
        return None if word in _WORDS else Topic(Kind.SCALAR, host, word, tuple(path))
