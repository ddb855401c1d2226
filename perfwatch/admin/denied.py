"""What the broker denied, found in Mosquitto's log. No input or output."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from perfwatch.admin.broker_accounts import Integration
from perfwatch.readings.codec import format_time, from_ms
from perfwatch.topics import Prefixes

_LINES = re.compile(
    rb"^(?P<at>\d+): (?:New client connected from \S+ as (?P<id>.*) \(p\d, c\d, k\d+, u'(?P<account>.*)'\)\."
    rb"|Denied PUBLISH from (?P<from>.*) \(d\d, q\d, r\d, m\d+, '(?P<topic>.*)', \.\.\. \(\d+ bytes\)\))$",
    re.MULTILINE,
)

# Accounts misused for topics of all kinds must not fill the log: the first ones tell enough.
TOLD = 100
# Programs that connect anew for each message come under a new id each time.
_CLIENTS = 10_000
_LONGEST = 200


class Denied(Struct, frozen=True):
    """A publish that the broker denied for the first time, when (RFC 3339), and what to do about it."""

    account: str
    topic: str
    at: str
    advice: str


class Denials:
    """Follows the log: which client has which account, and what was denied to whom already."""

    def __init__(self, prefixes: Prefixes) -> None:
        self._own = prefixes.topics.split("/")
        self._accounts: dict[bytes, str] = {}
        self._told: set[tuple[str, str]] = set()

    def read(self, log: bytes, integrations: Mapping[str, Integration]) -> list[Denied]:
        """The new denials in these whole lines: one for each account and family of topics."""
        found = []
        for line in _LINES.finditer(log):
            if line["id"] is not None:
                self._remember(line["id"], _text(line["account"]))
                continue
            account, topic = self._accounts.get(line["from"], "?"), _text(line["topic"])
            family = (account, self._family(topic))
            if family not in self._told and len(self._told) < TOLD:
                self._told.add(family)
                found.append(Denied(account, topic, _time(line["at"]), _advice(*family, integrations)))
        return found

    def _remember(self, client: bytes, account: str) -> None:
        self._accounts.pop(client, None)
        if len(self._accounts) >= _CLIENTS:
            del self._accounts[next(iter(self._accounts))]
        self._accounts[client] = account

    def _family(self, topic: str) -> str:
        """The filter that would allow it: one device of ours, or all that another program publishes."""
        levels = topic.split("/")
        kept = len(self._own) + 1 if levels[: len(self._own)] == self._own else 1
        return "/".join([*levels[:kept], "#"]) if len(levels) > kept else topic


def _advice(account: str, topics: str, integrations: Mapping[str, Integration]) -> str:
    if topics.startswith("$"):
        return "Nobody may publish there."
    known = integrations.get(account)
    if known and known.role != "collector":
        return f"To allow it: {_command(account, topics)}"
    return f"If a program needs this, give it an account of its own: {_command('NAME', topics)}"


def _command(account: str, topics: str) -> str:
    return f"perfwatch credentials {account} --writes {shlex.quote(topics)}"


def _text(logged: bytes) -> str:
    shown = logged.decode(errors="replace")[:_LONGEST]
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in shown)


def _time(logged: bytes) -> str:
    return format_time(from_ms(int(logged) * 1000))


def denied_path(folder: Path) -> Path:
    """Where `perfwatch up` keeps what its broker has denied since it started, for the System page."""
    return folder / "denied.json"
